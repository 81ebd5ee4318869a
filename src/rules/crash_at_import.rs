//! The import died of a signal, and no narrower rule knows why.

use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank};
use crate::build::signal_name;
use crate::diagnosis::Severity;
use crate::python::{ImportAttempt, ImportOutcome};

pub(super) const RULE: Rule = Rule {
    id: "crash-at-import",
    summary: "the process was killed by a signal while it imported the module",
    severity: Severity::Error,
    rank: rank::FALLBACK,
    explanation: "## What it means

The file was found and accepted. Code that runs at import then crashed: a static initialiser of C++, the module's init
function, or Python code of the package around it.

## Why it breaks

- SIGABRT: somebody called `abort()`: an uncaught C++ exception (its text is in the evidence), a failed assertion, a
  fatal error of Python.
- SIGSEGV, SIGBUS: a wrong address. Often two versions of one library in the process, or code compiled against other
  headers than those of the library it runs with.
- SIGKILL on macOS: the kernel killed it for an invalid code signature; `codesign --verify --verbose FILE` tells.
  Elsewhere the memory ran out.

## How to fix

- Catch exceptions in static initialisers, or move the work into a function that is called later.
- Look where it crashes: `python -X faulthandler -c 'import pkg._C'`, and `lldb -o run -- python -c 'import pkg._C'` or
  `gdb -ex run --args python -c 'import pkg._C'`, then `bt`.
- Compile with `-g -O1 -fsanitize=address,undefined` and look again.

## How loadproof knows

It imported the module in a process of its own, which ended by that signal.
",
    inspect: &[Inspect::Ending(killed)],
};

fn killed(scene: &Scene<'_>, module: &Module<'_>, attempt: &ImportAttempt) -> Option<Finding> {
    let ImportOutcome::Killed { signal } = attempt.outcome else {
        return None;
    };
    let name = signal_name(signal, scene.on_macos());
    let words = last_words(&attempt.output);
    let thrown = words.iter().find_map(|line| exception(line));
    let what = thrown.as_ref().map_or_else(String::new, |text| {
        format!(": uncaught C++ exception {text}")
    });
    let message = format!("importing `{}` was killed by {name}{what}", attempt.module);
    let names = [
        ("signal", name.as_str()),
        ("module", attempt.module.as_str()),
        ("file", module.artifact.path.as_str()),
        ("exception", thrown.as_deref().unwrap_or_default()),
        ("interpreter", scene.python()),
        ("system", scene.system()),
    ];
    let remedy = of_case(&RULE, &names);
    let finding = Finding::new(message, remedy)
        .subject(&name)
        .fact("signal", &name)
        .fact("module", &attempt.module);
    Some(if words.is_empty() {
        finding
    } else {
        finding.evidence(format!("import of {}", attempt.module), words.join("\n"))
    })
}

/// What the process said about its end; else its last lines.
fn last_words(output: &str) -> Vec<&str> {
    // terminate called after throwing an instance of 'std::runtime_error'
    //   what():  lookup table is empty
    // libc++abi: terminating due to uncaught exception of type c10::Error: ...
    // Fatal Python error: Segmentation fault
    // python: ext.cpp:7: void f(): Assertion `x' failed.
    // ==71==ERROR: AddressSanitizer: heap-use-after-free on address ...
    let tells = |line: &&str| {
        line.starts_with("terminate called ")
            || line.starts_with("  what():  ")
            || line.starts_with("libc++abi: ")
            || line.starts_with("Fatal Python error: ")
            || line.contains(": Assertion `")
            || line.starts_with("Assertion failed: ")
            || (line.starts_with("==") && line.contains("==ERROR: "))
    };
    let telling: Vec<&str> = output.lines().filter(tells).take(6).collect();
    if !telling.is_empty() {
        return telling;
    }
    let lines: Vec<&str> = output
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines
        .get(lines.len().saturating_sub(3)..)
        .unwrap_or_default()
        .to_vec()
}

/// The type, or type and text, of an uncaught exception.
fn exception(line: &str) -> Option<String> {
    let of_gnu = line.strip_prefix("terminate called after throwing an instance of '");
    if let Some(name) = of_gnu {
        return Some(format!("`{}`", name.trim_end_matches('\'')));
    }
    // libc++abi: terminating with uncaught exception of type std::runtime_error: lookup table is empty
    let rest = line.strip_prefix("libc++abi: terminating ")?;
    let (_, thrown) = rest.split_once("uncaught exception of type ")?;
    let name = thrown.split(": ").next().unwrap_or(thrown);
    Some(format!("`{name}`"))
}

#[cfg(test)]
mod tests {
    use crate::python::ImportOutcome;
    use crate::rules::testing::{Case, attempt, id, said};

    #[test]
    fn the_exception_that_nobody_caught_is_named_on_both_systems() {
        let mut import = attempt(ImportOutcome::Killed { signal: 6 });
        for (case, output) in [
            (
                Case::linux(),
                "terminate called after throwing an instance of 'std::runtime_error'\n  what():  lookup table is empty\n",
            ),
            (
                Case::macos(),
                "libc++abi: terminating due to uncaught exception of type std::runtime_error: lookup table is empty\n",
            ),
        ] {
            import.output = output.to_owned();
            let finding = said(case.ends(&import), "crash-at-import");
            assert_eq!(
                finding.message,
                "importing `pkg._C` was killed by SIGABRT: uncaught C++ exception `std::runtime_error`"
            );
            assert_eq!(finding.subject.as_deref(), Some("SIGABRT"));
            assert!(finding.evidence[0].text.contains("lookup table is empty"));
        }
    }

    #[test]
    fn a_signal_has_the_name_of_its_system() {
        let bus = attempt(ImportOutcome::Killed { signal: 10 });
        let spoken = Case::macos().ends(&bus);
        assert_eq!(
            said(spoken, "crash-at-import").subject.as_deref(),
            Some("SIGBUS")
        );
        let on_linux = said(Case::linux().ends(&bus), "crash-at-import");
        assert_eq!(on_linux.subject.as_deref(), Some("signal 10"));
    }

    #[test]
    fn an_exit_is_no_crash() {
        let spoken = Case::linux().ends(&attempt(ImportOutcome::Exited { code: 139 }));
        assert_eq!(id(&spoken), Some("import-exited"));
    }
}
