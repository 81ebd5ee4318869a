//! Which parts of a slice anybody asks for, as its load commands tell: so that of a file that comes as a stream the
//! rest need not be kept. And the hashes of its pages, taken while it comes.

use std::cell::Cell;
use std::collections::BTreeMap;

use object::read::macho::MachHeader;
use sha2::{Digest, Sha256};

use super::command::{Commands, Range};
use super::slice::{self, Header};
use super::universal;

/// The largest page that a signature or a system uses.
const LARGEST_PAGE: u64 = 0x4000;

/// What the load commands of a slice tell of its parts; offsets in the slice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// Ranges that no question needs, in ascending order: from, to.
    pub spare: Vec<(u64, u64)>,
    /// How many bytes the code signature stands behind; 0 without one.
    pub signed: u64,
    /// The size of page that the signature has, as far as its own size tells.
    pub page: u64,
}

/// The page of most signatures: what linkers write, and codesign for Intel.
const USUAL_PAGE: u64 = 0x1000;

/// A SHA-256.
const SUM: u64 = 32;

/// What has no room for the sums of usual pages has larger ones: codesign's for Apple Silicon.
fn page(signature: Range) -> u64 {
    let usual = signature.offset.div_ceil(USUAL_PAGE).saturating_mul(SUM);
    if usual <= signature.size {
        USUAL_PAGE
    } else {
        LARGEST_PAGE
    }
}

/// The slices of a file, by its first bytes: offset and size, in ascending order. Empty for what is no Mach-O file.
pub fn slices(first: &[u8], length: u64) -> Vec<(u64, u64)> {
    match super::first_word(first) {
        Some(word) if slice::is_macho(word) => vec![(0, length)],
        Some(word) if universal::is_universal(word) => {
            let entries = universal::table(first).unwrap_or_default();
            let mut places: Vec<(u64, u64)> = entries
                .iter()
                .filter(|entry| entry.offset < length)
                .map(|entry| (entry.offset, entry.size))
                .collect();
            places.sort_unstable();
            places
        }
        Some(_) | None => Vec::new(),
    }
}

/// The parts of a slice of which the beginning is there; `None` as long as its load commands are not.
pub fn parts(beginning: &[u8]) -> Option<Parts> {
    let word = super::first_word(beginning)?;
    let Ok(header) = Header::parse(beginning, 0) else {
        // Of another kind: nothing is known of its parts.
        return (!slice::is_macho(word)).then(Parts::default);
    };
    let length = u64::try_from(beginning.len()).unwrap_or(u64::MAX);
    let commands = u64::from(header.sizeofcmds(object::LittleEndian));
    let header_size = commands.saturating_add(32);
    if header_size > length {
        return None;
    }
    let commands = Commands::walk(header, beginning);
    Some(Parts {
        spare: spare(&commands, header_size),
        signed: commands.signature.map_or(0, |place| place.offset),
        page: commands.signature.map_or(USUAL_PAGE, page),
    })
}

/// What lies between the load commands and the tables of the linker, without the first page of each segment.
fn spare(commands: &Commands, header_size: u64) -> Vec<(u64, u64)> {
    let Some(linkedit) = commands
        .segments
        .iter()
        .find(|segment| segment.name == "__LINKEDIT")
    else {
        return Vec::new();
    };
    let tables = tables(commands);
    let first = tables.iter().copied().fold(linkedit.fileoff, u64::min);
    let down = |offset: u64| offset - offset % LARGEST_PAGE;
    let mut at = header_size.next_multiple_of(LARGEST_PAGE);
    let end = down(first);
    let mut pages: Vec<u64> = commands
        .segments
        .iter()
        .map(|segment| down(segment.fileoff))
        .collect();
    pages.sort_unstable();
    let mut spare = Vec::new();
    for page in pages.into_iter().chain([end]) {
        if page > end {
            break;
        }
        if page > at {
            spare.push((at, page));
        }
        at = at.max(page.saturating_add(LARGEST_PAGE));
    }
    spare
}

/// Where the tables begin that load commands point at.
fn tables(commands: &Commands) -> Vec<u64> {
    let opcodes = commands.opcodes.unwrap_or_default();
    let ranges = [
        commands.trie,
        commands.chained,
        commands.signature,
        Some(opcodes.rebase),
        Some(opcodes.bind),
        Some(opcodes.weak_bind),
        Some(opcodes.lazy_bind),
    ];
    let symbols = commands.symtab.map(|table| {
        let size = table.count.max(table.strings_size).into();
        [table.offset, table.strings_offset].map(|offset| Range {
            offset: offset.into(),
            size,
        })
    });
    let ranges = ranges
        .into_iter()
        .flatten()
        .chain(symbols.into_iter().flatten());
    ranges
        .filter(|range| range.size > 0)
        .map(|range| range.offset)
        .collect()
}

/// The SHA-256 of every signed page of a file's slices.
#[derive(Debug, Default)]
pub struct Pages {
    slices: BTreeMap<u64, Taken>,
    /// The size of page that a signature has, where that is another.
    other: Cell<Option<u64>>,
}

/// The pages of one slice.
#[derive(Debug)]
struct Taken {
    size: u64,
    sums: Vec<[u8; 32]>,
    page: Sha256,
    in_page: u64,
    /// How many signed bytes are yet to come.
    left: u64,
    signed: u64,
}

impl Pages {
    /// A slice begins, of which that many bytes are signed, in pages of that size.
    pub fn begin(&mut self, slice: u64, signed: u64, page: u64) {
        let taken = Taken {
            size: page.max(1),
            sums: Vec::new(),
            page: Sha256::new(),
            in_page: 0,
            left: signed,
            signed,
        };
        self.slices.insert(slice, taken);
    }

    /// The next bytes of a slice.
    pub fn take(&mut self, slice: u64, mut bytes: &[u8]) {
        let Some(taken) = self.slices.get_mut(&slice) else {
            return;
        };
        while taken.left > 0 && !bytes.is_empty() {
            let room = taken.size.saturating_sub(taken.in_page).min(taken.left);
            let count = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
            let (now, rest) = bytes.split_at_checked(count).unwrap_or((bytes, &[]));
            let added = u64::try_from(now.len()).unwrap_or(u64::MAX);
            taken.left = taken.left.saturating_sub(added);
            taken.in_page = taken.in_page.saturating_add(added);
            taken.page.update(now);
            if taken.in_page >= taken.size || taken.left == 0 {
                taken.sums.push(taken.page.finalize_reset().into());
                taken.in_page = 0;
            }
            bytes = rest;
        }
    }

    /// The sums of a slice whose signature has that page size and covers so much; `None`: they are others.
    pub(super) fn sums(&self, slice: u64, page: u64, covered: u64) -> Option<&[[u8; 32]]> {
        let taken = self.slices.get(&slice);
        let fitting = taken.filter(|taken| page == taken.size && taken.signed == covered);
        if fitting.is_none() {
            self.other.set(Some(page));
        }
        fitting.map(|taken| taken.sums.as_slice())
    }

    /// A signature asked for other pages: of this size.
    pub fn lacking(&self) -> Option<u64> {
        self.other.get()
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::{Pages, Range, page};

    #[test]
    fn the_size_of_a_signature_tells_that_of_its_pages() {
        let of = |offset, size| page(Range { offset, size });
        assert_eq!(of(0x40_0000, 0x8000 + 300), 0x1000);
        assert_eq!(of(0x40_0000, 0x2000 + 0x4800), 0x4000);
    }

    #[test]
    fn pages_are_hashed_however_the_pieces_fall() {
        let bytes: Vec<u8> = (0..10_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        for size in [1, 7, 4095, 4096, 10_000] {
            let mut pages = Pages::default();
            pages.begin(0, 9000, 4096);
            bytes.chunks(size).for_each(|piece| pages.take(0, piece));
            let sums = pages.sums(0, 4096, 9000).expect("these pages");
            let signed = bytes.get(..9000).expect("so many");
            let expected: Vec<[u8; 32]> = signed
                .chunks(4096)
                .map(|page| Sha256::digest(page).into())
                .collect();
            assert_eq!(sums, expected);
        }
    }

    #[test]
    fn another_page_size_is_told() {
        let mut pages = Pages::default();
        pages.begin(0, 9000, 4096);
        assert_eq!(pages.lacking(), None);
        assert!(pages.sums(0, 0x4000, 9000).is_none());
        assert_eq!(pages.lacking(), Some(0x4000));
    }
}
