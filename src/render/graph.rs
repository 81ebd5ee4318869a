//! What `loadproof graph` prints of one image: the tree of who asks for whom, dot, Mermaid, and version 1 of the JSON.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use serde::Serialize;

use super::listing::{Image, images};
use super::mermaid::label;
use super::text::{clean, one_line};
use crate::dyld::Process;
use crate::image::ListedFile;
use crate::load::{Attempt, Edge, Load, LoadFailure, LoadVerdict, LoadedImage};

/// The failures by who asked for what, to find the one behind an edge that leads nowhere.
struct Failures<'a> {
    load: &'a Load,
    by_question: HashMap<(&'a str, &'a str), &'a LoadFailure>,
}

impl<'a> Failures<'a> {
    fn of(load: &'a Load) -> Self {
        let questions = load.failures.iter().filter_map(|failure| {
            let asker = failure.referenced_from.as_deref()?;
            Some(((asker, failure.subject.as_str()), failure))
        });
        Failures {
            load,
            by_question: questions.collect(),
        }
    }

    fn behind(&self, edge: &Edge) -> Option<&'a LoadFailure> {
        let asker = self.load.images.get(edge.from)?.path.as_str();
        let failure = self.by_question.get(&(asker, edge.asks.as_str()));
        failure.copied().filter(|_| edge.to.is_none())
    }

    fn tried(&self, edge: &Edge) -> &'a [Attempt] {
        self.behind(edge).map_or(&[][..], |failure| &failure.tried)
    }
}

/// A library of the system, which stands in the shared cache and not on the disk.
fn is_system(image: &LoadedImage) -> bool {
    image.arch.is_none() && image.found_by.starts_with("system library")
}

fn verdict(load: &Load) -> &'static str {
    match load.verdict() {
        LoadVerdict::Loads => "loads",
        LoadVerdict::Fails => "fails",
        LoadVerdict::Unknown => "unknown",
    }
}

/// Writes the tree: every edge is a line; what stands above already is not repeated.
pub fn terminal(process: &Process, path: &str, load: &Load, out: &mut dyn Write) -> io::Result<()> {
    let (arch, macos, verdict) = (process.arch, process.macos, verdict(load));
    let path = one_line(path);
    writeln!(
        out,
        "`{path}` in an {arch} process on macOS {macos}: {verdict}"
    )?;
    if let Some(image) = load.images.first() {
        writeln!(out, "\n{}", described(image))?;
        below(load, out)?;
    }
    let index = Failures::of(load);
    let in_tree = load.edges.iter().filter_map(|edge| index.behind(edge));
    let in_tree: HashSet<*const LoadFailure> = in_tree.map(std::ptr::from_ref).collect();
    for failure in &load.failures {
        if !in_tree.contains(&std::ptr::from_ref(failure)) {
            writeln!(out, "\n{}", clean(&failure.message).trim_end())?;
            attempts(&failure.tried, "  ", out)?;
        }
    }
    if !load.assumptions.is_empty() {
        writeln!(out)?;
    }
    for assumption in &load.assumptions {
        writeln!(out, "assumed: {}", one_line(assumption))?;
    }
    Ok(())
}

fn attempts(tried: &[Attempt], indent: &str, out: &mut dyn Write) -> io::Result<()> {
    for attempt in tried {
        let path = one_line(&attempt.path);
        let why = match attempt.why.as_str() {
            "" => "an empty file".to_owned(),
            why => one_line(why),
        };
        writeln!(out, "{indent}tried {path}: {why}")?;
    }
    Ok(())
}

/// Everything below the opened image, without recursion: a chain of libraries is as long as its author likes.
fn below(load: &Load, out: &mut dyn Write) -> io::Result<()> {
    let failures = Failures::of(load);
    let mut by_asker: Vec<Vec<&Edge>> = vec![Vec::new(); load.images.len()];
    for edge in &load.edges {
        if let Some(asked) = by_asker.get_mut(edge.from) {
            asked.push(edge);
        }
    }
    let has_edges: Vec<bool> = by_asker.iter().map(|edges| !edges.is_empty()).collect();
    // Taken when shown, so that an image's own edges are drawn once.
    let mut take = |image: usize| by_asker.get_mut(image).map(std::mem::take);
    let mut open = vec![(
        String::new(),
        take(0).unwrap_or_default().into_iter().peekable(),
    )];
    while let Some((indent, edges)) = open.last_mut() {
        let Some(edge) = edges.next() else {
            open.pop();
            continue;
        };
        let (branch, stem) = match edges.peek() {
            Some(_) => ("├── ", "│   "),
            None => ("└── ", "    "),
        };
        let inner = format!("{indent}{stem}");
        let children = edge.to.and_then(&mut take).unwrap_or_default();
        let would_have = edge.to.and_then(|to| has_edges.get(to)).copied();
        let above = if children.is_empty() && would_have == Some(true) {
            ", above"
        } else {
            ""
        };
        let line = line(load, failures.behind(edge), edge, above);
        writeln!(out, "{indent}{branch}{line}")?;
        attempts(failures.tried(edge), &format!("{inner}  "), out)?;
        open.push((inner, children.into_iter().peekable()));
    }
    Ok(())
}

fn line(load: &Load, failure: Option<&LoadFailure>, edge: &Edge, above: &str) -> String {
    let asks = one_line(&edge.asks);
    let weak = if edge.weak { ", weak" } else { "" };
    let Some(image) = edge.to.and_then(|to| load.images.get(to)) else {
        return match failure {
            Some(_) => format!("{asks}: NOT FOUND"),
            None if edge.weak => format!("{asks}: not found, and not needed (weak)"),
            None => format!("{asks}: not found"),
        };
    };
    if is_system(image) && image.path == edge.asks {
        return format!("{asks} ({}{weak}{above})", one_line(&image.found_by));
    }
    let first = image.loaded_by == Some(edge.from);
    let by = match first || image.found_by == "loaded before" {
        true => one_line(&image.found_by),
        false => "loaded already".to_owned(),
    };
    format!("{asks} => {} ({by}{weak}{above})", one_line(&image.path))
}

fn described(image: &LoadedImage) -> String {
    let arch = image.arch.map(|arch| format!(" {arch}"));
    format!("{}{}", one_line(&image.path), arch.unwrap_or_default())
}

/// An edge as `dot` and Mermaid draw it: numbers of nodes, and words for a node that is missing.
struct Drawn<'a> {
    from: usize,
    to: Result<usize, &'a str>,
    weak: bool,
}

fn drawn(load: &Load, system: bool) -> (Vec<(usize, &LoadedImage)>, Vec<Drawn<'_>>) {
    let wanted = |image: &LoadedImage| system || !is_system(image);
    let nodes = load.images.iter().enumerate();
    let nodes = nodes.filter(|(_, image)| wanted(image)).collect();
    let edges = load.edges.iter().filter_map(|edge| {
        let to = match edge.to {
            Some(to) => Ok(load
                .images
                .get(to)
                .filter(|image| wanted(image))
                .map(|_| to)?),
            None => Err(edge.asks.as_str()),
        };
        Some(Drawn {
            from: edge.from,
            to,
            weak: edge.weak,
        })
    });
    (nodes, edges.collect())
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Writes a digraph for Graphviz. Libraries of the system are left out unless `system`.
pub fn dot(load: &Load, system: bool, out: &mut dyn Write) -> io::Result<()> {
    let (nodes, edges) = drawn(load, system);
    writeln!(out, "digraph load {{\n  rankdir=LR;\n  node [shape=box];")?;
    for (index, image) in nodes {
        let (name, path) = (quoted(file_name(&image.path)), quoted(&image.path));
        let by = quoted(&image.found_by);
        writeln!(
            out,
            "  n{index} [label={name}, tooltip={path}, comment={by}];"
        )?;
    }
    for (number, edge) in edges.iter().enumerate() {
        let style = if edge.weak { " [style=dashed]" } else { "" };
        let from = edge.from;
        match edge.to {
            Ok(to) => writeln!(out, "  n{from} -> n{to}{style};")?,
            Err(asks) => {
                let colour = if edge.weak { "gray" } else { "red" };
                writeln!(
                    out,
                    "  m{number} [label={}, color={colour}, style=dashed];",
                    quoted(asks)
                )?;
                writeln!(
                    out,
                    "  n{from} -> m{number} [color={colour}, label=\"not found\"];"
                )?;
            }
        }
    }
    writeln!(out, "}}")
}

/// A string of the dot language.
pub(super) fn quoted(text: &str) -> String {
    let line = one_line(text);
    format!("\"{}\"", line.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Writes a Mermaid flowchart. Libraries of the system are left out unless `system`.
pub fn mermaid(load: &Load, system: bool, out: &mut dyn Write) -> io::Result<()> {
    let (nodes, edges) = drawn(load, system);
    writeln!(out, "flowchart LR")?;
    for (index, image) in nodes {
        writeln!(out, "  n{index}[\"{}\"]", label(file_name(&image.path)))?;
    }
    for (number, edge) in edges.iter().enumerate() {
        let from = edge.from;
        match edge.to {
            Ok(to) if edge.weak => writeln!(out, "  n{from} -.-> n{to}")?,
            Ok(to) => writeln!(out, "  n{from} --> n{to}")?,
            Err(asks) => {
                let class = if edge.weak { "" } else { ":::broken" };
                writeln!(out, "  m{number}[\"{}\"]{class}", label(asks))?;
                writeln!(out, "  n{from} --x|\"not found\"| m{number}")?;
            }
        }
    }
    writeln!(
        out,
        "  classDef broken stroke:#d1242f,stroke-width:2px,stroke-dasharray:4 3"
    )
}

/// Version 1 of the JSON of one image: a listing of that one file, and its load.
#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    images: Vec<Image<'a>>,
    load: Graph<'a>,
}

#[derive(Serialize)]
struct Graph<'a> {
    arch: String,
    macos: String,
    verdict: LoadVerdict,
    nodes: Vec<Node<'a>>,
    edges: Vec<Asked<'a>>,
    failures: Vec<&'a str>,
    assumptions: &'a [String],
}

#[derive(Serialize)]
struct Node<'a> {
    path: &'a str,
    install_name: Option<&'a str>,
    arch: Option<String>,
    found_by: &'a str,
}

#[derive(Serialize)]
struct Asked<'a> {
    from: usize,
    asks: &'a str,
    weak: bool,
    to: Option<usize>,
    tried: Vec<Tried<'a>>,
}

#[derive(Serialize)]
struct Tried<'a> {
    path: &'a str,
    why: &'a str,
}

/// Writes the JSON object and a newline. `own` is the listing of the opened file.
pub fn json<'a>(
    process: &Process,
    own: &[ListedFile],
    load: &'a Load,
    out: &mut dyn Write,
) -> io::Result<()> {
    let node = |image: &'a LoadedImage| Node {
        path: &image.path,
        found_by: &image.found_by,
        install_name: image.install_name.as_deref(),
        arch: image.arch.map(|arch| arch.to_string()),
    };
    let index = Failures::of(load);
    let failures = load.failures.iter();
    let report = Report {
        schema: 1,
        images: images(own),
        load: Graph {
            arch: process.arch.to_string(),
            macos: process.macos.to_string(),
            verdict: load.verdict(),
            nodes: load.images.iter().map(node).collect(),
            edges: load.edges.iter().map(|edge| asked(&index, edge)).collect(),
            failures: failures.map(|failure| failure.message.as_str()).collect(),
            assumptions: &load.assumptions,
        },
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn asked<'a>(failures: &Failures<'a>, edge: &'a Edge) -> Asked<'a> {
    let tried = failures.tried(edge).iter().map(|attempt| Tried {
        path: &attempt.path,
        why: &attempt.why,
    });
    Asked {
        from: edge.from,
        asks: &edge.asks,
        weak: edge.weak,
        to: edge.to,
        tried: tried.collect(),
    }
}

#[cfg(test)]
mod tests;
