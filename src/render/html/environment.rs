//! What the run ran on, how long its stages took, what was checked, and how the build ended.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{lines, text};
use crate::render::text::{counted, duration};
use crate::report::{Report, Verdict};

/// Rows of a table.
const ROWS: usize = 300;

pub(super) fn section(report: &Report) -> Markup {
    html! {
        section id="environment" {
            h2 { "Environment" }
            dl class="facts wide" {
                @for (name, value) in rows(report) { dt { (name) } dd { (text(&value)) } }
            }
            @if !report.timings.is_empty() {
                details {
                    summary { "Timings" }
                    table {
                        tbody {
                            @for timing in report.timings.iter().take(ROWS) {
                                tr {
                                    th scope="row" { (text(&timing.stage)) }
                                    td class="numeric" { (duration(timing.seconds)) }
                                    td { @if timing.own { "loadproof's own work" } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn rows(report: &Report) -> Vec<(&'static str, String)> {
    let host = &report.host;
    let mut rows = vec![
        ("Project", report.project.clone()),
        ("Started", report.started_at.clone()),
        (
            "Machine",
            format!("{} {} {}", host.system, host.version, host.arch),
        ),
    ];
    if let Some(python) = &report.interpreter {
        let rosetta = if python.translated {
            ", under Rosetta"
        } else {
            ""
        };
        let (version, arch, executable) = (&python.version, &python.arch, &python.executable);
        rows.push(("Python", format!("{version} {arch}{rosetta}, {executable}")));
        if let Some(torch) = &python.torch {
            rows.push(("torch", format!("{}, {}", torch.version, torch.location)));
            if let Some(why) = &torch.import_error {
                rows.push(("import torch", why.clone()));
            }
        }
    }
    if let Some(build) = &report.build {
        rows.push(("Build", format!("{} ({})", build.command, build.ending)));
        if !build.produced.is_empty() {
            rows.push(("Built", build.produced.join(", ")));
        }
    }
    rows
}

/// The last lines of a build that failed.
pub(super) fn log(report: &Report) -> Markup {
    let failed = report.build.as_ref().filter(|build| !build.succeeded);
    html! {
        @if let Some(build) = failed.filter(|build| !build.log_tail.is_empty()) {
            section id="log" {
                h2 { "The last lines of the build log" }
                pre tabindex="0" { code { (lines(&build.log_tail.join("\n"), ROWS)) } }
            }
        }
    }
}

pub(super) fn checks(report: &Report) -> Markup {
    let of = |wanted: fn(&Verdict) -> bool| {
        let found = report.checks.iter().filter(|check| wanted(&check.verdict));
        found.count()
    };
    let passed = of(|verdict| matches!(verdict, Verdict::Passed));
    let failed = of(|verdict| matches!(verdict, Verdict::Failed { .. }));
    let mut skipped: BTreeMap<String, usize> = BTreeMap::new();
    for check in &report.checks {
        if let Verdict::Skipped { reason } = &check.verdict {
            let count = skipped.entry(text(reason)).or_default();
            *count = count.saturating_add(1);
        }
    }
    html! {
        @if !report.checks.is_empty() {
            section id="checks" {
                h2 { "What was checked" }
                p { (counted(passed, "check")) " silent, " (failed) " with a cause." }
                @for (reason, count) in skipped.iter().take(ROWS) {
                    p class="muted" { (count) " could not be made: " (reason) }
                }
            }
        }
    }
}
