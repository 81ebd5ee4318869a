//! What a run comes to, in one word and one line, for every format that people read.

use super::targets;
use super::text::counted;
use crate::diagnosis::{Certainty, Severity};
use crate::report::Report;

/// What a run comes to at a `--fail-on` level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    Failed,
    NothingToCheck,
}

impl Outcome {
    pub(super) fn of(report: &Report, fail_on: Severity) -> Outcome {
        if report.is_empty() {
            Outcome::NothingToCheck
        } else if report.fails(fail_on) {
            Outcome::Failed
        } else {
            Outcome::Passed
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Outcome::Passed => "PASSED",
            Outcome::Failed => "FAILED",
            Outcome::NothingToCheck => "NOTHING TO CHECK",
        }
    }
}

/// `2 errors, 1 warning; 1 of 3 modules imported; 1 gap in loadproof`.
pub(super) fn line(report: &Report) -> String {
    let mut parts = if let Some(part) = report.empty_part() {
        vec![part.to_owned()]
    } else if report.is_empty() {
        vec!["no native module was found".to_owned()]
    } else {
        vec![findings(report)]
    };
    if let Some(build) = report.build.as_ref().filter(|build| !build.succeeded) {
        parts.push(format!(
            "the build failed ({})",
            super::text::one_line(&build.ending)
        ));
    }
    parts.extend(match &report.targets {
        Some(matrix) if !report.is_empty() => Some(targets::line(matrix)),
        Some(_) => None,
        None => imports(report),
    });
    if !report.disagreements.is_empty() {
        parts.push(format!(
            "{} in loadproof",
            counted(report.disagreements.len(), "gap")
        ));
    }
    parts.join("; ")
}

pub(super) fn findings(report: &Report) -> String {
    let levels = [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Note, "note"),
    ];
    let found: Vec<String> = levels
        .into_iter()
        .map(|(severity, noun)| (report.count(severity), noun))
        .filter(|&(count, _)| count > 0)
        .map(|(count, noun)| counted(count, noun))
        .collect();
    if found.is_empty() {
        "no findings".to_owned()
    } else {
        found.join(", ")
    }
}

fn imports(report: &Report) -> Option<String> {
    let modules = report
        .modules
        .iter()
        .filter(|module| module.module.is_some());
    let total = modules.clone().count();
    let imported = modules
        .flat_map(|module| &module.attempts)
        .filter(|attempt| attempt.counts && attempt.outcome == "imported")
        .count();
    (total > 0).then(|| format!("{imported} of {} imported", counted(total, "module")))
}

/// How a cause is known: its word, and what the word means.
pub(super) fn certainty(certainty: Certainty) -> (&'static str, &'static str) {
    match certainty {
        Certainty::Predicted => ("predicted", "a check of the files says so"),
        Certainty::Observed => ("observed", "the real build or import showed it"),
        Certainty::Confirmed => (
            "confirmed",
            "predicted from the files, and seen in the real run",
        ),
    }
}
