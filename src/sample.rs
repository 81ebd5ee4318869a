//! The samples that loadproof carries: what each should come to, and whether it did.

use serde::{Deserialize, Serialize};

use crate::diagnosis::{Certainty, Diagnosis, Place};
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
    /// The first character that has to be underlined, from 1; absent where that depends on the compiler or the build tool.
    #[serde(default)]
    pub column: Option<u32>,
    /// The character behind the last one, on the same line; absent where only the beginning is told.
    #[serde(default)]
    pub end_column: Option<u32>,
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

/// A line that is expected must be hit, with the characters that are stated, and no other may be named.
fn misplaced(expected: Option<&ExpectedPlace>, place: &Place) -> Option<String> {
    let source = match place {
        Place::Source(source) if source.line.is_some() => Some(source),
        _ => None,
    };
    let (expected, source) = match (expected, source) {
        (None, None) => return None,
        (Some(expected), Some(source)) => (expected, source),
        (_, Some(_)) => return Some(format!("the place is {place}")),
        (_, None) => return Some(format!("the place is {place}, without a line")),
    };
    if (&expected.file, Some(expected.line)) != (&source.file, source.line) {
        return Some(format!("the place is {place}"));
    }
    let column = expected.column.is_none() || expected.column == source.column;
    let end = (source.end_line, source.end_column);
    let end_column = expected.end_column.is_none() || (source.line, expected.end_column) == end;
    (!column || !end_column).then(|| match end {
        (Some(line), Some(column)) => format!("the place is {place} to {line}:{column}"),
        _ => format!("the place is {place}"),
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

#[cfg(test)]
mod tests {
    use super::{ExpectedPlace, misplaced};
    use crate::diagnosis::{Place, Source};

    #[test]
    fn a_stated_column_is_compared_and_one_that_is_not_stated_may_be_any() {
        let expected = |column, end_column| ExpectedPlace {
            file: "setup.py".to_owned(),
            line: 9,
            column,
            end_column,
        };
        let place = Place::Source(Source::span("setup.py", (9, 4), (9, 8)));
        for (column, end_column, told) in [
            (None, None, None),
            (Some(4), None, None),
            (Some(4), Some(8), None),
            (Some(5), None, Some("the place is setup.py:9:4 to 9:8")),
            (Some(4), Some(9), Some("the place is setup.py:9:4 to 9:8")),
        ] {
            let why = misplaced(Some(&expected(column, end_column)), &place);
            assert_eq!(why.as_deref(), told, "{column:?}, {end_column:?}");
        }
        let longer = Place::Source(Source::span("setup.py", (9, 4), (10, 8)));
        assert!(misplaced(Some(&expected(Some(4), Some(8))), &longer).is_some());
        assert!(misplaced(None, &place).is_some());
        assert!(misplaced(Some(&expected(None, None)), &Place::Project).is_some());
        assert!(misplaced(None, &Place::Project).is_none());
    }
}
