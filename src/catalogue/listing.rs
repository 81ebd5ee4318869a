//! What the catalogue holds, for people to look at.

use crate::image::Version;

use super::{Catalogue, Interval};

/// How much the built-in table holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Install names.
    pub libraries: usize,
    /// Other names that lead to one of them.
    pub aliases: usize,
    /// Distinct symbols.
    pub symbols: usize,
    /// Libraries with known symbols, sorted by install name.
    pub known: Vec<SymbolCount>,
}

/// How many symbols of a library are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SymbolCount {
    /// The library.
    pub install_name: String,
    /// Its known symbols.
    pub symbols: usize,
    /// Versions that complete stubs cover, first and last.
    pub covered: Option<(Version, Version)>,
}

/// What is known of one library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryEntry {
    /// Its own install name.
    pub install_name: String,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// When the library itself came.
    pub intervals: Vec<Interval>,
    /// Versions that complete stubs cover.
    pub covered: Option<(Version, Version)>,
    /// Its symbols in byte order.
    pub symbols: Vec<(String, Vec<Interval>)>,
}

impl Catalogue {
    /// Counts the built-in table.
    pub fn summary(&self) -> Summary {
        let packed = &self.table.packed;
        let mut counts = vec![0_usize; packed.libraries.len()];
        let mut symbols = 0;
        packed.each_symbol(|_, places| {
            symbols += 1;
            let mut previous = None;
            for &(library, _) in places {
                if previous != Some(library) {
                    if let Some(count) = counts.get_mut(library) {
                        *count += 1;
                    }
                    previous = Some(library);
                }
            }
        });
        let known = packed
            .libraries
            .iter()
            .zip(counts)
            .filter(|(_, count)| *count > 0)
            .map(|(library, symbols)| SymbolCount {
                install_name: library.install_name.clone(),
                symbols,
                covered: library.covered,
            })
            .collect();
        Summary {
            libraries: packed.libraries.len(),
            aliases: packed.aliases.len(),
            symbols,
            known,
        }
    }

    /// All that the built-in table knows of one library, by any spelling of its name.
    pub fn entry(&self, install_name: &str) -> Option<LibraryEntry> {
        let (index, library) = self.table.library(install_name)?;
        let packed = &self.table.packed;
        let mut symbols = Vec::new();
        packed.each_symbol(|symbol, places| {
            let own = places.iter().filter(|(place, _)| *place == index);
            let own: Vec<_> = own.map(|(_, interval)| *interval).collect();
            if !own.is_empty() {
                symbols.push((symbol.to_owned(), own));
            }
        });
        let aliases = packed.aliases.iter().filter(|(_, of)| *of == index);
        Some(LibraryEntry {
            install_name: library.install_name.clone(),
            aliases: aliases.map(|(alias, _)| alias.clone()).collect(),
            intervals: library.intervals.clone(),
            covered: library.covered,
            symbols,
        })
    }

    /// Install names that end in `/name` or in `/name.framework/.../name`, for people who do not type whole paths.
    pub fn matching(&self, name: &str) -> Vec<&str> {
        let libraries = self.table.packed.libraries.iter();
        libraries
            .map(|library| library.install_name.as_str())
            .filter(|path| {
                let leaf = path.rsplit('/').next().unwrap_or(path);
                let stem = leaf.split('.').next().unwrap_or(leaf);
                leaf == name || stem == name
            })
            .collect()
    }
}
