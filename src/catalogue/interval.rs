//! When something came into macOS, as far as it is known, and what follows from that for one version.

use crate::image::{Arch, Version};
use crate::load::Likelihood;

use super::Known;

/// The bounds of one introduction. Only major and minor count: Apple adds no interface in a patch release, and the
/// sources are SDKs, which have no patch number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Holds for Apple silicon.
    pub arm64: bool,
    /// Holds for Intel.
    pub x86_64: bool,
    /// Present from this version on: an upper bound of the introduction. `None`: in no version that is known.
    pub first: Option<Version>,
    /// Proven to be absent below this version: a complete SDK stub lacks the public name.
    pub certainly_absent_before: Option<Version>,
    /// Absent in all likelihood below this version.
    pub likely_absent_before: Option<Version>,
    /// The newest version that shows it, where a newer source no longer does. Stubs lose private names that the
    /// system keeps, so nothing follows for later versions.
    pub last_seen: Option<Version>,
    /// Where the bounds come from.
    pub evidence: Evidence,
}

/// The kind of source behind an [`Interval`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// Linker stubs of several SDKs.
    Stub,
    /// Stubs, with the announcement in a public header as the upper bound.
    Header,
    /// LLVM's ABI lists, changelog and availability table.
    Llvm,
    /// PyObjC's environment markers.
    PyObjC,
    /// Public documentation, entered by hand.
    Documented,
}

impl Evidence {
    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            0 => Evidence::Stub,
            1 => Evidence::Header,
            2 => Evidence::Llvm,
            3 => Evidence::PyObjC,
            4 => Evidence::Documented,
            _ => return None,
        })
    }

    /// The source in a few words.
    pub fn describe(self) -> &'static str {
        match self {
            Evidence::Stub => "SDK stubs",
            Evidence::Header => "SDK stubs and headers",
            Evidence::Llvm => "LLVM's ABI lists",
            Evidence::PyObjC => "PyObjC's requirements",
            Evidence::Documented => "public documentation",
        }
    }
}

/// The two processor families of macOS. A slice with pointer authentication binds to the same exports as one without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Arm64,
    X86_64,
}

impl Family {
    pub(super) fn of(arch: Arch) -> Option<Self> {
        match arch {
            Arch::Arm64 | Arch::Arm64e => Some(Family::Arm64),
            Arch::X86_64 | Arch::X86_64h => Some(Family::X86_64),
            Arch::Aarch64 | Arch::MachO(..) | Arch::Elf(..) => None,
        }
    }
}

impl Interval {
    pub(super) fn holds_for(&self, family: Family) -> bool {
        match family {
            Family::Arm64 => self.arm64,
            Family::X86_64 => self.x86_64,
        }
    }

    /// What the bounds say about `macos`; between lower and upper bound they say nothing.
    pub(super) fn judge(&self, macos: Version) -> Known {
        let macos = minor(macos);
        let below = |bound: Option<Version>| bound.is_some_and(|bound| macos < bound);
        let absent = |likelihood| Known::Absent {
            likelihood,
            introduced: self.first,
        };
        if below(self.certainly_absent_before) {
            absent(Likelihood::Certain)
        } else if below(self.likely_absent_before) {
            absent(Likelihood::Likely)
        } else if self.first.is_some_and(|first| first <= macos)
            && self.last_seen.is_none_or(|last| macos <= last)
        {
            Known::Present
        } else {
            Known::Unknown
        }
    }
}

/// The version without its patch number.
pub(super) fn minor(version: Version) -> Version {
    Version::new(version.major, version.minor, 0)
}

#[cfg(test)]
mod tests {
    use super::{Evidence, Interval};
    use crate::catalogue::Known;
    use crate::image::Version;
    use crate::load::Likelihood;

    const BOUNDS: Interval = Interval {
        arm64: true,
        x86_64: true,
        first: Some(Version::new(13, 3, 0)),
        certainly_absent_before: Some(Version::new(12, 1, 0)),
        likely_absent_before: Some(Version::new(13, 1, 0)),
        last_seen: Some(Version::new(15, 5, 0)),
        evidence: Evidence::Llvm,
    };

    #[test]
    fn nothing_follows_between_the_bounds_and_after_the_last_sight() {
        let absent = |likelihood| Known::Absent {
            likelihood,
            introduced: BOUNDS.first,
        };
        let judge = |major, minor, patch| BOUNDS.judge(Version::new(major, minor, patch));
        assert_eq!(judge(12, 0, 1), absent(Likelihood::Certain));
        assert_eq!(judge(12, 1, 0), absent(Likelihood::Likely));
        assert_eq!(judge(13, 0, 1), absent(Likelihood::Likely));
        assert_eq!(judge(13, 1, 0), Known::Unknown);
        assert_eq!(judge(13, 2, 1), Known::Unknown);
        assert_eq!(judge(13, 3, 0), Known::Present);
        assert_eq!(judge(15, 5, 9), Known::Present);
        assert_eq!(judge(15, 6, 0), Known::Unknown);
    }
}
