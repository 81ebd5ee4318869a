//! The history of one symbol.

use crate::image::Arch;

use super::arch::Side;
use super::library::Library;
use super::releases::Releases;
use super::table::TorchSymbols;

/// The releases in which one library exports a symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// The library.
    pub library: Library,
    /// The releases of which some build exports it.
    pub releases: Releases,
    /// Those of them of which another build does not.
    pub only_some_builds: Releases,
}

impl TorchSymbols {
    /// The history of a symbol, spelt as in a Mach-O file, by library. Empty if no release has it. `None` for
    /// processors that torch has no macOS wheel for.
    pub fn history(&self, arch: Arch, symbol: &str) -> Option<Vec<History>> {
        let side = Side::of(arch)?;
        let places = self.places(side, symbol);
        let history = places.iter().map(|place| History {
            library: place.library,
            releases: self.releases_of(side, place.mask),
            only_some_builds: self.releases_of(side, place.partial),
        });
        Some(history.collect())
    }

    /// A symbol as people and tools write it: with one underscore more or less than in the file (Linux has one less,
    /// some messages drop one). `None` if the table has it in no spelling.
    pub fn spelled(&self, symbol: &str) -> Option<String> {
        let symbol = symbol.trim();
        let more = format!("_{symbol}");
        let spellings = [Some(symbol), Some(more.as_str()), symbol.strip_prefix('_')];
        let mut known = spellings.into_iter().flatten();
        let found = known.find(|name| self.names.find(name.as_bytes()).is_some())?;
        Some(found.to_owned())
    }
}
