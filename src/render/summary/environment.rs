//! What the run ran on, and how long its stages took: folded at the end of the page.

use super::{CELL, LINE, ROWS};
use crate::render::markdown::text;
use crate::render::text::{cut, duration};
use crate::report::Report;

/// Two tables.
pub(super) fn of(report: &Report) -> String {
    format!("{}\n{}", environment(report), timings(report))
}

fn environment(report: &Report) -> String {
    let host = &report.host;
    let mut rows = vec![
        ("loadproof", report.tool_version.clone()),
        ("started", report.started_at.clone()),
        (
            "machine",
            format!("{} {} {}", host.system, host.version, host.arch),
        ),
    ];
    if let Some(python) = &report.interpreter {
        let rosetta = if python.translated {
            ", under Rosetta"
        } else {
            ""
        };
        rows.push((
            "Python",
            format!(
                "{} {}{rosetta}, {}",
                python.version, python.arch, python.executable
            ),
        ));
        if let Some(torch) = &python.torch {
            rows.push(("torch", format!("{}, {}", torch.version, torch.location)));
        }
    }
    if let Some(build) = &report.build {
        rows.push(("build", format!("{}: {}", build.command, build.ending)));
    }
    let mut table = String::from("| | |\n|---|---|\n");
    for (name, value) in rows {
        table.push_str(&format!("| {name} | {} |\n", text(&cut(&value, LINE))));
    }
    table
}

fn timings(report: &Report) -> String {
    if report.timings.is_empty() {
        return String::new();
    }
    let mut table = String::from("| stage | time | |\n|---|---:|---|\n");
    for timing in report.timings.iter().take(ROWS) {
        let own = if timing.own {
            "loadproof's own work"
        } else {
            ""
        };
        table.push_str(&format!(
            "| {} | {} | {own} |\n",
            text(&cut(&timing.stage, CELL)),
            duration(timing.seconds)
        ));
    }
    table
}
