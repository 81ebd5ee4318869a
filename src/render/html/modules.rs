//! The table of native files, and what was predicted beside what happened.

use maud::{Markup, html};

use super::{MODULES, text};
use crate::load::LoadVerdict;
use crate::render::Options;
use crate::render::row::{HEADINGS, Row, Tone, module_name, situation};
use crate::render::text::counted;
use crate::report::{AttemptReport, ModuleReport, Report};

pub(super) fn matrix(report: &Report) -> Markup {
    let more = report.modules.len().saturating_sub(MODULES);
    html! {
        @if !report.modules.is_empty() {
            section id="modules" {
                h2 { "Modules" }
                div class="scroll" tabindex="0" {
                    table {
                        thead { tr { @for heading in HEADINGS { th scope="col" { (heading) } } } }
                        tbody {
                            @for (index, module) in report.modules.iter().take(MODULES).enumerate() { (row(index, module)) }
                        }
                    }
                }
                @if more > 0 { p { (counted(more, "more file")) } }
            }
        }
    }
}

fn row(index: usize, module: &ModuleReport) -> Markup {
    let row = Row::of(module);
    let link = format!("#graph-{}", index + 1);
    html! {
        tr {
            th scope="row" {
                @if module.images.is_empty() { code { (text(&row.name)) } }
                @else { a href=(link) { code { (text(&row.name)) } } }
            }
            td { (text(&row.built)) }
            (cell(&row.would_load))
            (cell(&row.imported))
        }
    }
}

fn cell((tone, words): &(Tone, String)) -> Markup {
    let (class, sign) = match tone {
        Tone::Good => ("good", "✓ "),
        Tone::Bad => ("bad", "✗ "),
        Tone::Neutral => ("neutral", ""),
    };
    html! { td class=(class) { (sign) (text(words)) } }
}

/// Only where something was tried: a prediction alone has nothing beside it.
pub(super) fn comparison(report: &Report, options: &Options) -> Markup {
    let tried: Vec<(&ModuleReport, &AttemptReport)> = report
        .modules
        .iter()
        .flat_map(|module| module.attempts.iter().map(move |attempt| (module, attempt)))
        .collect();
    html! {
        @if !tried.is_empty() || !report.disagreements.is_empty() {
            section id="comparison" {
                h2 { "Predicted and observed" }
                (gaps(report, options))
                div class="scroll" tabindex="0" {
                    table {
                        thead { tr {
                            th scope="col" { "module" } th scope="col" { "imported" }
                            th scope="col" { "predicted" } th scope="col" { "observed" }
                        } }
                        tbody {
                            @for (module, attempt) in tried.iter().take(MODULES) { (attempted(module, attempt)) }
                        }
                    }
                }
            }
        }
    }
}

fn attempted(module: &ModuleReport, attempt: &AttemptReport) -> Markup {
    let (class, predicted) = match attempt.predicted {
        LoadVerdict::Loads => ("good", "✓ loads"),
        LoadVerdict::Fails => ("bad", "✗ fails to load"),
        LoadVerdict::Unknown => ("neutral", "unknown"),
    };
    let imported = attempt.outcome == "imported";
    let counts = if attempt.counts { "counts" } else { "" };
    html! {
        tr class=(counts) {
            th scope="row" { code { (text(module.module.as_ref().unwrap_or(&module.path))) } }
            td { (situation(&attempt.situation)) }
            td class=(class) { (predicted) }
            td class=(if imported { "good" } else { "bad" }) {
                (if imported { "✓ " } else { "✗ " }) (text(&attempt.outcome))
                div class="detail" { (text(&attempt.detail)) }
            }
        }
    }
}

fn gaps(report: &Report, options: &Options) -> Markup {
    html! {
        @for gap in report.disagreements.iter().take(MODULES) {
            div class="card gap" {
                h3 {
                    "A gap in loadproof: " code { (text(module_name(report, &gap.module))) }
                    ", " (situation(&gap.situation))
                }
                dl class="facts" {
                    dt { "Predicted" } dd { (text(&gap.predicted)) }
                    dt { "Observed" } dd { (text(&gap.observed)) }
                }
                p {
                    "This is an error of loadproof, not of the project: please report it and attach "
                    @if options.recording.is_some() { a href="#recording" { "the recording" } "." }
                    @else if let Some(file) = &options.artifact_hint { code { (text(file)) } "." }
                    @else { "a recording (" code { "--record FILE" } ")." }
                }
            }
        }
    }
}
