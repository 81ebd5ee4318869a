//! The page of merged reports, for a step summary and for a check run.

use super::{checks, line, lost, matrix, project, section, teller, word};
use crate::merge::Merged;
use crate::render::markdown::{code, fenced, text};
use crate::render::summary::folded;
use crate::render::text::{counted, cut, duration};
use crate::render::{Options, mermaid, targets};

/// Bytes of the page that `GITHUB_STEP_SUMMARY` fills: GitHub drops all of it beyond 1 MiB.
pub(super) const SUMMARY: usize = 900 * 1024;
/// Legs in the tables.
const LEGS: usize = 100;
/// Graphs, legs that are named as lost.
const GRAPHS: usize = 2;
const LOST: usize = 20;
/// Characters of a name, of a line.
const NAME: usize = 120;
const LINE: usize = 1000;

/// The page in at most `budget` bytes, as far as whole causes can be left out.
pub(super) fn page(merged: &Merged, options: &Options, budget: usize) -> String {
    let mut page = head(merged, options);
    page.push_str(&matrix::markdown(merged, options.fail_on, LEGS));
    page.push_str(&checks::markdown(merged, options, LEGS));
    page.push_str(&losses(merged));
    let tail = tail(merged);
    let mut left_out = merged.causes.len();
    for folded in &merged.causes {
        let section = section(merged, options, folded);
        if page.len() + section.len() + tail.len() > budget {
            break;
        }
        page.push_str(&section);
        left_out -= 1;
    }
    if left_out > 0 {
        let more = counted(left_out, "more cause");
        page.push_str(&format!(
            "**{more}** would not fit on this page; the other reports have them all.\n\n"
        ));
    }
    page.push_str(&tail);
    page
}

/// The verdict.
pub(super) fn head(merged: &Merged, options: &Options) -> String {
    let sign = if merged.fails(options.fail_on) {
        "❌"
    } else {
        "✅"
    };
    let wheels = merged.targets.as_ref().and_then(targets::title);
    let name = project(merged).filter(|_| wheels.is_none());
    let name = name.map(str::to_owned).or(wheels);
    let project = name.map(|name| format!(" {}", code(&cut(&name, NAME))));
    format!(
        "## {sign} loadproof: {}{}\n\n{}\n\n",
        word(merged, options),
        project.unwrap_or_default(),
        text(&line(merged, options))
    )
}

/// Legs without a report, and why.
pub(super) fn losses(merged: &Merged) -> String {
    let lost = lost(merged);
    let mut list: String = lost
        .iter()
        .take(LOST)
        .map(|(name, why)| {
            format!(
                "- ❌ **{}**: {}\n",
                text(&cut(name, NAME)),
                text(&cut(why, LINE))
            )
        })
        .collect();
    if lost.len() > LOST {
        list.push_str(&format!("- {}\n", counted(lost.len() - LOST, "more leg")));
    }
    if !list.is_empty() {
        list.push('\n');
    }
    list
}

fn tail(merged: &Merged) -> String {
    let mut tail = String::new();
    let broken = merged.causes.iter().filter_map(|cause| {
        let report = teller(merged, cause)?;
        report.modules.iter().find(|module| {
            cause.cause.modules.contains(&module.path) && !module.failures.is_empty()
        })
    });
    let mut drawn: Vec<String> = Vec::new();
    for module in broken {
        let Some(graph) = mermaid::graph(module).filter(|graph| !drawn.contains(graph)) else {
            continue;
        };
        if drawn.len() >= GRAPHS {
            break;
        }
        let name = module.module.as_ref().unwrap_or(&module.path);
        tail.push_str(&format!(
            "#### Where the load of {} breaks\n\n",
            code(&cut(name, NAME))
        ));
        tail.push_str(&format!("{}\n", fenced("mermaid", &graph)));
        drawn.push(graph);
    }
    tail.push_str(&folded("The legs", &legs(merged)));
    tail
}

fn legs(merged: &Merged) -> String {
    let mut table =
        String::from("| leg | machine | Python | torch | time |\n|---|---|---|---|---:|\n");
    for leg in merged.legs.iter().take(LEGS) {
        let Some(report) = leg.report() else {
            continue;
        };
        let python = report.interpreter.as_ref();
        let torch = python.and_then(|python| python.torch.as_ref());
        let seconds: f64 = report.timings.iter().map(|timing| timing.seconds).sum();
        let cells = [
            leg.name.clone(),
            format!(
                "{} {} {}",
                report.host.system, report.host.version, report.host.arch
            ),
            python.map_or_else(|| "–".to_owned(), |python| python.version.clone()),
            torch.map_or_else(|| "–".to_owned(), |torch| torch.version.clone()),
            duration(seconds),
        ];
        let cells = cells.map(|cell| text(&cut(&cell, NAME)));
        table.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    table
}
