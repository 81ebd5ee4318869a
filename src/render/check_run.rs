//! A report as a check run: title, summary, and an annotation for every cause and every gap.

use std::io;

use super::place::{SourcePlace, notes};
use super::summary;
use super::text::{clean, one_line};
use super::verdict::{self, Outcome};
use super::{Options, symbol};
use crate::diagnosis::{Diagnosis, Place, Severity};
use crate::github::check_run::{Address, Annotation, Conclusion, Draft, Level, MOST, Span};
use crate::report::{Disagreement, Report};

/// Where an annotation stands that no file of the repository can show: what GitHub itself uses for those.
const NOWHERE: &str = ".github";
/// Bytes of the summary, below the API's 65,535 characters.
const BUDGET: usize = 60_000;

/// What the check run says.
pub fn draft(report: &Report, options: &Options) -> Draft {
    let outcome = Outcome::of(report, options.fail_on);
    let mut annotations = annotations(&report.causes, options);
    annotations.extend(report.disagreements.iter().map(|gap| of_gap(gap, options)));
    Draft {
        title: format!("{}: {}", outcome.word(), one_line(&verdict::line(report))),
        summary: summary::within(report, options, BUDGET),
        conclusion: match outcome {
            Outcome::Passed => Conclusion::Success,
            Outcome::Failed => Conclusion::Failure,
            Outcome::NothingToCheck => Conclusion::Neutral,
        },
        annotations,
    }
}

/// The requests as JSON, for a check run that somebody else makes: the commit is left out.
pub(super) fn render(
    report: &Report,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    write(draft(report, options), out)
}

/// The same for any draft.
pub(super) fn write(draft: Draft, out: &mut dyn io::Write) -> io::Result<()> {
    let address = Address {
        name: "loadproof".to_owned(),
        head_sha: String::new(),
        external_id: String::new(),
        details_url: None,
    };
    serde_json::to_writer_pretty(&mut *out, &draft.requests(&address))?;
    writeln!(out)
}

/// An annotation for a leg that left no report.
pub(super) fn lost(name: &str, why: &str, options: &Options) -> Annotation {
    let message = format!("{name}: {why}");
    Annotation::new(
        &nowhere(options),
        FIRST,
        Level::Failure,
        "no report",
        &message,
    )
}

/// An annotation for each cause, most severe first, as many as are ever sent.
pub(super) fn annotations(causes: &[Diagnosis], options: &Options) -> Vec<Annotation> {
    let mut causes: Vec<&Diagnosis> = causes.iter().collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.severity));
    causes
        .into_iter()
        .take(MOST)
        .map(|cause| of_cause(cause, options))
        .collect()
}

fn of_cause(cause: &Diagnosis, options: &Options) -> Annotation {
    let place = SourcePlace::of(&cause.place, options);
    let (path, span) = match &place {
        Some(place) => (place.file.clone(), span(place)),
        None => (nowhere(options), FIRST),
    };
    let level = match cause.severity {
        Severity::Error => Level::Failure,
        Severity::Warning => Level::Warning,
        Severity::Note => Level::Notice,
    };
    let title = format!("{} ({})", cause.rule, cause.certainty);
    Annotation::new(&path, span, level, &title, &message(cause, options))
}

const FIRST: Span = Span {
    start: 1,
    end: 1,
    columns: None,
};

/// Columns of a place end behind the last character, those of an annotation on it.
fn span(place: &SourcePlace) -> Span {
    let start = place.line.unwrap_or(1);
    let last = place.end_column.map(|end| end.saturating_sub(1));
    Span {
        start,
        end: place.end_line.unwrap_or(start),
        columns: place.column.map(|column| (column, last.unwrap_or(column))),
    }
}

fn nowhere(options: &Options) -> String {
    options
        .project_prefix
        .as_deref()
        .map(one_line)
        .unwrap_or_else(|| NOWHERE.to_owned())
}

fn message(cause: &Diagnosis, options: &Options) -> String {
    let mut paragraphs = vec![one_line(&cause.message)];
    let mut lines = Vec::new();
    if let Place::Artifact { .. } = &cause.place {
        lines.push(format!("in {}", one_line(&cause.place.to_string())));
    }
    lines.extend(notes(cause, options));
    let named = cause.facts.get("symbol").or(cause.subject.as_ref());
    if let Some(readable) = named.and_then(|symbol| symbol::demangled(symbol)) {
        lines.push(format!("symbol: {}", one_line(&readable)));
    }
    if !lines.is_empty() {
        paragraphs.push(lines.join("\n"));
    }
    paragraphs.push(clean(&cause.remedy).trim().to_owned());
    for evidence in &cause.evidence {
        let text = clean(&evidence.text);
        paragraphs.push(format!(
            "{}:\n{}",
            one_line(&evidence.source),
            text.trim_end()
        ));
    }
    paragraphs.join("\n\n")
}

fn of_gap(gap: &Disagreement, options: &Options) -> Annotation {
    let message = format!(
        "{} ({}): predicted {}, observed {}\nthis is an error of loadproof, not of the project",
        one_line(&gap.module),
        one_line(&gap.situation),
        one_line(&gap.predicted),
        one_line(&gap.observed),
    );
    Annotation::new(
        &nowhere(options),
        FIRST,
        Level::Warning,
        "gap in loadproof",
        &message,
    )
}
