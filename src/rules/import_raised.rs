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
    let first = message.lines().next().unwrap_or_default();
    let finding = Finding::new(
        format!("importing `{}` raises {exception}: {first}", attempt.module),
        "Read the traceback: the last frame is the line that raised.",
    );
    Some(
        finding
            .subject(exception)
            .fact("module", &attempt.module)
            .evidence("traceback", traceback),
    )
}
