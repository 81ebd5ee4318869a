//! The load graph: every image under the one that asked for it, what did not come in red under the one that wanted it.
//!
//! A list rather than a drawing: it can be read aloud, printed, searched and held in a hand.

use std::collections::{BTreeMap, HashSet};

use maud::{Markup, html};

use super::{file_name, symbol_names, text};
use crate::load::{LoadFailure, LoadVerdict, Reason};
use crate::render::mermaid::why;
use crate::render::symbol;
use crate::render::text::counted;
use crate::report::{ImageReport, ModuleReport, Report};

/// Modules whose graphs are drawn, rows of one graph, and paths that are listed as tried.
const GRAPHS: usize = 60;
const ROWS: usize = 600;
const TRIED: usize = 40;
/// Depth at which rows are no longer moved to the right.
const DEEPEST: usize = 12;
/// Symbols that a module's graph lists.
const SYMBOLS: usize = 3000;

/// One row.
enum Row<'a> {
    Image(usize, &'a ImageReport, Option<&'a str>),
    /// It stands above already, under another that asked for it.
    Again(usize, &'a ImageReport),
    Broken(&'a LoadFailure),
    /// Asked for, not there, and not needed.
    Absent(&'a str),
}

pub(super) fn section(report: &Report) -> Markup {
    let with_images = report.modules.iter().enumerate();
    let drawn: Vec<(usize, &ModuleReport)> = with_images
        .filter(|(_, module)| !module.images.is_empty() || !module.failures.is_empty())
        .collect();
    let more = drawn.len().saturating_sub(GRAPHS);
    html! {
        @if !drawn.is_empty() {
            section id="graph" {
                h2 { "Load graph" }
                p class="muted" {
                    "Who loads whom, in the order of the load. Open a line to see how it was found and what it needs."
                }
                label class="switch" { input id="systems" type="checkbox"; " Show libraries of the system" }
                @for (index, module) in drawn.iter().take(GRAPHS) { (of_module(*index, module)) }
                @if more > 0 { p { (counted(more, "more graph")) " would not fit on this page." } }
            }
        }
    }
}

fn of_module(index: usize, module: &ModuleReport) -> Markup {
    let fails = module.would_load == LoadVerdict::Fails;
    let (class, word) = match module.would_load {
        LoadVerdict::Loads => ("good", "loads"),
        LoadVerdict::Fails => ("bad", "does not load"),
        LoadVerdict::Unknown => ("neutral", "unknown"),
    };
    let rows = rows(module);
    let more = rows.len().saturating_sub(ROWS);
    let name = module.module.as_ref().unwrap_or(&module.path);
    html! {
        details class="module" id=(format!("graph-{}", index + 1)) open[fails] {
            summary { code { (text(name)) } " " span class=(class) { (word) } }
            ol class="tree" {
                @for (depth, row) in rows.iter().take(ROWS) {
                    @match row {
                        Row::Image(at, image, asks) => (image_row(module, (index, *at), image, *asks, *depth)),
                        Row::Again(at, image) => (again_row((index, *at), image, *depth)),
                        Row::Broken(failure) => (broken_row(failure, *depth)),
                        Row::Absent(asks) => {
                            li class="absent" style=(level(*depth)) {
                                span class="name" { (text(file_name(asks))) }
                                " " span class="by" { "absent, and may be" }
                            }
                        }
                    }
                }
            }
            @if more > 0 { p { (counted(more, "more line")) } }
            @for assumption in &module.assumptions { p class="muted" { "Assumed: " (text(assumption)) } }
        }
    }
}

/// What stands under an image.
enum Child<'a> {
    Image(usize, Option<&'a str>),
    Absent(&'a str),
}

/// By who asks for whom where that is known, else by who asked first.
fn children(module: &ModuleReport) -> BTreeMap<usize, Vec<Child<'_>>> {
    let mut children: BTreeMap<usize, Vec<Child<'_>>> = BTreeMap::new();
    for edge in &module.edges {
        let child = match edge.to {
            Some(to) => Child::Image(to, Some(&edge.asks)),
            None if edge.weak => Child::Absent(&edge.asks),
            None => continue,
        };
        children.entry(edge.from).or_default().push(child);
    }
    for (index, image) in module.images.iter().enumerate() {
        let Some(by) = image.loaded_by.filter(|by| *by < index) else {
            continue;
        };
        let below = children.entry(by).or_default();
        let known = |child: &Child<'_>| matches!(child, Child::Image(to, _) if *to == index);
        if !below.iter().any(known) {
            below.push(Child::Image(index, None));
        }
    }
    children
}

/// Depth first, without recursion: a chain of libraries is as long as its author likes.
fn rows(module: &ModuleReport) -> Vec<(usize, Row<'_>)> {
    let mut children = children(module);
    let mut broken = broken_by_asker(module);
    let mut shown = vec![false; module.images.len()];
    let mut rows = Vec::new();
    // Roots come last on the stack's bottom: those that nobody asked for, the opened one first.
    for root in 0..module.images.len() {
        let is_root = |image: &ImageReport| image.loaded_by.is_none_or(|by| by >= root);
        if !module.images.get(root).is_some_and(is_root) {
            continue;
        }
        let mut waiting = vec![(0, Child::Image(root, None))];
        while let Some((depth, child)) = waiting.pop() {
            let (index, asks) = match child {
                Child::Absent(asks) => {
                    rows.push((depth, Row::Absent(asks)));
                    continue;
                }
                Child::Image(index, asks) => (index, asks),
            };
            let (Some(image), Some(seen)) = (module.images.get(index), shown.get_mut(index)) else {
                continue;
            };
            if std::mem::replace(seen, true) {
                if depth > 0 {
                    rows.push((depth, Row::Again(index, image)));
                }
                continue;
            }
            rows.push((depth, Row::Image(index, image, asks)));
            let failures = broken.remove(&index).unwrap_or_default();
            rows.extend(
                failures
                    .into_iter()
                    .map(|failure| (depth + 1, Row::Broken(failure))),
            );
            let below = children.remove(&index).unwrap_or_default();
            waiting.extend(below.into_iter().rev().map(|child| (depth + 1, child)));
        }
    }
    let left = broken.into_values().flatten();
    rows.extend(left.map(|failure| (0, Row::Broken(failure))));
    rows
}

/// The failures under the image that asked; under the opened one where nobody is named.
fn broken_by_asker(module: &ModuleReport) -> BTreeMap<usize, Vec<&LoadFailure>> {
    let mut broken: BTreeMap<usize, Vec<&LoadFailure>> = BTreeMap::new();
    for failure in &module.failures {
        let asker = failure.referenced_from.as_ref().or(failure.chain.last());
        let found = asker.and_then(|asker| {
            let mut images = module.images.iter();
            images.position(|image| image.path == *asker)
        });
        broken.entry(found.unwrap_or(0)).or_default().push(failure);
    }
    broken
}

/// What stands in the shared cache, or where Linux keeps its own.
fn is_system(image: &ImageReport) -> bool {
    let roots = ["/usr/lib/", "/lib/", "/lib64/", "/System/"];
    image.found_by.starts_with("system library")
        || roots.iter().any(|root| image.path.starts_with(root))
}

fn level(depth: usize) -> String {
    format!("--level:{}", depth.min(DEEPEST))
}

fn image_row(
    module: &ModuleReport,
    (graph, index): (usize, usize),
    image: &ImageReport,
    asks: Option<&str>,
    depth: usize,
) -> Markup {
    let leads: HashSet<&str> = module
        .failures
        .iter()
        .flat_map(|failure| failure.chain.iter().map(String::as_str))
        .collect();
    let mut class = String::from("image");
    if is_system(image) {
        class.push_str(" system");
    }
    if leads.contains(image.path.as_str()) {
        class.push_str(" leads");
    }
    let by = image.loaded_by.and_then(|by| module.images.get(by));
    let needs = if index == 0 {
        Some(needs(module))
    } else {
        None
    };
    html! {
        li class=(class) style=(level(depth)) {
            details id=(format!("image-{}-{}", graph + 1, index + 1)) {
                summary {
                    span class="name" { (text(file_name(&image.path))) }
                    " " span class="by" { (text(&image.found_by)) }
                }
                dl class="facts" {
                    @if let Some(asks) = asks { dt { "Asked for as" } dd { code { (text(asks)) } } }
                    dt { "Path" } dd { code { (text(&image.path)) } }
                    dt { "Found by" } dd { (text(&image.found_by)) }
                    @if let Some(by) = by {
                        dt { "First asked for by" }
                        dd { code { (text(file_name(&by.path))) } }
                    }
                }
                @if let Some(needs) = needs { (needs) }
            }
        }
    }
}

fn again_row((graph, index): (usize, usize), image: &ImageReport, depth: usize) -> Markup {
    let class = if is_system(image) {
        "again system"
    } else {
        "again"
    };
    html! {
        li class=(class) style=(level(depth)) {
            a href=(format!("#image-{}-{}", graph + 1, index + 1)) { (text(file_name(&image.path))) }
            " " span class="by" { "above" }
        }
    }
}

/// The symbols that the opened image needs, by the library that must have them.
fn needs(module: &ModuleReport) -> Markup {
    let mut left = SYMBOLS;
    html! {
        @for need in &module.needs {
            @let shown = need.symbols.len().min(left);
            @let () = left -= shown;
            details class="needs" {
                summary {
                    (counted(need.symbols.len(), "symbol")) " from "
                    @match &need.library {
                        Some(library) => { code { (text(file_name(library))) } }
                        None => { "any image" }
                    }
                }
                ul data-library=(need.library.as_deref().map(|name| text(file_name(name))).unwrap_or_default()) {
                    @for name in need.symbols.iter().take(shown) { li { (symbol_names(name)) } }
                }
                @if shown < need.symbols.len() { p { (counted(need.symbols.len() - shown, "more symbol")) } }
            }
        }
    }
}

fn broken_row(failure: &LoadFailure, depth: usize) -> Markup {
    let is_symbol = failure.reason == Reason::SymbolNotFound;
    let name = if is_symbol {
        symbol::demangled(&failure.subject).unwrap_or_else(|| failure.subject.clone())
    } else {
        file_name(&failure.subject).to_owned()
    };
    let more = failure.tried.len().saturating_sub(TRIED);
    html! {
        li class="broken" style=(level(depth)) {
            details open {
                summary {
                    span class="name" { "✗ " (text(&name)) }
                    " " span class="by" { (why(failure.reason)) }
                }
                dl class="facts" {
                    dt { @if is_symbol { "Symbol" } @else { "Asked for" } }
                    dd { @if is_symbol { (symbol_names(&failure.subject)) } @else { code { (text(&failure.subject)) } } }
                    @if let Some(expected) = &failure.expected_in { dt { "Expected in" } dd { code { (text(expected)) } } }
                    @if let Some(have) = &failure.have_arch { dt { "It has" } dd { (text(have)) } }
                    @if let Some(need) = &failure.need_arch { dt { "Needed" } dd { (text(need)) } }
                    dt { "The loader says" } dd { (text(&failure.message)) }
                }
                @if !failure.tried.is_empty() {
                    p { "Tried, in this order:" }
                    ol class="tried" {
                        @for attempt in failure.tried.iter().take(TRIED) {
                            li { code { (text(&attempt.path)) } " – " (text(&attempt.why)) }
                        }
                    }
                    @if more > 0 { p { (counted(more, "more path")) } }
                }
            }
        }
    }
}
