//! The catalogue as dyld's simulation asks it.

use super::{Catalogue, Known};
use crate::dyld::{Library, Owner, Symbol, SystemLibraries, Target, might_be_cached};
use crate::load::Likelihood;

impl SystemLibraries for Catalogue {
    fn library(&self, path: &str, target: Target) -> Library {
        if !might_be_cached(path) {
            return Library::Absent(Likelihood::Certain);
        }
        match Catalogue::library(self, path, target.arch, target.macos) {
            Known::Present => Library::Present {
                install_name: self.canonical(path).to_owned(),
            },
            Known::Absent { likelihood, .. } => Library::Absent(likelihood),
            Known::Unknown => Library::Unknown,
        }
    }

    fn symbol(&self, install_name: &str, symbol: &str, target: Target) -> Symbol {
        match Catalogue::symbol(self, install_name, symbol, target.arch, target.macos) {
            // Whether a definition is weak only decides between several; stubs do not tell it reliably.
            Known::Present => Symbol::Exported { weak: false },
            Known::Absent { likelihood, .. } => Symbol::Absent(likelihood),
            Known::Unknown => Symbol::Unknown,
        }
    }

    fn owner(&self, symbol: &str) -> Owner {
        Catalogue::owner(self, symbol)
    }
}
