//! A cause: what broke, where, what to do; the evidence folded under it.

use maud::{Markup, html};

use super::{lines, remedy, severity_class, symbol_names, text};
use crate::diagnosis::{Diagnosis, Place, Related, Source};
use crate::render::place::SourcePlace;
use crate::render::row::module_name;
use crate::render::snippet::Shown;
use crate::render::summary::cause::Scope;
use crate::render::text::counted;
use crate::render::{Options, symbol, verdict};
use crate::report::Report;

/// Pieces of evidence, lines of each, names in a list, places beside the first.
const EVIDENCE: usize = 20;
const LINES: usize = 80;
const NAMES: usize = 12;
const RELATED: usize = 5;

/// `scope` says on which legs and targets it is.
pub(super) fn card(
    report: &Report,
    options: &Options,
    index: usize,
    cause: &Diagnosis,
    scope: &Scope,
) -> Markup {
    let severity = severity_class(cause.severity);
    let (word, meaning) = verdict::certainty(cause.certainty);
    let named = cause.facts.get("symbol").or(cause.subject.as_ref());
    let mangled = named.filter(|name| symbol::demangled(name).is_some());
    html! {
        article class=(format!("card cause {severity}")) id=(format!("cause-{}", index + 1)) {
            p class="tags" {
                span class=(format!("tag {severity}")) { (cause.severity.to_string()) }
                span class="tag" title=(meaning) { (word) }
                code class="rule" { (cause.rule) }
            }
            h2 { (remedy::inline(&sentence(&cause.message))) }
            (place(cause, options))
            div class="remedy" {
                h3 { "What to do" }
                (remedy::blocks(&cause.remedy))
            }
            dl class="facts" {
                @for (heading, words) in scope.items() {
                    dt { (sentence(heading)) }
                    dd { strong { (text(words)) } }
                }
                @if let Some(name) = mangled { dt { "Symbol" } dd { (symbol_names(name)) } }
                @if !cause.modules.is_empty() {
                    dt { "Concerns" }
                    dd { (modules(report, cause)) }
                }
                dt { "Known because" }
                dd { (word) ": " (meaning) }
            }
            (evidence(cause))
        }
    }
}

/// A message is a fragment; a heading begins with a capital, unless it begins with a name.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn modules(report: &Report, cause: &Diagnosis) -> Markup {
    let more = cause.modules.len().saturating_sub(NAMES);
    html! {
        @for (index, path) in cause.modules.iter().take(NAMES).enumerate() {
            @if index > 0 { ", " }
            code { (text(module_name(report, path))) }
        }
        @if more > 0 { ", " (counted(more, "more module")) }
    }
}

fn place(cause: &Diagnosis, options: &Options) -> Markup {
    let source = match &cause.place {
        Place::Source(source) => source,
        Place::Artifact { .. } => {
            return html! { p class="where" { "In " code { (text(&cause.place.to_string())) } } };
        }
        Place::Project => return html! {},
    };
    html! {
        (excerpt(source, cause.label.as_deref().unwrap_or_default(), options))
        @for related in cause.related.iter().take(RELATED) {
            (beside(related, options))
        }
    }
}

fn beside(related: &Related, options: &Options) -> Markup {
    excerpt(&related.place, &related.label, options)
}

/// The lines of a place with its span marked, or its name and label where no lines are at hand.
fn excerpt(source: &Source, label: &str, options: &Options) -> Markup {
    let found = SourcePlace::of_source(source, options);
    let numbers = [found.line, found.column].into_iter().flatten();
    let name = numbers.fold(found.file, |name, number| format!("{name}:{number}"));
    let Some(shown) = Shown::of(source, label, options) else {
        let likely = if source.likely { "likely: " } else { "" };
        return html! {
            p class="where" {
                "In " code { (text(&name)) }
                @if !label.is_empty() { " – " (likely) (text(label)) }
            }
        };
    };
    let mut next = 0;
    let placed: Vec<(usize, &str)> = shown
        .text
        .split('\n')
        .map(|line| {
            let at = next;
            next = at + line.len() + 1;
            (at, line)
        })
        .collect();
    html! {
        figure class="excerpt" {
            figcaption { code { (text(&name)) } }
            div class="source" tabindex="0" {
                @for (index, (at, line)) in placed.into_iter().enumerate() {
                    div class="line" {
                        span class="number" { (shown.first_line.saturating_add(index)) }
                        code { (marked(line, at, &shown.span)) }
                    }
                }
            }
            @if !shown.label.is_empty() { p class="label" { "↑ " (shown.label) } }
        }
    }
}

/// A line that begins at byte `at` of the excerpt, with what of the span is on it marked.
fn marked(line: &str, at: usize, span: &std::ops::Range<usize>) -> Markup {
    let start = span.start.saturating_sub(at).min(line.len());
    let end = span.end.saturating_sub(at).min(line.len());
    let (Some(before), Some(inside), Some(after)) =
        (line.get(..start), line.get(start..end), line.get(end..))
    else {
        return html! { (blanks(line)) };
    };
    html! {
        (blanks(before))
        @if !inside.is_empty() { mark { (blanks(inside)) } }
        (blanks(after))
    }
}

/// Tabs as blanks, as the other formats have them.
fn blanks(line: &str) -> String {
    line.replace('\t', "    ")
}

fn evidence(cause: &Diagnosis) -> Markup {
    let more = cause.evidence.len().saturating_sub(EVIDENCE);
    html! {
        @if !cause.evidence.is_empty() {
            details class="evidence" {
                summary { "Evidence" }
                @for piece in cause.evidence.iter().take(EVIDENCE) {
                    p { (text(&piece.source)) }
                    pre tabindex="0" { code { (lines(&piece.text, LINES)) } }
                }
                @if more > 0 { p { (counted(more, "more piece")) } }
            }
        }
    }
}
