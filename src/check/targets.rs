//! The targets that a wheel claims by its own tags and metadata.

use super::Subject;
use crate::image::{Arch, Version};
use crate::python::ExtensionFile;
use crate::site::{Flavor, PythonVersion, Target, claimed, torch_is_for};
use crate::torch_symbols::known;
use crate::wheel::{Wheel, allows};

/// The newest macOS that the simulation and the catalogue know.
pub const NEWEST_MACOS: Version = Version::new(26, 0, 0);

/// The newest Python with a release.
pub const NEWEST_PYTHON: PythonVersion = PythonVersion::new(3, 15);

/// The oldest that a wheel for every Python 3 is tried with.
const OLDEST_PYTHON: PythonVersion = PythonVersion::new(3, 9);

/// Releases of one minor version that are held against `Requires-Python`: more than there ever were of one.
const RELEASES: u8 = 40;

/// Each processor with the oldest macOS that is claimed and the newest known, each with the oldest and the newest
/// Python. `None`: it claims no macOS.
pub fn default_targets(wheel: &Wheel) -> Vec<Target> {
    let Some(name) = &wheel.name else {
        return Vec::new();
    };
    let mut targets = Vec::new();
    for arch in [Arch::Arm64, Arch::X86_64] {
        let claims = name.platforms().into_iter().filter_map(claimed);
        let oldest = claims
            .filter(|(_, archs)| archs.contains(&arch))
            .map(|(version, _)| version.max(first_macos(arch)))
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

/// Files that belong to no wheel claim what they are built for: the oldest macOS that all of them run on and the newest
/// known, on each processor that all have, with the Python that their names agree on. Where they do not agree, Apple
/// Silicon and the newest Python.
pub fn loose_targets(subject: &Subject) -> Vec<Target> {
    let native = subject.native.iter();
    let files: Vec<_> = native.map(|&index| &subject.files[index]).collect();
    let slices = files.iter().map(|(_, file)| file.slices());
    let images: Vec<_> = slices.filter(|slices| !slices.is_empty()).collect();
    let is_common = |arch: &Arch| {
        let mut images = images.iter();
        !images.as_slice().is_empty()
            && images.all(|slices| slices.iter().any(|(own, _)| own == arch))
    };
    let mut common = [Arch::Arm64, Arch::X86_64].to_vec();
    common.retain(is_common);
    if common.is_empty() {
        common.push(Arch::Arm64);
    }
    let mut named: Vec<PythonVersion> = files
        .iter()
        .filter_map(|(place, _)| ExtensionFile::from_path(&place.path))
        .filter_map(|module| named_python(&module.suffix))
        .collect();
    named.sort_unstable();
    named.dedup();
    let python = match named.as_slice() {
        [only] => *only,
        _ => NEWEST_PYTHON,
    };
    let targets = |arch: Arch| {
        let own = images.iter().flatten().filter(move |(own, _)| *own == arch);
        let oldest = own.filter_map(|(_, oldest)| *oldest).max();
        let oldest = oldest.map(|oldest| oldest.max(first_macos(arch)).min(NEWEST_MACOS));
        let mut versions: Vec<Version> = oldest.into_iter().chain([NEWEST_MACOS]).collect();
        versions.dedup();
        versions.into_iter().map(move |macos| Target {
            macos,
            arch,
            python,
            flavor: Flavor::Standalone,
        })
    };
    common.into_iter().flat_map(targets).collect()
}

/// The oldest macOS that is looked at on this processor.
fn first_macos(arch: Arch) -> Version {
    match arch {
        Arch::Arm64 => Version::new(11, 0, 0),
        _ => Version::new(10, 9, 0),
    }
}

/// The one Python whose suffix it is.
fn named_python(suffix: &str) -> Option<PythonVersion> {
    every_python().find(|python| {
        let own = python.extension_suffixes().into_iter().next();
        own.as_deref() == Some(suffix)
    })
}

/// Every Python 3, each with and without the lock.
fn every_python() -> impl Iterator<Item = PythonVersion> + Clone {
    (2..=NEWEST_PYTHON.minor).flat_map(|minor| {
        let plain = PythonVersion::new(3, minor);
        let free = PythonVersion {
            free_threaded: true,
            ..plain
        };
        [plain, free]
    })
}

/// The oldest and the newest release of torch that a wheel's requirement lets in on a target, of those that are known.
/// Empty: it requires no torch.
pub fn claimed_torch(wheel: &Wheel, target: &Target) -> Vec<String> {
    let mut requirements = wheel.metadata.requirements();
    let torch = requirements.find(|required| {
        let marker = required.marker.as_deref().unwrap_or_default();
        required.name == "torch" && !marker.contains("extra")
    });
    let (Some(required), Some(all)) = (torch, known().releases(target.arch)) else {
        return Vec::new();
    };
    let fits = |release: &&str| {
        allows(&required.specifiers, release) && torch_is_for(release, target.python)
    };
    let fitting: Vec<&str> = all.iter().filter(fits).collect();
    let mut ends: Vec<String> = [fitting.first(), fitting.last()]
        .into_iter()
        .flatten()
        .map(|release| (*release).to_owned())
        .collect();
    ends.dedup();
    ends
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
    let all = every_python();
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
    // A wheel for one Python is tried with that one, whatever its metadata say.
    match plain.as_slice() {
        [only] => vec![*only],
        many => {
            let allowed: Vec<_> = many
                .iter()
                .filter(|python| is_required(**python, required))
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

/// A Python of which some release satisfies `Requires-Python`. Where that says nothing of the oldest, ours is.
fn is_required(python: PythonVersion, specifiers: &str) -> bool {
    let mut parts = specifiers.split(',').map(str::trim);
    let has_floor = parts.any(|part| {
        let is_upper = part.starts_with('<') || part.starts_with('!');
        !is_upper && !part.is_empty()
    });
    let PythonVersion { major, minor, .. } = python;
    let mut releases = (0..RELEASES).map(|patch| format!("{major}.{minor}.{patch}"));
    (has_floor || python >= OLDEST_PYTHON) && releases.any(|release| allows(specifiers, &release))
}

#[cfg(test)]
mod tests {
    use super::{OLDEST_PYTHON, every_python, is_required};

    /// The oldest and the newest Python that a specifier lets in, by their minor versions.
    fn ends(specifiers: &str) -> (u8, u8) {
        let plain = every_python().filter(|python| !python.free_threaded);
        let fitting = plain.filter(|python| is_required(*python, specifiers));
        let minors: Vec<u8> = fitting.map(|python| python.minor).collect();
        (minors[0], minors[minors.len() - 1])
    }

    #[test]
    fn both_ends_are_those_of_the_whole_specifier() {
        let newest = super::NEWEST_PYTHON.minor;
        assert_eq!(ends("<3.15,>=3.9"), (9, 14));
        assert_eq!(ends(">=3.10, <=3.13"), (10, 13));
        assert_eq!(ends("~=3.11"), (11, newest));
        assert_eq!(ends("==3.12.*"), (12, 12));
        assert_eq!(ends(">=3.9,!=3.9.*"), (10, newest));
        // Of 3.8 and of 3.12 there are releases that it lets in.
        assert_eq!(ends(">3.8,<3.12.4,!=3.9.7"), (8, 12));
        assert_eq!(ends(">=3.9.2"), (9, newest));
        assert_eq!(ends(""), (OLDEST_PYTHON.minor, newest));
        assert_eq!(ends("<4"), (OLDEST_PYTHON.minor, newest));
        assert_eq!(ends(">=3.6"), (6, newest));
    }
}
