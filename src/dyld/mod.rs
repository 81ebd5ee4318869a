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
mod incidental;
mod launch;
mod lookup;
mod message;
mod miss;
mod missing;
mod open;
mod parse;
mod path;
mod process;
mod report;
mod start;
mod state;
mod system;
pub mod template;
mod variables;
mod versioned;
mod why;

use std::cell::RefCell;
use std::collections::BTreeMap;

pub use generation::Generation;
pub use message::FLAT;
pub use parse::{parse, parse_all};
pub use process::{Permissions, Process, Request};
pub use system::{
    CompleteCache, FirstKnown, Library, Owner, Symbol, SystemLibraries, Target, Unjudged,
    might_be_cached,
};

use crate::load::{ImageSource, Load};
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

/// Simulates the start of the process's executable: what `exec` of a program in a wheel does.
pub fn start(process: &Process, images: &dyn ImageSource, system: &dyn SystemLibraries) -> Load {
    Simulation::start(process, images, system)
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
        self.process.target()
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
}
