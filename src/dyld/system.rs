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
