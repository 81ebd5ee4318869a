//! What dyld's structure checks would say about segments and sections (mach_o/UnsafeHeader.cpp: validSegment,
//! validSemanticsSegments), and which segments the kernel would not map.

use object::LittleEndian as Little;
use object::read::macho::{Section, Segment as _};

use super::command::{Command, Commands};
use super::structure::is_dyld_managed;
use super::text;
use crate::image::{Arch, Check, FileType, Flaw};

const READ: u32 = 1;
const WRITE: u32 = 2;
const EXECUTE: u32 = 4;
const SG_READ_ONLY: u32 = 0x10;

/// Pairs are compared each with each; no real image comes near this many segments.
const SEGMENTS_COMPARED: usize = 512;

/// LC_SEGMENT_64.
#[derive(Debug, Clone, Default)]
pub(super) struct Segment {
    pub(super) name: String,
    pub(super) vmaddr: u64,
    pub(super) vmsize: u64,
    pub(super) fileoff: u64,
    pub(super) filesize: u64,
    pub(super) initprot: u32,
    pub(super) flags: u32,
    /// Offset of the first section that has bytes in the file.
    pub(super) first_section: Option<u32>,
    /// The first section that each section check objects to; further ones would say nothing new.
    pub(super) section_flaws: Vec<Flaw>,
}

/// Reads LC_SEGMENT_64.
pub(super) fn read(command: Command<'_>) -> Option<Segment> {
    let (raw, data) = command.segment_64().ok()??;
    let mut segment = Segment {
        name: text::lossy(raw.name()),
        vmaddr: raw.vmaddr.get(Little),
        vmsize: raw.vmsize.get(Little),
        fileoff: raw.fileoff.get(Little),
        filesize: raw.filesize.get(Little),
        initprot: raw.initprot.get(Little).0,
        flags: raw.flags.get(Little).0,
        first_section: None,
        section_flaws: Vec::new(),
    };
    for section in raw.sections(Little, data).unwrap_or_default() {
        let offset = section.offset.get(Little);
        if offset != 0 && section.size.get(Little) != 0 {
            let first = segment
                .first_section
                .map_or(offset, |first| first.min(offset));
            segment.first_section = Some(first);
        }
        let name = text::lossy(section.name());
        let flaw = section_flaw(
            &segment,
            &name,
            section.addr.get(Little),
            section.size.get(Little),
        );
        let Some(flaw) = flaw else { continue };
        let always = flaw.check == Check::Always;
        if segment.section_flaws.is_empty() || always {
            segment.section_flaws.push(flaw);
        }
        if always {
            break;
        }
    }
    Some(segment)
}

/// The segment checks, in dyld's order. Ends with the first flaw that counts for every SDK.
pub(super) fn flaws(commands: &Commands, file_size: usize) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    for segment in &commands.segments {
        for flaw in segment_flaws(commands, segment, file_size) {
            let always = flaw.check == Check::Always;
            flaws.push(flaw);
            if always {
                return flaws;
            }
        }
    }
    if is_dyld_managed(commands)
        && let Some(text) = text_segment_flaw(commands)
    {
        let (check, text) = (Check::Always, text.to_owned());
        flaws.push(Flaw { check, text });
        return flaws;
    }
    flaws.extend(pair_flaws(commands));
    flaws.extend(order_flaw(commands));
    flaws
}

fn segment_flaws(commands: &Commands, segment: &Segment, file_size: usize) -> Vec<Flaw> {
    let name = &segment.name;
    let always = |text| {
        vec![Flaw {
            check: Check::Always,
            text,
        }]
    };
    let file_size = u64::try_from(file_size).unwrap_or(u64::MAX);
    let end = segment.fileoff.checked_add(segment.filesize);
    if end.is_none_or(|end| end > file_size) {
        let what = "load command content extends beyond end of file";
        return always(format!("segment '{name}' {what}"));
    }
    if commands.file_type() != FileType::Other(1) && segment.filesize > segment.vmsize {
        // __LLVM and __DWARF are not mapped.
        if segment.vmsize == 0 && segment.initprot == 0 {
            return Vec::new();
        }
        return always(format!("segment '{name}' filesize exceeds vmsize"));
    }
    if segment.initprot & !(READ | WRITE | EXECUTE) != 0 {
        let bits = segment.initprot;
        return always(format!(
            "{name} segment permissions has invalid bits set (0x{bits:08X})"
        ));
    }
    let mut flaws: Vec<Flaw> = permission_flaw(commands, segment).into_iter().collect();
    if segment.vmaddr.checked_add(segment.vmsize).is_none() {
        let (check, text) = (Check::Always, format!("'{name}' segment vm range wraps"));
        flaws.push(Flaw { check, text });
        return flaws;
    }
    if commands.file_type() != FileType::Other(9) {
        flaws.extend(segment.section_flaws.iter().cloned());
    }
    flaws
}

fn permission_flaw(commands: &Commands, segment: &Segment) -> Option<Flaw> {
    let is = |bits| segment.initprot == bits;
    let (check, text) = match segment.name.as_str() {
        "__TEXT" if is_dyld_managed(commands) && !is(READ | EXECUTE) => (
            Check::TextPermissions,
            "__TEXT segment permissions is not 'r-x'",
        ),
        "__LINKEDIT" if !is(READ) => (
            Check::LinkeditPermissions,
            "__LINKEDIT segment permissions is not 'r--'",
        ),
        "__DATA" if !is(READ | WRITE) => (
            Check::DataPermissions,
            "__DATA segment permissions is not 'rw-'",
        ),
        "__DATA_CONST" if !is(READ | WRITE) => (
            Check::DataPermissions,
            "__DATA_CONST segment permissions is not 'rw-'",
        ),
        "__DATA_CONST" if segment.flags & SG_READ_ONLY == 0 && !may_lack_read_only(commands) => (
            Check::DataPermissions,
            "__DATA_CONST segment missing SG_READ_ONLY flag",
        ),
        _ => return None,
    };
    let text = text.to_owned();
    Some(Flaw { check, text })
}

/// Dylibs made for the shared cache, static executables and dSYMs.
fn may_lack_read_only(commands: &Commands) -> bool {
    match commands.file_type() {
        FileType::Dylib | FileType::Other(9) => commands.split_info == Some(false),
        FileType::Execute => !commands.has_dylinker,
        FileType::Bundle => false,
        FileType::Other(kind) => kind == 10,
    }
}

/// What is wrong with a section of this segment.
fn section_flaw(segment: &Segment, name: &str, start: u64, size: u64) -> Option<Flaw> {
    let (low, high) = (segment.vmaddr, segment.vmaddr.wrapping_add(segment.vmsize));
    let end = start.wrapping_add(size);
    if i64::try_from(size).is_err() {
        let text = format!("section '{name}' size too large 0x{size:X}");
        return Some(Flaw {
            check: Check::Always,
            text,
        });
    }
    if start < low {
        let where_ =
            format!("start address 0x{start:X} is before containing segment's address 0x{low:X}");
        let text = format!("section '{name}' {where_}");
        return Some(Flaw {
            check: Check::Always,
            text,
        });
    }
    (end > high).then(|| Flaw {
        check: Check::SectionEnd,
        text: format!(
            "section '{name}' end address 0x{end:X} is beyond containing segment's end address 0x{high:X}"
        ),
    })
}

fn text_segment_flaw(commands: &Commands) -> Option<&'static str> {
    // dyld remembers the last of that name.
    let Some(segment) = commands
        .segments
        .iter()
        .rfind(|segment| segment.name == "__TEXT")
    else {
        return Some("missing __TEXT segment");
    };
    if segment.fileoff != 0 {
        Some("__TEXT segment fileoffset is not zero")
    } else if segment.filesize < commands.header_size {
        Some("load commands do not fit in __TEXT segment filesize")
    } else if segment.vmsize < commands.header_size {
        Some("load commands do not fit in __TEXT segment vmsize")
    } else {
        None
    }
}

fn pair_flaws(commands: &Commands) -> Vec<Flaw> {
    let mut flaws: Vec<Flaw> = Vec::new();
    let segments = || commands.segments.iter().take(SEGMENTS_COMPARED).enumerate();
    for (i, a) in segments() {
        for (j, b) in segments() {
            if i == j {
                continue;
            }
            let overlap = if overlap(a.vmaddr, a.vmsize, b.vmaddr, b.vmsize) {
                Some("vm")
            } else if overlap(a.fileoff, a.filesize, b.fileoff, b.filesize) {
                Some("file")
            } else {
                None
            };
            if let Some(kind) = overlap {
                let text = format!(
                    "{kind} range of segment '{}' overlaps segment '{}'",
                    a.name, b.name
                );
                flaws.push(Flaw {
                    check: Check::Always,
                    text,
                });
                return flaws;
            }
            if a.name == b.name && flaws.is_empty() && is_dyld_managed(commands) {
                let text = format!("duplicate segment name '{}'", a.name);
                flaws.push(Flaw {
                    check: Check::DuplicateSegment,
                    text,
                });
            }
        }
    }
    flaws
}

fn overlap(a: u64, a_size: u64, b: u64, b_size: u64) -> bool {
    b < a.saturating_add(a_size) && b.saturating_add(b_size) > a
}

/// The last pair is not compared: dyld's loop ends one early.
fn order_flaw(commands: &Commands) -> Option<Flaw> {
    let count = commands.segments.len();
    let pairs = commands.segments.windows(2).take(count.saturating_sub(2));
    let text = pairs.into_iter().find_map(|pair| {
        let [a, b] = pair else { return None };
        if b.fileoff < a.fileoff && b.filesize != 0 {
            return Some(format!("segment '{}' file offset out of order", a.name));
        }
        (b.vmaddr < a.vmaddr).then(|| format!("segment '{}' vm address out of order", b.name))
    })?;
    let check = Check::SegmentOrder;
    Some(Flaw { check, text })
}

/// What the kernel does not map, or dyld does not accept once mapped (dyld/Loader.cpp:mapSegments).
pub(super) fn mapping_flaws(commands: &Commands, arch: Arch, slice_offset: u64) -> Vec<Flaw> {
    let misplaced = misplaced_segment(commands, arch, slice_offset);
    let mut mapped = commands
        .segments
        .iter()
        .filter(|segment| segment.filesize != 0);
    let short = mapped
        .next()
        .filter(|segment| segment.filesize < commands.header_size);
    let short = short.map(|_| Flaw {
        check: Check::FirstSegment,
        text: "load commands exceed length of first segment".to_owned(),
    });
    misplaced.into_iter().chain(short).collect()
}

/// A segment that mmap() refuses because it does not start on a page. dyld prints the address in memory, this the
/// offset from the image's start; the path follows.
fn misplaced_segment(commands: &Commands, arch: Arch, slice_offset: u64) -> Option<Flaw> {
    let page: u64 = if matches!(arch, Arch::Arm64 | Arch::Arm64e) {
        0x4000
    } else {
        0x1000
    };
    let base = commands
        .segments
        .iter()
        .find(|segment| segment.name == "__TEXT")?
        .vmaddr;
    let odd = commands.segments.iter().find(|segment| {
        let offset = segment.fileoff.wrapping_add(slice_offset);
        let address = segment.vmaddr.wrapping_sub(base);
        let mapped = segment.filesize != 0 && segment.vmsize != 0 && segment.name != "__PAGEZERO";
        mapped && !(offset.is_multiple_of(page) && address.is_multiple_of(page))
    })?;
    let (address, size) = (odd.vmaddr.wrapping_sub(base), odd.filesize);
    let check = Check::PageAlignment;
    let text = format!("mmap(addr=0x{address:X}, size=0x{size:08X}) failed with errno=22");
    Some(Flaw { check, text })
}

/// Bytes between the load commands and the first section.
pub(super) fn header_pad(commands: &Commands) -> Option<u64> {
    let first = (commands.segments.iter())
        .filter_map(|segment| segment.first_section)
        .min()?;
    Some(u64::from(first).saturating_sub(commands.header_size))
}
