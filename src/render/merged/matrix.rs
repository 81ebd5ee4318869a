//! Legs by modules: what each leg came to for each module.

use std::collections::BTreeSet;

use crate::diagnosis::Severity;
use crate::load::LoadVerdict;
use crate::merge::{LegReport, Merged, without_tags};
use crate::render::markdown::{code_cell, text};
use crate::render::text::{counted, cut, one_line};
use crate::report::{ModuleReport, Report};

/// Modules with a column of their own; the others share one.
const COLUMNS: usize = 5;
/// Characters of a cell.
const CELL: usize = 60;

/// What a leg came to for a module, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    ImportFails,
    LoadFails,
    Warned,
    Unknown,
    WouldLoad,
    Imported,
    Absent,
}

impl Cell {
    fn of(report: &Report, module: &ModuleReport) -> Cell {
        let attempt = module.attempts.iter().find(|attempt| attempt.counts);
        match (
            attempt.map(|attempt| attempt.outcome.as_str()),
            module.would_load,
        ) {
            (Some("imported"), _) => {
                let blamed = report.causes.iter().any(|cause| {
                    cause.severity >= Severity::Warning && cause.modules.contains(&module.path)
                });
                if blamed { Cell::Warned } else { Cell::Imported }
            }
            (_, LoadVerdict::Fails) => Cell::LoadFails,
            (Some(_), _) => Cell::ImportFails,
            (None, LoadVerdict::Loads) => Cell::WouldLoad,
            (None, LoadVerdict::Unknown) => Cell::Unknown,
        }
    }

    /// Sign and word; the sign alone never carries the meaning.
    fn shown(self) -> &'static str {
        match self {
            Cell::ImportFails => "❌ import",
            Cell::LoadFails => "❌ load",
            Cell::Warned => "⚠️ imported",
            Cell::Unknown => "❔ unknown",
            Cell::WouldLoad => "☑️ would load",
            Cell::Imported => "✅ imported",
            Cell::Absent => "–",
        }
    }

    fn is_bad(self) -> bool {
        matches!(self, Cell::ImportFails | Cell::LoadFails)
    }
}

/// A row, not yet escaped but for its cells.
pub(in crate::render) struct Row {
    pub(in crate::render) leg: String,
    pub(in crate::render) built: String,
    pub(in crate::render) cells: Vec<String>,
    fails: bool,
}

/// The whole table.
pub(in crate::render) struct Matrix {
    /// Names of the modules that have a column.
    pub(in crate::render) columns: Vec<String>,
    pub(in crate::render) rows: Vec<Row>,
    /// A last column for all other modules.
    pub(in crate::render) rest: bool,
    /// Something was built somewhere.
    built: bool,
}

pub(in crate::render) fn matrix(merged: &Merged, level: Severity) -> Matrix {
    let mut names: Vec<(String, Cell)> = Vec::new();
    for (report, module) in modules(merged) {
        let (name, cell) = (name(module), Cell::of(report, module));
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, worst)) => *worst = (*worst).min(cell),
            None => names.push((name, cell)),
        }
    }
    let rest = names.len() > COLUMNS;
    if rest {
        // Those that fail somewhere are what the reader came for.
        names.sort_by_key(|(_, worst)| *worst);
    }
    let columns: Vec<String> = names
        .iter()
        .take(COLUMNS)
        .map(|(name, _)| name.clone())
        .collect();
    let built = merged
        .legs
        .iter()
        .filter_map(LegReport::report)
        .any(|report| report.build.is_some());
    // Those that checked for targets have a table of their own; beside it a table of lost legs alone would say nothing.
    let no_run = merged.targets.is_some() && modules(merged).next().is_none();
    let is_run = |leg: &&LegReport| {
        let report = leg.report();
        report.is_none_or(|report| report.targets.is_none())
    };
    let rows: Vec<Row> = merged
        .legs
        .iter()
        .filter(|leg| !no_run && is_run(leg))
        .map(|leg| row(leg, &columns, rest, level))
        .collect();
    Matrix {
        columns,
        rows,
        rest,
        built,
    }
}

/// Importable modules only: what a shared library comes to shows in the modules that load it.
fn modules(merged: &Merged) -> impl Iterator<Item = (&Report, &ModuleReport)> {
    let reports = merged.legs.iter().filter_map(LegReport::report);
    let runs = reports.filter(|report| report.targets.is_none());
    runs.flat_map(|report| {
        report
            .modules
            .iter()
            .filter(|module| module.module.is_some())
            .map(move |module| (report, module))
    })
}

fn name(module: &ModuleReport) -> String {
    let known = module.module.as_deref().map(str::to_owned);
    one_line(&known.unwrap_or_else(|| without_tags(&module.path)))
}

fn row(leg: &LegReport, columns: &[String], rest: bool, level: Severity) -> Row {
    let Some(report) = leg.report() else {
        let blank = columns.len() + usize::from(rest);
        return Row {
            leg: one_line(&leg.name),
            built: "❌ no report".to_owned(),
            cells: vec![String::new(); blank],
            fails: true,
        };
    };
    let cell = |wanted: &str| {
        let mut found = report
            .modules
            .iter()
            .filter(|module| module.module.is_some() && name(module) == wanted);
        found
            .next()
            .map_or(Cell::Absent, |module| Cell::of(report, module))
    };
    let mut cells: Vec<String> = columns
        .iter()
        .map(|name| cell(name).shown().to_owned())
        .collect();
    if rest {
        cells.push(others(report, columns));
    }
    Row {
        leg: one_line(&leg.name),
        built: built(report).to_owned(),
        cells,
        fails: leg.fails(level),
    }
}

fn built(report: &Report) -> &'static str {
    match &report.build {
        None if report.is_empty() => "⚪ nothing to check",
        None => "–",
        Some(build) if build.succeeded => "✅",
        Some(_) => "❌ build",
    }
}

fn others(report: &Report, columns: &[String]) -> String {
    let shown: BTreeSet<&str> = columns.iter().map(String::as_str).collect();
    let cells: Vec<Cell> = report
        .modules
        .iter()
        .filter(|module| module.module.is_some() && !shown.contains(name(module).as_str()))
        .map(|module| Cell::of(report, module))
        .collect();
    let bad = cells.iter().filter(|cell| cell.is_bad()).count();
    match (cells.len(), bad) {
        (0, _) => "–".to_owned(),
        (all, 0) => format!("✅ {all}"),
        (all, bad) => format!("❌ {bad} of {all}"),
    }
}

/// The table as Markdown, with at most `rows` legs: those that fail first, where not all have room.
pub(super) fn markdown(merged: &Merged, level: Severity, rows: usize) -> String {
    let matrix = matrix(merged, level);
    if matrix.rows.is_empty() {
        return String::new();
    }
    let mut heads = vec!["leg".to_owned()];
    let has_lost = matrix
        .rows
        .iter()
        .any(|row| row.built.starts_with('❌') || row.built.starts_with('⚪'));
    let built = matrix.built || has_lost;
    if built {
        heads.push("built".to_owned());
    }
    heads.extend(
        matrix
            .columns
            .iter()
            .map(|name| code_cell(&cut(name, CELL))),
    );
    if matrix.rest {
        heads.push("other modules".to_owned());
    }
    let mut table = format!(
        "| {} |\n|{}\n",
        heads.join(" | "),
        "---|".repeat(heads.len())
    );
    let mut shown: Vec<&Row> = matrix.rows.iter().collect();
    let left_out = shown.len().saturating_sub(rows);
    if left_out > 0 {
        shown.sort_by_key(|row| !row.fails);
        shown.truncate(rows);
    }
    for row in shown {
        let mut cells = vec![text(&cut(&row.leg, CELL))];
        if built {
            cells.push(row.built.clone());
        }
        cells.extend(row.cells.iter().cloned());
        table.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    if left_out > 0 {
        let blank = " |".repeat(heads.len() - 1);
        table.push_str(&format!("| {} |{blank}\n", counted(left_out, "more leg")));
    }
    table.push('\n');
    table
}

/// The same for a terminal: a line for each leg.
pub(super) fn plain(merged: &Merged) -> String {
    let matrix = matrix(merged, Severity::Error);
    let width = matrix
        .rows
        .iter()
        .map(|row| row.leg.chars().count())
        .max()
        .unwrap_or(0)
        .min(CELL);
    let mut text = String::new();
    for row in &matrix.rows {
        let leg = cut(&row.leg, CELL);
        let mut cells = Vec::new();
        if row.built != "–" {
            cells.push(if row.built == "✅" {
                "built".to_owned()
            } else {
                words(&row.built)
            });
        }
        for (name, cell) in matrix.columns.iter().zip(&row.cells) {
            if !cell.is_empty() {
                cells.push(format!("{name}: {}", words(cell)));
            }
        }
        if let Some(others) = row
            .cells
            .get(matrix.columns.len())
            .filter(|cell| !cell.is_empty())
        {
            cells.push(format!("other modules: {}", words(others)));
        }
        text.push_str(&format!("  {leg:width$}  {}\n", cells.join(", ")));
    }
    text
}

/// A cell without its sign.
fn words(cell: &str) -> String {
    let bad = cell.starts_with('❌');
    let words = cell.split_once(' ').map_or("-", |(_, words)| words);
    if bad && !words.contains("report") {
        format!("{words} fails")
    } else {
        words.to_owned()
    }
}
