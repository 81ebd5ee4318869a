//! Two tables as one.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::arch::Side;
use super::classes::{Numbering, Place};
use super::decode::MOST_RELEASES;
use super::names::Names;
use super::release::{Build, compare};
use super::stable::Family;
use super::table::TorchSymbols;

/// A table has room for 64 releases of each processor, and for 65,536 different histories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFull;

impl fmt::Display for TableFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the table is full: it has room for 64 releases of torch for each processor")
    }
}

impl std::error::Error for TableFull {}

/// How the releases of a table move into the common order.
struct Moved {
    /// For each side: the new index of each release.
    to: [Vec<usize>; 2],
}

impl Moved {
    fn mask(&self, side: Side, mask: u64) -> u64 {
        let to = self.to.get(side.index()).map_or(&[][..], Vec::as_slice);
        to.iter()
            .enumerate()
            .filter(|(from, _)| mask >> from & 1 == 1)
            .fold(0, |moved, (_, to)| moved | 1 << to)
    }

    fn place(&self, place: &Place) -> Place {
        Place {
            mask: self.mask(place.side, place.mask),
            partial: self.mask(place.side, place.partial),
            ..*place
        }
    }
}

impl TorchSymbols {
    /// This table and another one together. Of a release that both have, different wheels were read: what only one of
    /// them exports is exported by some builds only.
    ///
    /// # Errors
    /// There are too many releases.
    pub fn merged(&self, other: &TorchSymbols) -> Result<TorchSymbols, TableFull> {
        let releases = Side::ALL.map(|side| union(self.all(side), other.all(side)));
        if releases.iter().any(|all| all.len() > MOST_RELEASES) {
            return Err(TableFull);
        }
        let moves = |table: &TorchSymbols| Moved {
            to: Side::ALL.map(|side| {
                let all = releases.get(side.index()).map_or(&[][..], |all| all);
                let old = table.all(side).iter();
                old.filter_map(|version| all.iter().position(|new| new == version))
                    .collect()
            }),
        };
        let (mine, theirs) = (moves(self), moves(other));
        let shared = Side::ALL.map(|side| mine.mask(side, u64::MAX) & theirs.mask(side, u64::MAX));
        let mut merge = Merge {
            shared,
            names: Names::default(),
            class_of: Vec::new(),
            numbering: Numbering::default(),
            stable: Vec::new(),
        };
        merge
            .all((self, &mine), (other, &theirs))
            .ok_or(TableFull)?;
        let mut builds: Vec<Build> = self.builds.clone();
        let is_new = |build: &&Build| !self.builds.iter().any(|known| same(known, build));
        let new = other.builds.iter().filter(is_new);
        builds.extend(new.cloned());
        builds.sort_by(|a, b| {
            a.arch
                .cmp(&b.arch)
                .then_with(|| compare(&a.version, &b.version))
        });
        Ok(TorchSymbols {
            releases,
            builds,
            stable: merge.stable,
            classes: merge.numbering.finish(),
            names: merge.names,
            class_of: merge.class_of,
        })
    }
}

/// Two readings of one wheel are one.
fn same(a: &Build, b: &Build) -> bool {
    a.arch == b.arch && a.version == b.version && a.python == b.python && a.uuids == b.uuids
}

/// Both lists as one, oldest first.
fn union(a: &[String], b: &[String]) -> Arc<[String]> {
    let mut all: Vec<String> = a.iter().chain(b).cloned().collect();
    all.sort_by(|a, b| compare(a, b));
    all.dedup();
    Arc::from(all)
}

/// The merged part so far.
struct Merge {
    /// For each side: releases that both tables have.
    shared: [u64; 2],
    names: Names,
    class_of: Vec<u16>,
    numbering: Numbering,
    stable: Vec<(usize, Family)>,
}

impl Merge {
    /// Both tables' names are sorted, and so are the merged ones. `None` if there are too many classes.
    fn all(
        &mut self,
        mine: (&TorchSymbols, &Moved),
        theirs: (&TorchSymbols, &Moved),
    ) -> Option<()> {
        let (mut a, mut b) = (0, 0);
        loop {
            let (left, right) = (mine.0.names.get(a), theirs.0.names.get(b));
            let order = match (left, right) {
                (None, None) => return Some(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(left), Some(right)) => left.cmp(right),
            };
            let name = if order == Ordering::Greater {
                right
            } else {
                left
            };
            let take_left = (order != Ordering::Greater).then_some(a);
            let take_right = (order != Ordering::Less).then_some(b);
            let left = take_left.map(|at| placed(mine, at)).unwrap_or_default();
            let right = take_right.map(|at| placed(theirs, at)).unwrap_or_default();
            let family = take_left
                .and_then(|at| family(mine.0, at))
                .or_else(|| take_right.and_then(|at| family(theirs.0, at)));
            if let Some(family) = family {
                self.stable.push((self.names.len(), family));
            }
            self.names.push(name?)?;
            let class = self.class(&left, &right);
            self.class_of.push(self.numbering.number(class)?);
            a = take_left.map_or(a, |at| at.saturating_add(1));
            b = take_right.map_or(b, |at| at.saturating_add(1));
        }
    }

    fn class(&self, left: &[Place], right: &[Place]) -> Vec<Place> {
        let keys: BTreeSet<_> = left
            .iter()
            .chain(right)
            .map(|p| (p.side, p.library))
            .collect();
        let of = |places: &[Place], key| {
            let found = places
                .iter()
                .find(|place| (place.side, place.library) == key);
            found.map_or((0, 0), |place| (place.mask, place.partial))
        };
        let join = |key: (Side, super::Library)| {
            let ((a, some_a), (b, some_b)) = (of(left, key), of(right, key));
            let shared = self.shared.get(key.0.index()).copied().unwrap_or(0);
            Place {
                side: key.0,
                library: key.1,
                mask: a | b,
                partial: some_a | some_b | ((a ^ b) & shared),
            }
        };
        keys.into_iter().map(join).collect()
    }
}

/// The places of a name, moved into the common order.
fn placed((table, moved): (&TorchSymbols, &Moved), at: usize) -> Vec<Place> {
    let class = table.class_of.get(at).copied();
    let places = class.map_or(&[][..], |class| table.places_of_class(class));
    places.iter().map(|place| moved.place(place)).collect()
}

fn family(table: &TorchSymbols, at: usize) -> Option<Family> {
    let found = table.stable.binary_search_by_key(&at, |(at, _)| *at).ok()?;
    table.stable.get(found).map(|(_, family)| *family)
}
