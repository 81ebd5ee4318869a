//! Merged reports as bytes: the matrix, the causes once for all legs, and who is missing.

use std::io;

use super::summary::cause::{Scope, of_cause};
use super::text::{counted, one_line};
use super::{Format, Options, check_run, html, sarif, terminal};
use crate::diagnosis::{Diagnosis, Severity};
use crate::github::check_run::{Annotation, Conclusion, Draft};
use crate::merge::{Folded, Left, Merged, targets_of};
use crate::report::Report;

pub(super) mod checks;
mod comment;
mod json;
mod junit;
pub(super) mod matrix;
mod page;

pub use comment::comment;

/// Legs without a report that a terminal names.
const LOST: usize = 50;
/// Bytes of the summary of a check run.
const CHECK_RUN: usize = 60_000;

/// Writes `merged` in `format`. The same arguments give the same bytes.
pub fn render_merged(
    merged: &Merged,
    format: Format,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        Format::Terminal => text(merged, options, out),
        Format::Json => json::render(merged, options, out),
        Format::Junit => junit::render(merged, options, out),
        Format::Github => commands(merged, options, out),
        Format::Summary => out.write_all(page::page(merged, options, page::SUMMARY).as_bytes()),
        Format::Html => out.write_all(html::merged(merged, options).as_bytes()),
        Format::CheckRun => check_run::write(draft(merged, options), out),
        Format::Sarif => {
            let causes: Vec<&Diagnosis> =
                merged.causes.iter().map(|folded| &folded.cause).collect();
            sarif::write(&causes, env!("CARGO_PKG_VERSION"), options, out)
        }
    }
}

/// The check run of all legs together.
pub fn draft(merged: &Merged, options: &Options) -> Draft {
    let causes: Vec<Diagnosis> = merged.causes.iter().map(spoken).collect();
    let mut annotations: Vec<Annotation> = check_run::annotations(&causes, options);
    for (name, why) in lost(merged) {
        annotations.push(check_run::lost(&name, &why, options));
    }
    Draft {
        title: format!("{}: {}", word(merged, options), line(merged, options)),
        summary: page::page(merged, options, CHECK_RUN),
        conclusion: if merged.fails(options.fail_on) {
            Conclusion::Failure
        } else {
            Conclusion::Success
        },
        annotations,
    }
}

/// The cause with the legs that have it as a part of its message.
fn spoken(folded: &Folded) -> Diagnosis {
    let mut cause = folded.cause.clone();
    cause.message = format!("{} ({})", cause.message, folded.whose);
    cause
}

/// Legs without a report, each with why.
pub(super) fn lost(merged: &Merged) -> Vec<(String, String)> {
    let legs = merged.legs.iter().filter_map(|leg| match &leg.left {
        Left::Report(_) => None,
        Left::Unreadable(why) => Some((
            one_line(&leg.name),
            format!("its report cannot be read: {}", one_line(why)),
        )),
        Left::Missing => Some((one_line(&leg.name), "it left no report".to_owned())),
    });
    legs.collect()
}

pub(super) fn word(merged: &Merged, options: &Options) -> &'static str {
    if merged.fails(options.fail_on) {
        "FAILED"
    } else {
        "PASSED"
    }
}

/// `2 of 12 legs failed, 1 left no report; 3 causes`.
pub(super) fn line(merged: &Merged, options: &Options) -> String {
    let total = counted(merged.legs.len(), "leg");
    let lost = lost(merged).len();
    let failed = merged
        .legs
        .iter()
        .filter(|leg| leg.fails(options.fail_on))
        .count()
        - lost;
    let mut parts = Vec::new();
    parts.push(match (failed, lost) {
        (0, 0) => format!("{total} passed"),
        (0, _) => format!("{lost} of {total} left no report"),
        (_, 0) => format!("{failed} of {total} failed"),
        (_, _) => format!("{failed} of {total} failed, {lost} left no report"),
    });
    let levels = [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Note, "note"),
    ];
    for (severity, noun) in levels {
        let count = merged
            .causes
            .iter()
            .filter(|folded| folded.cause.severity == severity)
            .count();
        if count > 0 {
            parts.push(counted(count, noun));
        }
    }
    let gaps: usize = merged
        .legs
        .iter()
        .filter_map(|leg| leg.report())
        .map(|report| report.disagreements.len())
        .sum();
    if gaps > 0 {
        parts.push(format!("{} in loadproof", counted(gaps, "gap")));
    }
    parts.join("; ")
}

/// The project, where all legs name the same one.
pub(super) fn project(merged: &Merged) -> Option<&str> {
    let mut names = merged
        .legs
        .iter()
        .filter_map(|leg| leg.report())
        .map(|report| report.project.as_str());
    let first = names.next()?;
    names.all(|name| name == first).then_some(first)
}

/// The report that tells a folded cause.
pub(super) fn teller<'a>(merged: &'a Merged, folded: &Folded) -> Option<&'a Report> {
    folded
        .legs
        .first()
        .and_then(|&leg| merged.legs.get(leg))
        .and_then(|leg| leg.report())
}

/// Wheels that are named.
const WHEELS: usize = 6;

/// Among which legs, targets and wheels a cause is.
pub(super) fn scope(merged: &Merged, folded: &Folded) -> Scope {
    let matrix = merged.targets.as_ref();
    let several = folded.wheels.len() > 1;
    let mut wheels: Vec<String> = folded.wheels.iter().take(WHEELS).cloned().collect();
    if folded.wheels.len() > WHEELS {
        wheels.push(counted(folded.wheels.len() - WHEELS, "more wheel"));
    }
    Scope {
        legs: Some(folded.whose.clone()),
        targets: matrix.and_then(|matrix| targets_of(matrix, &folded.cause)),
        wheels: several.then(|| wheels.join(", ")),
    }
}

fn section(merged: &Merged, options: &Options, folded: &Folded) -> String {
    teller(merged, folded).map_or_else(String::new, |report| {
        of_cause(report, options, &folded.cause, &scope(merged, folded))
    })
}

fn text(merged: &Merged, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let mut text = String::new();
    for folded in &merged.causes {
        if let Some(report) = teller(merged, folded) {
            text.push_str(&terminal::of_cause(report, options, &spoken(folded)));
        }
    }
    for (name, why) in lost(merged).iter().take(LOST) {
        text.push_str(&format!("error[no report]: {name}: {why}\n\n"));
    }
    text.push_str(&matrix::plain(merged));
    text.push_str(&checks::plain(merged, options));
    text.push_str(&format!(
        "\n{}: {}\n",
        word(merged, options),
        line(merged, options)
    ));
    match &options.stop_token {
        Some(token) => super::fence(token, &text, out),
        None => out.write_all(text.as_bytes()),
    }
}

/// The legs have annotated their causes themselves: what only the whole can tell is who is missing.
fn commands(merged: &Merged, _: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let lost = lost(merged);
    for (name, why) in lost.iter().take(9) {
        let command = super::workflow_command("error", &format!("loadproof: {name}"), why);
        out.write_all(command.as_bytes())?;
    }
    if lost.len() > 9 {
        let more = format!(
            "{} left no report that can be read",
            counted(lost.len() - 9, "more leg")
        );
        out.write_all(super::workflow_command("error", "loadproof", &more).as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
