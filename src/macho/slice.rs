//! One 64-bit slice to an [`Image`]: the load commands are walked once, then what they point at is read.

use object::LittleEndian;
use object::macho::MachHeader64;
use object::read::macho::MachHeader;

use super::command::Commands;
use super::{PageHashes, exports, imports, segments, signature, structure, text, unsupported};
use crate::image::{BuildTraces, Check, FileType, Flaw, Format, Image, MachO, Slice};

/// `sizeof(struct mach_header)`: dyld calls anything shorter no Mach-O file.
pub(super) const SMALLEST_HEADER: usize = 28;

const MAGIC_32: u32 = 0xfeed_face;
const MAGIC_64: u32 = 0xfeed_facf;

/// `word` is the first four bytes read as little endian. Big-endian Mach-O is not Mach-O to dyld.
pub(super) fn is_macho(word: u32) -> bool {
    word == MAGIC_32 || word == MAGIC_64
}

pub(super) type Header = MachHeader64<LittleEndian>;

/// Reads a slice. `file` is the whole file, `bytes` the slice, at least [`SMALLEST_HEADER`] long.
pub(super) fn read(file: &[u8], bytes: &[u8], slice: Option<Slice>, hashes: PageHashes) -> Image {
    let word_at = |index: usize| {
        let start = index.saturating_mul(4);
        let word = bytes.get(start..).and_then(|rest| rest.first_chunk::<4>());
        word.map_or(0, |word| u32::from_le_bytes(*word))
    };
    let arch = text::arch(word_at(1), word_at(2));
    if word_at(0) != MAGIC_64 {
        return unsupported(arch, Vec::new());
    }
    let Ok(header) = Header::parse(bytes, 0) else {
        let text = format!("file is too small (length={})", bytes.len());
        let check = Check::Unwalkable;
        return unsupported(arch, vec![Flaw { check, text }]);
    };
    let commands = Commands::walk(header, bytes);
    let start = slice.map_or(0, |slice| slice.offset);
    let (imports, damaged_imports) = imports::read(bytes, &commands);
    let mut flaws = structure::flaws(&commands, file.len());
    flaws.extend(segments::mapping_flaws(&commands, arch, start));
    flaws.extend(imports::outside_file(bytes, &commands));
    let part = MachO {
        build_versions: commands.build_versions.clone(),
        flags: commands.flags,
        current_version: commands.current_version,
        compatibility_version: commands.compatibility_version,
        environment: commands.environment.clone(),
        exports: exports::place(&commands, start),
        symbols: exports::symbols(&commands, start),
        signature: signature::read(bytes, &commands, hashes),
        flaws,
        damaged_imports,
        unsupported: false,
        commands_of_11: commands.commands_of_11.clone(),
        slice,
        build: build_traces(&commands),
    };
    Image {
        arch,
        file_type: commands.file_type(),
        install_name: commands.install_name,
        uuid: commands.uuid,
        dependents: commands.dependents,
        rpaths: commands.rpaths,
        imports,
        format: Format::MachO(Box::new(part)),
    }
}

fn build_traces(commands: &Commands) -> BuildTraces {
    let table = commands.symtab.filter(|table| table.count > 0);
    let local = u64::from(commands.local_symbols);
    let bytes = table.map_or(0, |table| {
        let names = u64::from(table.strings_size).saturating_mul(local);
        let names = names.checked_div(table.count.into()).unwrap_or(0);
        local.saturating_mul(16).saturating_add(names)
    });
    let dwarf = commands
        .segments
        .iter()
        .filter(|segment| segment.name == "__DWARF");
    BuildTraces {
        header_pad: segments::header_pad(commands),
        chained_fixups: commands.chained.is_some(),
        local_symbols: commands.local_symbols,
        local_symbol_bytes: bytes,
        dwarf_bytes: dwarf
            .map(|segment| segment.filesize)
            .fold(0, u64::saturating_add),
    }
}

/// MH_DYLIB and so on.
pub(super) fn file_type(number: u32) -> FileType {
    match number {
        2 => FileType::Execute,
        6 => FileType::Dylib,
        8 => FileType::Bundle,
        other => FileType::Other(other),
    }
}
