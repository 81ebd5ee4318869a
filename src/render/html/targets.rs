//! Who loads where: a table of files by targets for each wheel, those that fail first and open.

use maud::{Markup, html};

use super::text;
use crate::diagnosis::{Diagnosis, Severity};
use crate::render::targets::{self, Shown};
use crate::report::{SubjectRows, TargetCell, TargetMatrix, TargetSummary};

/// Wheels on one page, files that are named of each.
const WHEELS: usize = 200;
const FILES: usize = 60;
/// So many files are all named.
const FEW: usize = 8;

/// The section; its cells lead to `causes`, which the page shows in this order.
pub(super) fn section(matrix: &TargetMatrix, causes: &[&Diagnosis]) -> Markup {
    let mut subjects: Vec<&SubjectRows> = matrix.subjects.iter().collect();
    subjects.sort_by_key(|subject| subject.worst());
    let more = subjects.len().saturating_sub(WHEELS);
    html! {
        @if !matrix.targets.is_empty() {
            section id="targets" {
                h2 { "Who loads where" }
                (legend(matrix))
                @for subject in subjects.into_iter().take(WHEELS) {
                    @if matrix.subjects.len() == 1 { (table(matrix, subject, causes)) }
                    @else { (folded(matrix, subject, causes)) }
                }
                @if more > 0 { p { (more) " more wheels would not fit on this page." } }
            }
        }
    }
}

fn folded(matrix: &TargetMatrix, subject: &SubjectRows, causes: &[&Diagnosis]) -> Markup {
    let worst = subject.worst();
    let (class, sign) = sign(worst);
    let open = matches!(worst, TargetCell::Fails);
    html! {
        details class="module" open[open] {
            summary {
                span class=(class) { (sign) } " " code { (text(&subject.name)) }
                " " span class=(class) { (targets::words(subject)) }
            }
            (table(matrix, subject, causes))
        }
    }
}

fn table(matrix: &TargetMatrix, subject: &SubjectRows, causes: &[&Diagnosis]) -> Markup {
    let columns = subject.targets(matrix.targets.len());
    let heads: Vec<&TargetSummary> = columns
        .iter()
        .filter_map(|column| matrix.targets.get(*column))
        .collect();
    html! {
        @if columns.is_empty() { p class="muted" { "It holds nothing native." } }
        @else {
            div class="scroll" tabindex="0" {
                table class="targets" {
                    thead { tr {
                        th scope="col" { "file" }
                        @for target in &heads { (head(target)) }
                    } }
                    tbody {
                        @for row in targets::rows(subject, &columns, FILES, FEW) { (line(&row, &heads, causes)) }
                    }
                }
            }
        }
    }
}

/// Short lines, so that the column is narrow.
fn head(target: &TargetSummary) -> Markup {
    html! {
        th scope="col" {
            "macOS " (text(&target.macos)) br; (text(&target.arch)) br; "Python " (text(&target.python))
            @if let Some(torch) = &target.torch { br; "torch " (text(torch)) }
        }
    }
}

fn line(row: &Shown<'_>, heads: &[&TargetSummary], causes: &[&Diagnosis]) -> Markup {
    html! {
        tr {
            th scope="row" {
                @match row.file {
                    Some(path) => { code { (text(path)) } }
                    None => (row.words()),
                }
            }
            @for (cell, target) in row.cells.iter().zip(heads) {
                @let (class, sign) = sign(*cell);
                @let cause = row.module.filter(|_| *cell == TargetCell::Fails)
                    .and_then(|module| cause_of(module, &target.name, causes));
                td class=(class) title=(meaning(*cell)) {
                    @match cause {
                        Some(index) => { a class=(class) href=(format!("#cause-{}", index + 1)) { (sign) } }
                        None => (sign),
                    }
                    span class="hidden" { " " (meaning(*cell)) }
                }
            }
        }
    }
}

/// The position of the cause that says why a file fails on a target.
fn cause_of(module: &str, target: &str, causes: &[&Diagnosis]) -> Option<usize> {
    causes.iter().position(|cause| {
        let on = cause.facts.get("targets");
        cause.severity == Severity::Error
            && cause.modules.iter().any(|known| known == module)
            && on.is_none_or(|names| names.split("; ").any(|name| name == target))
    })
}

fn sign(cell: TargetCell) -> (&'static str, &'static str) {
    match cell {
        TargetCell::Fails => ("bad", "✗"),
        TargetCell::Unknown => ("unknown", "?"),
        TargetCell::Loads => ("good", "✓"),
        TargetCell::Carried => ("muted", "·"),
        TargetCell::Absent => ("muted", "–"),
    }
}

fn meaning(cell: TargetCell) -> &'static str {
    let known = targets::MEANINGS
        .into_iter()
        .find(|(known, _)| *known == cell);
    known.map_or("", |(_, meaning)| meaning)
}

/// What the signs mean that are there.
fn legend(matrix: &TargetMatrix) -> Markup {
    let rows = || matrix.subjects.iter().flat_map(|subject| &subject.rows);
    let there = targets::MEANINGS
        .into_iter()
        .filter(|(cell, _)| rows().any(|row| row.cells.contains(cell)));
    html! {
        p class="muted" {
            @for (index, (cell, meaning)) in there.enumerate() {
                @let (class, sign) = sign(cell);
                @if index > 0 { " · " }
                span class=(class) { (sign) } " " (meaning)
            }
        }
    }
}
