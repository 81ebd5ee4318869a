//! The Python that should import the module did not start.

use super::{Finding, Inspect, Module, Rule, Scene, rank};
use crate::diagnosis::Severity;
use crate::python::{ImportAttempt, ImportOutcome};

pub(super) const RULE: Rule = Rule {
    id: "import-not-started",
    summary: "the import could not be tried",
    severity: Severity::Error,
    rank: rank::ENVIRONMENT,
    explanation: "## What it means

The module was built and installed, but no process came up in which it could be imported, or what must be imported
before it did not come up. Nothing is known of the module itself.

## Why it breaks

The interpreter answered at the start of the run and does not start now: it was removed or upgraded by the build, the
machine is out of memory or of processes, or a sandbox forbids it.

## How to fix

- Start it by hand: `python -c 'print(1)'`.
- Look for a build that changes its own environment (`pip install` in setup.py).
- `ulimit -a` and `df -h` show what has run out.

## How loadproof knows

Starting the process failed; the system's reason is in the message.
",
    inspect: &[Inspect::Ending(not_started)],
};

fn not_started(
    scene: &Scene<'_>,
    _module: &Module<'_>,
    attempt: &ImportAttempt,
) -> Option<Finding> {
    let python = scene
        .interpreter()
        .map_or("python", |python| &python.executable);
    let (message, subject) = match &attempt.outcome {
        ImportOutcome::NotStarted { why } => (
            format!("`{python}` could not be started for the import: {why}"),
            python,
        ),
        ImportOutcome::NotReached { needed, why } if needed != "torch" => (
            format!(
                "`{}` was not imported, because `import {needed}` fails before it: {why}",
                attempt.module
            ),
            needed.as_str(),
        ),
        _ => return None,
    };
    Some(
        Finding::new(
            message.trim_end_matches('.'),
            format!("Check that the interpreter works: `{python} -c 'print(1)'`."),
        )
        .subject(subject)
        .fact("module", &attempt.module),
    )
}

#[cfg(test)]
mod tests {
    use crate::python::ImportOutcome;
    use crate::rules::testing::{Case, attempt, id, said};

    #[test]
    fn the_systems_reason_is_quoted() {
        let why = "Permission denied".to_owned();
        let spoken = Case::linux().ends(&attempt(ImportOutcome::NotStarted { why }));
        let finding = said(spoken, "import-not-started");
        assert!(
            finding
                .message
                .ends_with("for the import: Permission denied"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn a_torch_that_fails_has_its_own_rule() {
        let outcome = ImportOutcome::NotReached {
            needed: "torch".to_owned(),
            why: "ImportError".to_owned(),
        };
        assert_eq!(
            id(&Case::linux().ends(&attempt(outcome))),
            Some("torch-import-failed")
        );
    }
}
