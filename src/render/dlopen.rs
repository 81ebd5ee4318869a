//! What `loadproof dlopen` prints: a tree for people, version 1 of a JSON object for programs.

use std::io::{self, Write};

use serde::Serialize;

use crate::dyld::{Process, Request};
use crate::load::{Attempt, Likelihood, Load, LoadFailure, LoadVerdict, LoadedImage, Reason};

/// Version 1 of the JSON: frozen; the inner types may change.
#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    verdict: LoadVerdict,
    reason: Option<Reason>,
    subject: Option<&'a str>,
    message: Option<&'a str>,
    failures: Vec<Failure<'a>>,
    images: Vec<Loaded<'a>>,
    assumptions: &'a [String],
}

#[derive(Serialize)]
struct Failure<'a> {
    reason: Reason,
    subject: &'a str,
    message: &'a str,
    likelihood: Likelihood,
    chain: &'a [String],
    tried: Vec<Tried<'a>>,
}

#[derive(Serialize)]
struct Tried<'a> {
    path: &'a str,
    why: &'a str,
}

#[derive(Serialize)]
struct Loaded<'a> {
    path: &'a str,
    install_name: Option<&'a str>,
    arch: Option<String>,
    found_by: &'a str,
}

/// The failure that decides: the first that is certain.
fn first(load: &Load) -> Option<&LoadFailure> {
    let mut failures = load.failures.iter();
    failures.find(|failure| failure.likelihood == Likelihood::Certain)
}

/// Writes the JSON object and a newline.
pub fn json(load: &Load, out: &mut dyn Write) -> io::Result<()> {
    let first = first(load);
    let report = Report {
        schema: 1,
        verdict: load.verdict(),
        reason: first.map(|failure| failure.reason),
        subject: first.map(|failure| failure.subject.as_str()),
        message: first
            .map(|failure| failure.message.as_str())
            .or(load.unknown.as_deref()),
        failures: load.failures.iter().map(failure).collect(),
        images: load.images.iter().map(loaded).collect(),
        assumptions: &load.assumptions,
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn failure(failure: &LoadFailure) -> Failure<'_> {
    Failure {
        reason: failure.reason,
        subject: &failure.subject,
        message: &failure.message,
        likelihood: failure.likelihood,
        chain: &failure.chain,
        tried: failure
            .tried
            .iter()
            .map(|attempt| Tried {
                path: &attempt.path,
                why: &attempt.why,
            })
            .collect(),
    }
}

fn loaded(image: &LoadedImage) -> Loaded<'_> {
    Loaded {
        path: &image.path,
        install_name: image.install_name.as_deref(),
        arch: image.arch.map(|arch| arch.to_string()),
        found_by: &image.found_by,
    }
}

/// Writes the tree of images, the failures as dyld words them, and what was assumed.
pub fn terminal(
    process: &Process,
    request: &Request,
    load: &Load,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (path, arch, macos) = (&request.path, process.arch, process.macos);
    writeln!(out, "dlopen `{path}` in an {arch} process on macOS {macos}")?;
    writeln!(out)?;
    let roots = load
        .images
        .iter()
        .enumerate()
        .filter(|(_, image)| image.loaded_by.is_none());
    for (index, _) in roots {
        tree(load, index, 0, out)?;
    }
    if !load.images.is_empty() {
        writeln!(out)?;
    }
    for (index, failure) in load.failures.iter().enumerate() {
        show_failure(failure, index == 0, out)?;
    }
    for assumption in &load.assumptions {
        writeln!(out, "assumed: {assumption}")?;
    }
    if !load.assumptions.is_empty() {
        writeln!(out)?;
    }
    match (load.verdict(), &load.unknown) {
        (LoadVerdict::Loads, _) => writeln!(out, "loads"),
        (LoadVerdict::Fails, _) => writeln!(out, "fails"),
        (LoadVerdict::Unknown, why) => {
            let why = why.as_deref().unwrap_or("the facts do not suffice");
            writeln!(out, "unknown: {why}")
        }
    }
}

/// An image is shown under the one that asked for it first, so the tree has no cycles.
fn tree(load: &Load, top: usize, depth: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut waiting = vec![(top, depth)];
    while let Some((index, depth)) = waiting.pop() {
        let Some(image) = load.images.get(index) else {
            continue;
        };
        let arch = image
            .arch
            .map(|arch| format!(" {arch}"))
            .unwrap_or_default();
        let (indent, path, by) = ("  ".repeat(depth), &image.path, &image.found_by);
        writeln!(out, "{indent}{path}{arch} ({by})")?;
        let children = load.images.iter().enumerate().rev();
        let children = children.filter(|(_, child)| child.loaded_by == Some(index));
        waiting.extend(children.map(|(child, _)| (child, depth.saturating_add(1))));
    }
    Ok(())
}

fn show_failure(failure: &LoadFailure, first: bool, out: &mut dyn Write) -> io::Result<()> {
    let word = match failure.likelihood {
        Likelihood::Certain if first => "fails",
        Likelihood::Certain => "also fails",
        Likelihood::Likely => "likely fails",
    };
    writeln!(out, "{word}: {}", failure.message)?;
    if !failure.tried.is_empty() {
        writeln!(out, "  tried, in this order:")?;
        for attempt in &failure.tried {
            let Attempt { path, why } = attempt;
            let why = if why.is_empty() { "an empty file" } else { why };
            writeln!(out, "    {path}: {why}")?;
        }
    }
    if failure.chain.len() > 1 {
        writeln!(out, "  led there by:")?;
        for path in &failure.chain {
            writeln!(out, "    {path}")?;
        }
    }
    writeln!(out)
}
