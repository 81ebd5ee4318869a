//! Graphs of images: any graph ends, also one that only leads round in circles.

use loadproof::dyld;
use loadproof::dyld::Request;
use loadproof::image::ImportFrom;
use loadproof::load::{Export, LoadVerdict};
use proptest::prelude::*;

use crate::synthetic::{Memory, cache, dylib, executable, import, needs, process_on};

proptest! {
    #[test]
    fn every_graph_of_images_is_loaded_once_each(
        edges in prop::collection::vec((0_usize..12, 0_usize..12, any::<bool>(), any::<bool>()), 1..60),
    ) {
        let path = |node: usize| format!("/lib/lib{node}.dylib");
        let mut images: Vec<_> = (0..12).map(|node| dylib(&path(node))).collect();
        for (from, to, reexport, upward) in &edges {
            let mut dependent = needs(&path(*to));
            dependent.reexport = *reexport;
            dependent.upward = *upward;
            images[*from].dependents.push(dependent);
            let ordinal = u32::try_from(images[*from].dependents.len()).unwrap();
            images[*from].imports.push(import("_nowhere", ImportFrom::Ordinal(ordinal)));
        }
        let mut memory = Memory::default();
        memory.add("/py/bin/python3", executable(), &[]);
        for (node, image) in images.into_iter().enumerate() {
            // Every node says that its first dependent has the symbol, under yet another name.
            let symbol = format!("_other{node}");
            let exports = [("_nowhere", Export::Reexport { ordinal: 1, symbol })];
            memory.add(&path(node), image, &exports);
        }
        let process = process_on("14.5");
        let load = dyld::load(&process, &Request::import(&path(0)), &memory, &cache());
        let mut paths: Vec<_> = load.images.iter().map(|image| image.path.clone()).collect();
        paths.sort();
        let count = paths.len();
        paths.dedup();
        prop_assert_eq!(paths.len(), count);
        let linked = edges.iter().any(|(from, ..)| *from == 0);
        let verdict = if linked { LoadVerdict::Fails } else { LoadVerdict::Loads };
        prop_assert_eq!(load.verdict(), verdict);
    }
}

#[test]
fn two_images_that_rename_each_others_symbol_forever_end_in_a_missing_symbol() {
    let mut memory = Memory::default();
    let renamed = |symbol: &str| Export::Reexport {
        ordinal: 1,
        symbol: symbol.to_owned(),
    };
    let (mut a, mut b) = (dylib("/lib/a.dylib"), dylib("/lib/b.dylib"));
    a.dependents.push(needs("/lib/b.dylib"));
    a.imports.push(import("_x", ImportFrom::Ordinal(1)));
    b.dependents.push(needs("/lib/a.dylib"));
    memory.add("/py/bin/python3", executable(), &[]);
    memory.add(
        "/lib/a.dylib",
        a,
        &[("_y", renamed("_x")), ("_x", renamed("_y"))],
    );
    memory.add(
        "/lib/b.dylib",
        b,
        &[("_x", renamed("_y")), ("_y", renamed("_x"))],
    );
    let load = dyld::load(
        &process_on("14.5"),
        &Request::import("/lib/a.dylib"),
        &memory,
        &cache(),
    );
    assert_eq!(load.failures.len(), 1);
    assert_eq!(load.failures[0].subject, "_x");
}
