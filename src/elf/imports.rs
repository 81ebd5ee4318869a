//! The symbols that ld.so looks up elsewhere, in the order in which it relocates.
//!
//! They come from the relocations, not from the symbol table: an undefined symbol that no relocation names is never
//! looked up, and the first one that is missing is the one that ld.so reports.

use std::collections::BTreeMap;

use object::LittleEndian;
use object::elf;

use crate::image::{Import, ImportFrom, SymbolVersion};

use super::dynamic::Dynamic;
use super::segments::{Segments, string_at, value_at};
use super::versions;

type Rela = elf::Rela64<LittleEndian>;
type Symbol = elf::Sym64<LittleEndian>;

/// Every undefined symbol that a relocation names: DT_RELA first, DT_JMPREL last.
pub(super) fn read(segments: &Segments<'_>, dynamic: &Dynamic) -> Vec<Import> {
    let address = |address: Option<u64>| address.and_then(|it| segments.bytes_at(it));
    let (Some(symbols), Some(strings)) = (address(dynamic.symbols), address(dynamic.strings))
    else {
        return Vec::new();
    };
    let mut reader = Reader {
        symbols,
        strings,
        versym: address(dynamic.versym).unwrap_or_default(),
        versions: address(dynamic.verneed)
            .map(|table| by_index(table, strings))
            .unwrap_or_default(),
        seen: Vec::new(),
        text_left: strings.len().saturating_mul(16),
        imports: Vec::new(),
    };
    let skipped = dynamic.rela_relative.saturating_mul(ENTRY);
    if let Some(table) = address(dynamic.rela) {
        let table = up_to(table, dynamic.rela_size);
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        reader.take(table.get(skipped..).unwrap_or_default(), false);
    }
    if let Some(table) = address(dynamic.plt) {
        let lazy =
            dynamic.flags & elf::DF_BIND_NOW.0 == 0 && dynamic.flags_1 & elf::DF_1_NOW.0 == 0;
        reader.take(up_to(table, dynamic.plt_size), lazy);
    }
    reader.imports
}

/// Size of one Elf64_Rela.
const ENTRY: u64 = 24;

fn up_to(table: &[u8], size: u64) -> &[u8] {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    table.get(..size).unwrap_or(table)
}

fn by_index(table: &[u8], strings: &[u8]) -> BTreeMap<u16, SymbolVersion> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    versions::requirements(table, strings)
        .map(|version| {
            let name = SymbolVersion {
                name: text(version.name),
                library: text(version.library),
            };
            (version.index, name)
        })
        .collect()
}

struct Reader<'data> {
    symbols: &'data [u8],
    strings: &'data [u8],
    versym: &'data [u8],
    versions: BTreeMap<u16, SymbolVersion>,
    /// Indexed by symbol number; grows no further than the symbol table that is in the file.
    seen: Vec<bool>,
    /// Bytes of names that are still taken: symbols may share a name, but not all of them.
    text_left: usize,
    imports: Vec<Import>,
}

impl Reader<'_> {
    fn take(&mut self, relocations: &[u8], lazy: bool) {
        for bytes in relocations.chunks_exact(size_of::<Rela>()) {
            let Some(relocation) = value_at::<Rela>(bytes, 0) else {
                return;
            };
            let info = relocation.r_info.get(LittleEndian);
            // R_*_NONE is 0 on every architecture, and is skipped before any lookup.
            let (Ok(symbol), false) = (u32::try_from(info >> 32), info & 0xffff_ffff == 0) else {
                continue;
            };
            if symbol != 0 && self.first_time(symbol) {
                let import = self.import(symbol, lazy);
                let text = import.as_ref().map_or(0, |import| import.symbol.len());
                let Some(left) = self.text_left.checked_sub(text) else {
                    return;
                };
                self.text_left = left;
                self.imports.extend(import);
            }
        }
    }

    fn first_time(&mut self, symbol: u32) -> bool {
        let Ok(index) = usize::try_from(symbol) else {
            return false;
        };
        if let Some(seen) = self.seen.get_mut(index) {
            return !std::mem::replace(seen, true);
        }
        if index > self.symbols.len() / size_of::<Symbol>() {
            return false;
        }
        self.seen.resize(index.saturating_add(1), false);
        self.first_time(symbol)
    }

    fn import(&self, index: u32, lazy: bool) -> Option<Import> {
        let offset = u64::from(index).checked_mul(ENTRY)?;
        let symbol = value_at::<Symbol>(self.symbols, offset)?;
        // Local binding and hidden visibility bind to the image itself (RESOLVE_MAP in elf/dl-reloc.c).
        let local = symbol.st_bind() == elf::STB_LOCAL
            || matches!(symbol.st_visibility(), elf::STV_HIDDEN | elf::STV_INTERNAL);
        if local || symbol.st_shndx.get(LittleEndian) != elf::SHN_UNDEF {
            return None;
        }
        let version = versions::of_symbol(self.versym, index)
            .and_then(|(version, _)| self.versions.get(&version));
        Some(Import {
            symbol: string_at(self.strings, symbol.st_name.get(LittleEndian).into())?,
            from: ImportFrom::Flat,
            weak: symbol.st_bind() == elf::STB_WEAK,
            lazy,
            version: version.cloned(),
        })
    }
}
