//! What a user's own SDK or shared cache shows: one macOS version, exactly. A file that `loadproof catalogue --output`
//! writes and other commands read.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::image::{Arch, Version};
use crate::load::Likelihood;

use super::interval::{Family, minor};
use super::naming::looks_public;
use super::{Catalogue, Known};

/// The libraries of one macOS version, as one source shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// Version of this format: 1.
    pub schema: u32,
    /// What was read.
    pub origin: Origin,
    /// The macOS that it belongs to.
    pub macos: Version,
    /// Sorted by install name.
    pub libraries: Vec<ObservedLibrary>,
}

/// What kind of source was read, and so what its silence means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Linker stubs: private exports are left out.
    Sdk,
    /// A shared cache: what it has is there, what it lacks is not.
    SharedCache,
}

/// One library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedLibrary {
    /// Its install name.
    pub install_name: String,
    /// The architectures that it was seen for.
    pub arches: Vec<Arch>,
    /// Install names of the libraries whose exports count as its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reexports: Vec<String>,
    /// Its exports, by architectures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exports: Vec<ExportGroup>,
}

/// Exports that the same architectures have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportGroup {
    /// The architectures.
    pub arches: Vec<Arch>,
    /// Names as in the file, sorted.
    pub symbols: Vec<String>,
}

impl Observed {
    /// The version of the format that is written and read.
    pub const SCHEMA: u32 = 1;

    /// Puts libraries and symbols in order and merges what belongs to one library, as lookups expect.
    pub fn new(origin: Origin, macos: Version, mut libraries: Vec<ObservedLibrary>) -> Self {
        libraries.sort_by(|one, two| one.install_name.cmp(&two.install_name));
        libraries.dedup_by(|next, kept| {
            let same = next.install_name == kept.install_name;
            if same {
                kept.arches.append(&mut next.arches);
                kept.reexports.append(&mut next.reexports);
                kept.exports.append(&mut next.exports);
            }
            same
        });
        for library in &mut libraries {
            library.arches.sort_unstable();
            library.arches.dedup();
            library.reexports.sort_unstable();
            library.reexports.dedup();
            for group in &mut library.exports {
                group.symbols.sort_unstable();
                group.symbols.dedup();
            }
        }
        Observed {
            schema: Self::SCHEMA,
            origin,
            macos,
            libraries,
        }
    }

    /// The same order for what comes out of a file that may have been edited.
    #[must_use]
    pub fn normalised(self) -> Self {
        Self::new(self.origin, self.macos, self.libraries)
    }

    fn library(&self, install_name: &str, family: Family) -> Option<&ObservedLibrary> {
        let library = self.by_name(install_name)?;
        covers(&library.arches, family).then_some(library)
    }

    fn by_name(&self, install_name: &str) -> Option<&ObservedLibrary> {
        let at = self
            .libraries
            .binary_search_by(|library| library.install_name.as_str().cmp(install_name));
        self.libraries.get(at.ok()?)
    }

    /// Was anything seen for these processors? A cache holds one architecture only.
    fn has(&self, family: Family) -> bool {
        self.libraries
            .iter()
            .any(|library| covers(&library.arches, family))
    }

    /// `None`: the library, or one that it re-exports, was not read, and the others do not export the symbol.
    fn exports(&self, install_name: &str, symbol: &str, family: Family) -> Option<bool> {
        self.library(install_name, family)?;
        let mut left = vec![install_name];
        let mut seen = BTreeSet::new();
        let mut complete = true;
        while let Some(name) = left.pop() {
            if !seen.insert(name) {
                continue;
            }
            let Some(library) = self.by_name(name) else {
                complete = false;
                continue;
            };
            if !covers(&library.arches, family) {
                continue;
            }
            let mut groups = library.exports.iter();
            if groups.any(|group| {
                let listed = |wanted: &str| {
                    let symbols = &group.symbols;
                    symbols
                        .binary_search_by(|name| name.as_str().cmp(wanted))
                        .is_ok()
                };
                covers(&group.arches, family) && listed(symbol)
            }) {
                return Some(true);
            }
            left.extend(library.reexports.iter().map(String::as_str));
        }
        complete.then_some(false)
    }
}

fn covers(arches: &[Arch], family: Family) -> bool {
    arches.iter().any(|&arch| Family::of(arch) == Some(family))
}

impl Catalogue {
    /// A shared cache of exactly this version decides about every library that could be in it.
    pub(super) fn observed_library(
        &self,
        install_name: &str,
        family: Family,
        macos: Version,
    ) -> Option<Known> {
        let name = self.canonical(install_name);
        let cache = self.cache_of(family, macos)?;
        // A name that leads to no library of the cache may still be a file of the system's own, outside the cache.
        cache.library(name, family).map(|_| Known::Present)
    }

    /// Was the library seen in this version or an earlier one?
    pub(super) fn was_observed(&self, install_name: &str, family: Family, macos: Version) -> bool {
        let name = self.canonical(install_name);
        self.observed.iter().any(|observed| {
            minor(observed.macos) <= minor(macos) && observed.library(name, family).is_some()
        })
    }

    /// What a shared cache of exactly this version says about a symbol.
    pub(super) fn symbol_in_cache(
        &self,
        install_name: &str,
        symbol: &str,
        family: Family,
        macos: Version,
    ) -> Option<Known> {
        let cache = self.cache_of(family, macos)?;
        Some(match cache.exports(install_name, symbol, family)? {
            true => Known::Present,
            false => Known::Absent {
                likelihood: Likelihood::Certain,
                introduced: None,
            },
        })
    }

    /// What the other observations suggest where the built-in table is silent.
    pub(super) fn symbol_in_stubs(
        &self,
        install_name: &str,
        symbol: &str,
        family: Family,
        macos: Version,
    ) -> Known {
        let macos = minor(macos);
        let seen = |observed: &Observed| observed.exports(install_name, symbol, family);
        let (mut earlier, mut later) = (
            self.observed
                .iter()
                .filter(|observed| minor(observed.macos) <= macos),
            self.observed
                .iter()
                .filter(|observed| minor(observed.macos) >= macos),
        );
        if earlier.any(|observed| seen(observed) == Some(true)) {
            return Known::Present;
        }
        // Names that a later SDK no longer lists are private ones as a rule, and stay in the system.
        if looks_public(symbol) && later.any(|observed| seen(observed) == Some(false)) {
            return Known::Absent {
                likelihood: Likelihood::Likely,
                introduced: self.observed_introduction(install_name, symbol, family),
            };
        }
        Known::Unknown
    }

    fn observed_introduction(
        &self,
        install_name: &str,
        symbol: &str,
        family: Family,
    ) -> Option<Version> {
        self.observed
            .iter()
            .filter(|observed| observed.exports(install_name, symbol, family) == Some(true))
            .map(|observed| observed.macos)
            .min()
    }

    fn cache_of(&self, family: Family, macos: Version) -> Option<&Observed> {
        self.observed.iter().find(|observed| {
            observed.origin == Origin::SharedCache
                && minor(observed.macos) == minor(macos)
                && observed.has(family)
        })
    }
}
