//! The table of modules: a row for each architecture, a column for each stage.

use super::{CELL, ROWS};
use crate::diagnosis::Severity;
use crate::render::markdown::{code_cell, prose, text};
use crate::render::row::{Row, Tone};
use crate::render::text::{counted, cut};
use crate::report::{ModuleReport, Report};

const HEADINGS: [&str; 6] = [
    "module",
    "architecture",
    "built",
    "checked",
    "would load",
    "imported",
];

pub(super) fn table(report: &Report) -> String {
    let mut table = format!(
        "| {} |\n|{}\n",
        HEADINGS.join(" | "),
        "---|".repeat(HEADINGS.len())
    );
    let mut rows: Vec<[String; 6]> = report
        .modules
        .iter()
        .flat_map(|module| rows(report, module))
        .collect();
    if rows.is_empty() {
        let Some(ending) = report
            .build
            .as_ref()
            .filter(|build| !build.succeeded)
            .map(|build| &build.ending)
        else {
            return String::new();
        };
        let built = toned(&(Tone::Bad, format!("no: {ending}")));
        let none = || "–".to_owned();
        rows.push([none(), none(), built, none(), none(), none()]);
    }
    for row in rows.iter().take(ROWS) {
        table.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    if rows.len() > ROWS {
        let more = counted(rows.len() - ROWS, "more row");
        table.push_str(&format!("| {more} | | | | | |\n"));
    }
    table.push('\n');
    table
}

/// Only one slice of a file is loaded: the others are built and checked, and no more.
fn rows(report: &Report, module: &ModuleReport) -> Vec<[String; 6]> {
    let whole = Row::of(module);
    let name = code_cell(&cut(&whole.name, CELL));
    let built = match &report.build {
        Some(_) => "yes",
        None => "given",
    };
    let minos = module
        .minos
        .as_ref()
        .map(|minos| format!(", macOS {minos}"));
    let row = |arch: &str, loaded: bool| {
        let skipped = || "–".to_owned();
        [
            name.clone(),
            text(&cut(
                &format!("{arch}{}", minos.as_deref().unwrap_or_default()),
                CELL,
            )),
            built.to_owned(),
            checked(report, module),
            if loaded {
                toned(&whole.would_load)
            } else {
                skipped()
            },
            if loaded {
                toned(&whole.imported)
            } else {
                skipped()
            },
        ]
    };
    match module.archs.as_slice() {
        [] => vec![row("–", true)],
        [only] => vec![row(only, true)],
        several => {
            let process = report
                .interpreter
                .as_ref()
                .map(|python| python.arch.as_str());
            let known = several.iter().any(|arch| Some(arch.as_str()) == process);
            let rows = several.iter().enumerate();
            rows.map(|(index, arch)| {
                row(
                    arch,
                    if known {
                        Some(arch.as_str()) == process
                    } else {
                        index == 0
                    },
                )
            })
            .collect()
        }
    }
}

/// What the causes say that name this file.
fn checked(report: &Report, module: &ModuleReport) -> String {
    let of = |severity: Severity| {
        let causes = report
            .causes
            .iter()
            .filter(|cause| cause.severity == severity);
        causes
            .filter(|cause| cause.modules.contains(&module.path))
            .count()
    };
    match (
        of(Severity::Error),
        of(Severity::Warning),
        of(Severity::Note),
    ) {
        (0, 0, 0) => "ok".to_owned(),
        (0, 0, notes) => counted(notes, "note"),
        (0, warnings, _) => counted(warnings, "warning"),
        (errors, _, _) => format!("**{}**", counted(errors, "error")),
    }
}

fn toned((tone, words): &(Tone, String)) -> String {
    let words = prose_cell(&cut(words, CELL));
    match tone {
        Tone::Bad => format!("**{words}**"),
        Tone::Good | Tone::Neutral => words,
    }
}

/// Prose in a table: code spans only where they cannot end the cell.
fn prose_cell(words: &str) -> String {
    if words.contains('|') {
        text(words)
    } else {
        prose(words)
    }
}
