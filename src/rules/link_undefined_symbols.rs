//! A symbol that the linker finds in no object and no library.

use super::symbol::{SymbolName, is_of_libsystem};
use super::{Finding, Inspect, Rule, Scene, of_case, rank, wording};
use crate::build::{Build, BuildFault, FaultKind};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "link-undefined-symbols",
    summary: "the linker finds no definition of a symbol",
    severity: Severity::Error,
    rank: rank::BUILD,
    explanation: "## What it means

Every source compiled, but a function or variable that one of them uses is defined nowhere: in no object file and in
no library of the link.

## Why it breaks

Extension modules may usually be linked with open symbols. This link may not, because it makes a program, because
`-Wl,-z,defs`, `-Wl,--no-undefined` or `-undefined error` forbids it, or because CMake links a library that way.

## How to fix

- A function of the project: add its source to `sources=[...]` (CMake: `add_library`), and check that declaration and
  definition agree in namespace, arguments, `const` and `extern \"C\"`.
- A function of a library: name the library after the objects that use it; `libraries=[...]` does so.
- `Py...` on macOS: link modules with `-undefined dynamic_lookup` (setuptools does), in CMake with
  `python_add_library(... MODULE)`; never with libpython.
- A template or `inline` function: its definition belongs into the header.

## How loadproof knows

The linker prints each symbol; the first one is the subject, the evidence lists them.
",
    inspect: &[Inspect::Build(undefined)],
};

/// More names convince nobody.
const SHOWN: usize = 10;

fn undefined(scene: &Scene<'_>, _build: &Build, fault: Option<&BuildFault>) -> Option<Finding> {
    let fault = fault?;
    let FaultKind::UndefinedSymbol { symbol } = &fault.kind else {
        return None;
    };
    // A linker for macOS may run elsewhere; in ELF no mangled name begins with two underscores.
    let macho =
        scene.on_macos() == Some(true) || symbol.starts_with("__Z") || is_of_libsystem(symbol);
    let name = SymbolName::new(symbol, macho);
    let mut all: Vec<&str> = Vec::new();
    for other in scene.build_faults {
        if let FaultKind::UndefinedSymbol { symbol } = &other.kind
            && !all.contains(&symbol.as_str())
        {
            all.push(symbol);
        }
    }
    let others = match all.len() {
        0 | 1 => String::new(),
        2 => " and of one other symbol".to_owned(),
        many => format!(" and of {} other symbols", many - 1),
    };
    let names = [
        ("symbol", symbol.as_str()),
        ("system", if macho { "macos" } else { "linux" }),
        ("format", if macho { "mach-o" } else { "elf" }),
    ];
    let finding = Finding::new(
        format!(
            "the linker finds no definition of {}{others}",
            name.readable(symbol)
        ),
        of_case(&RULE, &names),
    )
    .subject(symbol)
    .fact("symbol", symbol);
    let finding = wording::with_complaint(finding, scene, fault);
    if all.len() < 2 {
        return Some(finding);
    }
    let shown = all.get(..SHOWN).unwrap_or(&all).join("\n");
    Some(finding.evidence("undefined symbols", shown))
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Case, id, said};

    #[test]
    fn the_first_symbol_is_the_subject_and_the_others_are_counted() {
        let log = "Undefined symbols for architecture arm64:\n  \"scale(double)\", referenced from:\n      _f in ext.o\n  \
                   \"_PyArg_ParseTuple\", referenced from:\nld: symbol(s) not found for architecture arm64";
        let finding = said(Case::macos().failed_build(log), "link-undefined-symbols");
        assert_eq!(finding.subject.as_deref(), Some("scale(double)"));
        assert_eq!(
            finding.message,
            "the linker finds no definition of `scale(double)` and of one other symbol"
        );
    }

    #[test]
    fn a_symbol_of_the_standard_library_is_not_a_missing_source() {
        let log = "  \"___cxa_init_primary_exception\", referenced from:";
        assert_eq!(
            id(&Case::macos().failed_build(log)),
            Some("symbol-missing-libcxx")
        );
    }
}
