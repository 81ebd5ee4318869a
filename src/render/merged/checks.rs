//! Legs that checked wheels for targets: what each had, and what it came to.

use super::super::markdown::text;
use super::super::text::{counted, cut, one_line};
use super::super::verdict::findings;
use super::super::{Options, check, summary};
use crate::merge::Merged;
use crate::report::Report;

/// Characters of a cell.
const CELL: usize = 60;

pub(in crate::render) const HEADINGS: [&str; 4] = ["leg", "wheels", "targets", "came to"];

/// A leg, not yet escaped.
pub(in crate::render) struct Row {
    pub(in crate::render) leg: String,
    pub(in crate::render) wheels: usize,
    pub(in crate::render) targets: usize,
    /// A sign and words.
    pub(in crate::render) outcome: String,
    fails: bool,
}

/// The legs that checked for targets.
pub(in crate::render) fn rows(merged: &Merged, options: &Options) -> Vec<Row> {
    let legs = merged.legs.iter();
    let rows = legs.filter_map(|leg| {
        let report = leg.report()?;
        let matrix = report.targets.as_ref()?;
        let fails = leg.fails(options.fail_on);
        Some(Row {
            leg: one_line(&leg.name),
            wheels: matrix.subjects.len(),
            targets: matrix.targets.len(),
            outcome: outcome(report, fails),
            fails,
        })
    });
    rows.collect()
}

fn outcome(report: &Report, fails: bool) -> String {
    let sign = if fails { "❌" } else { "✅" };
    match report.empty_part() {
        Some(_) => "⚪ its part is empty".to_owned(),
        None if report.is_empty() => "⚪ nothing to check".to_owned(),
        None => format!("{sign} {}", findings(report)),
    }
}

/// The legs, then who loads where; nothing, where no leg checked for targets.
pub(super) fn markdown(merged: &Merged, options: &Options, most: usize) -> String {
    let Some(matrix) = &merged.targets else {
        return String::new();
    };
    let mut rows = rows(merged, options);
    let mut table = format!("| {} |\n|---|---:|---:|---|\n", HEADINGS.join(" | "));
    let left_out = rows.len().saturating_sub(most);
    if left_out > 0 {
        rows.sort_by_key(|row| !row.fails);
        rows.truncate(most);
    }
    for row in &rows {
        table.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            text(&cut(&row.leg, CELL)),
            row.wheels,
            row.targets,
            row.outcome
        ));
    }
    if left_out > 0 {
        table.push_str(&format!("| {} | | | |\n", counted(left_out, "more leg")));
    }
    format!("{table}\n{}", summary::targets::table(matrix))
}

/// The same for a terminal.
pub(super) fn plain(merged: &Merged, options: &Options) -> String {
    let Some(matrix) = &merged.targets else {
        return String::new();
    };
    let rows = rows(merged, options);
    let widest = rows.iter().map(|row| row.leg.chars().count()).max();
    let width = widest.unwrap_or(0).min(CELL);
    let mut plain = format!("\n{}", check::matrix(matrix));
    for row in rows {
        let outcome = row.outcome.split_once(' ').map_or("", |(_, words)| words);
        plain.push_str(&format!(
            "  {:width$}  {}, {}: {outcome}\n",
            cut(&row.leg, CELL),
            counted(row.wheels, "wheel"),
            counted(row.targets, "target"),
        ));
    }
    plain
}
