//! Generations of dyld: what changed from one macOS to the next, as far as it decides a load.
//!
//! The versions of dyld's published sources that belong to each are named in docs/simulation.md.

use crate::image::{Arch, Version};

/// A generation, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Generation {
    /// macOS 11 and older: dyld2 and dyld3. Simulated with the rules of 12; less certain.
    Before12,
    /// macOS 12.0 to 12.4.
    V12_0,
    /// macOS 12.5 and later 12: other brackets in messages.
    V12_5,
    /// macOS 13: cryptexes; fallbacks only for images with an old SDK.
    V13,
    /// macOS 14.0 to 14.3.
    V14_0,
    /// macOS 14.4 and later 14: arm64e slices of third parties count.
    V14_4,
    /// macOS 15.0 to 15.3.
    V15_0,
    /// macOS 15.4 to 15.6: structure checks at dlopen.
    V15_4,
    /// macOS 26 and later.
    V26,
}

impl Generation {
    /// The generation of a macOS version.
    pub fn of(macos: Version) -> Self {
        match (macos.major, macos.minor) {
            (..12, _) => Generation::Before12,
            (12, 0..=4) => Generation::V12_0,
            (12, _) => Generation::V12_5,
            (13, _) => Generation::V13,
            (14, 0..=3) => Generation::V14_0,
            (14, _) => Generation::V14_4,
            (15, 0..=3) => Generation::V15_0,
            (15..=25, _) => Generation::V15_4,
            (26.., _) => Generation::V26,
        }
    }

    /// Where system libraries also live since macOS 13, searched after each plain absolute path.
    pub(super) fn cryptex(self) -> Option<&'static str> {
        (self >= Generation::V13).then_some("/System/Volumes/Preboot/Cryptexes/OS")
    }

    /// Structure checks run at dlopen (mach_o/UnsafeHeader.cpp:valid).
    pub(super) fn checks_structure(self) -> bool {
        self >= Generation::V15_4
    }

    /// Architectures that a process takes, the best first (mach_o/GradedArchitectures.cpp). `haswell`: the processor
    /// knows AVX2, and x86_64h slices count.
    pub(super) fn architectures(self, process: Arch, haswell: bool) -> Vec<Arch> {
        const ARM64_CPU: u32 = 0x0100_000c;
        let arm64e_v1 = Arch::MachO(ARM64_CPU, 0x8100_0002);
        let arm64_v8 = Arch::MachO(ARM64_CPU, 1);
        let arm64e_counts = !matches!(self, Generation::V13 | Generation::V14_0);
        match process {
            Arch::Arm64 if self >= Generation::V26 => {
                vec![Arch::Arm64e, arm64e_v1, Arch::Arm64, arm64_v8]
            }
            Arch::Arm64 if arm64e_counts => vec![Arch::Arm64e, Arch::Arm64],
            // On macOS 13.0 to 14.3 an arm64e process takes arm64e images of the system only.
            Arch::Arm64e if arm64e_counts => vec![Arch::Arm64e],
            Arch::Arm64e => Vec::new(),
            Arch::X86_64 | Arch::X86_64h if haswell => vec![Arch::X86_64h, Arch::X86_64],
            Arch::X86_64 | Arch::X86_64h => vec![Arch::X86_64],
            Arch::Arm64 | Arch::Aarch64 | Arch::MachO(..) | Arch::Elf(..) => vec![process],
        }
    }

    /// The list behind `need` in a refusal. macOS 12 names the best only, whatever the process is.
    pub(super) fn need(self, process: Arch, haswell: bool) -> String {
        let archs = self.architectures(process, haswell);
        let shown = if self <= Generation::V12_5 {
            1
        } else {
            archs.len()
        };
        let names: Vec<String> = archs
            .iter()
            .take(shown)
            .map(|arch| arch_name(*arch))
            .collect();
        names.join("' or '")
    }
}

/// The name dyld prints (mach_o/Architecture.cpp).
pub(super) fn arch_name(arch: Arch) -> String {
    match arch {
        Arch::MachO(0x0100_000c, 1) => "arm64".to_owned(),
        Arch::MachO(0x0100_000c, 0x8100_0002) => "arm64e.v1".to_owned(),
        Arch::MachO(0x0100_000c, 2) => "arm64e.old".to_owned(),
        Arch::MachO(0x0200_000c, _) => "arm64_32".to_owned(),
        Arch::MachO(12, 9) => "armv7".to_owned(),
        Arch::MachO(12, 11) => "armv7s".to_owned(),
        Arch::MachO(12, 12) => "armv7k".to_owned(),
        Arch::MachO(0x0100_0012, _) => "ppc64".to_owned(),
        Arch::MachO(7 | 18, _) => arch.to_string(),
        Arch::MachO(..) => "unknown".to_owned(),
        Arch::Arm64 | Arch::Arm64e | Arch::X86_64 | Arch::X86_64h => arch.to_string(),
        Arch::Aarch64 | Arch::Elf(..) => arch.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::Generation;
    use crate::image::{Arch, Version};

    #[test]
    fn every_macos_has_its_generation() {
        let of = |major, minor| Generation::of(Version::new(major, minor, 0));
        assert_eq!(of(10, 15), Generation::Before12);
        assert_eq!(of(12, 4), Generation::V12_0);
        assert_eq!(of(12, 7), Generation::V12_5);
        assert_eq!(of(14, 3), Generation::V14_0);
        assert_eq!(of(14, 4), Generation::V14_4);
        assert_eq!(of(15, 3), Generation::V15_0);
        assert_eq!(of(15, 6), Generation::V15_4);
        assert_eq!(of(26, 1), Generation::V26);
    }

    #[test]
    fn needed_architectures_are_worded_as_each_macos_does() {
        let need = |generation: Generation| generation.need(Arch::Arm64, true);
        assert_eq!(need(Generation::V12_0), "arm64e");
        assert_eq!(need(Generation::V13), "arm64");
        assert_eq!(need(Generation::V14_4), "arm64e' or 'arm64");
        assert_eq!(
            need(Generation::V26),
            "arm64e' or 'arm64e.v1' or 'arm64' or 'arm64"
        );
        assert_eq!(
            Generation::V14_4.need(Arch::X86_64, true),
            "x86_64h' or 'x86_64"
        );
        assert_eq!(Generation::V14_4.need(Arch::X86_64, false), "x86_64");
    }
}
