//! The import did not end within its limit.

use super::{Finding, Inspect, Module, Rule, Scene, rank};
use crate::diagnosis::Severity;
use crate::python::{ImportAttempt, ImportOutcome};

pub(super) const RULE: Rule = Rule {
    id: "import-timed-out",
    summary: "importing the module did not end within its time limit",
    severity: Severity::Error,
    rank: rank::PYTHON,
    explanation: "## What it means

loadproof ended the process at the limit; the import was still running.

## Why it breaks

Code that runs at import waits: for a lock that the same thread holds (a static initialiser that starts a thread and
joins it, the GIL taken twice), for the network, for input. The loader holds its own lock while static initialisers
run, and Python holds the module's import lock. A large library on a cold disk may just be slow, on macOS above all,
where new files are scanned when they are first opened.

## How to fix

- Give it longer, to see whether it ends at all: `--import-timeout SECONDS`.
- See where it waits: `python -X faulthandler -c 'import faulthandler; faulthandler.dump_traceback_later(5); import pkg._C'`,
  or `py-spy dump --native --pid PID`.
- Move work out of static initialisers and out of `PyInit_` into a function that is called on first use; release the
  GIL (`py::gil_scoped_release`) where another thread is awaited.

## How loadproof knows

It measured the time, and ended the process itself.
",
    inspect: &[Inspect::Ending(cut_off)],
};

fn cut_off(_scene: &Scene<'_>, _module: &Module<'_>, attempt: &ImportAttempt) -> Option<Finding> {
    let ImportOutcome::TimedOut { after } = attempt.outcome else {
        return None;
    };
    let finding = Finding::new(
        format!("importing `{}` did not end within {after} s", attempt.module),
        format!(
            "See where it waits: `python -c 'import faulthandler; faulthandler.dump_traceback_later(5); import {}'`; \
             `--import-timeout SECONDS` allows it more time.",
            attempt.module
        ),
    )
    .fact("module", &attempt.module)
    .fact("limit_seconds", after.to_string());
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
    fn the_limit_is_named() {
        let spoken = Case::linux().ends(&attempt(ImportOutcome::TimedOut { after: 3 }));
        let finding = said(spoken, "import-timed-out");
        assert_eq!(finding.message, "importing `pkg._C` did not end within 3 s");
    }

    #[test]
    fn an_exception_about_time_is_an_exception() {
        let spoken = Case::linux().raises("TimeoutError", "did not end within 3 s");
        assert_eq!(id(&spoken), Some("import-raised"));
    }
}
