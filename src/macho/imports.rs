//! The symbols that a slice binds: the chained fixups' import table, else the opcode streams of LC_DYLD_INFO, else (in
//! very old files) the undefined symbols of the symbol table.

use std::collections::HashSet;

use object::LittleEndian as Little;
use object::macho;
use object::read::macho::{DyldChainedFixups, Nlist};

use super::command::{Commands, Range};
use super::{exports, fixups, opcodes, text};
use crate::image::{Check, Flaw, Import, ImportFrom};

/// All names of a slice together; an import table whose entries share one long name would otherwise fill memory.
const MOST_NAME_BYTES: usize = 64 << 20;

/// The imports up to the first damage, and dyld's words for the damage.
pub(super) fn read(slice: &[u8], commands: &Commands) -> (Vec<Import>, Option<String>) {
    let mut found = Found::default();
    let damage = if let Some(chained) = commands.chained {
        chained_imports(slice, chained, &mut found)
    } else if let Some(streams) = commands.opcodes {
        opcodes::imports(slice, &streams, &mut found)
    } else {
        undefined_symbols(slice, commands, &mut found)
    };
    let damage = damage.err().or_else(|| fixups::damage(slice, commands));
    (found.imports, damage)
}

/// Imports without repetition, in the order in which dyld meets them.
#[derive(Default)]
pub(super) struct Found<'data> {
    imports: Vec<Import>,
    seen: HashSet<(i32, bool, &'data [u8])>,
    name_bytes: usize,
}

impl<'data> Found<'data> {
    /// Adds one. `ordinal` as dyld counts: 1 and up, or 0, -1, -2, -3.
    pub(super) fn add(
        &mut self,
        ordinal: i32,
        name: &'data [u8],
        weak: bool,
        lazy: bool,
    ) -> Result<(), String> {
        if !self.seen.insert((ordinal, weak, name)) {
            return Ok(());
        }
        self.name_bytes = self.name_bytes.saturating_add(name.len());
        if self.name_bytes > MOST_NAME_BYTES {
            return Err("malformed import table".to_owned());
        }
        self.imports.push(Import {
            symbol: text::lossy(name),
            from: import_from(ordinal),
            weak,
            lazy,
            version: None,
        });
        Ok(())
    }
}

fn import_from(ordinal: i32) -> ImportFrom {
    match ordinal {
        0 => ImportFrom::ThisImage,
        -1 => ImportFrom::MainExecutable,
        -2 => ImportFrom::Flat,
        -3 => ImportFrom::WeakLookup,
        other => match u32::try_from(other) {
            Ok(ordinal) => ImportFrom::Ordinal(ordinal),
            Err(_) => ImportFrom::Unknown(other),
        },
    }
}

/// common/MachOFile.cpp:forEachChainedFixupTarget. Every import is bound, also one that no fixup uses.
fn chained_imports<'data>(
    slice: &'data [u8],
    range: Range,
    found: &mut Found<'data>,
) -> Result<(), String> {
    let table = || "malformed import table".to_owned();
    if range.size == 0 {
        return Ok(());
    }
    let data = range.of(slice).ok_or_else(table)?;
    let fixups = DyldChainedFixups::parse(Little, data).map_err(|_| table())?;
    let header = fixups.header();
    let formats = [
        macho::DYLD_CHAINED_IMPORT,
        macho::DYLD_CHAINED_IMPORT_ADDEND,
        macho::DYLD_CHAINED_IMPORT_ADDEND64,
    ];
    if !formats.contains(&header.imports_format.get(Little)) {
        return Err("unknown imports format".to_owned());
    }
    let imports = fixups.imports(Little).map_err(|_| table())?;
    for import in imports {
        let import = import.map_err(|_| "malformed import table, string overflow".to_owned())?;
        found.add(import.dylib.0, import.name, import.weak_import, false)?;
    }
    Ok(())
}

/// Files older than LC_DYLD_INFO: undefined symbols with the library ordinal in `n_desc`.
fn undefined_symbols<'data>(
    slice: &'data [u8],
    commands: &Commands,
    found: &mut Found<'data>,
) -> Result<(), String> {
    const N_STAB: u8 = 0xe0;
    const N_TYPE: u8 = 0x0e;
    const N_WEAK_REF: u16 = 0x40;
    let Some(table) = exports::symbol_table(slice, commands.symtab) else {
        return Ok(());
    };
    for symbol in table.iter() {
        let kind = symbol.n_type().0;
        let undefined = kind & N_STAB == 0 && kind & N_TYPE == 0 && symbol.n_value(Little) == 0;
        let Ok(name) = symbol.name(Little, table.strings()) else {
            continue;
        };
        if !undefined || name.is_empty() {
            continue;
        }
        let description = symbol.n_desc(Little).0;
        let ordinal = match i32::from(description >> 8) {
            0xff => -1,
            0xfe => -2,
            other => other,
        };
        found.add(ordinal, name, description & N_WEAK_REF != 0, false)?;
    }
    Ok(())
}

/// A fixup table or export trie that is not all inside the file: dyld would run off the end of the mapping.
pub(super) fn outside_file(slice: &[u8], commands: &Commands) -> Option<Flaw> {
    let streams = commands.opcodes.unwrap_or_default();
    let ranges = [
        commands.chained,
        commands.trie,
        Some(streams.rebase),
        Some(streams.bind),
        Some(streams.weak_bind),
        Some(streams.lazy_bind),
    ];
    let outside = |range: &Range| range.size != 0 && range.of(slice).is_none();
    ranges
        .into_iter()
        .flatten()
        .find(outside)
        .map(|range| Flaw {
            check: Check::OutsideFile,
            text: format!(
                "fixups or exports at 0x{:X} extend beyond end of file",
                range.offset
            ),
        })
}
