//! Workflow commands, which GitHub's runner turns into annotations.
//!
//! The limits are the runner's: ten annotations of each type in a step, first come first served, and 4096 characters of
//! a message. See <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.
//!
//! The runner reads everything that a step prints. A line that begins with `::name::` is a command, and so, in the old
//! syntax, is `##[name]` anywhere in a line. Commands of this file escape what they carry; `##[` has no escape, so it
//! becomes `## [` (a blank can be seen and is lost on nobody, a zero-width character would be copied along unseen).
//! Text that is not a command stands inside a fence, where the runner obeys nothing.

use std::fmt::Write as _;
use std::io;

use super::place::{SourcePlace, notes};
use super::text::{clean, counted, cut, one_line};
use super::{Options, symbol};
use crate::diagnosis::{Diagnosis, Place, Severity};
use crate::report::{Disagreement, Report};

/// Annotations of one type that a step can have.
const PER_TYPE: usize = 10;
/// UTF-16 units of a message: .NET counts in those.
const MESSAGE: usize = 4096;
/// Lines of evidence in an annotation, which is read beside the code.
const EVIDENCE_LINES: usize = 6;

/// From the most severe, because the first ones are those that are shown.
const LEVELS: [(Severity, &str); 3] = [
    (Severity::Error, "error"),
    (Severity::Warning, "warning"),
    (Severity::Note, "notice"),
];

pub(super) fn render(
    report: &Report,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut dropped = String::new();
    for (severity, command) in LEVELS {
        let causes = report
            .causes
            .iter()
            .filter(|cause| cause.severity == severity);
        let mut annotations: Vec<Annotation> =
            causes.map(|cause| of_cause(cause, options)).collect();
        if severity == Severity::Warning {
            annotations.extend(report.disagreements.iter().map(|gap| of_gap(gap, options)));
        }
        for rest in limited(&mut annotations, command) {
            let _infallible = writeln!(
                dropped,
                "| {command}: {}: {}",
                rest.title,
                cut(&one_line(&rest.message), 200)
            );
        }
        for annotation in &annotations {
            annotation.write(command, out)?;
        }
    }
    if report.causes.is_empty() && report.disagreements.is_empty() {
        writeln!(out, "loadproof has nothing to annotate")?;
    }
    if dropped.is_empty() {
        return Ok(());
    }
    let text = format!("more than GitHub shows as annotations:\n{dropped}");
    match &options.stop_token {
        Some(token) => fence(token, &text, out),
        None => out.write_all(disarmed(&text).as_bytes()),
    }
}

/// Writes `text` so that GitHub's runner obeys nothing in it. `token` must be unknown to whoever wrote the text, such as
/// 32 random hexadecimal digits.
pub fn fence(token: &str, text: &str, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "::stop-commands::{token}")?;
    let text = disarmed(text);
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        writeln!(out)?;
    }
    writeln!(out, "::{token}::")
}

/// A command without a place, as its whole line: `level` is `error`, `warning` or `notice`.
pub fn command(level: &str, title: &str, message: &str) -> String {
    let message = data(&within(&clean(message), MESSAGE));
    format!(
        "::{level} title={}::{message}\n",
        property(&one_line(title))
    )
}

/// `text` on one line, fit to stand behind words of ours in the log of a step.
pub fn inert(text: &str) -> String {
    disarmed(&one_line(text))
}

/// The old syntax, broken; inside a fence it would still colour and fold the log.
fn disarmed(text: &str) -> String {
    text.replace("##[", "## [")
}

/// Leaves as many as the runner takes; the last of them then says how many more there are. Gives back the others.
fn limited(annotations: &mut Vec<Annotation>, command: &str) -> Vec<Annotation> {
    if annotations.len() <= PER_TYPE {
        return Vec::new();
    }
    let rest = annotations.split_off(PER_TYPE - 1);
    let more = counted(rest.len(), &format!("more {command}"));
    annotations.push(Annotation {
        title: format!("loadproof: {more}"),
        message: format!("{more}: GitHub shows {PER_TYPE} of a step; the log, the summary and the other reports have them all"),
        place: None,
    });
    rest
}

/// One command, not yet escaped.
struct Annotation {
    title: String,
    message: String,
    place: Option<SourcePlace>,
}

fn of_cause(cause: &Diagnosis, options: &Options) -> Annotation {
    let mut message = one_line(&cause.message);
    if let Place::Artifact { .. } = &cause.place {
        let _infallible = write!(message, "\nin {}", one_line(&cause.place.to_string()));
    }
    for note in notes(cause, options) {
        let _infallible = write!(message, "\n{note}");
    }
    let named = cause.facts.get("symbol").or(cause.subject.as_ref());
    if let Some(readable) = named.and_then(|symbol| symbol::demangled(symbol)) {
        let _infallible = write!(message, "\nsymbol: {}", one_line(&readable));
    }
    let _infallible = write!(message, "\n\n{}", clean(&cause.remedy).trim());
    if let Some(first) = cause.evidence.first() {
        let text = clean(&first.text);
        let lines: Vec<&str> = text.trim().lines().take(EVIDENCE_LINES).collect();
        let _infallible = write!(
            message,
            "\n\n{}:\n{}",
            one_line(&first.source),
            lines.join("\n")
        );
    }
    Annotation {
        title: format!("{} ({})", cause.rule, cause.certainty),
        message,
        place: SourcePlace::of(&cause.place, options),
    }
}

fn of_gap(gap: &Disagreement, options: &Options) -> Annotation {
    let attach = match &options.artifact_hint {
        Some(file) => format!("please report it and attach {}", one_line(file)),
        None => "please report it".to_owned(),
    };
    Annotation {
        title: "gap in loadproof".to_owned(),
        message: format!(
            "{} ({}): predicted {}, observed {}\nthis is an error of loadproof, not of the project: {attach}",
            one_line(&gap.module),
            one_line(&gap.situation),
            one_line(&gap.predicted),
            one_line(&gap.observed),
        ),
        place: None,
    }
}

impl Annotation {
    fn write(&self, command: &str, out: &mut dyn io::Write) -> io::Result<()> {
        let mut properties = Vec::new();
        if let Some(place) = &self.place {
            properties.push(format!("file={}", property(&place.file)));
            properties.extend(span(place));
        }
        properties.push(format!("title={}", property(&self.title)));
        let message = data(&within(&self.message, MESSAGE));
        writeln!(out, "::{command} {}::{message}", properties.join(","))
    }
}

/// The runner takes columns only where the span is on one line.
fn span(place: &SourcePlace) -> Vec<String> {
    let mut properties = Vec::new();
    properties.extend(place.line.map(|line| format!("line={line}")));
    properties.extend(place.end_line.map(|line| format!("endLine={line}")));
    if place.end_line.is_none_or(|end| Some(end) == place.line) {
        properties.extend(place.column.map(|column| format!("col={column}")));
        properties.extend(place.end_column.map(|end| format!("endColumn={end}")));
    }
    properties
}

/// Escapes the data of a command. `%` goes first, or the other escapes would be escaped.
fn data(text: &str) -> String {
    disarmed(text)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// As much of `text` as has at most `most` UTF-16 units, also once it is disarmed.
fn within(text: &str, most: usize) -> String {
    let text = disarmed(text);
    if text.encode_utf16().count() <= most {
        return text;
    }
    let mut left = most.saturating_sub('…'.len_utf16());
    let mut kept: String = text
        .chars()
        .take_while(|c| {
            let fits = c.len_utf16() <= left;
            left = left.saturating_sub(c.len_utf16());
            fits
        })
        .collect();
    kept.push('…');
    kept
}

#[cfg(test)]
pub(super) mod runner;
#[cfg(test)]
mod tests;
