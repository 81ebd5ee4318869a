//! The archive: its directory read once, every entry either a member or refused with the reason.
//!
//! The central directory is what installers go by. An entry is refused, by its name, where unpacking it would write
//! outside of the installation, twice into one file, or what nobody can check.

use std::collections::HashSet;
use std::fmt;
use std::io::Read;
use std::sync::Arc;

use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive};

/// The bytes of a file: mapped, or read.
pub type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// More entries than any wheel has; the directory alone would fill a memory.
const MOST_MEMBERS: usize = 1 << 19;

/// More than any wheel for macOS unpacks to.
const LARGEST_WHEEL: u64 = 16 << 30;

/// More than any member of a wheel for macOS has.
const LARGEST_MEMBER: u64 = 4 << 30;

/// Deflate makes at most 1,032 bytes out of one.
const DEFLATE_AT_MOST: u64 = 1032;

/// A ZIP archive.
pub struct Archive {
    bytes: Bytes,
    members: Vec<Member>,
    refused: Vec<Refused>,
    surplus: u64,
}

/// One file of an archive, as its directory describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its path, with `/`: relative, without `..`.
    pub path: String,
    /// Its size, as the directory claims.
    pub size: u64,
    /// Its permission bits.
    pub mode: u32,
    pub(super) deflated: bool,
    pub(super) checksum: u32,
    /// Where its data are in the archive.
    pub(super) start: u64,
    pub(super) end: u64,
}

/// An entry that is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its path as the directory has it; what is not UTF-8 is replaced.
    pub path: String,
    /// Why.
    pub why: Refusal,
}

/// Why an entry is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// An absolute path, or one with `..`.
    Outside,
    /// A path with an empty part, `.` or a NUL.
    OddPath,
    /// Not UTF-8.
    NotUtf8,
    /// A symbolic link, which wheels cannot hold.
    Link,
    /// A device, a pipe.
    NotAFile,
    /// A path that an entry before it has.
    Duplicate,
    /// Encrypted.
    Encrypted,
    /// Neither stored nor deflated: the method's number.
    Method(u16),
    /// Its data are not in the file.
    Truncated,
    /// Its data overlap those of another entry.
    Overlapping,
    /// It claims more bytes than its data can hold, or than any member has.
    TooLarge,
    /// The header in front of its data has another path than the directory.
    OtherName,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::Outside => "it points outside of the wheel",
            Refusal::OddPath => "its path has an empty part, a `.` or a NUL",
            Refusal::NotUtf8 => "its path is not UTF-8",
            Refusal::Link => "it is a symbolic link, which a wheel cannot hold",
            Refusal::NotAFile => "it is not a regular file",
            Refusal::Duplicate => "an entry before it has the same path",
            Refusal::Encrypted => "it is encrypted",
            Refusal::Method(number) => {
                return write!(f, "it is packed by method {number}, and wheels use 0 or 8");
            }
            Refusal::Truncated => "its data are not in the file",
            Refusal::Overlapping => "its data overlap those of another entry",
            Refusal::TooLarge => "it claims more bytes than its data can hold",
            Refusal::OtherName => "the header in front of its data has another path",
        })
    }
}

/// Why a file is no archive that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArchiveError {
    /// No ZIP archive: there is no directory at its end.
    NotAnArchive,
    /// The directory is damaged: a lowercase fragment.
    Damaged(String),
    /// More entries than any wheel has.
    TooManyMembers,
    /// It would unpack to more than any wheel does.
    TooLarge,
}

impl fmt::Display for ArchiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArchiveError::NotAnArchive => f.write_str(
                "not a ZIP archive, or one that is cut off: there is no directory at its end",
            ),
            ArchiveError::Damaged(why) => write!(f, "a damaged ZIP archive: {why}"),
            ArchiveError::TooManyMembers => {
                write!(f, "an archive of more than {MOST_MEMBERS} entries")
            }
            ArchiveError::TooLarge => {
                write!(
                    f,
                    "an archive that unpacks to more than {} GiB",
                    LARGEST_WHEEL >> 30
                )
            }
        }
    }
}

impl std::error::Error for ArchiveError {}

impl Archive {
    /// Reads the directory.
    pub fn open(bytes: Bytes) -> Result<Archive, ArchiveError> {
        let data = (*bytes).as_ref();
        let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
        let zip = ZipArchive::from_slice(data).map_err(|_| ArchiveError::NotAnArchive)?;
        let mut directory = Directory {
            zip: &zip,
            members: Vec::new(),
            refused: Vec::new(),
            paths: HashSet::new(),
            total: 0,
        };
        for entry in zip.entries() {
            let entry = entry.map_err(|why| ArchiveError::Damaged(why.to_string()))?;
            directory.add(&entry)?;
        }
        let Directory {
            mut members,
            mut refused,
            ..
        } = directory;
        refuse_overlaps(&mut members, &mut refused);
        let surplus = length.saturating_sub(zip.end_offset());
        Ok(Archive {
            bytes,
            members,
            refused,
            surplus,
        })
    }

    /// How many bytes follow the end of the archive.
    pub fn surplus(&self) -> u64 {
        self.surplus
    }

    /// Every file that can be read, in the directory's order.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Every entry that is not.
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// A member's content as a stream, for those who need its beginning only: neither its size nor its checksum is
    /// compared.
    pub fn beginning(&self, member: &Member) -> Box<dyn Read + '_> {
        let data = self.data(member);
        if member.deflated {
            Box::new(flate2::read::DeflateDecoder::new(data).take(member.size))
        } else {
            Box::new(data)
        }
    }

    /// The archive's own size in bytes.
    pub(super) fn length(&self) -> usize {
        (*self.bytes).as_ref().len()
    }

    /// The packed data of a member.
    pub(super) fn data(&self, member: &Member) -> &[u8] {
        let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes: &[u8] = (*self.bytes).as_ref();
        bytes
            .get(at(member.start)..at(member.end))
            .unwrap_or_default()
    }
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive")
            .field("members", &self.members.len())
            .finish_non_exhaustive()
    }
}

/// The directory while it is read.
struct Directory<'a> {
    zip: &'a ZipSliceArchive<&'a [u8]>,
    members: Vec<Member>,
    refused: Vec<Refused>,
    paths: HashSet<String>,
    total: u64,
}

impl Directory<'_> {
    fn add(&mut self, entry: &ZipFileHeaderRecord<'_>) -> Result<(), ArchiveError> {
        if self.members.len().saturating_add(self.refused.len()) >= MOST_MEMBERS {
            return Err(ArchiveError::TooManyMembers);
        }
        let raw = entry.file_path();
        match self.member(entry, raw.as_ref()) {
            Ok(Some(member)) => {
                self.total = self.total.saturating_add(member.size);
                self.paths.insert(member.path.clone());
                self.members.push(member);
            }
            Ok(None) => {}
            Err(why) => self.refused.push(Refused {
                path: String::from_utf8_lossy(raw.as_ref()).into_owned(),
                why,
            }),
        }
        if self.total > LARGEST_WHEEL {
            return Err(ArchiveError::TooLarge);
        }
        Ok(())
    }

    /// `None` for a directory.
    fn member(
        &self,
        entry: &ZipFileHeaderRecord<'_>,
        raw: &[u8],
    ) -> Result<Option<Member>, Refusal> {
        const KIND: u32 = 0o170_000;
        const REGULAR: u32 = 0o100_000;
        const LINK: u32 = 0o120_000;
        let path = std::str::from_utf8(raw).map_err(|_| Refusal::NotUtf8)?;
        let inside = path.strip_suffix('/').unwrap_or(path);
        accept_path(inside)?;
        let mode = entry.mode().value();
        match mode & KIND {
            LINK => return Err(Refusal::Link),
            // Installers go by the name, whatever the attributes say.
            _ if path.ends_with('/') => return Ok(None),
            0 | REGULAR => {}
            _ => return Err(Refusal::NotAFile),
        }
        if self.paths.contains(path) {
            return Err(Refusal::Duplicate);
        }
        let flags = entry.flags();
        if flags.is_encrypted() || flags.has_strong_encryption() {
            return Err(Refusal::Encrypted);
        }
        let method = entry.compression_method();
        let deflated = match method {
            CompressionMethod::STORE => false,
            CompressionMethod::DEFLATE => true,
            other => return Err(Refusal::Method(other.as_u16())),
        };
        let found = self
            .zip
            .get_entry(entry.wayfinder())
            .map_err(|_| Refusal::Truncated)?;
        if found.local_header().file_path().as_ref() != raw {
            return Err(Refusal::OtherName);
        }
        let (start, end) = found.compressed_data_range();
        let size = entry.uncompressed_size_hint();
        let packed = end.saturating_sub(start);
        let most = if deflated {
            packed.saturating_mul(DEFLATE_AT_MOST)
        } else {
            packed
        };
        if size > most.min(LARGEST_MEMBER) {
            return Err(Refusal::TooLarge);
        }
        Ok(Some(Member {
            path: path.to_owned(),
            size,
            mode: mode & 0o7777,
            deflated,
            checksum: entry.crc32(),
            start,
            end,
        }))
    }
}

fn accept_path(path: &str) -> Result<(), Refusal> {
    if path.starts_with('/') || path.split('/').any(|part| part == "..") {
        return Err(Refusal::Outside);
    }
    let odd = |part: &str| part.is_empty() || part == "." || part.contains('\0');
    if path.split('/').any(odd) {
        return Err(Refusal::OddPath);
    }
    Ok(())
}

/// Bombs let many entries share one stretch of data; no archiver does.
fn refuse_overlaps(members: &mut Vec<Member>, refused: &mut Vec<Refused>) {
    let mut order: Vec<usize> = (0..members.len()).collect();
    let range = |index: &usize| {
        members
            .get(*index)
            .map_or((0, 0), |member| (member.start, member.end))
    };
    order.sort_by_key(|index| range(index));
    let mut last = 0;
    let mut overlapping = HashSet::new();
    for index in &order {
        let (start, end) = range(index);
        if start < last && start != end {
            overlapping.insert(*index);
        }
        last = last.max(end);
    }
    if overlapping.is_empty() {
        return;
    }
    let mut index = 0_usize;
    members.retain(|member| {
        let keep = !overlapping.contains(&index);
        index = index.saturating_add(1);
        if !keep {
            refused.push(Refused {
                path: member.path.clone(),
                why: Refusal::Overlapping,
            });
        }
        keep
    });
}
