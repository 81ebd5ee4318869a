//! The module ended the process instead of returning.

use super::{Finding, Inspect, Module, Rule, Scene, rank};
use crate::diagnosis::Severity;
use crate::python::{ImportAttempt, ImportOutcome};

pub(super) const RULE: Rule = Rule {
    id: "import-exited",
    summary: "the module ended the Python process while it was imported",
    severity: Severity::Error,
    rank: rank::FALLBACK,
    explanation: "## What it means

The import neither came up nor raised: the process ended, with an exit code of its own.

## Why it breaks

C or C++ code that was written for a program calls `exit()` when something is wrong: a missing licence, an argument it
does not know, no GPU. `sys.exit()` at the top level of a package does the same. In a module it takes the whole Python
with it, without a traceback.

## How to fix

- Raise an exception instead: `throw std::runtime_error(...)`, which pybind11 turns into a Python exception, or
  `PyErr_SetString` and `return NULL`.
- Find the call: `gdb -ex 'break exit' -ex run --args python -c 'import pkg._C'`, in lldb `breakpoint set -n exit`.
- A library that does so: initialise it on first use rather than at import, and look for its error handler.

## How loadproof knows

It imported the module in a process of its own, which ended with that exit code before the import returned.
",
    inspect: &[Inspect::Ending(exited)],
};

fn exited(_scene: &Scene<'_>, _module: &Module<'_>, attempt: &ImportAttempt) -> Option<Finding> {
    let ImportOutcome::Exited { code } = attempt.outcome else {
        return None;
    };
    let finding = Finding::new(
        format!("importing `{}` ended the process with exit code {code}", attempt.module),
        "Raise an exception where `exit()` is called: C++ may throw, C may set one with `PyErr_SetString`.",
    )
    .subject(&attempt.module)
    .fact("module", &attempt.module)
    .fact("exit_code", code.to_string());
    Some(match attempt.output.trim() {
        "" => finding,
        output => finding.evidence(
            format!("output of the import of {}", attempt.module),
            output,
        ),
    })
}

#[cfg(test)]
mod tests {
    use crate::python::ImportOutcome;
    use crate::rules::testing::{Case, attempt, id, said};

    #[test]
    fn the_exit_code_is_named_even_if_it_is_zero() {
        let spoken = Case::linux().ends(&attempt(ImportOutcome::Exited { code: 0 }));
        assert!(
            said(spoken, "import-exited")
                .message
                .ends_with("with exit code 0")
        );
    }

    #[test]
    fn a_signal_is_no_exit() {
        let spoken = Case::linux().ends(&attempt(ImportOutcome::Killed { signal: 11 }));
        assert_eq!(id(&spoken), Some("crash-at-import"));
    }
}
