//! Names and numbers as Mach-O stores them.

use object::macho;

use crate::image::{Arch, Platform};

/// The architecture of a cpu type and subtype. Subtype capability bits matter for arm64 only
/// (mach_o/Architecture.cpp): 0x80000000 is LIB64 on x86 and the pointer authentication ABI on arm64.
pub(super) fn arch(cpu: u32, subtype: u32) -> Arch {
    const ARM64E_OLD: u32 = 0x0000_0002;
    const ARM64E: u32 = 0x8000_0002;
    if cpu == macho::CPU_TYPE_X86_64.0 {
        return match subtype & 0x00ff_ffff {
            3 => Arch::X86_64,
            8 => Arch::X86_64h,
            other => Arch::MachO(cpu, other),
        };
    }
    if cpu == macho::CPU_TYPE_ARM64.0 {
        return match subtype {
            0 => Arch::Arm64,
            ARM64E => Arch::Arm64e,
            ARM64E_OLD => Arch::MachO(cpu, ARM64E_OLD),
            other => Arch::MachO(cpu, other),
        };
    }
    Arch::MachO(cpu, subtype & 0x00ff_ffff)
}

/// The platform by its number in LC_BUILD_VERSION.
pub(super) fn platform(number: u32) -> Platform {
    match number {
        1 => Platform::MacOs,
        2 => Platform::Ios,
        6 => Platform::MacCatalyst,
        7 => Platform::IosSimulator,
        other => Platform::Other(other),
    }
}

/// A string that ends at the first NUL.
pub(super) fn lossy(bytes: &[u8]) -> String {
    let end = bytes
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(bytes.len());
    let text = bytes.get(..end).unwrap_or(bytes);
    match std::str::from_utf8(text) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(text).into_owned(),
    }
}

/// LC_UUID as dyld prints it.
pub(super) fn uuid(bytes: &[u8; 16]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02X}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{arch, uuid};
    use crate::image::Arch;

    #[test]
    fn subtype_capabilities_matter_on_arm64_only() {
        assert_eq!(arch(0x0100_0007, 0x8000_0003), Arch::X86_64);
        assert_eq!(arch(0x0100_0007, 8), Arch::X86_64h);
        assert_eq!(arch(0x0100_000c, 0x8000_0002), Arch::Arm64e);
        assert_eq!(arch(0x0100_000c, 2), Arch::MachO(0x0100_000c, 2));
        assert_eq!(arch(7, 3).to_string(), "i386");
    }

    #[test]
    fn uuids_are_grouped_and_upper_case() {
        assert_eq!(uuid(&[0xab; 16]), "ABABABAB-ABAB-ABAB-ABAB-ABABABABABAB");
    }
}
