//! Program headers: where the bytes at a virtual address lie in the file.

use std::ops::Range;

use object::LittleEndian;
use object::elf;
use object::pod::Pod;
use object::read::ReadRef;

use super::header::Header;

/// A program header.
pub(super) type ProgramHeader = elf::ProgramHeader64<LittleEndian>;

/// Page size for the checks on load commands. glibc uses the process's; 4096 is the smallest that exists.
const PAGE: u64 = 4096;

/// The program headers, with the file that they describe.
#[derive(Clone, Copy)]
pub(super) struct Segments<'data> {
    data: &'data [u8],
    headers: &'data [ProgramHeader],
}

impl<'data> Segments<'data> {
    /// The table that the header points at.
    pub(super) fn read(data: &'data [u8], header: &Header) -> Result<Self, &'static str> {
        let count = usize::from(header.e_phnum.get(LittleEndian));
        if usize::from(header.e_phentsize.get(LittleEndian)) != size_of::<ProgramHeader>() {
            return Err("ELF file's phentsize not the expected size");
        }
        let headers = data
            .read_slice_at::<ProgramHeader>(header.e_phoff.get(LittleEndian), count)
            .map_err(|()| "cannot read file data")?;
        Ok(Segments { data, headers })
    }

    /// All headers of one type.
    pub(super) fn of_type(
        &self,
        wanted: elf::ProgramType,
    ) -> impl Iterator<Item = &'data ProgramHeader> {
        self.headers
            .iter()
            .filter(move |header| header.p_type.get(LittleEndian) == wanted)
    }

    /// The checks on PT_LOAD of `_dl_map_object_from_fd`, and whether every mapped page has a byte behind it.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let mut any = false;
        let mut past_end = false;
        let length = u64::try_from(self.data.len()).unwrap_or(u64::MAX);
        for header in self.of_type(elf::PT_LOAD) {
            any = true;
            let offset = header.p_offset.get(LittleEndian);
            if header.p_vaddr.get(LittleEndian).wrapping_sub(offset) % PAGE != 0 {
                return Err("ELF load command address/offset not page-aligned");
            }
            let size = header.p_filesz.get(LittleEndian);
            let end = offset.saturating_add(size);
            past_end |= size > 0 && end.div_ceil(PAGE) > length.div_ceil(PAGE);
        }
        if !any {
            return Err("object file has no loadable segments");
        }
        if past_end {
            return Err(super::PAST_END);
        }
        Ok(())
    }

    /// The bytes from a virtual address to the end of its segment in the file.
    pub(super) fn bytes_at(&self, address: u64) -> Option<&'data [u8]> {
        self.data.get(self.range_at(address)?)
    }

    /// Where those bytes lie in the file.
    pub(super) fn range_at(&self, address: u64) -> Option<Range<usize>> {
        self.of_type(elf::PT_LOAD).find_map(|header| {
            let into = address.checked_sub(header.p_vaddr.get(LittleEndian))?;
            let size = header.p_filesz.get(LittleEndian);
            if into >= size {
                return None;
            }
            let offset = header.p_offset.get(LittleEndian);
            let start = usize::try_from(offset.checked_add(into)?).ok()?;
            let end = usize::try_from(offset.checked_add(size)?).ok()?;
            let end = end.min(self.data.len());
            (start < end).then_some(start..end)
        })
    }

    /// The bytes of one program header, as far as the file goes.
    pub(super) fn contents(&self, header: &ProgramHeader) -> &'data [u8] {
        let start = usize::try_from(header.p_offset.get(LittleEndian)).unwrap_or(usize::MAX);
        let size = usize::try_from(header.p_filesz.get(LittleEndian)).unwrap_or(usize::MAX);
        let bytes = self.data.get(start..).unwrap_or_default();
        bytes.get(..size).unwrap_or(bytes)
    }
}

/// The value at an offset.
pub(super) fn value_at<T: Pod>(bytes: &[u8], offset: u64) -> Option<&T> {
    bytes.read_at::<T>(offset).ok()
}

/// Longest text that is read: of a symbol, a path, a list of paths. Names may overlap in a string table, so that without
/// a limit a small file could hold a large amount of text.
const LONGEST_TEXT: usize = 1 << 16;

/// The null-terminated text at an offset of a string table.
pub(super) fn text_at(strings: &[u8], offset: u64) -> Option<&[u8]> {
    let bytes = strings.get(usize::try_from(offset).ok()?..)?;
    let bytes = bytes.get(..LONGEST_TEXT).unwrap_or(bytes);
    bytes.get(..bytes.iter().position(|byte| *byte == 0)?)
}

/// The same, as UTF-8: what is not becomes the replacement character.
pub(super) fn string_at(strings: &[u8], offset: u64) -> Option<String> {
    text_at(strings, offset).map(|text| String::from_utf8_lossy(text).into_owned())
}
