//! Symbols that are left to the loader, in a file whose symbols are all bound when it is loaded.

use super::{Finding, Inspect, Rule, Scene, rank};
use crate::build::{BuildWarning, WarningKind};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "dynamic-lookup-with-chained-fixups",
    summary: "symbols are left to the loader in a file that binds all of them at once",
    severity: Severity::Warning,
    rank: rank::BUILD,
    explanation: "## What it means

The module is linked with `-undefined dynamic_lookup`: the linker takes every symbol that it does not find to be
somebody else's. And it is linked with chained fixups, the newer form in which a file says what is to be bound.

## Why it breaks

In the older form a function is bound when it is called first: one that nobody has is noticed then, or never. With chained
fixups all is bound when the file is loaded, so that one function that nobody has keeps the whole module from being
imported. Deployment targets from macOS 12 or 13 on choose chained fixups, by the linker's version.

## How to fix

- Nothing, if the module is imported: that every symbol was found is proved then.
- Do not leave all symbols open: link what defines them, and name the ones of Python alone (`-Wl,-U,_PyErr_Clear`).
- For the older form: `-Wl,-no_fixup_chains` in `extra_link_args` or `LDFLAGS`.

## How loadproof knows

The linker of Xcode 14 warns of it; newer ones do not. Where `-undefined dynamic_lookup` comes from is told by the project,
the environment, or the configuration of Python, which most often gives it.
",
    inspect: &[Inspect::Warnings(open)],
};

fn open(scene: &Scene<'_>, warnings: &[BuildWarning]) -> Vec<Finding> {
    let mut warnings = warnings.iter();
    let Some(first) = warnings.find(|warning| warning.kind == WarningKind::DynamicLookup) else {
        return Vec::new();
    };
    let before = scene.link_commands.iter().rev().find(|link| {
        let line = link.told.line();
        line.is_some_and(|line| line < first.log_line)
    });
    let joined = "-Wl,-undefined,dynamic_lookup";
    let is_joined =
        before.is_some_and(|link| link.arguments.iter().any(|argument| argument == joined));
    let flag = if is_joined {
        joined
    } else {
        "-undefined dynamic_lookup"
    };
    let finding = Finding::new(
        format!("`{flag}` leaves symbols open that are all bound when the module is loaded"),
        "Nothing is to do where the module is imported; else link what defines its symbols, or pass \
         `-Wl,-no_fixup_chains`.",
    );
    let finding = finding
        .subject(flag)
        .fact("flag", flag)
        .evidence(format!("build log line {}", first.log_line), &first.text);
    vec![finding]
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::Case;

    #[test]
    fn the_flag_is_named_as_it_was_given_and_once() {
        let warning = "ld: warning: -undefined dynamic_lookup may not work with chained fixups\n";
        let said = |link: &str| {
            let log = format!("{link}\n{warning}{warning}");
            let [(id, finding)] = Case::macos().warned(&log).try_into().expect("one finding");
            assert_eq!(id, "dynamic-lookup-with-chained-fixups");
            finding.facts["flag"].clone()
        };
        assert_eq!(
            said("clang -bundle -undefined dynamic_lookup x.o -o x.so"),
            "-undefined dynamic_lookup"
        );
        assert_eq!(
            said("clang -bundle -Wl,-undefined,dynamic_lookup x.o -o x.so"),
            "-Wl,-undefined,dynamic_lookup"
        );
        let other = "ld: warning: -undefined suppress is deprecated\n";
        assert_eq!(Case::macos().warned(other), []);
    }
}
