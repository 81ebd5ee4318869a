//! Which releases of torch have everything that an extension needs.

use crate::image::Arch;

use super::arch::Side;
use super::history::History;
use super::library::Library;
use super::names;
use super::release::plain;
use super::releases::Releases;
use super::table::TorchSymbols;

/// Where an extension looks for a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Two-level namespace: in that library of torch.
    Library(Library),
    /// In every library that is loaded.
    Flat,
}

/// A symbol that an extension cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needed<'a> {
    /// The name as in the file, with its leading underscore.
    pub symbol: &'a str,
    /// Where it is looked for.
    pub source: Source,
}

/// What an extension needs of torch, against the table.
#[derive(Debug, Clone)]
pub struct Fit {
    /// The processor.
    pub arch: Arch,
    /// The releases that have every needed symbol that the table knows. If [`Fit::used`] is 0, that is all of them
    /// and says nothing.
    pub releases: Releases,
    /// Those of [`Fit::releases`] of which some builds lack a needed symbol.
    pub only_some_builds: Releases,
    /// How many needed symbols the table knows.
    pub used: usize,
    /// Needed symbols of torch that no release has, sorted. They do not narrow [`Fit::releases`].
    pub in_no_release: Vec<String>,
    /// The symbols that narrow the range, sorted.
    pub needs: Vec<Need>,
    /// The stable ABI: the releases that have every function of it that is needed.
    pub stable: Option<Releases>,
    /// Needed symbols of torch that are not in the stable ABI, among [`Fit::used`].
    pub unstable: usize,
    all: Releases,
}

/// A needed symbol that not every release has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The name as in the file.
    pub symbol: String,
    /// Where it is looked for.
    pub source: Source,
    /// The releases that have it there.
    pub releases: Releases,
    /// The same by library, those included where it is not looked for.
    pub history: Vec<History>,
}

/// Why a release does not fit: the one symbol to name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break<'a> {
    /// The needed symbol.
    pub need: &'a Need,
    /// What happened to it.
    pub kind: BreakKind<'a>,
    /// How many needed symbols that release lacks.
    pub missing: usize,
}

/// What happened to a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakKind<'a> {
    /// That release no longer has it; this one was the last that had.
    EndedAfter(&'a str),
    /// That release does not have it yet; this one is the first that does.
    BeginsAt(&'a str),
    /// Older and newer releases have it.
    Between,
    /// The library in which it is looked for never had it.
    NeverThere,
}

/// The names that a compiler's runtime brings: not torch's, though they may be bound to one of its libraries.
const FOREIGN: [&str; 1] = ["___stack_chk_fail"];

impl TorchSymbols {
    /// Holds what an extension needs against every release. Give only symbols that must be found: weak ones may be
    /// absent. What is needed in [`Source::Flat`] and is in no release counts only if its name is torch's.
    ///
    /// `None` for processors that torch has no macOS wheel for.
    pub fn fits<'a>(
        &self,
        arch: Arch,
        needed: impl IntoIterator<Item = Needed<'a>>,
    ) -> Option<Fit> {
        let side = Side::of(arch)?;
        let all = self.releases_of(side, u64::MAX);
        let mut fit = Fit {
            arch: side.arch(),
            releases: all.clone(),
            only_some_builds: self.releases_of(side, 0),
            used: 0,
            in_no_release: Vec::new(),
            needs: Vec::new(),
            stable: None,
            unstable: 0,
            all,
        };
        let mut some = 0;
        for needed in needed {
            if !FOREIGN.contains(&needed.symbol) {
                some |= self.hold(side, &mut fit, needed);
            }
        }
        fit.only_some_builds = self.releases_of(side, some).and(&fit.releases);
        fit.in_no_release.sort_unstable();
        fit.in_no_release.dedup();
        fit.needs
            .sort_by(|a, b| (&a.symbol, a.source).cmp(&(&b.symbol, b.source)));
        Some(fit)
    }

    /// Takes one needed symbol into account; the releases of which only some builds have it.
    fn hold(&self, side: Side, fit: &mut Fit, needed: Needed<'_>) -> u64 {
        let places = self.places(side, needed.symbol);
        if places.is_empty() {
            let of_torch = match needed.source {
                Source::Library(_) => true,
                Source::Flat => names::are_torchs(needed.symbol),
            };
            if of_torch {
                fit.in_no_release.push(needed.symbol.to_owned());
            }
            return 0;
        }
        let looked_in = |library: Library| match needed.source {
            Source::Library(wanted) => library == wanted,
            Source::Flat => true,
        };
        let own = places.iter().filter(|place| looked_in(place.library));
        let (mask, sure) = own.fold((0, 0), |(mask, sure), place| {
            (mask | place.mask, sure | (place.mask & !place.partial))
        });
        let releases = self.releases_of(side, mask);
        fit.used = fit.used.saturating_add(1);
        fit.releases = fit.releases.and(&releases);
        match self.stable(side.arch(), needed.symbol) {
            Some(stable) => {
                let floor = fit.stable.get_or_insert_with(|| fit.all.clone());
                *floor = floor.and(&stable.releases);
            }
            None => fit.unstable = fit.unstable.saturating_add(1),
        }
        if !releases.is_every() {
            fit.needs.push(Need {
                symbol: needed.symbol.to_owned(),
                source: needed.source,
                releases,
                history: self.history(side.arch(), needed.symbol).unwrap_or_default(),
            });
        }
        mask & !sure
    }
}

impl Fit {
    /// The releases next to the range that do not fit: the one after its newest, and the one before its oldest.
    pub fn neighbours(&self) -> (Option<&str>, Option<&str>) {
        let Some((first, last)) = self.releases.ends() else {
            return (None, None);
        };
        let all: Vec<&str> = self.all.iter().collect();
        let after = last.checked_add(1).and_then(|at| all.get(at));
        let before = first.checked_sub(1).and_then(|at| all.get(at));
        (after.copied(), before.copied())
    }

    /// Is that a release that the table knows? A local part (`+cpu`) does not matter; nightlies are none.
    pub fn knows(&self, version: &str) -> bool {
        self.all.contains(version)
    }

    /// The needed symbols that a release lacks; of a release that the table does not know, none.
    pub fn missing_in(&self, version: &str) -> Vec<&Need> {
        if !self.knows(version) {
            return Vec::new();
        }
        let lacks = |need: &&Need| !need.releases.contains(version);
        self.needs.iter().filter(lacks).collect()
    }

    /// Why a release does not fit: of the symbols that it no longer has, the one that left first; else of those that
    /// it does not have yet, the one that came last. `None` if it fits, or the table does not know it.
    pub fn broken_by(&self, version: &str) -> Option<Break<'_>> {
        let missing = self.missing_in(version);
        let plain = plain(version)?;
        let here = self.all.iter().position(|release| release == plain)?;
        let mut gone: Vec<(usize, &Need)> = Vec::new();
        let mut to_come: Vec<(usize, &Need)> = Vec::new();
        for need in missing.iter().copied() {
            match need.releases.ends() {
                Some((_, last)) if last < here => gone.push((last, need)),
                Some((first, _)) if first > here => to_come.push((first, need)),
                Some(_) | None => {}
            }
        }
        gone.sort_by_key(|(last, _)| *last);
        to_come.sort_by_key(|(first, _)| std::cmp::Reverse(*first));
        let named = gone.first().or_else(|| to_come.first());
        let (need, kind) = match named {
            Some((at, need)) if *at < here => (
                *need,
                BreakKind::EndedAfter(need.releases.last().unwrap_or_default()),
            ),
            Some((_, need)) => (
                *need,
                BreakKind::BeginsAt(need.releases.first().unwrap_or_default()),
            ),
            None => {
                let need = missing.first().copied()?;
                let kind = match need.releases.is_empty() {
                    true => BreakKind::NeverThere,
                    false => BreakKind::Between,
                };
                (need, kind)
            }
        };
        Some(Break {
            need,
            kind,
            missing: missing.len(),
        })
    }
}
