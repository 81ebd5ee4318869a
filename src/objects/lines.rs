//! The line table of an object file: DWARF's `.debug_line`, versions 2 to 5.

use std::collections::HashMap;
use std::io::Read;

use flate2::read::ZlibDecoder;
use gimli::{
    AttributeValue, DebugLine, DebugLineOffset, EndianSlice, LineProgramHeader, RunTimeEndian,
};
use object::read::{CompressedData, CompressionFormat};
use object::read::{File, Object, ObjectSection, ObjectSymbol, RelocationTarget, Section};
use object::{BinaryFormat, Endianness};
use ruzstd::decoding::StreamingDecoder;

use super::base;
use crate::source::Line;

/// Rows of all tables of a file, and bytes of the table.
const ROWS: usize = 2_000_000;
const LONGEST: u64 = 64 << 20;

type Slice<'a> = EndianSlice<'a, RunTimeEndian>;

/// Addresses and the lines from which they come.
#[derive(Default)]
pub(super) struct Lines {
    /// First address, address behind the last, and the line; in no order.
    rows: Vec<(u64, u64, Row)>,
    files: Vec<String>,
}

#[derive(Clone, Copy)]
struct Row {
    file: usize,
    line: u32,
    column: u32,
}

impl Lines {
    /// The table of a file; empty where it has none, or a damaged one.
    pub(super) fn read(file: &File<'_>) -> Lines {
        let mut lines = Lines::default();
        let Some(table) = section(file, "debug_line") else {
            return lines;
        };
        let strings = Strings {
            line: section(file, "debug_line_str").unwrap_or_default(),
            other: section(file, "debug_str").unwrap_or_default(),
            endian: endian(file),
        };
        let debug_line = DebugLine::new(&table, strings.endian);
        let address_size = if file.is_64() { 8 } else { 4 };
        let mut offset = 0;
        while offset < table.len() {
            let Ok(program) = debug_line.program(DebugLineOffset(offset), address_size, None, None)
            else {
                break;
            };
            let header = program.header();
            let length = header.unit_length();
            let initial = usize::from(header.format().initial_length_size());
            lines.add(program, &strings);
            offset = offset.saturating_add(length).saturating_add(initial);
            if lines.rows.len() >= ROWS {
                break;
            }
        }
        lines
    }

    fn add(&mut self, program: gimli::IncompleteLineProgram<Slice<'_>>, strings: &Strings) {
        let mut numbers: HashMap<u64, usize> = HashMap::new();
        let mut rows = program.rows();
        let mut open: Option<(u64, Option<Row>)> = None;
        while let Ok(Some((header, row))) = rows.next_row() {
            if self.rows.len() >= ROWS {
                return;
            }
            let address = row.address();
            if let Some((start, Some(known))) = open.take()
                && start < address
            {
                self.rows.push((start, address, known));
            }
            if row.end_sequence() {
                continue;
            }
            let number = *numbers.entry(row.file_index()).or_insert_with(|| {
                self.files
                    .push(strings.path(header, row.file_index()).unwrap_or_default());
                self.files.len() - 1
            });
            // Line 0 belongs to no line of the source.
            let line = row.line().and_then(|line| u32::try_from(line.get()).ok());
            let column = match row.column() {
                gimli::ColumnType::LeftEdge => 0,
                gimli::ColumnType::Column(column) => u32::try_from(column.get()).unwrap_or(0),
            };
            let known = line.map(|line| Row {
                file: number,
                line,
                column,
            });
            open = Some((address, known));
        }
    }

    /// The line of an address.
    pub(super) fn at(&self, address: u64) -> Option<Line> {
        let holds = |(start, end, _): &&(u64, u64, Row)| *start <= address && address < *end;
        let (_, _, row) = self.rows.iter().find(holds)?;
        let file = self.files.get(row.file).filter(|file| !file.is_empty())?;
        Some(Line {
            file: file.clone(),
            line: row.line,
            column: (row.column > 0).then_some(row.column),
        })
    }
}

/// The sections that hold the names of files.
struct Strings {
    line: Vec<u8>,
    other: Vec<u8>,
    endian: RunTimeEndian,
}

impl Strings {
    /// Directory and name of a file of the table; relative to the directory of the compilation where it is written so.
    fn path(&self, header: &LineProgramHeader<Slice<'_>>, index: u64) -> Option<String> {
        let file = header.file(index)?;
        let name = self.text(file.path_name())?;
        if name.starts_with('/') {
            return Some(name);
        }
        // Directory 0 is that of the compilation, which only version 5 writes into the table.
        let directory = header.directory(file.directory_index());
        let directory = directory.and_then(|value| self.text(value));
        match directory.filter(|directory| !directory.is_empty()) {
            None => Some(name),
            Some(directory) if directory.starts_with('/') || file.directory_index() == 0 => {
                Some(format!("{directory}/{name}"))
            }
            Some(directory) => {
                let root = header.directory(0).filter(|_| header.version() >= 5);
                let root = root.and_then(|value| self.text(value));
                Some(match root {
                    Some(root) => format!("{root}/{directory}/{name}"),
                    None => format!("{directory}/{name}"),
                })
            }
        }
    }

    fn text(&self, value: AttributeValue<Slice<'_>>) -> Option<String> {
        let from = |section: &[u8], offset: usize| {
            let rest = section.get(offset..)?;
            let end = memchr::memchr(0, rest)?;
            Some(String::from_utf8_lossy(rest.get(..end)?).into_owned())
        };
        match value {
            AttributeValue::String(text) => {
                Some(String::from_utf8_lossy(text.slice()).into_owned())
            }
            AttributeValue::DebugLineStrRef(offset) => from(&self.line, offset.0),
            AttributeValue::DebugStrRef(offset) => from(&self.other, offset.0),
            _ => None,
        }
    }
}

fn endian(file: &File<'_>) -> RunTimeEndian {
    match file.endianness() {
        Endianness::Little => RunTimeEndian::Little,
        Endianness::Big => RunTimeEndian::Big,
    }
}

/// A section of debug information by its name in ELF without the dot, unpacked, its relocations done.
fn section(file: &File<'_>, name: &str) -> Option<Vec<u8>> {
    let by_name = |start| file.section_by_name(&format!("{start}{name}"));
    let section = by_name(".").or_else(|| by_name(".z"))?;
    if section.size() > LONGEST {
        return None;
    }
    let mut bytes = unpacked(section.compressed_data().ok()?)?;
    relocate(file, &section, &mut bytes);
    Some(bytes)
}

/// The bytes of a section, which `-gz` packs. One that holds more or less than it says is damaged.
fn unpacked(packed: CompressedData<'_>) -> Option<Vec<u8>> {
    let said = packed.uncompressed_size;
    let reader: Box<dyn Read + '_> = match packed.format {
        CompressionFormat::None => return Some(packed.data.to_vec()),
        CompressionFormat::Zlib => Box::new(ZlibDecoder::new(packed.data)),
        CompressionFormat::Zstandard => Box::new(StreamingDecoder::new(packed.data).ok()?),
        _ => return None,
    };
    if said > LONGEST {
        return None;
    }
    let mut bytes = Vec::new();
    reader.take(said + 1).read_to_end(&mut bytes).ok()?;
    (u64::try_from(bytes.len()) == Ok(said)).then_some(bytes)
}

/// Writes the addresses that the linker would write, as far as this table needs them.
fn relocate(file: &File<'_>, section: &Section<'_, '_>, bytes: &mut [u8]) {
    let little = file.endianness() == Endianness::Little;
    for (offset, relocation) in section.relocations() {
        let target = match relocation.target() {
            RelocationTarget::Symbol(index) => file.symbol_by_index(index).ok().map(|symbol| {
                let start = symbol.section_index().and_then(|index| {
                    let section = file.section_by_index(index).ok()?;
                    Some(target_base(file, &section))
                });
                start.unwrap_or_default().wrapping_add(symbol.address())
            }),
            // In Mach-O the address is there already.
            _ => continue,
        };
        let Some(target) = target else { continue };
        let width = match relocation.size() {
            64 => 8,
            32 => 4,
            _ => continue,
        };
        let Ok(start) = usize::try_from(offset) else {
            continue;
        };
        let Some(place) = start
            .checked_add(width)
            .and_then(|end| bytes.get_mut(start..end))
        else {
            continue;
        };
        let mut value = target.wrapping_add_signed(relocation.addend());
        if relocation.has_implicit_addend() {
            let mut held = [0_u8; 8];
            for (index, byte) in place.iter().enumerate() {
                let at = if little { index } else { width - 1 - index };
                if let Some(slot) = held.get_mut(at) {
                    *slot = *byte;
                }
            }
            value = value.wrapping_add(u64::from_le_bytes(held));
        }
        for (index, byte) in value.to_le_bytes().into_iter().take(width).enumerate() {
            let at = if little { index } else { width - 1 - index };
            if let Some(slot) = place.get_mut(at) {
                *slot = byte;
            }
        }
    }
}

/// Where addresses in a section begin; offsets into debug information are counted from 0.
fn target_base(file: &File<'_>, section: &Section<'_, '_>) -> u64 {
    // `.zdebug_line` is one that GCC of old packed.
    let starts = [".debug", ".zdebug"];
    let of_debugger = section
        .name()
        .is_ok_and(|name| starts.iter().any(|start| name.starts_with(start)));
    if of_debugger || file.format() == BinaryFormat::MachO {
        return 0;
    }
    base(file, section)
}
