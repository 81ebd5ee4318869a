//! What `loadproof graph` prints of a directory or a wheel: every Mach-O file by its headers.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::Serialize;

use super::graph::quoted;
use super::mermaid::label;
use super::text::one_line;
use crate::image::{ListedFile, SliceHeaders};

/// Version 1 of the JSON.
#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    images: Vec<Image<'a>>,
}

/// One Mach-O file of the JSON.
#[derive(Serialize)]
pub(super) struct Image<'a> {
    path: &'a str,
    slices: Vec<Slice<'a>>,
}

#[derive(Serialize)]
struct Slice<'a> {
    arch: String,
    install_name: Option<&'a str>,
    dependents: Vec<&'a str>,
    rpaths: &'a [String],
    minos: Option<String>,
    sdk: Option<String>,
}

pub(super) fn images(files: &[ListedFile]) -> Vec<Image<'_>> {
    let images = files.iter().map(|file| Image {
        path: &file.path,
        slices: file.slices.iter().map(slice).collect(),
    });
    images.collect()
}

fn slice(headers: &SliceHeaders) -> Slice<'_> {
    let version = headers.build_version();
    Slice {
        arch: headers.arch.to_string(),
        install_name: headers.install_name.as_deref(),
        dependents: names(headers).collect(),
        rpaths: &headers.rpaths,
        minos: version.map(|version| version.minos.to_string()),
        sdk: version.map(|version| version.sdk.to_string()),
    }
}

fn names(headers: &SliceHeaders) -> impl Iterator<Item = &str> {
    let dependents = headers.dependents.iter();
    dependents.map(|dependent| dependent.install_name.as_str())
}

/// Writes the JSON object and a newline.
pub fn json(files: &[ListedFile], out: &mut dyn Write) -> io::Result<()> {
    let report = Report {
        schema: 1,
        images: images(files),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

/// Writes a paragraph for each slice.
pub fn terminal(files: &[ListedFile], out: &mut dyn Write) -> io::Result<()> {
    for file in files {
        for headers in &file.slices {
            let (path, arch) = (one_line(&file.path), headers.arch);
            write!(out, "{path} {arch}")?;
            if let Some(version) = headers.build_version() {
                let (platform, minos, sdk) = (version.platform, version.minos, version.sdk);
                write!(out, ", {platform} {minos}, SDK {sdk}")?;
            }
            writeln!(out)?;
            if let Some(name) = &headers.install_name {
                writeln!(out, "  is    {}", one_line(name))?;
            }
            for dependent in &headers.dependents {
                let weak = if dependent.weak { " (weak)" } else { "" };
                writeln!(out, "  asks  {}{weak}", one_line(&dependent.install_name))?;
            }
            for rpath in &headers.rpaths {
                writeln!(out, "  rpath {}", one_line(rpath))?;
            }
            if let Some(why) = &headers.damage {
                writeln!(out, "  damaged: {}", one_line(why))?;
            }
        }
    }
    Ok(())
}

/// Who asks for whom among the files: nodes are files, and names that lead to none of them.
struct Drawing<'a> {
    nodes: Vec<&'a str>,
    /// How many of the nodes are files; they come first.
    files: usize,
    edges: BTreeSet<(usize, usize)>,
}

fn drawing(files: &[ListedFile], system: bool) -> Drawing<'_> {
    let by_path: BTreeMap<&str, usize> = (files.iter().enumerate())
        .map(|(index, file)| (file.path.as_str(), index))
        .collect();
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, file) in files.iter().enumerate() {
        let own = file.slices.iter();
        for name in own.filter_map(|slice| slice.install_name.as_deref()) {
            by_name.entry(name).or_insert(index);
        }
    }
    let mut nodes: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut edges = BTreeSet::new();
    for (from, file) in files.iter().enumerate() {
        for (slice, name) in
            (file.slices.iter()).flat_map(|slice| names(slice).map(move |name| (slice, name)))
        {
            if !system && (name.starts_with("/usr/lib/") || name.starts_with("/System/")) {
                continue;
            }
            let mut places = places(&file.path, slice, name);
            let found = places.find_map(|place| by_path.get(place.as_str()).copied());
            let to = found.unwrap_or_else(|| {
                *by_name.entry(name).or_insert_with(|| {
                    nodes.push(name);
                    nodes.len().saturating_sub(1)
                })
            });
            edges.insert((from, to));
        }
    }
    Drawing {
        nodes,
        files: files.len(),
        edges,
    }
}

/// Where a file may have what it asks for, going by the places of the files to each other alone.
fn places<'a>(
    file: &'a str,
    slice: &'a SliceHeaders,
    name: &'a str,
) -> impl Iterator<Item = String> + 'a {
    let directory = file.rsplit_once('/').map_or("", |(directory, _)| directory);
    let beside = name.strip_prefix("@loader_path");
    let tail = name.strip_prefix("@rpath/");
    let rpaths = slice.rpaths.iter();
    let below = rpaths.filter_map(move |rpath| {
        let rpath = rpath.strip_prefix("@loader_path")?;
        Some(format!("{rpath}/{}", tail?))
    });
    let all = beside.map(str::to_owned).into_iter().chain(below);
    all.map(move |path| joined(directory, &path))
}

/// A path without `.`, `..` and empty parts.
fn joined(directory: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Writes a digraph for Graphviz: names that lead to no file of the listing are dashed. The system's own libraries are
/// left out unless `system`.
pub fn dot(files: &[ListedFile], system: bool, out: &mut dyn Write) -> io::Result<()> {
    let drawing = drawing(files, system);
    writeln!(out, "digraph images {{\n  rankdir=LR;\n  node [shape=box];")?;
    for (index, name) in drawing.nodes.iter().enumerate() {
        let style = if index < drawing.files {
            ""
        } else {
            ", style=dashed"
        };
        writeln!(out, "  n{index} [label={}{style}];", quoted(name))?;
    }
    for (from, to) in &drawing.edges {
        writeln!(out, "  n{from} -> n{to};")?;
    }
    writeln!(out, "}}")
}

/// Writes a Mermaid flowchart: names that lead to no file of the listing are rounded. The system's own libraries are left
/// out unless `system`.
pub fn mermaid(files: &[ListedFile], system: bool, out: &mut dyn Write) -> io::Result<()> {
    let drawing = drawing(files, system);
    writeln!(out, "flowchart LR")?;
    for (index, name) in drawing.nodes.iter().enumerate() {
        let name = label(name);
        if index < drawing.files {
            writeln!(out, "  n{index}[\"{name}\"]")?;
        } else {
            writeln!(out, "  n{index}([\"{name}\"])")?;
        }
    }
    for (from, to) in &drawing.edges {
        writeln!(out, "  n{from} --> n{to}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
