//! The releases of the table, and the wheels of them that were read.

use std::cmp::Ordering;

use crate::image::Arch;

use super::arch::Side;
use super::library::Library;
use super::releases::Releases;
use super::table::TorchSymbols;

/// One wheel that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The release, such as `2.6.0`.
    pub version: String,
    /// The processor.
    pub arch: Arch,
    /// The wheel's Python tag, such as `cp311`.
    pub python: String,
    /// The oldest macOS that its libtorch_cpu names, such as `11.0`; empty if it names none.
    pub minos: String,
    /// LC_UUID of each library, upper case without hyphens.
    pub uuids: Vec<(Library, [u8; 16])>,
}

/// What a UUID tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// The processor.
    pub arch: Arch,
    /// The library.
    pub library: Library,
    /// The releases that came with that very file: one, as a rule.
    pub releases: Releases,
}

impl TorchSymbols {
    /// The library, and the release of torch that it came with, by its UUID: as dyld prints it (`<8-4-4-4-12>`) or
    /// without brackets and hyphens. `None` if no wheel that was read has it, which says nothing of its version.
    pub fn identify(&self, uuid: &str) -> Option<Identified> {
        let uuid = uuid_bytes(uuid)?;
        let matching = self.builds.iter().filter_map(|build| {
            let found = build.uuids.iter().find(|(_, known)| *known == uuid)?;
            Some((build, found.0))
        });
        let (first, library) = matching.clone().next()?;
        let side = Side::of(first.arch)?;
        let mask = matching
            .filter(|(build, of)| build.arch == first.arch && *of == library)
            .filter_map(|(build, _)| self.position(side, &build.version))
            .fold(0, |mask, at| mask | 1 << at);
        Some(Identified {
            arch: first.arch,
            library,
            releases: self.releases_of(side, mask),
        })
    }
}

/// The sixteen bytes of a UUID: as dyld prints it, with or without brackets and hyphens.
pub fn uuid_bytes(text: &str) -> Option<[u8; 16]> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !b"<>-".contains(byte))
        .map(|byte| char::from(byte).to_digit(16))
        .map(|digit| digit.and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let pairs: Vec<u8> = digits
        .chunks_exact(2)
        .filter_map(|pair| Some(pair.first()? << 4 | pair.last()?))
        .collect();
    (digits.len() == 32).then(|| pairs.try_into().ok())?
}

/// The order of releases: by their numbers.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    numbers(a).cmp(&numbers(b)).then_with(|| a.cmp(b))
}

fn numbers(version: &str) -> Vec<u32> {
    version
        .split('.')
        .map(|part| part.parse().unwrap_or(0))
        .collect()
}

/// `2.6.0+cpu` is release `2.6.0`; `2.6` is `2.6.0`. Pre-releases and nightlies are no release: `None`.
pub(super) fn plain(version: &str) -> Option<String> {
    let version = version.split('+').next().unwrap_or(version).trim();
    let parts: Vec<&str> = version.split('.').collect();
    let digits = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !parts.iter().all(digits) {
        return None;
    }
    match parts.as_slice() {
        [major, minor] => Some(format!("{major}.{minor}.0")),
        [major, minor, patch] => Some(format!("{major}.{minor}.{patch}")),
        _ => None,
    }
}

/// `2.6` of `2.6.1`.
pub(super) fn minor(version: &str) -> &str {
    let end = version.match_indices('.').nth(1);
    end.map_or(version, |(at, _)| version.get(..at).unwrap_or(version))
}
