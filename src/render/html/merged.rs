//! The page of all legs together.

use maud::{Markup, html};

use super::{CAUSES, LINE, MODULES, cause, graph, navigation, page, targets, text};
use crate::diagnosis::Diagnosis;
use crate::merge::Merged;
use crate::render::Options;
use crate::render::merged::{checks, line, lost, matrix, project, scope, teller, word};
use crate::render::text::{counted, cut, duration};
use crate::report::{ModuleReport, Report};

/// Legs without a report that are named.
const LOST: usize = 50;

/// The page.
pub(in crate::render) fn merged(merged: &Merged, options: &Options) -> String {
    let word = word(merged, options);
    let class = match merged.fails(options.fail_on) {
        true => "top failed",
        false => "top passed",
    };
    let wheels = merged.targets.as_ref();
    let wheels = wheels.and_then(crate::render::targets::title);
    let name = match (wheels, project(merged)) {
        (Some(wheels), _) => cut(&text(&wheels), LINE).into_owned(),
        (None, Some(name)) => super::project_name(name),
        (None, None) => counted(merged.legs.len(), "leg"),
    };
    let graphs = broken(merged);
    let body = html! {
        header class=(class) {
            p class="brand" { "loadproof " (env!("CARGO_PKG_VERSION")) }
            h1 { span class="word" { (word) } " " span class="project" { (name) } }
            p class="line" { (text(&line(merged, options))) }
        }
        (navigation(&links(merged, graphs.is_some())))
        main {
            (causes(merged, options))
            (legs(merged, options))
            @if let Some(matrix) = &merged.targets {
                @let causes: Vec<&Diagnosis> = merged.causes.iter().map(|folded| &folded.cause).collect();
                (targets::section(matrix, &causes))
            }
            @if let Some(report) = &graphs { (graph::section(report)) }
            (environments(merged))
        }
    };
    page(&format!("{word} {name}"), &body).into_string()
}

fn links(merged: &Merged, graphs: bool) -> Vec<(&'static str, &'static str)> {
    let mut links = Vec::new();
    if !merged.causes.is_empty() {
        links.push(("#causes", "Causes"));
    }
    links.push(("#legs", "Legs"));
    if merged.targets.is_some() {
        links.push(("#targets", "Targets"));
    }
    if graphs {
        links.push(("#graph", "Load graph"));
    }
    links.push(("#environment", "Environments"));
    links
}

fn causes(merged: &Merged, options: &Options) -> Markup {
    let more = merged.causes.len().saturating_sub(CAUSES);
    let lost = lost(merged);
    html! {
        section id="causes" {
            @for (name, why) in lost.iter().take(LOST) {
                div class="card cause error" {
                    p class="tags" { span class="tag error" { "no report" } }
                    h2 { code { (text(name)) } ": " (text(why)) }
                }
            }
            @if lost.len() > LOST { p { (counted(lost.len() - LOST, "more leg")) " left no report." } }
            @if merged.causes.is_empty() && lost.is_empty() {
                div class="card good" {
                    h2 { "Nothing is wrong" }
                    p { "Every check that could be made is silent, on every leg." }
                }
            }
            @for (index, folded) in merged.causes.iter().take(CAUSES).enumerate() {
                @if let Some(report) = teller(merged, folded) {
                    (cause::card(report, options, index, &folded.cause, &scope(merged, folded)))
                }
            }
            @if more > 0 {
                p { (counted(more, "more cause")) " would not fit on this page; the other reports have them all." }
            }
        }
    }
}

fn legs(merged: &Merged, options: &Options) -> Markup {
    let runs = matrix::matrix(merged, options.fail_on);
    let checks = checks::rows(merged, options);
    html! {
        section id="legs" {
            h2 { "Legs" }
            @if !runs.rows.is_empty() {
                div class="scroll" tabindex="0" {
                    table {
                        thead { tr {
                            th scope="col" { "leg" }
                            th scope="col" { "built" }
                            @for name in &runs.columns { th scope="col" { code { (text(name)) } } }
                            @if runs.rest { th scope="col" { "other modules" } }
                        } }
                        tbody {
                            @for row in runs.rows.iter().take(MODULES) {
                                tr {
                                    th scope="row" { (text(&row.leg)) }
                                    (cell(&row.built))
                                    @for words in &row.cells { (cell(words)) }
                                }
                            }
                        }
                    }
                }
            }
            @if !checks.is_empty() {
                div class="scroll" tabindex="0" {
                    table {
                        thead { tr {
                            @for heading in checks::HEADINGS { th scope="col" { (heading) } }
                        } }
                        tbody {
                            @for row in checks.iter().take(MODULES) {
                                tr {
                                    th scope="row" { (text(&row.leg)) }
                                    td { (row.wheels) }
                                    td { (row.targets) }
                                    (cell(&row.outcome))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Words with a sign before them, which the matrix writes for Markdown.
fn cell(words: &str) -> Markup {
    let class = match words.chars().next() {
        Some('❌') => "bad",
        Some('✅' | '☑') => "good",
        _ => "neutral",
    };
    html! { td class=(class) { (text(words)) } }
}

/// The modules whose loads break, each once, as a report that the graphs are drawn from.
fn broken(merged: &Merged) -> Option<Report> {
    let mut found: Option<Report> = None;
    for folded in &merged.causes {
        let Some(report) = teller(merged, folded) else {
            continue;
        };
        let is_broken = |module: &&ModuleReport| {
            folded.cause.modules.contains(&module.path) && !module.failures.is_empty()
        };
        for module in report.modules.iter().filter(is_broken) {
            let all = found.get_or_insert_with(|| Report {
                modules: Vec::new(),
                ..report.clone()
            });
            if !all.modules.contains(module) {
                all.modules.push(module.clone());
            }
        }
    }
    found
}

fn environments(merged: &Merged) -> Markup {
    html! {
        section id="environment" {
            h2 { "Environments" }
            div class="scroll" tabindex="0" {
                table {
                    thead { tr {
                        @for heading in ["leg", "machine", "Python", "torch", "time"] { th scope="col" { (heading) } }
                    } }
                    tbody {
                        @for leg in merged.legs.iter().take(MODULES) {
                            @if let Some(report) = leg.report() { (environment(&leg.name, report)) }
                        }
                    }
                }
            }
            p class="muted" { "The report of each leg has its load graphs and, where something was run, its recording." }
        }
    }
}

fn environment(name: &str, report: &Report) -> Markup {
    let python = report.interpreter.as_ref();
    let torch = python.and_then(|python| python.torch.as_ref());
    let seconds: f64 = report.timings.iter().map(|timing| timing.seconds).sum();
    html! {
        tr {
            th scope="row" { (text(name)) }
            td { (text(&format!("{} {} {}", report.host.system, report.host.version, report.host.arch))) }
            td { (text(python.map_or("–", |python| &python.version))) }
            td { (text(torch.map_or("–", |torch| &torch.version))) }
            td class="numeric" { @if seconds > 0.0 { (duration(seconds)) } }
        }
    }
}
