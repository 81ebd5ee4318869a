//! A native file that comes as a stream: what anybody asks of it is kept, the rest is hashed and let go. A library of
//! 420 MB leaves some 60.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::archive::Member;
use super::inflate::MemberError;
use super::native::{NativeFile, is_elf};
use crate::macho::{self, PageHashes, Pages, Parts};

/// Nobody's machine code packs better; archives that do are made to fill a memory.
const MOST_TIMES: u64 = 200;

/// Below that a file may pack as well as it likes.
const SMALL: u64 = 8 << 20;

/// How much of all native files of an archive may be kept at a time, in bytes: in proportion to the archive, so that a
/// small one cannot fill a memory.
pub(super) struct Budget(AtomicU64);

impl Budget {
    const FIXED: u64 = 96 << 20;
    const TIMES: u64 = 10;

    pub(super) fn of(archive: usize) -> Budget {
        let size = u64::try_from(archive).unwrap_or(u64::MAX);
        Budget(AtomicU64::new(
            size.saturating_mul(Budget::TIMES)
                .saturating_add(Budget::FIXED),
        ))
    }

    fn spend(&self, bytes: usize) -> bool {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let spent = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            });
        spent.is_ok()
    }
}

/// What is to be known of a file's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// All of them are compared with the signature, in pages of this size; `None`: of that which the load commands
    /// suggest.
    Pages(Option<u64>),
    /// As [`Want::Pages`], where only the bytes themselves will do.
    Bytes,
    /// Those that editing tools change.
    Sample,
}

impl Want {
    pub(super) fn usual() -> Want {
        Want::Pages(None)
    }
}

/// What came out of a stream.
pub(super) enum Sifted {
    /// Neither Mach-O nor ELF.
    Other,
    /// A native file.
    Native(NativeFile),
    /// It must be read again, for that.
    Again(Want),
    /// More than may be kept.
    Failed(MemberError),
}

/// Keeps of a stream what is needed of a native file, and nothing of any other.
pub(super) struct Sieve<'a> {
    size: u64,
    packed: u64,
    want: Want,
    budget: &'a Budget,
    state: State,
}

enum State {
    Fresh,
    Other,
    TooMuch,
    Native(Box<Kept>),
}

/// A native file as far as it has come.
struct Kept {
    /// As long as the file; what is let go is zero, and takes no memory where nobody wrote.
    bytes: Vec<u8>,
    filled: usize,
    slices: Vec<Slice>,
    want: Want,
    /// `None` where their sums are not wanted.
    pages: Option<Pages>,
}

struct Slice {
    place: Range<usize>,
    /// `None` as long as its load commands have not come.
    parts: Option<Parts>,
}

impl<'a> Sieve<'a> {
    pub(super) fn new(member: &Member, want: Want, budget: &'a Budget) -> Self {
        Sieve {
            size: member.size,
            packed: member.end.saturating_sub(member.start),
            want,
            budget,
            state: State::Fresh,
        }
    }

    pub(super) fn take(&mut self, piece: &[u8]) {
        if matches!(self.state, State::Fresh) {
            self.state = self.begun(piece);
        }
        let State::Native(kept) = &mut self.state else {
            return;
        };
        if !kept.take(piece, self.budget) {
            self.state = State::TooMuch;
        }
    }

    fn begun(&self, first: &[u8]) -> State {
        if !macho::is_macho(first) && !is_elf(first) {
            return State::Other;
        }
        let unpacks_well = self.size > self.packed.saturating_mul(MOST_TIMES);
        let Ok(size) = usize::try_from(self.size) else {
            return State::TooMuch;
        };
        if self.size > SMALL && unpacks_well {
            return State::TooMuch;
        }
        let slices = match self.want {
            Want::Bytes => Vec::new(),
            Want::Pages(_) | Want::Sample => macho::slices(first, self.size),
        };
        let pages = match self.want {
            Want::Pages(_) => Some(Pages::default()),
            Want::Bytes | Want::Sample => None,
        };
        let place = |(offset, size): (u64, u64)| {
            let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
            Slice {
                place: at(offset)..at(offset.saturating_add(size)),
                parts: None,
            }
        };
        State::Native(Box::new(Kept {
            bytes: vec![0; size],
            filled: 0,
            slices: slices.into_iter().map(place).collect(),
            want: self.want,
            pages,
        }))
    }

    pub(super) fn finish(self) -> Sifted {
        let kept = match self.state {
            State::Fresh | State::Other => return Sifted::Other,
            State::TooMuch => return Sifted::Failed(MemberError::Bloated),
            State::Native(kept) => kept,
        };
        let Kept { bytes, pages, .. } = *kept;
        let hashes = match (self.want, &pages) {
            (Want::Pages(_), Some(pages)) => PageHashes::Taken(pages),
            (Want::Sample, _) => PageHashes::Sampled,
            (Want::Pages(_) | Want::Bytes, _) => PageHashes::All,
        };
        let native = NativeFile::read(Arc::new(bytes), hashes);
        match (self.want, pages.and_then(|pages| pages.lacking())) {
            (Want::Pages(had), Some(page)) => Sifted::Again(again(had, page)),
            _ => native.map_or(Sifted::Other, Sifted::Native),
        }
    }
}

/// Once more with the pages of the signature; where that was so already, with all bytes.
fn again(had: Option<u64>, page: u64) -> Want {
    let is_usual = page.is_power_of_two() && (0x1000..=0x1_0000).contains(&page);
    match is_usual && had.is_none() {
        true => Want::Pages(Some(page)),
        false => Want::Bytes,
    }
}

/// Of a slice up to that size every page may be asked for.
const SMALL_SLICE: usize = 1 << 20;

impl Kept {
    /// `false`: there is no room for it.
    fn take(&mut self, piece: &[u8], budget: &Budget) -> bool {
        let start = self.filled;
        let end = start.saturating_add(piece.len());
        let spare = self.spare(start, end);
        let mut at = start;
        for gap in spare.into_iter().chain(std::iter::once(end..end)) {
            let wanted = at..gap.start.max(at);
            let from = wanted.start.saturating_sub(start)..wanted.end.saturating_sub(start);
            if let (Some(to), Some(from)) = (self.bytes.get_mut(wanted), piece.get(from)) {
                if !budget.spend(from.len()) {
                    return false;
                }
                to.copy_from_slice(from);
            }
            at = at.max(gap.end);
        }
        self.hash(start, piece);
        self.filled = end;
        self.plan();
        true
    }

    /// What of this stretch may go, in ascending order.
    fn spare(&self, start: usize, end: usize) -> Vec<Range<usize>> {
        let mut spare: Vec<Range<usize>> = Vec::new();
        for slice in &self.slices {
            for (from, to) in slice.parts.iter().flat_map(|parts| &parts.spare) {
                let at = |offset: &u64| {
                    usize::try_from(*offset)
                        .unwrap_or(usize::MAX)
                        .saturating_add(slice.place.start)
                };
                let (from, to) = (at(from).max(start), at(to).min(end).min(slice.place.end));
                if from < to {
                    spare.push(from..to);
                }
            }
        }
        spare.sort_unstable_by_key(|range| range.start);
        spare
    }

    fn hash(&mut self, start: usize, piece: &[u8]) {
        let Some(pages) = &mut self.pages else {
            return;
        };
        for slice in self.slices.iter().filter(|slice| slice.parts.is_some()) {
            let from = slice.place.start.max(start).saturating_sub(start);
            let to = slice.place.end.saturating_sub(start).min(piece.len());
            if let Some(own) = piece.get(from..to) {
                pages.take(offset(slice.place.start), own);
            }
        }
    }

    /// Slices whose load commands have come.
    fn plan(&mut self) {
        for slice in self.slices.iter_mut().filter(|slice| slice.parts.is_none()) {
            let Some(come) = self
                .bytes
                .get(slice.place.start..slice.place.end.min(self.filled))
            else {
                continue;
            };
            let Some(mut parts) = macho::parts(come) else {
                continue;
            };
            if self.want == Want::Sample && slice.place.len() <= SMALL_SLICE {
                parts.spare.clear();
            }
            let start = offset(slice.place.start);
            if let Some(pages) = self.pages.as_mut().filter(|_| parts.signed > 0) {
                let page = match self.want {
                    Want::Pages(Some(page)) => page,
                    Want::Pages(None) | Want::Bytes | Want::Sample => parts.page,
                };
                pages.begin(start, parts.signed, page);
                pages.take(start, come);
            }
            slice.parts = Some(parts);
        }
    }
}

fn offset(at: usize) -> u64 {
    u64::try_from(at).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
