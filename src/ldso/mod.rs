//! What would ld.so do? A simulation of `dlopen(path, RTLD_NOW | RTLD_LOCAL)` in a given process.
//!
//! The rules are those of ld.so(8) and of glibc 2.36 (elf/dl-load.c, dl-deps.c, dl-version.c, dl-sort-maps.c,
//! dl-lookup.c); where 2.35 and 2.41 changed them the process's own C library tells which hold. In a process whose
//! interpreter is musl's, they are those of musl's ldso/dynlink.c. The stages are ld.so's own: map the file, map its
//! dependents breadth-first, check the versions that images require of each other, relocate from the last dependent to
//! the opened image. ld.so stops at the first failure; here every independent one is collected, and the first of them
//! is the one that ld.so reports.
//!
//! Not simulated: audit modules, auxiliary filters, static TLS running out, tunables, seccomp and mount flags.

mod bind;
pub mod cache;
pub mod hwcaps;
pub mod message;
mod open;
mod order;
mod process;
mod search;
mod token;
mod walk;
mod world;

use crate::load::{Edge, ImageSource, Load, LoadFailure, LoadedImage, Reason};

pub use process::{Process, ProcessImage};

use world::World;

/// Opens `path` in the process, as CPython does for an extension module (`sys.getdlopenflags` left alone).
pub fn load(process: &Process, path: &str, images: &dyn ImageSource) -> Load {
    let mut world = World::of(process, images);
    let mut failures = Vec::new();
    let mut list = Vec::new();
    match walk::open(&mut world, path) {
        Ok(root) => {
            list = walk::dependents(&mut world, root, &mut failures);
            let missing = bind::versions(&world, &list, &mut failures);
            let mapped = |it: &LoadFailure| it.reason == Reason::VersionNotFound;
            if !failures.iter().all(mapped) {
                let sentence = "symbols were not looked up, because a library that may provide them is missing";
                world.assumptions.push(sentence.to_owned());
            } else if world.unknown.is_none() {
                bind::symbols(&mut world, &list, &missing, &mut failures);
            }
        }
        Err(failure) => failures.extend(failure.map(|failure| *failure)),
    }
    Load {
        images: loaded_images(&world, &list),
        edges: edges(&world, &list),
        failures,
        assumptions: world.assumptions,
        unknown: world.unknown,
    }
}

fn loaded_images(world: &World<'_>, list: &[usize]) -> Vec<LoadedImage> {
    list.iter()
        .filter_map(|index| world.maps.get(*index))
        .map(|map| LoadedImage {
            path: map.path.clone(),
            install_name: map.image().and_then(|image| image.install_name.clone()),
            arch: map.image().map(|image| image.arch),
            found_by: map.found_by.clone(),
            loaded_by: map
                .loader
                .and_then(|loader| list.iter().position(|index| *index == loader)),
        })
        .collect()
}

/// Of the images that this load brought in; what was there before asked for its own long ago.
fn edges(world: &World<'_>, list: &[usize]) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (from, index) in list.iter().enumerate() {
        let Some(map) = world.maps.get(*index).filter(|map| map.new || from == 0) else {
            continue;
        };
        for dependent in map.image().iter().flat_map(|image| &image.dependents) {
            let asks = &dependent.install_name;
            let mut needed = map.needed.iter();
            let found = needed.find(|index| {
                let found = world.maps.get(**index);
                found.is_some_and(|found| found.is_called(asks))
            });
            edges.push(Edge {
                from,
                asks: asks.clone(),
                weak: false,
                to: found.and_then(|found| list.iter().position(|index| index == found)),
            });
        }
    }
    edges
}

#[cfg(test)]
mod tests;
