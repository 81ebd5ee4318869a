//! Symbol versions: DT_VERDEF (what the file defines), DT_VERNEED (what it asks of others), DT_VERSYM (which symbol
//! carries which).
//!
//! ```text
//! verdef:  version flags ndx cnt hash aux next        aux: name next
//! verneed: version cnt file aux next                  aux: hash flags other name next
//! ```
//! `next` is relative to the entry itself; zero ends a list. Offsets are unsigned, so a list only moves forward and
//! ends with the bytes at the latest.

use object::LittleEndian;
use object::elf;

use super::segments::{text_at, value_at};

type Verdef = elf::Verdef<LittleEndian>;
type Verdaux = elf::Verdaux<LittleEndian>;
type Verneed = elf::Verneed<LittleEndian>;
type Vernaux = elf::Vernaux<LittleEndian>;

/// A version that the file defines.
pub(super) struct Definition<'data> {
    /// Its index in DT_VERSYM.
    pub(super) index: u16,
    /// The entry that only names the file (VER_FLG_BASE): symbols with it count as unversioned.
    pub(super) base: bool,
    pub(super) name: &'data [u8],
}

/// A version that the file asks of another one.
pub(super) struct Requirement<'data> {
    /// Its index in DT_VERSYM.
    pub(super) index: u16,
    /// May be absent (VER_FLG_WEAK).
    pub(super) weak: bool,
    pub(super) name: &'data [u8],
    pub(super) library: &'data [u8],
}

/// More versions than any library has. Each yields a text, so their number must be bounded.
const MOST_VERSIONS: usize = 1 << 10;

/// The definitions in file order. A damaged entry ends the list.
pub(super) fn definitions<'data>(
    table: &'data [u8],
    strings: &'data [u8],
) -> impl Iterator<Item = Definition<'data>> {
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let offset: u64 = next.take()?;
        let entry = value_at::<Verdef>(table, offset)?;
        next = following(offset, entry.vd_next.get(LittleEndian));
        let aux = value_at::<Verdaux>(
            table,
            offset.checked_add(entry.vd_aux.get(LittleEndian).into())?,
        )?;
        Some(Definition {
            index: entry.vd_ndx.get(LittleEndian).0 & INDEX,
            base: entry.vd_flags.get(LittleEndian).contains(elf::VER_FLG_BASE),
            name: text_at(strings, aux.vda_name.get(LittleEndian).into())?,
        })
    })
    .take(MOST_VERSIONS)
}

/// The requirements in file order, those on one library together. A damaged entry ends the list.
pub(super) fn requirements<'data>(
    table: &'data [u8],
    strings: &'data [u8],
) -> impl Iterator<Item = Requirement<'data>> {
    let mut next_library = Some(0);
    let mut library: &[u8] = b"";
    let mut next = None;
    std::iter::from_fn(move || {
        if next.is_none() {
            let offset: u64 = next_library.take()?;
            let entry = value_at::<Verneed>(table, offset)?;
            next_library = following(offset, entry.vn_next.get(LittleEndian));
            library = text_at(strings, entry.vn_file.get(LittleEndian).into())?;
            next = offset.checked_add(entry.vn_aux.get(LittleEndian).into());
        }
        let offset: u64 = next.take()?;
        let entry = value_at::<Vernaux>(table, offset)?;
        next = following(offset, entry.vna_next.get(LittleEndian));
        Some(Requirement {
            index: entry.vna_other.get(LittleEndian).0 & INDEX,
            weak: entry
                .vna_flags
                .get(LittleEndian)
                .contains(elf::VER_FLG_WEAK),
            name: text_at(strings, entry.vna_name.get(LittleEndian).into())?,
            library,
        })
    })
    .take(MOST_VERSIONS)
}

fn following(offset: u64, step: u32) -> Option<u64> {
    if step == 0 {
        return None;
    }
    offset.checked_add(step.into())
}

/// DT_VERSYM of one symbol: version index and the hidden bit.
pub(super) fn of_symbol(versym: &[u8], symbol: u32) -> Option<(u16, bool)> {
    let word = value_at::<elf::Versym<LittleEndian>>(versym, u64::from(symbol).checked_mul(2)?)?;
    let word = word.0.get(LittleEndian).0;
    Some((word & INDEX, word & HIDDEN != 0))
}

const INDEX: u16 = 0x7fff;
const HIDDEN: u16 = 0x8000;
