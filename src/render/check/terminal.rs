//! The report for a person: the causes, each once, then who loads where.

use std::io;

use textwrap::core::display_width;

use crate::check::{Checked, SubjectReport, TargetReport};
use crate::load::LoadVerdict;
use crate::render::text::{counted, cut, one_line};
use crate::render::verdict::{self, Outcome};
use crate::render::{Options, github, terminal};
use crate::report::Report;

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
    text.push_str(&matrix(checked));
    text.push_str(&footer(checked, report, options));
    match &options.stop_token {
        Some(token) => github::fence(token, &text, out),
        None => out.write_all(text.as_bytes()),
    }
}

/// Every target with a number, then a row per module that does not load everywhere.
fn matrix(checked: &Checked) -> String {
    let mut names: Vec<String> = Vec::new();
    for report in checked.subjects.iter().flat_map(|subject| &subject.targets) {
        let name = report.name();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return String::new();
    }
    let mut text = "targets\n".to_owned();
    let digits = names.len().to_string().len();
    for (index, name) in names.iter().enumerate() {
        text.push_str(&format!(
            "  {:>digits$}  {}\n",
            index.saturating_add(1),
            one_line(name)
        ));
    }
    text.push('\n');
    for (block, columns) in names.chunks(COLUMNS).enumerate() {
        text.push_str(&rows(checked, columns, block.saturating_mul(COLUMNS)));
        text.push('\n');
    }
    text
}

/// The rows of some of the targets; `first` is the number of targets before them.
fn rows(checked: &Checked, columns: &[String], first: usize) -> String {
    let mut table: Vec<(String, Vec<&'static str>)> = Vec::new();
    for subject in &checked.subjects {
        if checked.subjects.len() > 1 {
            table.push((one_line(&subject.name), Vec::new()));
        }
        table.extend(subject_rows(subject, columns));
    }
    let widest = table
        .iter()
        .filter(|(_, cells)| !cells.is_empty())
        .map(|(name, _)| display_width(name));
    let width = widest.max().unwrap_or(0).max("loads on".len());
    let mut text = format!("  {:width$}", "loads on");
    for index in 0..columns.len() {
        text.push_str(&format!(
            "  {:>3}",
            first.saturating_add(index).saturating_add(1)
        ));
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

fn subject_rows(subject: &SubjectReport, columns: &[String]) -> Vec<(String, Vec<&'static str>)> {
    let mut paths: Vec<&str> = Vec::new();
    for report in &subject.targets {
        for module in &report.report.modules {
            if !paths.contains(&module.path.as_str()) {
                paths.push(&module.path);
            }
        }
    }
    let row = |path: &&str| -> Vec<&'static str> {
        columns
            .iter()
            .map(|column| cell(subject, column, path))
            .collect()
    };
    let (mut shown, mut counts): (Vec<_>, Vec<(Vec<&'static str>, usize)>) =
        (Vec::new(), Vec::new());
    for path in &paths {
        let cells = row(path);
        let bad = cells.iter().any(|cell| matches!(*cell, "no" | "?"));
        if paths.len() == 1 || (bad && shown.len() < ROWS) {
            shown.push((cut(&one_line(path), PATH).into_owned(), cells));
            continue;
        }
        match counts.iter_mut().find(|(known, _)| *known == cells) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => counts.push((cells, 1)),
        }
    }
    let other = if shown.is_empty() { "" } else { "other " };
    shown.extend(
        counts
            .into_iter()
            .map(|(cells, count)| (counted(count, &format!("{other}file")), cells)),
    );
    shown
}

/// One word: whether a module loads on a target.
fn cell(subject: &SubjectReport, target: &str, path: &str) -> &'static str {
    let Some(report) = subject
        .targets
        .iter()
        .find(|report| report.name() == target)
    else {
        return "-";
    };
    let Some(module) = report
        .report
        .modules
        .iter()
        .find(|module| module.path == path)
    else {
        return "-";
    };
    match (module_is_opened(report, path), report.verdict(module)) {
        (_, LoadVerdict::Fails) => "no",
        (false, _) => ".",
        (true, LoadVerdict::Loads) => "yes",
        (true, LoadVerdict::Unknown) => "?",
    }
}

/// A library that only others open has no load of its own.
fn module_is_opened(report: &TargetReport, path: &str) -> bool {
    let mut modules = report.report.modules.iter();
    modules.any(|module| module.path == path && !module.images.is_empty())
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
    let loads = report
        .modules
        .iter()
        .filter(|module| module.would_load == LoadVerdict::Loads)
        .count();
    let opened = report
        .modules
        .iter()
        .filter(|module| !module.images.is_empty())
        .count();
    let line = verdict::findings(report);
    let files = counted(opened, "file");
    text.push_str(&format!(
        "{}: {line}; {loads} of {files} load wherever they are meant to\n",
        outcome.word()
    ));
    text
}
