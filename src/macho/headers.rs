//! What headers and load commands alone say, without the rest of the file: for listings of many large files.
//!
//! The reader asks for pieces in ascending order, so that a compressed member of an archive can be read as a stream.

use std::io;

use object::LittleEndian as Little;
use object::macho::{MachHeader32, MachHeader64};
use object::read::macho::MachHeader;

use super::command::Commands;
use super::universal::{self, Entry};
use super::{slice, text};
use crate::image::{Arch, Check, FileType, SliceHeaders};

/// Gives up to that many bytes from that offset: fewer only where the file ends.
pub type Fetch<'a> = dyn FnMut(u64, usize) -> io::Result<Vec<u8>> + 'a;

/// What the first bytes of a file lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Headers {
    /// No Mach-O file.
    NotMachO,
    /// The slices in file order: one if the file is thin.
    Slices(Vec<SliceHeaders>),
    /// The table of a universal file is damaged: dyld's words.
    Damaged(String),
}

/// Enough for the headers of most images, and for every table of slices.
const FIRST: usize = 4096;

/// More load commands than any linker writes; a damaged header may claim 4 GiB.
const MOST_COMMANDS: usize = 8 << 20;

const MAGIC_32: u32 = 0xfeed_face;

/// Reads the headers of every slice.
///
/// # Errors
///
/// Only those of `fetch`.
pub fn headers(fetch: &mut Fetch<'_>) -> io::Result<Headers> {
    let first = fetch(0, FIRST)?;
    let Some(word) = super::first_word(&first) else {
        return Ok(Headers::NotMachO);
    };
    if slice::is_macho(word) {
        let slices = vec![slice_headers(first, 0, u64::MAX, fetch)?];
        return Ok(Headers::Slices(slices));
    }
    if !universal::is_universal(word) {
        return Ok(Headers::NotMachO);
    }
    if universal::is_java(&first) {
        return Ok(Headers::NotMachO);
    }
    match universal::table(&first) {
        Ok(entries) => of_entries(&entries, fetch).map(Headers::Slices),
        Err(why) => Ok(Headers::Damaged(why)),
    }
}

/// Slices are fetched in the order of their places, and given in the order of the table.
fn of_entries(entries: &[Entry], fetch: &mut Fetch<'_>) -> io::Result<Vec<SliceHeaders>> {
    let mut order: Vec<(usize, &Entry)> = entries.iter().enumerate().collect();
    order.sort_by_key(|(_, entry)| entry.offset);
    let mut found = Vec::new();
    for (index, entry) in order {
        let first = fetch(entry.offset, FIRST.min(to_usize(entry.size)))?;
        let headers = match super::first_word(&first) {
            Some(word) if slice::is_macho(word) => {
                slice_headers(first, entry.offset, entry.size, fetch)?
            }
            _ => damaged(entry.arch, "slice is not valid mach-o file".to_owned()),
        };
        found.push((index, headers));
    }
    found.sort_by_key(|(index, _)| *index);
    Ok(found.into_iter().map(|(_, headers)| headers).collect())
}

fn slice_headers(
    first: Vec<u8>,
    offset: u64,
    size: u64,
    fetch: &mut Fetch<'_>,
) -> io::Result<SliceHeaders> {
    let word_at = |index: usize| {
        let start = index.saturating_mul(4);
        let word = first.get(start..).and_then(|rest| rest.first_chunk::<4>());
        word.map_or(0, |word| u32::from_le_bytes(*word))
    };
    let arch = text::arch(word_at(1), word_at(2));
    let is_32_bit = word_at(0) == MAGIC_32;
    let commands_size = to_usize(word_at(5).into());
    let wanted = commands_size.saturating_add(32).min(to_usize(size));
    if commands_size > MOST_COMMANDS {
        let why = format!("load commands of {commands_size} bytes are more than are read");
        return Ok(damaged(arch, why));
    }
    let bytes = if wanted > first.len() && first.len() >= FIRST {
        fetch(offset, wanted)?
    } else {
        first
    };
    Ok(if is_32_bit {
        walked::<MachHeader32<Little>>(arch, &bytes)
    } else {
        walked::<MachHeader64<Little>>(arch, &bytes)
    })
}

fn walked<Mach: MachHeader<Endian = Little>>(arch: Arch, bytes: &[u8]) -> SliceHeaders {
    let Ok(header) = Mach::parse(bytes, 0) else {
        let why = format!("file is too small (length={})", bytes.len());
        return damaged(arch, why);
    };
    let commands = Commands::walk(header, bytes);
    let unwalkable = |check: Check| check == Check::Unwalkable;
    let mut flaws = commands.flaws.iter();
    let damage = flaws.find(|flaw| unwalkable(flaw.check));
    SliceHeaders {
        arch,
        file_type: commands.file_type(),
        damage: damage.map(|flaw| flaw.text.clone()),
        install_name: commands.install_name,
        dependents: commands.dependents,
        rpaths: commands.rpaths,
        build_versions: commands.build_versions,
    }
}

fn damaged(arch: Arch, why: String) -> SliceHeaders {
    SliceHeaders {
        arch,
        file_type: FileType::Other(0),
        install_name: None,
        dependents: Vec::new(),
        rpaths: Vec::new(),
        build_versions: Vec::new(),
        damage: Some(why),
    }
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
