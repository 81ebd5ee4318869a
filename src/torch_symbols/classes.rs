//! Histories that many symbols share: a class says which library exports a symbol in which releases.

use std::collections::BTreeMap;

use super::arch::Side;
use super::library::Library;

/// One library that exports the symbols of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) side: Side,
    pub(super) library: Library,
    /// Bit n: some build of release n exports it.
    pub(super) mask: u64,
    /// Bit n: and another build of release n does not.
    pub(super) partial: u64,
}

/// The most classes that a table can number.
pub(super) const MOST: usize = 1 << 16;

/// Numbers classes as they come.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    numbers: BTreeMap<Vec<Place>, usize>,
}

impl Numbering {
    /// The number of a class; `None` if there are too many.
    pub(super) fn number(&mut self, class: Vec<Place>) -> Option<u16> {
        let next = self.numbers.len();
        let number = *self.numbers.entry(class).or_insert(next);
        u16::try_from(number).ok()
    }

    /// The classes in the order of their numbers.
    pub(super) fn finish(self) -> Vec<Vec<Place>> {
        let mut classes: Vec<(usize, Vec<Place>)> = self
            .numbers
            .into_iter()
            .map(|(class, number)| (number, class))
            .collect();
        classes.sort_unstable_by_key(|(number, _)| *number);
        classes.into_iter().map(|(_, class)| class).collect()
    }
}
