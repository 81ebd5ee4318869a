//! The load of a module that fails, as a Mermaid diagram: who loads whom, and the edge that breaks.

use std::fmt::Write as _;

use super::symbol;
use super::text::{counted, one_line};
use crate::load::{LoadFailure, Reason};
use crate::report::ModuleReport;

/// Nodes that a reader can take in.
const NODES: usize = 30;
/// Broken edges that are drawn; the causes name them all.
const BREAKS: usize = 5;
/// Characters of a label.
const LABEL: usize = 48;

/// The source of a diagram; `None` for a module whose load does not fail.
pub(super) fn graph(module: &ModuleReport) -> Option<String> {
    if module.failures.is_empty() {
        return None;
    }
    let breaks: Vec<&LoadFailure> = module.failures.iter().take(BREAKS).collect();
    let shown = shown_images(module, &breaks);
    let position = |path: &str| shown.iter().position(|&known| known == path);
    let mut source = String::from("flowchart LR\n");
    for (index, path) in shown.iter().enumerate() {
        let _infallible = writeln!(source, "  n{index}[\"{}\"]", label(file_name(path)));
    }
    let mut edges = 0;
    for (from, to) in edges_among(module, &breaks) {
        if let (Some(from), Some(to)) = (position(from), position(to)) {
            let _infallible = writeln!(source, "  n{from} --> n{to}");
            edges += 1;
        }
    }
    for (index, failure) in breaks.iter().enumerate() {
        let from = asker(failure).and_then(position).unwrap_or(0);
        let _infallible = writeln!(
            source,
            "  b{index}[\"{}\"]:::broken",
            label(&blamed(failure))
        );
        let _infallible = writeln!(
            source,
            "  n{from} --x|\"{}\"| b{index}",
            why(failure.reason)
        );
        let _infallible = writeln!(
            source,
            "  linkStyle {edges} stroke:#d1242f,stroke-width:3px"
        );
        edges += 1;
    }
    let hidden = module
        .images
        .iter()
        .filter(|image| position(&image.path).is_none())
        .count();
    if hidden > 0 {
        let _infallible = writeln!(
            source,
            "  n0 -.-> more([\"{}\"])",
            counted(hidden, "more image")
        );
    }
    source.push_str("  classDef broken stroke:#d1242f,stroke-width:2px,stroke-dasharray:4 3\n");
    Some(source)
}

pub(super) fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::LibraryNotFound => "not found",
        Reason::SymbolNotFound => "no image provides it",
        Reason::VersionNotFound => "lacks the version",
        Reason::ArchMismatch => "other architecture",
        Reason::PlatformMismatch => "other platform",
        Reason::WrongFiletype => "wrong kind of file",
        Reason::Malformed => "damaged",
        Reason::Codesign => "signature refused",
        Reason::ExecutableStack => "asks for an executable stack",
        Reason::NotAFile => "not a file",
    }
}

/// The opened image, the chains that lead to the breaks, then what else these images load, in load order.
fn shown_images<'a>(module: &'a ModuleReport, breaks: &[&'a LoadFailure]) -> Vec<&'a str> {
    let mut shown: Vec<&str> = Vec::new();
    let show = |shown: &mut Vec<&'a str>, path: &'a str| {
        if !shown.contains(&path) && shown.len() + breaks.len() < NODES {
            shown.push(path);
        }
    };
    let root = module.images.first().map(|image| image.path.as_str());
    show(&mut shown, root.unwrap_or(&module.path));
    for failure in breaks {
        for path in failure
            .chain
            .iter()
            .map(String::as_str)
            .chain(asker(failure))
        {
            show(&mut shown, path);
        }
    }
    let chain: Vec<&str> = shown.clone();
    for image in &module.images {
        let loader = image.loaded_by.and_then(|index| module.images.get(index));
        if loader.is_some_and(|loader| chain.contains(&loader.path.as_str())) {
            show(&mut shown, &image.path);
        }
    }
    shown
}

/// Who asked for whom first, and the steps of the chains, each pair once.
fn edges_among<'a>(
    module: &'a ModuleReport,
    breaks: &[&'a LoadFailure],
) -> Vec<(&'a str, &'a str)> {
    let mut edges: Vec<(&str, &str)> = Vec::new();
    for image in &module.images {
        if let Some(loader) = image.loaded_by.and_then(|index| module.images.get(index)) {
            edges.push((&loader.path, &image.path));
        }
    }
    for failure in breaks {
        let steps = failure.chain.iter().zip(failure.chain.iter().skip(1));
        for (from, to) in steps {
            let step = (from.as_str(), to.as_str());
            if !edges.contains(&step) {
                edges.push(step);
            }
        }
    }
    edges.retain(|(from, to)| from != to);
    edges
}

fn asker(failure: &LoadFailure) -> Option<&str> {
    failure
        .referenced_from
        .as_deref()
        .or(failure.chain.last().map(String::as_str))
}

fn blamed(failure: &LoadFailure) -> String {
    match failure.reason {
        Reason::SymbolNotFound => {
            symbol::demangled(&failure.subject).unwrap_or_else(|| failure.subject.clone())
        }
        _ => file_name(&failure.subject).to_owned(),
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/')
        .next()
        .filter(|name| !name.is_empty())
        .unwrap_or(path)
}

/// Letters, digits and harmless signs; everything else as the entity that Mermaid has for it.
pub(super) fn label(untrusted: &str) -> String {
    let line = one_line(untrusted);
    let short: String = if line.chars().count() > LABEL {
        line.chars().take(LABEL).chain(['…']).collect()
    } else {
        line
    };
    let mut label = String::new();
    for c in short.chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-' | '+' | '/' | '…') {
            label.push(c);
        } else {
            let _infallible = write!(label, "#{};", u32::from(c));
        }
    }
    label
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_broken_edge_hangs_on_the_image_that_asked() {
        let rich = sample::rich();
        let source = graph(&rich.modules[1]).unwrap();
        insta::assert_snapshot!(source, @r#"
        flowchart LR
          n0["_ops.cpython-311-x86_64-linux-gnu.so"]
          n1["libhellocore.so"]
          n2["libtorch_cpu.so"]
          n3["libstdc++.so.6"]
          n0 --> n2
          n0 --> n3
          n0 --> n1
          b0["libvector.so.3"]:::broken
          n1 --x|"not found"| b0
          linkStyle 3 stroke:#d1242f,stroke-width:3px
          n0 -.-> more(["1 more image"])
          classDef broken stroke:#d1242f,stroke-width:2px,stroke-dasharray:4 3
        "#);
    }

    #[test]
    fn a_load_that_works_has_no_graph() {
        assert_eq!(graph(&sample::healthy().modules[0]), None);
    }

    #[test]
    fn a_large_load_is_cut_to_what_matters() {
        let mut module = sample::rich().modules.swap_remove(1);
        let image = module.images[1].clone();
        module
            .images
            .extend((0..200).map(|index| crate::report::ImageReport {
                path: format!("/usr/lib/lib{index}.so"),
                ..image.clone()
            }));
        let source = graph(&module).unwrap();
        assert_eq!(source.matches("[\"").count(), NODES + 1, "{source}");
        assert!(source.contains("libhellocore.so") && source.contains("more images"));
    }

    #[test]
    fn a_label_holds_no_syntax() {
        assert_eq!(label("a\"]--><b>`"), "a#34;#93;--#62;#60;b#62;#96;");
        let source = graph(&sample::hostile().modules[0]).unwrap();
        assert!(!source.contains("```") && !source.contains('<'));
    }
}
