//! PT_DYNAMIC: the table that tells ld.so where everything else is.

use object::LittleEndian;
use object::elf;

use super::segments::{Segments, value_at};

/// More entries than any linker writes.
const MOST_ENTRIES: u64 = 1 << 12;

/// The entries that matter. Addresses are virtual; zero is a valid one, so absence is `None`.
#[derive(Debug, Default)]
pub(super) struct Dynamic {
    /// DT_NEEDED: offsets into the string table, in file order.
    pub(super) needed: Vec<u64>,
    pub(super) soname: Option<u64>,
    pub(super) rpath: Option<u64>,
    pub(super) runpath: Option<u64>,
    pub(super) strings: Option<u64>,
    pub(super) symbols: Option<u64>,
    pub(super) gnu_hash: Option<u64>,
    pub(super) hash: Option<u64>,
    pub(super) versym: Option<u64>,
    pub(super) verneed: Option<u64>,
    pub(super) verdef: Option<u64>,
    pub(super) rela: Option<u64>,
    pub(super) rela_size: u64,
    /// DT_RELACOUNT: so many relocations at the start of DT_RELA name no symbol.
    pub(super) rela_relative: u64,
    pub(super) plt: Option<u64>,
    pub(super) plt_size: u64,
    pub(super) flags: u64,
    pub(super) flags_1: u64,
}

impl Dynamic {
    /// The table, or `None` where there is no PT_DYNAMIC.
    pub(super) fn read(segments: &Segments<'_>) -> Result<Option<Dynamic>, &'static str> {
        // The last one wins, as in `_dl_map_object_from_fd`.
        let Some(header) = segments.of_type(elf::PT_DYNAMIC).last() else {
            return Ok(None);
        };
        if header.p_filesz.get(LittleEndian) == 0 {
            return Err("object file has no dynamic section");
        }
        let bytes = segments
            .bytes_at(header.p_vaddr.get(LittleEndian))
            .ok_or("dynamic section outside of every segment")?;
        let mut table = Dynamic::default();
        for index in 0..MOST_ENTRIES {
            let Some(entry) = value_at::<elf::Dyn64<LittleEndian>>(bytes, index.saturating_mul(16))
            else {
                break;
            };
            let tag = entry.d_tag.get(LittleEndian);
            if tag == elf::DT_NULL {
                break;
            }
            table.take(tag, entry.d_val.get(LittleEndian));
        }
        Ok(Some(table))
    }

    fn take(&mut self, tag: elf::DynamicTag, value: u64) {
        match tag {
            elf::DT_NEEDED => self.needed.push(value),
            elf::DT_SONAME => self.soname = Some(value),
            elf::DT_RPATH => self.rpath = Some(value),
            elf::DT_RUNPATH => self.runpath = Some(value),
            elf::DT_STRTAB => self.strings = Some(value),
            elf::DT_SYMTAB => self.symbols = Some(value),
            elf::DT_GNU_HASH => self.gnu_hash = Some(value),
            elf::DT_HASH => self.hash = Some(value),
            elf::DT_VERSYM => self.versym = Some(value),
            elf::DT_VERNEED => self.verneed = Some(value),
            elf::DT_VERDEF => self.verdef = Some(value),
            elf::DT_RELA => self.rela = Some(value),
            elf::DT_RELASZ => self.rela_size = value,
            elf::DT_RELACOUNT => self.rela_relative = value,
            elf::DT_JMPREL => self.plt = Some(value),
            elf::DT_PLTRELSZ => self.plt_size = value,
            elf::DT_FLAGS => self.flags = value,
            elf::DT_FLAGS_1 => self.flags_1 = value,
            _ => {}
        }
    }
}
