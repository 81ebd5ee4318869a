//! Two OpenMP runtimes in one process.

use std::collections::BTreeMap;

use super::Pair;
use crate::dyld::{self, Request};
use crate::image::Image;
use crate::load::{Content, Export, ImageSource, Lookup, Question};
use crate::site::Tree;

/// The id of the cause.
const CAUSE: &str = "duplicate-openmp-runtime";

/// What every runtime of that family defines and no client does: LLVM's and Intel's, then GNU's.
const ENTRIES: [&str; 3] = [
    "___kmpc_fork_call",
    "___kmpc_global_thread_num",
    "_GOMP_parallel",
];

/// The runtimes among the images of one process, if there is more than one.
pub(super) fn pair(images: &[String], tree: &Tree) -> Option<Pair> {
    let paths: Vec<String> = images
        .iter()
        .filter(|path| is_runtime(path, tree))
        .cloned()
        .collect();
    (paths.len() > 1).then(|| {
        let site = format!("{}/", tree.layout().site_packages);
        let shown = |path: &String| path.strip_prefix(&site).unwrap_or(path).to_owned();
        Pair {
            cause: CAUSE,
            paths: paths.iter().map(shown).collect(),
        }
    })
}

/// Every image that these loads bring into one process, in order, each once.
pub(super) fn images(opened: &[String], process: &dyld::Process, tree: &Tree) -> Vec<String> {
    let mut process = process.clone();
    let mut found: Vec<String> = Vec::new();
    let system = crate::catalogue::Catalogue::builtin();
    for path in opened {
        process.opened_before = Vec::new();
        let load = dyld::load(&process, &Request::import(path), tree, system);
        for image in load.images {
            if !found.contains(&image.path) {
                found.push(image.path);
            }
        }
    }
    found
}

/// Does a file define an OpenMP runtime, as a library of its own or linked into something else?
fn is_runtime(path: &str, tree: &Tree) -> bool {
    let Lookup::File { real_path, .. } = tree.lookup(path) else {
        return false;
    };
    let content = tree.content(&real_path);
    let Content::MachO { slices } = content.as_ref() else {
        return false;
    };
    let arch = tree.target().arch;
    let Some(slice) = slices.iter().position(|image| image.arch == arch) else {
        return false;
    };
    let imports = slices.get(slice).map_or_else(BTreeMap::new, imported);
    let exports = |symbol: &str| {
        let question = Question {
            symbol,
            version: None,
        };
        matches!(
            tree.export(&real_path, slice, &question),
            Export::Defined { .. }
        )
    };
    ENTRIES
        .iter()
        .any(|symbol| !imports.contains_key(symbol) && exports(symbol))
}

/// The runtime's entries that an image takes from elsewhere.
fn imported(image: &Image) -> BTreeMap<&str, ()> {
    let names = image.imports.iter().map(|import| import.symbol.as_str());
    names
        .filter(|name| ENTRIES.contains(name))
        .map(|name| (name, ()))
        .collect()
}
