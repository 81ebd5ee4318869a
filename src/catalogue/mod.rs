//! The libraries that come with macOS: which version has which library, and which symbol.
//!
//! They are not files that could be read: since macOS 11 they exist in the shared cache only, and the machine that
//! checks a wheel is seldom of the version that will load it. So a table is built in, made from package registries
//! (`tools/catalogue`, docs/catalogue.md), and a user's own SDK or shared cache may be laid over it ([`Observed`]).
//!
//! The table is one of *bounds*: a version that has the name, a version that lacks it. Stubs leave out private exports
//! that the system has, so a name that is missing here is seldom missing there, and [`Known::Unknown`] is an answer in
//! its own right: the caller assumes presence. Whether absence hurts is the caller's business too (weak imports).

mod interval;
mod listing;
mod naming;
mod observed;
mod packed;
pub mod running_cache;
pub mod shared_cache;
pub mod stub;
mod system;
mod undated;
mod words;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::dyld::Owner;
use crate::image::{Arch, Version};
use crate::load::Likelihood;

pub use interval::{Evidence, Interval};
pub use listing::{LibraryEntry, Summary, SymbolCount};
pub use observed::{ExportGroup, Observed, ObservedLibrary, Origin};

use interval::Family;
use naming::looks_public;
use packed::{Library, Packed};

/// What is known about a library or a symbol in one version of macOS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It is there.
    Present,
    /// It is not.
    Absent {
        /// How sure that is. Certain: a complete stub of that version or a later one lacks the public name, or the
        /// version's own shared cache does. Likely, worth a warning: private names, bounds from announcements or
        /// from LLVM's table, public-looking names that no stub has.
        likelihood: Likelihood,
        /// A version that has it, if any is known: what a message may call its introduction.
        introduced: Option<Version>,
    },
    /// The sources do not tell. To be taken as present, and counted as an assumption.
    Unknown,
}

/// The built-in table, with what the user observed laid over it.
#[derive(Debug)]
pub struct Catalogue {
    table: &'static Table,
    observed: Vec<Observed>,
}

/// The decoded table with an index over the spellings of framework paths.
#[derive(Debug)]
struct Table {
    packed: Packed,
    /// Framework paths without their `Versions/X` part.
    unversioned: BTreeMap<String, usize>,
}

impl Catalogue {
    /// The catalogue that is built in. The first call decodes it (some milliseconds).
    pub fn builtin() -> &'static Catalogue {
        static BUILTIN: OnceLock<Catalogue> = OnceLock::new();
        BUILTIN.get_or_init(|| Catalogue::with_observed(Vec::new()))
    }

    /// The built-in catalogue with observations of the user's own over it.
    pub fn with_observed(observed: Vec<Observed>) -> Self {
        static TABLE: OnceLock<Table> = OnceLock::new();
        let table = TABLE.get_or_init(|| {
            let packed = Packed::builtin().expect("a test decodes the built-in table");
            Table::index(packed)
        });
        Catalogue { table, observed }
    }

    /// Is the library that a load command names by `install_name` part of that macOS? Any spelling that the system's
    /// own links make valid will do. A name that is in no table is [`Known::Unknown`].
    pub fn library(&self, install_name: &str, arch: Arch, macos: Version) -> Known {
        let Some(family) = Family::of(arch) else {
            return Known::Unknown;
        };
        if let Some(known) = self.observed_library(install_name, family, macos) {
            return known;
        }
        let known = self
            .table
            .library(install_name)
            .and_then(|(_, library)| {
                let own = library.intervals.iter();
                own.copied().find(|interval| interval.holds_for(family))
            })
            .map_or(Known::Unknown, |interval| interval.judge(macos));
        if known == Known::Unknown && self.was_observed(install_name, family, macos) {
            return Known::Present;
        }
        // A user's own sources may know better; they say so above, for their versions.
        let is_strange = self.observed.is_empty() && self.table.library(install_name).is_none();
        if is_strange && macos >= Version::new(11, 0, 0) && undated::is_nobodys(install_name) {
            let likelihood = Likelihood::Likely;
            let introduced = None;
            return Known::Absent {
                likelihood,
                introduced,
            };
        }
        known
    }

    /// Does that library export `symbol` (spelt as in the file, with its leading underscore), itself or by re-export?
    /// [`Known::Unknown`] for every library whose exports are not known.
    pub fn symbol(&self, install_name: &str, symbol: &str, arch: Arch, macos: Version) -> Known {
        let Some(family) = Family::of(arch) else {
            return Known::Unknown;
        };
        if self.observed.is_empty() {
            return self.table.symbol(install_name, symbol, family, macos);
        }
        let name = self.canonical(install_name);
        if let Some(known) = self.symbol_in_cache(name, symbol, family, macos) {
            return known;
        }
        let listed = self.table.symbol(name, symbol, family, macos);
        if listed != Known::Unknown {
            return listed;
        }
        self.symbol_in_stubs(name, symbol, family, macos)
    }

    /// Whose is a symbol of this name? [`Owner::Other`] only for names that are not written as the system's are: plain
    /// C names, C++ names outside of `std`, that no table has.
    pub fn owner(&self, symbol: &str) -> Owner {
        let observed = self.observed.iter().flat_map(|source| &source.libraries);
        let mut groups = observed.flat_map(|library| &library.exports);
        if !self.table.packed.places(symbol).is_empty()
            || groups.any(|group| group.symbols.iter().any(|own| own == symbol))
        {
            return Owner::System;
        }
        naming::owner(symbol)
    }

    /// The library's own install name, for one of its spellings; unknown ones are returned as they are.
    pub fn canonical<'a>(&'a self, install_name: &'a str) -> &'a str {
        self.table
            .library(install_name)
            .map_or(install_name, |(_, library)| library.install_name.as_str())
    }
}

impl Table {
    fn index(packed: Packed) -> Self {
        let unversioned = packed
            .libraries
            .iter()
            .enumerate()
            .filter(|(_, library)| library.install_name.contains(".framework/"))
            .map(|(index, library)| (unversioned(&library.install_name), index))
            .collect();
        Table {
            packed,
            unversioned,
        }
    }

    fn library(&self, install_name: &str) -> Option<(usize, &Library)> {
        // Since macOS 13 the cache is in a cryptex, and dyld accepts its libraries under that prefix too.
        let name = install_name
            .strip_prefix("/System/Cryptexes/OS")
            .unwrap_or(install_name);
        let libraries = &self.packed.libraries;
        let index = libraries
            .binary_search_by(|library| library.install_name.as_str().cmp(name))
            .ok()
            .or_else(|| {
                let aliases = &self.packed.aliases;
                let at = aliases.binary_search_by(|(alias, _)| alias.as_str().cmp(name));
                aliases.get(at.ok()?).map(|&(_, index)| index)
            })
            .or_else(|| {
                let framework = name.contains(".framework/").then(|| unversioned(name))?;
                self.unversioned.get(&framework).copied()
            })?;
        Some((index, libraries.get(index)?))
    }

    fn symbol(&self, install_name: &str, symbol: &str, family: Family, macos: Version) -> Known {
        let Some((index, library)) = self.library(install_name) else {
            return Known::Unknown;
        };
        let of = |name: &str| {
            let places = self.packed.places(name);
            let mut own = places.into_iter().filter(|(place, _)| *place == index);
            own.find(|(_, interval)| interval.holds_for(family))
        };
        if let Some((_, interval)) = of(symbol) {
            return interval.judge(macos);
        }
        // A whole family of names, told by its ending: `*$NEWLAPACK`. That the ending exists proves no single name.
        let ending = symbol
            .split_once('$')
            .map(|(_, ending)| format!("*${ending}"));
        if let Some((_, interval)) = ending.and_then(|ending| of(&ending)) {
            return match interval.judge(macos) {
                Known::Present => Known::Unknown,
                known => known,
            };
        }
        let macos = interval::minor(macos);
        let covered = library
            .covered
            .is_some_and(|(first, last)| first <= macos && macos <= last);
        if covered && looks_public(symbol) {
            return Known::Absent {
                likelihood: Likelihood::Likely,
                introduced: None,
            };
        }
        Known::Unknown
    }
}

/// `/a/X.framework/Versions/C/X` as `/a/X.framework/X`: `Versions/Current` and the short form are links to it.
fn unversioned(path: &str) -> String {
    let mut kept = Vec::new();
    let mut parts = path.split('/');
    while let Some(part) = parts.next() {
        let in_framework = kept
            .last()
            .is_some_and(|last: &&str| last.ends_with(".framework"));
        if part == "Versions" && in_framework {
            parts.next();
        } else {
            kept.push(part);
        }
    }
    kept.join("/")
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod wheels;
