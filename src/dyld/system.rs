//! What the shared cache of a macOS version holds. The files of system libraries are on no disk since macOS 11, so
//! only a table can tell.

use std::collections::{BTreeMap, BTreeSet};

use crate::image::{Arch, Version};
use crate::load::Likelihood;

/// Which shared cache is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The macOS version.
    pub macos: Version,
    /// The architecture of the process.
    pub arch: Arch,
}

/// Answers questions about the shared cache.
pub trait SystemLibraries {
    /// Is this path the install name, or an alias, of a library in the cache?
    fn library(&self, path: &str, target: Target) -> Library;

    /// Does the library of this install name (from [`Library::Present`]) export the symbol, itself or by re-export?
    fn symbol(&self, install_name: &str, symbol: &str, target: Target) -> Symbol;

    /// Whose is a symbol of this name, going by the name alone? Without a table of names: the system's, perhaps.
    fn owner(&self, symbol: &str) -> Owner {
        let _ = symbol;
        Owner::System
    }

    /// Does that library, or anything that is loaded because of it, export the symbol? That is what a flat lookup
    /// sees. Tables do not know what libraries of the cache depend on: theirs is the library's own answer.
    fn symbol_behind(&self, install_name: &str, symbol: &str, target: Target) -> Symbol {
        self.symbol(install_name, symbol, target)
    }
}

/// Whose a symbol is, going by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A library of some macOS has it, or nothing is known.
    System,
    /// No table has it; a private library of the system's may.
    Unlisted,
    /// No table has it, and no library of the system's would: a plain C name, C++ outside of `std`.
    Other,
}

/// Whether a path is in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Library {
    /// It is.
    Present {
        /// The canonical path, which is the install name.
        install_name: String,
    },
    /// It is not.
    Absent(Likelihood),
    /// Not known.
    Unknown,
}

/// Whether a library of the cache exports a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbol {
    /// It does.
    Exported {
        /// As a weak definition.
        weak: bool,
    },
    /// It does not.
    Absent(Likelihood),
    /// Not known.
    Unknown,
}

/// Whether system libraries live at this path (dyld/Loader.cpp:mightBeInSharedCache).
pub fn might_be_cached(path: &str) -> bool {
    const PLACES: [&str; 5] = [
        "/usr/lib/",
        "/System/Library/",
        "/System/iOSSupport/usr/lib/",
        "/System/iOSSupport/System/Library/",
        "/System/DriverKit/",
    ];
    PLACES.iter().any(|place| path.starts_with(place))
}

/// Knows nothing: whatever could be a system library is [`Library::Unknown`], which a simulation takes for present,
/// as an assumption.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unjudged;

impl SystemLibraries for Unjudged {
    fn library(&self, path: &str, _: Target) -> Library {
        if might_be_cached(path) {
            Library::Unknown
        } else {
            Library::Absent(Likelihood::Certain)
        }
    }

    fn symbol(&self, _: &str, _: &str, _: Target) -> Symbol {
        Symbol::Unknown
    }
}

/// Asks the first, and the second what the first does not know.
#[derive(Clone, Copy)]
pub struct FirstKnown<'a>(pub &'a dyn SystemLibraries, pub &'a dyn SystemLibraries);

impl SystemLibraries for FirstKnown<'_> {
    fn library(&self, path: &str, target: Target) -> Library {
        match self.0.library(path, target) {
            Library::Unknown => self.1.library(path, target),
            known => known,
        }
    }

    fn symbol(&self, install_name: &str, symbol: &str, target: Target) -> Symbol {
        match self.0.symbol(install_name, symbol, target) {
            Symbol::Unknown => self.1.symbol(install_name, symbol, target),
            known => known,
        }
    }

    fn owner(&self, symbol: &str) -> Owner {
        self.0.owner(symbol).max(self.1.owner(symbol))
    }

    fn symbol_behind(&self, install_name: &str, symbol: &str, target: Target) -> Symbol {
        match self.0.symbol_behind(install_name, symbol, target) {
            Symbol::Unknown => self.1.symbol_behind(install_name, symbol, target),
            known => known,
        }
    }
}

/// A complete list: what it lacks is absent.
#[derive(Debug, Clone, Default)]
pub struct CompleteCache {
    libraries: BTreeMap<String, BTreeSet<String>>,
}

impl CompleteCache {
    /// From install names and their exports.
    pub fn new(libraries: BTreeMap<String, BTreeSet<String>>) -> Self {
        CompleteCache { libraries }
    }
}

impl SystemLibraries for CompleteCache {
    fn library(&self, path: &str, _: Target) -> Library {
        if self.libraries.contains_key(path) {
            let install_name = path.to_owned();
            Library::Present { install_name }
        } else {
            Library::Absent(Likelihood::Certain)
        }
    }

    fn symbol(&self, install_name: &str, symbol: &str, _: Target) -> Symbol {
        let exports = self.libraries.get(install_name);
        if exports.is_some_and(|exports| exports.contains(symbol)) {
            Symbol::Exported { weak: false }
        } else {
            Symbol::Absent(Likelihood::Certain)
        }
    }
}
