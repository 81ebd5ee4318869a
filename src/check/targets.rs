//! The targets that a wheel claims by its own tags and metadata.

use crate::image::{Arch, Version};
use crate::site::{Flavor, PythonVersion, Target, claimed};
use crate::wheel::Wheel;

/// The newest macOS that the simulation and the catalogue know.
pub const NEWEST_MACOS: Version = Version::new(26, 0, 0);

/// The newest Python with a release.
pub const NEWEST_PYTHON: PythonVersion = PythonVersion::new(3, 15);

/// The oldest that a wheel for every Python 3 is tried with.
const OLDEST_PYTHON: PythonVersion = PythonVersion::new(3, 9);

/// Each processor with the oldest macOS that is claimed and the newest known, each with the oldest and the newest
/// Python. `None`: it claims no macOS.
pub fn default_targets(wheel: &Wheel) -> Vec<Target> {
    let Some(name) = &wheel.name else {
        return Vec::new();
    };
    let mut targets = Vec::new();
    for arch in [Arch::Arm64, Arch::X86_64] {
        let first = if arch == Arch::Arm64 {
            Version::new(11, 0, 0)
        } else {
            Version::new(10, 9, 0)
        };
        let claims = name.platforms().into_iter().filter_map(claimed);
        let oldest = claims
            .filter(|(_, archs)| archs.contains(&arch))
            .map(|(version, _)| version.max(first))
            .min();
        let Some(oldest) = oldest else { continue };
        let pythons = pythons(wheel);
        for (macos, python) in corners(&pythons, oldest) {
            let flavor = Flavor::Standalone;
            targets.push(Target {
                macos,
                arch,
                python,
                flavor,
            });
        }
    }
    targets
}

/// The oldest with the oldest, the newest with the newest.
fn corners(pythons: &[PythonVersion], oldest: Version) -> Vec<(Version, PythonVersion)> {
    let (Some(first), Some(last)) = (pythons.first(), pythons.last()) else {
        return Vec::new();
    };
    let mut corners = vec![(oldest, *first), (NEWEST_MACOS, *last)];
    corners.dedup();
    corners
}

/// The oldest and the newest Python that the tags and `Requires-Python` allow.
fn pythons(wheel: &Wheel) -> Vec<PythonVersion> {
    let all = (2..=NEWEST_PYTHON.minor).flat_map(|minor| {
        let plain = PythonVersion::new(3, minor);
        [
            plain,
            PythonVersion {
                free_threaded: true,
                ..plain
            },
        ]
    });
    let tags = wheel.name.iter().flat_map(|name| &name.tags);
    let tags: Vec<_> = tags.collect();
    let takes = |python: &PythonVersion| {
        let target = Target {
            macos: NEWEST_MACOS,
            arch: Arch::Arm64,
            python: *python,
            flavor: Flavor::Standalone,
        };
        tags.iter().any(|tag| target.accepts_python(tag))
    };
    let plain: Vec<PythonVersion> = all
        .clone()
        .filter(|python| !python.free_threaded)
        .filter(takes)
        .collect();
    if plain.is_empty() {
        return all.filter(takes).collect();
    }
    let required = wheel.metadata.first("Requires-Python").unwrap_or_default();
    let floor = lower_bound(required).unwrap_or(OLDEST_PYTHON);
    // A wheel for one Python is tried with that one, whatever its metadata say.
    match plain.as_slice() {
        [only] => vec![*only],
        many => {
            let allowed: Vec<_> = many
                .iter()
                .filter(|python| **python >= floor)
                .copied()
                .collect();
            if allowed.is_empty() {
                many.to_vec()
            } else {
                allowed
            }
        }
    }
}

/// The version behind `>=` in `Requires-Python`.
fn lower_bound(specifiers: &str) -> Option<PythonVersion> {
    let bounds = specifiers
        .split(',')
        .filter_map(|part| part.trim().strip_prefix(">="));
    bounds.filter_map(|bound| bound.trim().parse().ok()).max()
}
