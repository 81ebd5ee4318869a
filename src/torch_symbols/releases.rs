//! A set of releases, and how people say it.

use std::fmt;
use std::sync::Arc;

use super::release::{minor, plain};

/// Releases of torch for one processor.
///
/// Printed, it is a range as people say it: `2.6-2.9`, `2.2.0`, `2.1-2.2, 2.12 or newer`, `no release`. Minor versions
/// stand for all their patch releases; "or newer" where nothing is known to have ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Releases {
    /// All releases of the table, oldest first.
    all: Arc<[String]>,
    mask: u64,
    /// The newest of `all` is the newest torch that is known, so that an end there is none.
    open: bool,
}

impl Releases {
    pub(super) fn new(all: &Arc<[String]>, mask: u64, open: bool) -> Self {
        let releases = Releases {
            all: Arc::clone(all),
            mask,
            open,
        };
        Releases {
            mask: mask & releases.every(),
            ..releases
        }
    }

    /// The releases, oldest first: `2.6.0`, `2.7.0`.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let all = self.all.iter().enumerate();
        all.filter(|(at, _)| self.mask >> at & 1 == 1)
            .map(|(_, version)| version.as_str())
    }

    /// Is that version one of them? A local part (`+cpu`) does not matter; `2.6` is `2.6.0`.
    pub fn contains(&self, version: &str) -> bool {
        plain(version).is_some_and(|plain| self.iter().any(|release| release == plain))
    }

    /// No release at all?
    pub fn is_empty(&self) -> bool {
        self.mask == 0
    }

    /// Every release of the table?
    pub fn is_every(&self) -> bool {
        self.mask == self.every()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// The oldest.
    pub fn first(&self) -> Option<&str> {
        self.iter().next()
    }

    /// The newest.
    pub fn last(&self) -> Option<&str> {
        self.iter().last()
    }

    /// Those of both sets. The sets must be of the same processor.
    pub fn and(&self, other: &Releases) -> Releases {
        Releases::new(&self.all, self.mask & other.mask, self.open)
    }

    /// The set with whole version numbers: `2.6.0-2.9.1`, `2.13.0-` up to the newest that is known.
    pub fn exact(&self) -> String {
        let newest = self.all.len().checked_sub(1);
        let run = |(from, to): &(usize, usize)| {
            let (first, last) = (self.at(*from), self.at(*to));
            match Some(*to) == newest {
                true => format!("{first}-"),
                false if from == to => first.to_owned(),
                false => format!("{first}-{last}"),
            }
        };
        let runs: Vec<String> = self.runs().iter().map(run).collect();
        runs.join(",")
    }

    pub(super) fn has(&self, at: usize) -> bool {
        self.mask
            .checked_shr(u32::try_from(at).unwrap_or(64))
            .unwrap_or(0)
            & 1
            == 1
    }

    pub(super) fn ends(&self) -> Option<(usize, usize)> {
        let runs = self.runs();
        Some((runs.first()?.0, runs.last()?.1))
    }

    fn every(&self) -> u64 {
        let count = u32::try_from(self.all.len()).unwrap_or(64);
        1u64.checked_shl(count).map_or(u64::MAX, |bit| bit - 1)
    }

    fn at(&self, at: usize) -> &str {
        self.all.get(at).map_or("?", String::as_str)
    }

    /// First and last index of every stretch.
    fn runs(&self) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for at in (0..self.all.len()).filter(|at| self.has(*at)) {
            match runs.last_mut() {
                Some((_, end)) if at.checked_sub(1) == Some(*end) => *end = at,
                _ => runs.push((at, at)),
            }
        }
        runs
    }

    /// One stretch as people say it.
    fn said(&self, from: usize, to: usize) -> String {
        let other_minor = |a: usize, b: Option<usize>| {
            b.and_then(|b| self.all.get(b))
                .is_none_or(|other| minor(other) != minor(self.at(a)))
        };
        let begins_minor = other_minor(from, from.checked_sub(1));
        let ends_minor = other_minor(to, to.checked_add(1));
        let one_minor = minor(self.at(from)) == minor(self.at(to));
        let newest = to.checked_add(1) == Some(self.all.len());
        let first = if begins_minor && (ends_minor || !one_minor) {
            minor(self.at(from))
        } else {
            self.at(from)
        };
        if newest && self.open {
            return format!("{first} or newer");
        }
        let last = if ends_minor && (begins_minor || !one_minor) {
            minor(self.at(to))
        } else {
            self.at(to)
        };
        if first == last {
            first.to_owned()
        } else {
            format!("{first}-{last}")
        }
    }
}

impl fmt::Display for Releases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.runs();
        if runs.is_empty() {
            return f.write_str("no release");
        }
        let said: Vec<String> = runs.iter().map(|&(from, to)| self.said(from, to)).collect();
        f.write_str(&said.join(", "))
    }
}
