//! Universal ("fat") files: which slices there are, and which of them dyld would object to.
//!
//! ```text
//! FatHeader  magic cafebabe | nfat_arch                      big endian
//! FatArch[]  cputype | cpusubtype | offset | size | align    64-bit offset and size with magic cafebabf
//! ```
//!
//! dyld checks every slice, also those it does not need (mach_o/Universal.cpp, common/MachOFile.cpp:FatFile).

use object::macho::{FatArch32, FatArch64};
use object::pod::Pod;
use object::read::macho::{FatArch, MachOFatFile};

use super::{PageHashes, not_an_image, slice, text, unsupported};
use crate::image::{Arch, Check, Flaw, Format, Image, Slice};
use crate::load::Content;

const FAT_MAGIC: u32 = 0xbeba_feca;
const FAT_MAGIC_64: u32 = 0xbfba_feca;

/// dyld's limit since macOS 26; a Java class file, which shares the magic number, has more.
const MOST_SLICES: usize = 16;

/// `word` is the first four bytes read as little endian.
pub(super) fn is_universal(word: u32) -> bool {
    word == FAT_MAGIC || word == FAT_MAGIC_64
}

/// A Java class has the magic number of a universal file; where that counts its slices, the class has its version: 45
/// and up, in the third and fourth bytes.
pub(super) fn is_java(data: &[u8]) -> bool {
    const FIRST: u32 = 43;
    let count = data.get(4..).and_then(|rest| rest.first_chunk::<4>());
    count.is_some_and(|count| u32::from_be_bytes(*count) >= FIRST)
}

pub(super) fn read(data: &[u8], hashes: PageHashes<'_>) -> Content {
    let entries = match table(data) {
        Ok(entries) => entries,
        Err(why) => return Content::Malformed { why },
    };
    if entries.is_empty() {
        return not_an_image(data);
    }
    let mut slices: Vec<Image> = entries
        .iter()
        .map(|entry| read_slice(data, entry, hashes))
        .collect();
    mark_layout(&entries, &mut slices);
    Content::MachO { slices }
}

/// The slices that the table counts, and one behind it; dyld's words where it cannot be read.
pub(super) fn table(data: &[u8]) -> Result<Vec<Entry>, String> {
    let word = super::first_word(data);
    let entries = if word == Some(FAT_MAGIC) {
        MachOFatFile::<FatArch32>::parse(data).map(|fat| entries(fat.arches()))
    } else {
        MachOFatFile::<FatArch64>::parse(data).map(|fat| entries(fat.arches()))
    };
    let mut entries = entries.map_err(|_| "fat file too short".to_owned())?;
    if entries.len() > MOST_SLICES {
        return Err(format!("fat file has too many slices ({})", entries.len()));
    }
    if word == Some(FAT_MAGIC) {
        match hidden_arm64(data, entries.len()) {
            Hidden::NoRoom => return Err("slice headers extend beyond end of file".to_owned()),
            Hidden::No => {}
            Hidden::Entry(entry) => entries.push(entry),
        }
    }
    Ok(entries)
}

/// One slice, as the table has it.
pub(super) struct Entry {
    pub(super) arch: Arch,
    pub(super) offset: u64,
    pub(super) size: u64,
}

fn entries<Fat: FatArch + Pod>(arches: &[Fat]) -> Vec<Entry> {
    arches.iter().take(MOST_SLICES + 1).map(entry).collect()
}

fn entry<Fat: FatArch>(arch: &Fat) -> Entry {
    let (offset, size) = arch.file_range();
    let found = text::arch(arch.cputype().0, arch.cpusubtype().0);
    // libtool writes the arm64e subtype into the table without its ABI bits.
    let arch = match found {
        Arch::MachO(0x0100_000c, 2) => Arch::Arm64e,
        other => other,
    };
    Entry { arch, offset, size }
}

enum Hidden {
    NoRoom,
    No,
    Entry(Entry),
}

/// One arm64 entry behind the last counted one is honoured, an old trick of lipo's.
fn hidden_arm64(data: &[u8], count: usize) -> Hidden {
    let start = count.saturating_mul(20).saturating_add(8);
    let Some(bytes) = data.get(start..start.saturating_add(20)) else {
        return Hidden::NoRoom;
    };
    let Ok((arch, _)) = object::pod::from_bytes::<FatArch32>(bytes) else {
        return Hidden::No;
    };
    let entry = entry(arch);
    if entry.arch == Arch::Arm64 {
        Hidden::Entry(entry)
    } else {
        Hidden::No
    }
}

fn read_slice(data: &[u8], entry: &Entry, hashes: PageHashes<'_>) -> Image {
    let place = Slice {
        offset: entry.offset,
        size: entry.size,
    };
    let arch = entry.arch;
    let Some(bytes) = slice_bytes(data, &place) else {
        return refused(
            arch,
            place,
            format!("{arch} slice extends beyond end of file"),
        );
    };
    let is_macho = super::first_word(bytes).is_some_and(slice::is_macho);
    if !is_macho || bytes.len() < slice::SMALLEST_HEADER {
        let text = "slice is not valid mach-o file".to_owned();
        let check = Check::NotMachO;
        let mut image = unsupported(arch, vec![Flaw { check, text }]);
        set_slice(&mut image, place);
        return image;
    }
    let image = slice::read(data, bytes, Some(place), hashes);
    let page = if matches!(image.arch, Arch::Arm64 | Arch::Arm64e) {
        0x4000
    } else {
        0x1000
    };
    if !place.offset.is_multiple_of(page) {
        return refused(arch, place, "slice is not page aligned".to_owned());
    }
    if image.arch != arch {
        let have = image.arch;
        let why = format!("cpu type/subtype in slice ({have}) does not match fat header ({arch})");
        return refused(arch, place, why);
    }
    image
}

fn slice_bytes<'data>(data: &'data [u8], place: &Slice) -> Option<&'data [u8]> {
    let start = usize::try_from(place.offset).ok()?;
    let size = usize::try_from(place.size).ok()?;
    data.get(start..start.checked_add(size)?)
}

fn refused(arch: Arch, place: Slice, text: String) -> Image {
    let check = Check::Slice;
    let mut image = unsupported(arch, vec![Flaw { check, text }]);
    set_slice(&mut image, place);
    image
}

fn set_slice(image: &mut Image, place: Slice) {
    if let Format::MachO(part) = &mut image.format {
        part.slice = Some(place);
    }
}

/// Repeated architectures and overlaps, which macOS 26 refuses.
fn mark_layout(entries: &[Entry], slices: &mut [Image]) {
    for (index, (entry, image)) in entries.iter().zip(slices).enumerate() {
        let others = || entries.iter().take(index);
        let text = if others().any(|other| other.arch == entry.arch) {
            format!("duplicate {} slices", entry.arch)
        } else if others().any(|other| overlap(other, entry)) {
            "overlapping slices".to_owned()
        } else {
            continue;
        };
        if let Format::MachO(part) = &mut image.format {
            let check = Check::SliceLayout;
            part.flaws.insert(0, Flaw { check, text });
        }
    }
}

fn overlap(a: &Entry, b: &Entry) -> bool {
    a.offset < b.offset.saturating_add(b.size) && b.offset < a.offset.saturating_add(a.size)
}
