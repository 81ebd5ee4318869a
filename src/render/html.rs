//! One page for a browser: complete in itself, without network, readable in ten seconds and searchable for an hour.
//!
//! Every text goes through [`text()`] or [`lines()`], which take out what must not be printed, and then through maud,
//! which escapes. The page's policy allows its own script by hash and nothing else, so that even text that escaped all
//! of this could not run, load or send anything.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::summary::cause::Scope;
use super::text::{clean, counted, cut, one_line};
use super::verdict::{self, Outcome};
use super::{Options, symbol};
use crate::diagnosis::Severity;
use crate::report::Report;

mod cause;
mod environment;
mod graph;
mod merged;
mod modules;
mod recording;
mod remedy;
mod selftest;
mod targets;
#[cfg(test)]
mod tests;

pub(super) use merged::merged;
pub(super) use selftest::selftest;

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// Causes and modules on one page, and characters of a line.
const CAUSES: usize = 300;
const MODULES: usize = 500;
const LINE: usize = 2000;

pub(super) fn render(
    report: &Report,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let outcome = Outcome::of(report, options.fail_on);
    let checked = report.targets.as_ref().and_then(super::targets::title);
    let name = project_name(checked.as_ref().unwrap_or(&report.project));
    let title = format!("{} {name}", outcome.word());
    let body = html! {
        header class=(class_of(outcome)) {
            p class="brand" { "loadproof " (text(&report.tool_version)) }
            h1 { span class="word" { (outcome.word()) } " " span class="project" { (name) } }
            p class="line" { (text(&verdict::line(report))) }
        }
        (navigation(&links(report)))
        main {
            (causes(report, options))
            @match &report.targets {
                Some(matrix) => (targets::section(matrix, &report.causes.iter().collect::<Vec<_>>())),
                None => (modules::matrix(report)),
            }
            (modules::comparison(report, options))
            (graph::section(report))
            (environment::log(report))
            (environment::section(report))
            (environment::checks(report))
            @if report.targets.is_none() { (recording::section(options)) }
        }
    };
    out.write_all(page(&title, &body).into_string().as_bytes())
}

/// The shell of a page.
fn page(title: &str, body: &Markup) -> Markup {
    let hash = BASE64.encode(Sha256::digest(SCRIPT.as_bytes()));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{hash}'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    );
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (text(title)) " – loadproof" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (body)
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

fn class_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "top passed",
        Outcome::Failed => "top failed",
        Outcome::NothingToCheck => "top nothing",
    }
}

/// The last part of the project's path: the rest of it is in the environment's table.
fn project_name(project: &str) -> String {
    let project = one_line(project);
    let last = project.trim_end_matches('/').rsplit('/').next();
    let name = last.filter(|name| !matches!(*name, "" | "." | ".."));
    cut(name.unwrap_or(&project), 120).into_owned()
}

/// The parts of the page that are there.
fn links(report: &Report) -> Vec<(&'static str, &'static str)> {
    let mut links = Vec::new();
    if !report.causes.is_empty() {
        links.push(("#causes", "Causes"));
    }
    if report.targets.is_some() {
        links.push(("#targets", "Targets"));
    } else if !report.modules.is_empty() {
        links.push(("#modules", "Modules"));
    }
    if report
        .modules
        .iter()
        .any(|module| !module.images.is_empty())
    {
        links.push(("#graph", "Load graph"));
    }
    links.push(("#environment", "Environment"));
    if report.targets.is_none() {
        links.push(("#recording", "Recording"));
    }
    links
}

fn navigation(links: &[(&str, &str)]) -> Markup {
    html! {
        nav aria-label="Parts of this report" {
            div class="links" {
                @for (target, words) in links { a href=(target) { (words) } }
            }
            div class="tools" {
                label class="search" {
                    span class="hidden" { "Search libraries and symbols" }
                    input id="search" type="search" placeholder="Search library or symbol (/)" autocomplete="off"
                        spellcheck="false" aria-controls="hits" aria-describedby="found";
                }
                button id="theme" type="button" aria-label="Change between light and dark" { "◐" }
            }
            section id="hits" class="hits" aria-live="polite" aria-label="What was found" hidden {
                p id="found" {}
                ol {}
            }
        }
    }
}

fn causes(report: &Report, options: &Options) -> Markup {
    let shown = report.causes.iter().take(CAUSES).enumerate();
    let more = report.causes.len().saturating_sub(CAUSES);
    html! {
        section id="causes" {
            @if report.causes.is_empty() && !report.is_empty() {
                div class="card good" {
                    h2 { "Nothing is wrong" }
                    p { "Every check that could be made is silent. What was checked is listed below." }
                }
            } @else if report.is_empty() {
                div class="card" {
                    h2 { "There was nothing to check" }
                    p { "No native module was found in " code { (text(&report.project)) } "." }
                }
            }
            @for (index, found) in shown {
                (cause::card(report, options, index, found, &Scope::of(report, found)))
            }
            @if more > 0 {
                p { (counted(more, "more cause")) " would not fit on this page; the other reports have them all." }
            }
        }
    }
}

/// A line of untrusted text; maud escapes it.
fn text(untrusted: &str) -> String {
    cut(&one_line(untrusted), LINE).into_owned()
}

/// Several lines of untrusted text: what a reader unfolds for.
fn lines(untrusted: &str, most: usize) -> String {
    let cleaned = clean(untrusted);
    let all: Vec<&str> = cleaned.trim_end().lines().collect();
    let mut shown: Vec<String> = all
        .iter()
        .take(most)
        .map(|line| cut(line, LINE).into_owned())
        .collect();
    if all.len() > most {
        shown.push(format!("… {}", counted(all.len() - most, "more line")));
    }
    shown.join("\n")
}

/// A symbol as people write it, and as the file has it.
fn symbol_names(name: &str) -> Markup {
    html! {
        @match symbol::demangled(name) {
            Some(readable) => {
                code class="readable" { (text(&readable)) }
                code class="mangled" { (text(name)) }
            }
            None => { code class="readable" { (text(name)) } }
        }
    }
}

fn severity_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// The last part of a path, which is what a reader knows a library by.
fn file_name(path: &str) -> &str {
    path.rsplit('/')
        .next()
        .filter(|name| !name.is_empty())
        .unwrap_or(path)
}
