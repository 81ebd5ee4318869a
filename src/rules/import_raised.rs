//! The import raised an exception and no narrower rule knows why.

use super::{Finding, Inspect, Module, Rule, Scene, rank};
use crate::diagnosis::Severity;
use crate::python::{ImportAttempt, ImportOutcome};

pub(super) const RULE: Rule = Rule {
    id: "import-raised",
    summary: "importing the module raised an exception",
    severity: Severity::Error,
    rank: rank::FALLBACK,
    explanation: "## What it means

The loader accepted the file; the module's own initialisation, or the package around it, raised an exception.

## Why it breaks

The exception's text says it. loadproof knows no more than that text.

## How to fix

Read the traceback in the evidence; it ends in the line that raised.

## How loadproof knows

It imported the module in a fresh Python process.
",
    inspect: &[Inspect::Ending(raised)],
};

fn raised(_scene: &Scene<'_>, _module: &Module<'_>, attempt: &ImportAttempt) -> Option<Finding> {
    let ImportOutcome::Raised {
        exception,
        message,
        traceback,
    } = &attempt.outcome
    else {
        return None;
    };
    let said = match message.lines().find(|line| !line.trim().is_empty()) {
        Some(first) => format!("{exception}: {}", first.trim().trim_end_matches('.')),
        None => exception.clone(),
    };
    let finding = Finding::new(
        format!("importing `{}` raises {said}", attempt.module),
        "Read the traceback: the last frame is the line that raised.",
    );
    Some(
        finding
            .subject(exception)
            .fact("module", &attempt.module)
            .evidence("traceback", traceback),
    )
}

#[cfg(test)]
mod tests {
    use crate::python::ImportOutcome;
    use crate::rules::testing::{Case, attempt, id, said};

    #[test]
    fn the_exception_is_quoted() {
        let finding = said(
            Case::linux().raises("RuntimeError", "no licence.\nsee x"),
            "import-raised",
        );
        assert_eq!(
            finding.message,
            "importing `pkg._C` raises RuntimeError: no licence"
        );
        let silent = said(Case::linux().raises("KeyError", ""), "import-raised");
        assert_eq!(silent.message, "importing `pkg._C` raises KeyError");
    }

    #[test]
    fn an_import_that_came_up_is_silent() {
        assert_eq!(
            id(&Case::linux().ends(&attempt(ImportOutcome::Imported))),
            None
        );
    }
}
