//! The packed table, read.
//!
//! ```text
//! a Zstandard frame of:
//! "TORCHSY2"
//! 2 × (arm64, x86_64): varint n, n × text version                                    oldest first
//! varint n, n × (u8 processor, varint release, text python tag, text minos,
//!                u8 m, m × (u8 library, 16 bytes UUID))                              the wheels that were read
//! varint n, n × (varint distance from the one before, u8 family)                     names of the stable ABI
//! varint n, n × (u8 m, m × (u8 0x80 partial follows | processor << 4 | library,
//!                           u64 releases, [u64 partial]))                            classes
//! varint n, varint c, varint t, c bytes: n × (u8 shared with the name before, varint length of the rest),
//!                              t bytes: the rests; n × u8, n × u8: class, low and high     names, sorted
//!
//! varint  seven bits a byte, lowest first          text  varint length, UTF-8
//! ```

use std::fmt;
use std::io::Read;
use std::sync::Arc;

use ruzstd::decoding::StreamingDecoder;

use super::arch::Side;
use super::bytes::Cursor;
use super::classes::{self, Place};
use super::library::Library;
use super::names::Names;
use super::release::Build;
use super::stable::Family;
use super::table::TorchSymbols;

pub(super) const MAGIC: &[u8] = b"TORCHSY2";
/// The number of releases that a mask has bits for.
pub(super) const MOST_RELEASES: usize = 64;
/// No table comes near this: today's has 4 MiB.
const LARGEST: u64 = 256 << 20;

/// Why bytes are no table: a sentence without the file's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableError(&'static str);

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for TableError {}

impl TorchSymbols {
    /// Reads a packed table.
    ///
    /// # Errors
    /// The bytes are not what `TorchSymbols::encode` writes.
    pub fn decode(data: &[u8]) -> Result<TorchSymbols, TableError> {
        let mut raw = Vec::new();
        let not_zstd = |_| TableError("it is not compressed as a table of torch's symbols is");
        StreamingDecoder::new(data)
            .map_err(not_zstd)?
            .take(LARGEST)
            .read_to_end(&mut raw)
            .map_err(|_| TableError("it is damaged: its compressed bytes are not whole"))?;
        let Some(rest) = raw.strip_prefix(MAGIC) else {
            return Err(TableError(
                "it is no table of torch's symbols, or one of another loadproof",
            ));
        };
        read(&mut Cursor(rest)).ok_or(TableError("it is damaged: its parts do not fit together"))
    }
}

fn read(input: &mut Cursor<'_>) -> Option<TorchSymbols> {
    let releases = [versions(input)?, versions(input)?];
    let builds = builds(input, &releases)?;
    let stable = stable(input)?;
    let classes = classes(input)?;
    let (names, class_of) = names(input)?;
    let known = |class: &u16| usize::from(*class) < classes.len();
    let whole = input.0.is_empty()
        && class_of.iter().all(known)
        && stable.iter().all(|(at, _)| *at < names.len());
    whole.then_some(TorchSymbols {
        releases,
        builds,
        stable,
        classes,
        names,
        class_of,
    })
}

fn versions(input: &mut Cursor<'_>) -> Option<Arc<[String]>> {
    let count = input.varint().filter(|count| *count <= MOST_RELEASES)?;
    let versions: Option<Vec<String>> = (0..count).map(|_| input.text()).collect();
    Some(Arc::from(versions?))
}

fn builds(input: &mut Cursor<'_>, releases: &[Arc<[String]>; 2]) -> Option<Vec<Build>> {
    let mut builds = Vec::new();
    for _ in 0..input.varint()? {
        let side = Side::numbered(input.byte()?)?;
        let version = releases.get(side.index())?.get(input.varint()?)?.clone();
        let (python, minos) = (input.text()?, input.text()?);
        let mut uuids = Vec::new();
        for _ in 0..input.byte()? {
            let library = Library::numbered(input.byte()?)?;
            uuids.push((library, input.take(16)?.try_into().ok()?));
        }
        builds.push(Build {
            version,
            arch: side.arch(),
            python,
            minos,
            uuids,
        });
    }
    Some(builds)
}

fn stable(input: &mut Cursor<'_>) -> Option<Vec<(usize, Family)>> {
    let (mut stable, mut last) = (Vec::new(), 0usize);
    for _ in 0..input.varint()? {
        last = last.checked_add(input.varint()?)?;
        stable.push((last, Family::numbered(input.byte()?)?));
    }
    Some(stable)
}

fn classes(input: &mut Cursor<'_>) -> Option<Vec<Vec<Place>>> {
    let count = input.varint().filter(|count| *count <= classes::MOST)?;
    (0..count).map(|_| class(input)).collect()
}

fn class(input: &mut Cursor<'_>) -> Option<Vec<Place>> {
    const PARTIAL: u8 = 0x80;
    let mut places = Vec::new();
    for _ in 0..input.byte()? {
        let tag = input.byte()?;
        let mask = input.word()?;
        places.push(Place {
            side: Side::numbered(tag >> 4 & 7)?,
            library: Library::numbered(tag & 15)?,
            mask,
            partial: if tag & PARTIAL == 0 { 0 } else { input.word()? },
        });
    }
    Some(places)
}

fn names(input: &mut Cursor<'_>) -> Option<(Names, Vec<u16>)> {
    let count = input.varint()?;
    let (control, text) = (input.varint()?, input.varint()?);
    let mut control = Cursor(input.take(control)?);
    let mut text = Cursor(input.take(text)?);
    let (low, high) = (input.take(count)?, input.take(count)?);
    let mut names = Names::default();
    for _ in 0..count {
        let shared = usize::from(control.byte()?);
        let rest = control.varint()?;
        names.push_after(shared, text.take(rest)?)?;
    }
    let classes = low.iter().zip(high);
    let class_of = classes.map(|(low, high)| u16::from_le_bytes([*low, *high]));
    Some((names, class_of.collect()))
}
