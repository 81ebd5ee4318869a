//! Who loads where: a line for each wheel, and a table of files by targets where something does not load.

use super::{CELL, ROWS};
use crate::render::markdown::{code_cell, text};
use crate::render::targets;
use crate::render::text::{counted, cut, one_line};
use crate::report::{SubjectRows, TargetCell, TargetMatrix, TargetSummary};

/// Columns of one table: more would not be seen on a phone.
const COLUMNS: usize = 6;
/// Wheels whose files are shown, files that are named of each.
const DETAILS: usize = 10;
const FILES: usize = 24;
/// So many files are all named.
const FEW: usize = 8;

pub(in crate::render) fn table(matrix: &TargetMatrix) -> String {
    let mut page = String::new();
    if matrix.subjects.len() > 1 {
        page.push_str(&overview(matrix));
    }
    let is_shown = |subject: &&SubjectRows| {
        let worst = subject.worst();
        matrix.subjects.len() == 1 || matches!(worst, TargetCell::Fails | TargetCell::Unknown)
    };
    let mut shown: Vec<&SubjectRows> = matrix.subjects.iter().filter(is_shown).collect();
    shown.sort_by_key(|subject| subject.worst());
    for subject in shown.into_iter().take(DETAILS) {
        if matrix.subjects.len() > 1 {
            page.push_str(&format!("**{}**\n\n", text(&cut(&subject.name, CELL))));
        }
        for columns in subject.targets(matrix.targets.len()).chunks(COLUMNS) {
            page.push_str(&files(matrix, subject, columns));
        }
    }
    if !matrix.targets.is_empty() {
        page.push_str(&legend(matrix));
    }
    page
}

/// A line for each wheel, those that fail first.
fn overview(matrix: &TargetMatrix) -> String {
    let is_file = matrix.subjects.iter().all(SubjectRows::is_file);
    let what = if is_file { "file" } else { "wheel" };
    let mut table = format!("| | {what} | |\n|---|---|---|\n");
    let mut subjects: Vec<&SubjectRows> = matrix.subjects.iter().collect();
    subjects.sort_by_key(|subject| subject.worst());
    for subject in subjects.iter().take(ROWS) {
        let cells = [
            sign(subject.worst()).to_owned(),
            code_cell(&cut(&subject.name, CELL)),
            targets::words(subject),
        ];
        table.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    if subjects.len() > ROWS {
        let more = counted(subjects.len() - ROWS, "more wheel");
        table.push_str(&format!("| | {more} | |\n"));
    }
    table.push('\n');
    table
}

fn files(matrix: &TargetMatrix, subject: &SubjectRows, columns: &[usize]) -> String {
    let heads = columns
        .iter()
        .filter_map(|column| matrix.targets.get(*column));
    let heads: Vec<String> = heads.map(head).collect();
    let mut table = format!(
        "| file | {} |\n|---|{}\n",
        heads.join(" | "),
        ":---:|".repeat(heads.len())
    );
    for row in targets::rows(subject, columns, FILES, FEW) {
        let name = match row.file {
            Some(path) => code_cell(&cut(&one_line(path), CELL)),
            None => row.words(),
        };
        let cells: Vec<&str> = row.cells.iter().map(|cell| sign(*cell)).collect();
        table.push_str(&format!("| {name} | {} |\n", cells.join(" | ")));
    }
    table.push('\n');
    table
}

/// Three lines, so that the column is narrow.
fn head(target: &TargetSummary) -> String {
    let mut lines = vec![
        format!("macOS {}", target.macos),
        target.arch.clone(),
        format!("Python {}", target.python),
    ];
    lines.extend(target.torch.as_ref().map(|torch| format!("torch {torch}")));
    let lines = lines.iter().map(|line| text(&cut(line, CELL)));
    lines.collect::<Vec<_>>().join("<br>")
}

fn sign(cell: TargetCell) -> &'static str {
    match cell {
        TargetCell::Fails => "❌",
        TargetCell::Unknown => "❔",
        TargetCell::Loads => "✅",
        TargetCell::Carried => "◦",
        TargetCell::Absent => "–",
    }
}

/// What the signs mean that are there.
fn legend(matrix: &TargetMatrix) -> String {
    let rows = || matrix.subjects.iter().flat_map(|subject| &subject.rows);
    let is_there = |cell: TargetCell| rows().any(|row| row.cells.contains(&cell));
    let meanings = targets::MEANINGS
        .into_iter()
        .filter(|(cell, _)| is_there(*cell))
        .map(|(cell, meaning)| format!("{} {meaning}", sign(cell)));
    format!(
        "<sub>{}</sub>\n\n",
        meanings.collect::<Vec<_>>().join(" · ")
    )
}
