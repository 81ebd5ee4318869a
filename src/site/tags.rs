//! Which tags an installer takes on a target (PEP 425, and `packaging.tags`, which pip follows).

use super::target::{PythonVersion, Target};
use crate::image::{Arch, Version};
use crate::wheel::Tag;

impl Target {
    /// Would an installer take a wheel with this tag?
    pub fn accepts(&self, tag: &Tag) -> bool {
        self.accepts_python(tag) && self.accepts_platform(&tag.platform)
    }

    /// Whether the tag's Python and ABI suit this Python.
    pub fn accepts_python(&self, tag: &Tag) -> bool {
        let PythonVersion {
            major,
            minor,
            free_threaded,
        } = self.python;
        let (implementation, version) = split_python(&tag.python);
        let Some(version) = version else { return false };
        let exact = version == (major, Some(minor));
        let not_newer = version.0 == major && version.1.is_none_or(|tagged| tagged <= minor);
        match (implementation, tag.abi.as_str()) {
            ("py", "none") => not_newer,
            ("cp", "none") => exact,
            ("cp", "abi3") => not_newer && !free_threaded,
            ("cp", "abi3t") => not_newer && minor >= 15,
            ("cp", abi) => exact && abi == format!("cp{}", self.python.soabi()),
            _ => false,
        }
    }

    /// Whether a platform tag is for this system and processor.
    pub fn accepts_platform(&self, platform: &str) -> bool {
        if platform == "any" {
            return true;
        }
        let Some((version, format)) = split_platform(platform) else {
            return false;
        };
        if !formats(self.arch).contains(&format) {
            return false;
        }
        let first_of_arm64 = Version::new(11, 0, 0);
        // Universal wheels may be tagged with the older system of their Intel half.
        let old_enough =
            self.arch != Arch::Arm64 || version >= first_of_arm64 || format == "universal2";
        // Since macOS 11 installers know major versions only: `macosx_13_3` is taken by none.
        let known = version.major == 10 || version.minor == 0;
        let macos = Version::new(self.macos.major, self.macos.minor, 0);
        old_enough && known && version <= macos
    }
}

/// `cp311` to `("cp", (3, Some(11)))`, `py3` to `("py", (3, None))`.
fn split_python(tag: &str) -> (&str, Option<(u8, Option<u8>)>) {
    let at = tag.find(|c: char| c.is_ascii_digit()).unwrap_or(tag.len());
    let (implementation, digits) = tag.split_at_checked(at).unwrap_or((tag, ""));
    let (major, minor) = digits.split_at_checked(1).unwrap_or((digits, ""));
    let minor = match minor {
        "" => Some(None),
        digits => digits.parse().ok().map(Some),
    };
    let version = major.parse().ok().zip(minor);
    (implementation, version)
}

/// `macosx_11_0_arm64` to its version and its format of binaries.
pub(super) fn split_platform(platform: &str) -> Option<(Version, &str)> {
    let rest = platform.strip_prefix("macosx_")?;
    let mut parts = rest.splitn(3, '_');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?.parse().ok()?;
    Some((Version::new(major, minor, 0), parts.next()?))
}

/// The formats that hold code for a processor.
fn formats(arch: Arch) -> &'static [&'static str] {
    match arch {
        Arch::Arm64 | Arch::Arm64e => &["arm64", "universal2"],
        _ => &[
            "x86_64",
            "intel",
            "fat64",
            "fat32",
            "universal2",
            "universal",
        ],
    }
}

/// What a platform tag of macOS claims: the oldest system, and the processors; `None` for other tags.
pub fn claimed(platform: &str) -> Option<(Version, Vec<Arch>)> {
    let (version, format) = split_platform(platform)?;
    let archs = match format {
        "arm64" => vec![Arch::Arm64],
        "universal2" => vec![Arch::Arm64, Arch::X86_64],
        "x86_64" | "intel" | "fat64" | "universal" => vec![Arch::X86_64],
        _ => Vec::new(),
    };
    Some((version, archs))
}

#[cfg(test)]
mod tests {
    use crate::image::{Arch, Version};
    use crate::site::{Flavor, PythonVersion, Target};
    use crate::wheel::expand_tags;

    fn accepts(macos: (u16, u8), arch: Arch, python: &str, tag: &str) -> bool {
        let target = Target {
            macos: Version::new(macos.0, macos.1, 0),
            arch,
            python: python.parse::<PythonVersion>().expect("a version"),
            flavor: Flavor::Standalone,
        };
        expand_tags(tag).iter().any(|tag| target.accepts(tag))
    }

    #[test]
    fn systems_older_than_the_tag_refuse_it() {
        let tag = "cp311-cp311-macosx_14_0_arm64";
        assert!(accepts((14, 5), Arch::Arm64, "3.11", tag));
        assert!(!accepts((13, 6), Arch::Arm64, "3.11", tag));
        assert!(!accepts((14, 5), Arch::X86_64, "3.11", tag));
        assert!(!accepts((14, 5), Arch::Arm64, "3.12", tag));
        assert!(accepts(
            (14, 5),
            Arch::Arm64,
            "3.11",
            "cp311-cp311-macosx_10_9_universal2"
        ));
        assert!(!accepts(
            (14, 5),
            Arch::Arm64,
            "3.11",
            "cp311-cp311-macosx_10_9_arm64"
        ));
        assert!(accepts(
            (10, 15),
            Arch::X86_64,
            "3.7",
            "cp37-cp37m-macosx_10_9_intel"
        ));
        assert!(!accepts(
            (14, 5),
            Arch::X86_64,
            "3.11",
            "cp311-cp311-macosx_13_3_x86_64"
        ));
    }

    #[test]
    fn a_stable_abi_is_for_all_that_follow() {
        let tag = "cp39-abi3-macosx_11_0_arm64";
        assert!(accepts((14, 5), Arch::Arm64, "3.14", tag));
        assert!(!accepts((14, 5), Arch::Arm64, "3.8", tag));
        assert!(!accepts((14, 5), Arch::Arm64, "3.13t", tag));
        assert!(accepts(
            (14, 5),
            Arch::Arm64,
            "3.13t",
            "cp313-cp313t-macosx_11_0_arm64"
        ));
        assert!(accepts(
            (14, 5),
            Arch::Arm64,
            "3.12",
            "py2.py3-none-macosx_11_0_arm64"
        ));
        assert!(!accepts(
            (14, 5),
            Arch::Arm64,
            "3.12",
            "cp311-none-macosx_11_0_arm64"
        ));
    }
}
