//! The ELF header, checked in the order and in the words of glibc's `open_verify`.

use object::LittleEndian;
use object::elf;
use object::read::ReadRef;

use crate::image::Arch;

/// The 64-bit little-endian header.
pub(super) type Header = elf::FileHeader64<LittleEndian>;

/// What the first bytes say.
pub(super) enum Identity<'data> {
    /// No ELF magic.
    NotElf,
    /// 32 bit or big-endian: only the architecture matters.
    Foreign(Arch),
    /// ELF that ld.so refuses, in its words.
    Damaged(&'static str),
    /// 64-bit little-endian.
    Readable(&'data Header),
}

/// ```text
/// 0  7f 45 4c 46   magic
/// 4  class         1: 32 bit, 2: 64 bit
/// 5  data          1: little-endian, 2: big-endian
/// 6  version       1
/// 7  OS ABI        0: System V, 3: GNU
/// 8  ABI version
/// 9  padding       zeros
/// 16 e_type, 18 e_machine
/// ```
pub(super) fn identify(data: &[u8]) -> Identity<'_> {
    let Some(ident) = data
        .first_chunk::<20>()
        .filter(|ident| ident.starts_with(b"\x7fELF"))
    else {
        return if data.starts_with(b"\x7fELF") {
            Identity::Damaged("file too short")
        } else {
            Identity::NotElf
        };
    };
    let Ok(header) = data.read_at::<Header>(0) else {
        return Identity::Damaged("file too short");
    };
    let [
        _,
        _,
        _,
        _,
        class,
        encoding,
        version,
        os_abi,
        abi_version,
        ..,
    ] = *ident;
    let [.., low, high] = *ident;
    let machine = match encoding {
        2 => u16::from_be_bytes([low, high]),
        _ => u16::from_le_bytes([low, high]),
    };
    if class != 2 || encoding == 2 {
        return Identity::Foreign(Arch::Elf(machine, class));
    }
    let padded = ident.iter().take(16).skip(9).any(|byte| *byte != 0);
    let wrong = if encoding != 1 {
        Some("ELF file data encoding not little-endian")
    } else if version != 1 {
        Some("ELF file version ident does not match current one")
    } else if os_abi != 0 && os_abi != 3 {
        Some("ELF file OS ABI invalid")
    } else if abi_version != 0 && (os_abi == 0 || abi_version > NEWEST_ABI_VERSION) {
        Some("ELF file ABI version invalid")
    } else if padded {
        Some("nonzero padding in e_ident")
    } else if header.e_version.get(LittleEndian) != 1 {
        Some("ELF file version does not match current one")
    } else {
        None
    };
    wrong.map_or(Identity::Readable(header), Identity::Damaged)
}

/// One below LIBC_ABI_MAX of current glibc (libc-abis: unique, IFUNC, absolute symbols).
const NEWEST_ABI_VERSION: u8 = 3;

/// The architecture of a 64-bit little-endian file.
pub(super) fn arch(header: &Header) -> Arch {
    match header.e_machine.get(LittleEndian) {
        elf::EM_X86_64 => Arch::X86_64,
        elf::EM_AARCH64 => Arch::Aarch64,
        other => Arch::Elf(other.0, 2),
    }
}
