//! The report for a person: the causes, each once, then who loads where.

use std::io;

use textwrap::core::display_width;

use crate::check::Checked;
use crate::render::text::{counted, cut, one_line};
use crate::render::verdict::{self, Outcome};
use crate::render::{Options, github, targets, terminal};
use crate::report::{Report, TargetCell, TargetMatrix};

/// Rows of modules of one subject that are named; the others are counted.
const ROWS: usize = 24;

/// Characters of a module's path.
const PATH: usize = 60;

/// Columns of one line; more targets are shown in a further block.
const COLUMNS: usize = 12;

/// Writes the report; `report` is the folded one.
pub fn terminal(
    checked: &Checked,
    report: &Report,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut text = format!(
        "loadproof {}: {}\n\n",
        one_line(&checked.tool_version),
        one_line(&report.project)
    );
    text.push_str(&terminal::causes(report, options));
    text.push_str(&report.targets.as_ref().map(matrix).unwrap_or_default());
    text.push_str(&footer(checked, report, options));
    match &options.stop_token {
        Some(token) => github::fence(token, &text, out),
        None => out.write_all(text.as_bytes()),
    }
}

/// Every target with a number, then a row per module that does not load everywhere.
pub(in crate::render) fn matrix(matrix: &TargetMatrix) -> String {
    if matrix.targets.is_empty() {
        return String::new();
    }
    let mut text = "targets\n".to_owned();
    let digits = matrix.targets.len().to_string().len();
    for (index, target) in matrix.targets.iter().enumerate() {
        text.push_str(&format!(
            "  {:>digits$}  {}\n",
            index.saturating_add(1),
            one_line(&target.name)
        ));
    }
    text.push('\n');
    let all: Vec<usize> = (0..matrix.targets.len()).collect();
    for columns in all.chunks(COLUMNS) {
        text.push_str(&rows(matrix, columns));
        text.push('\n');
    }
    text
}

/// The rows of some of the targets.
fn rows(matrix: &TargetMatrix, columns: &[usize]) -> String {
    let mut table: Vec<(String, Vec<&'static str>)> = Vec::new();
    for subject in &matrix.subjects {
        if matrix.subjects.len() > 1 && !subject.is_file() {
            table.push((one_line(&subject.name), Vec::new()));
        }
        let shown = targets::rows(subject, columns, ROWS, 1);
        table.extend(shown.into_iter().map(|row| {
            let name = match row.file {
                Some(path) => cut(&one_line(path), PATH).into_owned(),
                None => row.words(),
            };
            (name, row.cells.into_iter().map(word).collect())
        }));
    }
    let widest = table
        .iter()
        .filter(|(_, cells)| !cells.is_empty())
        .map(|(name, _)| display_width(name));
    let width = widest.max().unwrap_or(0).max("loads on".len());
    let mut text = format!("  {:width$}", "loads on");
    for index in columns {
        text.push_str(&format!("  {:>3}", index.saturating_add(1)));
    }
    text.push('\n');
    for (name, cells) in table {
        let gap = if cells.is_empty() {
            0
        } else {
            width.saturating_sub(display_width(&name))
        };
        text.push_str(&format!("  {name}{}", " ".repeat(gap)));
        for cell in cells {
            text.push_str(&format!("  {cell:>3}"));
        }
        text.push('\n');
    }
    text
}

/// One word: whether a module loads on a target.
fn word(cell: TargetCell) -> &'static str {
    match cell {
        TargetCell::Fails => "no",
        TargetCell::Unknown => "?",
        TargetCell::Loads => "yes",
        TargetCell::Carried => ".",
        TargetCell::Absent => "-",
    }
}

fn footer(checked: &Checked, report: &Report, options: &Options) -> String {
    let reports = checked.subjects.iter().flat_map(|subject| &subject.targets);
    let assumed = reports.map(|report| report.assumed_api).max().unwrap_or(0);
    let mut text = String::new();
    if assumed > 0 {
        let names = counted(assumed, "name");
        text.push_str(&format!(
            "assumed: {names} of Python's C API that no documentation dates\n"
        ));
    }
    let outcome = Outcome::of(report, options.fail_on);
    text.push_str(&format!("{}: {}\n", outcome.word(), verdict::line(report)));
    text
}
