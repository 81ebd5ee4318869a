//! What would dyld do? A simulation of dlopen on macOS: pure, asking about files through [`ImageSource`] and about
//! the shared cache through [`SystemLibraries`].
//!
//! The rules are those of dyld's published sources; each file names the functions it follows, docs/simulation.md the
//! versions, and what is decided by the kernel and AMFI instead. The order of events is dyld's: find the image, find
//! all its dependents, then bind every new image. Where dyld stops at the first failure, this goes on as long as what
//! follows is independent of it.

mod bind;
mod candidates;
mod codesign;
mod dependents;
mod find;
mod generation;
mod launch;
mod lookup;
mod message;
mod open;
mod parse;
mod path;
mod process;
mod state;
mod system;
mod variables;
mod versioned;
mod why;

use std::cell::RefCell;
use std::collections::BTreeMap;

pub use generation::Generation;
pub use parse::{parse, parse_all};
pub use process::{Permissions, Process, Request};
pub use system::{
    CompleteCache, Library, Symbol, SystemLibraries, Target, Unjudged, might_be_cached,
};

use crate::load::{ImageSource, Load, LoadFailure, LoadedImage};
use state::Loaded;
use variables::Variables;

/// Simulates one dlopen in a process.
pub fn load(
    process: &Process,
    request: &Request,
    images: &dyn ImageSource,
    system: &dyn SystemLibraries,
) -> Load {
    let mut simulation = Simulation::launch(process, images, system);
    let before = simulation.loaded.len();
    let (opened, failures) = simulation.dlopen(request);
    simulation.report(before, opened, failures)
}

/// A process while it is simulated.
struct Simulation<'a> {
    process: &'a Process,
    generation: Generation,
    images: &'a dyn ImageSource,
    system: &'a dyn SystemLibraries,
    variables: Variables,
    /// The real path of the main executable.
    executable: Option<String>,
    /// In load order; the main executable is the first, known or not.
    loaded: Vec<Loaded>,
    /// Images whose stale pages kill the process: path, and the image that asked.
    killed: Vec<(String, usize)>,
    /// Sentences, in order, each once.
    assumptions: RefCell<Vec<String>>,
    /// Libraries taken for present in the cache.
    assumed_libraries: Vec<String>,
    /// How many symbols of a library of the cache, or of an unknown executable, are taken for exported.
    assumed_symbols: BTreeMap<String, usize>,
    unknown: Option<String>,
}

impl Simulation<'_> {
    fn target(&self) -> Target {
        Target {
            macos: self.process.macos,
            arch: self.process.arch,
        }
    }

    fn push(&mut self, loaded: Loaded) -> usize {
        self.loaded.push(loaded);
        self.loaded.len().saturating_sub(1)
    }

    fn is_executable(&self, image: usize) -> bool {
        image == 0
    }

    fn assume(&self, sentence: String) {
        let mut assumptions = self.assumptions.borrow_mut();
        if !assumptions.contains(&sentence) {
            assumptions.push(sentence);
        }
    }

    fn assume_symbol(&mut self, provider: &str) {
        let count = self.assumed_symbols.entry(provider.to_owned()).or_default();
        *count = count.saturating_add(1);
    }

    /// The images of this load, those it found in the process included.
    fn report(self, before: usize, opened: Option<usize>, failures: Vec<LoadFailure>) -> Load {
        let mut order: Vec<usize> = opened.into_iter().collect();
        order.extend((before..self.loaded.len()).filter(|index| Some(*index) != opened));
        let reused = order
            .iter()
            .filter_map(|index| self.loaded.get(*index))
            .flat_map(|loaded| {
                loaded.dependents.iter().filter_map(|slot| match slot {
                    state::Slot::Image(index) if *index < before => Some(*index),
                    state::Slot::Image(_) | state::Slot::Absent | state::Slot::Failed => None,
                })
            });
        let mut reused: Vec<usize> = reused.collect();
        reused.sort_unstable();
        reused.dedup();
        reused.retain(|index| Some(*index) != opened);
        order.extend(reused);
        let place = |index: usize| order.iter().position(|other| *other == index);
        let images = order.iter().filter_map(|index| {
            let loaded = self.loaded.get(*index)?;
            let found_by = if *index < before {
                "loaded before"
            } else {
                &loaded.found_by
            };
            Some(LoadedImage {
                path: loaded.path.clone(),
                install_name: loaded.install_name.clone(),
                arch: loaded.image().map(|image| image.arch),
                found_by: found_by.to_owned(),
                loaded_by: if *index < before {
                    None
                } else {
                    loaded.loaded_by.and_then(place)
                },
            })
        });
        let images = images.collect();
        let mut assumptions = self.assumptions.into_inner();
        if !self.assumed_libraries.is_empty() {
            let macos = self.process.macos;
            let names: Vec<String> = self
                .assumed_libraries
                .iter()
                .map(|name| format!("`{name}`"))
                .collect();
            assumptions.push(format!(
                "the shared cache of macOS {macos} has {}",
                names.join(", ")
            ));
        }
        for (provider, count) in &self.assumed_symbols {
            let noun = if *count == 1 { "symbol" } else { "symbols" };
            assumptions.push(format!(
                "{provider} exports {count} {noun} that it is asked for"
            ));
        }
        if self.generation == Generation::Before12 {
            let macos = self.process.macos;
            assumptions.push(format!(
                "macOS {macos} loads by the rules of macOS 12, except for the words"
            ));
        }
        Load {
            images,
            failures,
            assumptions,
            unknown: self.unknown,
        }
    }
}
