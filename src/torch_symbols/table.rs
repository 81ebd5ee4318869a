//! The table itself.

use std::sync::Arc;

use crate::image::Arch;

use super::arch::Side;
use super::classes::{Numbering, Place};
use super::library::Library;
use super::names::Names;
use super::release::{self, Build, plain};
use super::releases::Releases;
use super::stable::Family;

/// Which release of torch exports which symbol.
#[derive(Debug)]
pub struct TorchSymbols {
    /// The releases of each processor, oldest first.
    pub(super) releases: [Arc<[String]>; 2],
    /// The wheels that were read.
    pub(super) builds: Vec<Build>,
    /// Names of the stable ABI: index among the names, sorted.
    pub(super) stable: Vec<(usize, Family)>,
    pub(super) classes: Vec<Vec<Place>>,
    pub(super) names: Names,
    /// The class of each name.
    pub(super) class_of: Vec<u16>,
}

/// A symbol that a wheel's library exports.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Export {
    /// The name as in the file, with its leading underscore.
    pub symbol: String,
    /// The library.
    pub library: Library,
}

impl TorchSymbols {
    /// A table of one wheel. `exports` may be in any order; `stable` are the names that torch's C headers declare.
    /// `None` if torch has no macOS wheel for that processor, or `build.version` is no release.
    pub fn of_build(
        build: Build,
        mut exports: Vec<Export>,
        stable: &[(String, Family)],
    ) -> Option<TorchSymbols> {
        let side = Side::of(build.arch)?;
        let version = plain(&build.version)?;
        exports.sort_unstable();
        exports.dedup();
        let (mut names, mut class_of) = (Names::default(), Vec::new());
        let mut numbering = Numbering::default();
        for same in exports.chunk_by(|a, b| a.symbol == b.symbol) {
            names.push(same.first()?.symbol.as_bytes())?;
            let place = |export: &Export| Place {
                side,
                library: export.library,
                mask: 1,
                partial: 0,
            };
            class_of.push(numbering.number(same.iter().map(place).collect())?);
        }
        let mut stable: Vec<(usize, Family)> = stable
            .iter()
            .filter_map(|(name, family)| Some((names.find(name.as_bytes())?, *family)))
            .collect();
        stable.sort_unstable();
        stable.dedup_by_key(|(at, _)| *at);
        let mut uuids = build.uuids;
        uuids.sort_unstable();
        let mut releases: [Arc<[String]>; 2] = Default::default();
        *releases.get_mut(side.index())? = Arc::from([version.clone()]);
        Some(TorchSymbols {
            releases,
            builds: vec![Build {
                version,
                uuids,
                ..build
            }],
            stable,
            classes: numbering.finish(),
            names,
            class_of,
        })
    }

    /// Every release of the table for that processor.
    pub fn releases(&self, arch: Arch) -> Option<Releases> {
        Some(self.releases_of(Side::of(arch)?, u64::MAX))
    }

    /// The processors that the table knows.
    pub fn archs() -> [Arch; 2] {
        Side::ALL.map(Side::arch)
    }

    /// The wheels that were read.
    pub fn builds(&self) -> &[Build] {
        &self.builds
    }

    /// How many names the table has, of both processors together.
    pub fn symbols(&self) -> usize {
        self.names.len()
    }

    /// Names of symbols that contain a text, at most `most`.
    pub fn matching(&self, part: &str, most: usize) -> Vec<String> {
        let finder = part.as_bytes();
        let has = |name: &&[u8]| name.windows(finder.len().max(1)).any(|at| at == finder);
        let found = self.names.iter().filter(has).take(most);
        found
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect()
    }

    /// How many exports each library of a release has in the table.
    pub fn exports_of(&self, arch: Arch, version: &str) -> Vec<(Library, usize)> {
        let Some((side, at)) =
            Side::of(arch).and_then(|side| Some((side, self.position(side, &plain(version)?)?)))
        else {
            return Vec::new();
        };
        let count = |library: Library| {
            let exported = |class: &&u16| {
                let places = self.places_of_class(**class).iter();
                let mut own = places.filter(|place| place.side == side && place.library == library);
                own.any(|place| place.mask >> at & 1 == 1)
            };
            (library, self.class_of.iter().filter(exported).count())
        };
        Library::ALL.into_iter().map(count).collect()
    }

    pub(super) fn releases_of(&self, side: Side, mask: u64) -> Releases {
        let newest = |side: Side| {
            self.all(side)
                .last()
                .map(String::as_str)
                .unwrap_or_default()
        };
        let newest_of_all = Side::ALL
            .into_iter()
            .map(newest)
            .max_by(|a, b| release::compare(a, b));
        // No newer torch came for a processor that others have overtaken: its last release is an end.
        let open = newest_of_all == Some(newest(side));
        Releases::new(self.all(side), mask, open)
    }

    pub(super) fn all(&self, side: Side) -> &Arc<[String]> {
        let [arm64, x86_64] = &self.releases;
        match side {
            Side::Arm64 => arm64,
            Side::X86_64 => x86_64,
        }
    }

    /// The index of a release.
    pub(super) fn position(&self, side: Side, version: &str) -> Option<usize> {
        self.all(side).iter().position(|known| known == version)
    }

    /// Where a symbol is exported, of one processor.
    pub(super) fn places(&self, side: Side, symbol: &str) -> Vec<Place> {
        let at = self.names.find(symbol.as_bytes());
        let class = at.and_then(|at| self.class_of.get(at));
        let places = class.map_or(&[][..], |class| self.places_of_class(*class));
        let own = places.iter().filter(|place| place.side == side);
        own.copied().collect()
    }

    pub(super) fn places_of_class(&self, class: u16) -> &[Place] {
        self.classes
            .get(usize::from(class))
            .map_or(&[], Vec::as_slice)
    }
}
