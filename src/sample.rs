//! The samples that loadproof carries: what each should come to, and whether it did.

use serde::{Deserialize, Serialize};

use crate::diagnosis::{Certainty, Diagnosis, Place, Source};
use crate::report::{ModuleReport, Report};

/// What a sample's `expected.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// One sentence for people.
    pub about: String,
    /// What must be there: `torch`, `cmake`, `scikit-build-core`, `arm64`.
    pub needs: Vec<String>,
    /// `linux`, `macos`.
    pub os: Vec<String>,
    /// The cause, or none for a healthy sample.
    pub cause: Option<String>,
    /// A part of the cause's subject.
    pub subject: Option<String>,
    /// A static check can know it.
    pub predicted: bool,
    /// The real build or import shows it.
    pub observed: bool,
    /// `build`, `link` or `import`.
    pub stage: Option<String>,
    /// The line that a reviewer would edit.
    pub place: Option<ExpectedPlace>,
    /// How to verify it.
    pub verify: Invocation,
}

/// A line of the sample.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedPlace {
    /// The file, relative to the sample.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// How to verify a sample.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invocation {
    /// Arguments after `loadproof verify SAMPLE`.
    pub args: Vec<String>,
    /// Environment variables; `{project}` stands for the sample's directory.
    pub env: std::collections::BTreeMap<String, String>,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The sample's name.
    pub sample: String,
    /// The cause that was expected; `healthy` for none.
    pub expected: String,
    /// The cause as the static checks named it; `-` for none.
    pub predicted: String,
    /// The cause as the build or the import showed it; `-` for none.
    pub observed: String,
    /// How it compares.
    pub judgement: Judgement,
    /// Wall time.
    pub seconds: f64,
}

/// Whether a sample came to what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Judgement {
    /// It did.
    Passed,
    /// It did not.
    Failed {
        /// What differs.
        why: Vec<String>,
    },
    /// It could not be run here.
    Skipped {
        /// Why.
        why: String,
    },
}

/// Compares a sample's report with what was expected of it.
pub fn judge(sample: &str, expected: &Expected, report: &Report, seconds: f64) -> Row {
    let named = |certainties: [Certainty; 2]| {
        let causes = report
            .causes
            .iter()
            .filter(|cause| certainties.contains(&cause.certainty));
        let ids: Vec<&str> = causes.map(|cause| cause.rule).collect();
        if ids.is_empty() {
            "-".to_owned()
        } else {
            ids.join(", ")
        }
    };
    let mut why = differences(expected, report);
    why.extend(report.disagreements.iter().map(|gap| {
        format!(
            "disagreement ({}): predicted {}, observed {}",
            gap.situation, gap.predicted, gap.observed
        )
    }));
    Row {
        sample: sample.to_owned(),
        expected: expected
            .cause
            .clone()
            .unwrap_or_else(|| "healthy".to_owned()),
        predicted: named([Certainty::Predicted, Certainty::Confirmed]),
        observed: named([Certainty::Observed, Certainty::Confirmed]),
        judgement: if why.is_empty() {
            Judgement::Passed
        } else {
            Judgement::Failed { why }
        },
        seconds,
    }
}

fn differences(expected: &Expected, report: &Report) -> Vec<String> {
    let Some(id) = &expected.cause else {
        return differences_to_healthy(report);
    };
    let [cause] = report.causes.as_slice() else {
        let found: Vec<String> = report
            .causes
            .iter()
            .map(|cause| format!("{} ({})", cause.rule, cause.message))
            .collect();
        return vec![format!(
            "exactly one cause is expected, found {}: {}",
            found.len(),
            found.join("; ")
        )];
    };
    let mut why = Vec::new();
    if cause.rule != id {
        why.push(format!("the cause is {}: {}", cause.rule, cause.message));
    }
    let subject = cause.subject.as_deref().unwrap_or_default();
    if expected
        .subject
        .as_deref()
        .is_some_and(|part| !subject.contains(part))
    {
        why.push(format!("the subject is `{subject}`"));
    }
    let certainty = match (expected.predicted, expected.observed) {
        (true, true) => Certainty::Confirmed,
        (true, false) => Certainty::Predicted,
        (false, _) => Certainty::Observed,
    };
    if cause.certainty != certainty {
        why.push(format!(
            "it is {}, {certainty} is expected",
            cause.certainty
        ));
    }
    why.extend(misplaced(expected.place.as_ref(), &cause.place));
    why
}

/// A line that is expected must be hit, and no other may be named.
fn misplaced(expected: Option<&ExpectedPlace>, place: &Place) -> Option<String> {
    let line = match place {
        Place::Source(Source {
            file,
            line: Some(line),
            ..
        }) => Some((file, *line)),
        _ => None,
    };
    let wanted = expected.map(|place| (&place.file, place.line));
    (line != wanted).then(|| match line {
        Some(_) => format!("the place is {place}"),
        None => format!("the place is {place}, without a line"),
    })
}

fn differences_to_healthy(report: &Report) -> Vec<String> {
    let found = |cause: &Diagnosis| format!("{} although healthy: {}", cause.rule, cause.message);
    let mut why: Vec<String> = report.causes.iter().map(found).collect();
    if !report.modules.iter().any(was_imported) {
        why.push("no module was imported".to_owned());
    }
    why
}

fn was_imported(module: &ModuleReport) -> bool {
    module
        .attempts
        .iter()
        .any(|attempt| attempt.counts && attempt.outcome == "imported")
}
