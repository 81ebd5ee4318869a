//! Processor architectures, by the names that `lipo`, dyld and Python's platform tags use.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A processor architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arch {
    /// Apple Silicon, plain ABI.
    #[serde(rename = "arm64")]
    Arm64,
    /// Apple Silicon with pointer authentication.
    #[serde(rename = "arm64e")]
    Arm64e,
    /// Intel and AMD, 64 bit.
    #[serde(rename = "x86_64")]
    X86_64,
    /// Intel Haswell and newer, as a Mach-O slice of its own.
    #[serde(rename = "x86_64h")]
    X86_64h,
    /// 64-bit ARM as Linux calls it.
    #[serde(rename = "aarch64")]
    Aarch64,
    /// Another: Mach-O cpu type and subtype.
    MachO(u32, u32),
    /// Another: ELF e_machine and class (1: 32 bit, 2: 64 bit).
    Elf(u16, u8),
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Arch::Arm64 => f.write_str("arm64"),
            Arch::Arm64e => f.write_str("arm64e"),
            Arch::X86_64 => f.write_str("x86_64"),
            Arch::X86_64h => f.write_str("x86_64h"),
            Arch::Aarch64 => f.write_str("aarch64"),
            Arch::MachO(7, _) => f.write_str("i386"),
            Arch::MachO(18, _) => f.write_str("ppc"),
            Arch::MachO(cpu, sub) => write!(f, "Mach-O cpu {cpu:#x}/{sub:#x}"),
            Arch::Elf(3, _) => f.write_str("i386"),
            Arch::Elf(machine, class) => write!(f, "ELF machine {machine} class {class}"),
        }
    }
}
