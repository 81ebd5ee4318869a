//! Reads a text of any size in pieces, and keeps only the lines around words that could belong to a message.
//!
//! Most lines of a log have no such word: one pass over the bytes skips them. Of the rest, most are of a shape that was
//! seen before and told nothing. So a log is read about as fast as it can be searched.

use std::collections::VecDeque;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::block::Findings;
use super::marker::SUCCESSES;
use super::shape::Shapes;
use super::{Explanation, Line, clean, scan};

/// Lines kept before and after a line with a marker.
pub(super) const CONTEXT: usize = 12;
/// A block ends here, however many markers follow.
pub(super) const BLOCK_LINES: usize = 300;
/// Bytes at which a block ends.
const BLOCK_BYTES: usize = 256 * 1024;
/// Bytes of a line that are looked at; what is behind them is skipped.
const LINE_BYTES: usize = 64 * 1024;
/// Context needs no more of a long line than this.
const CONTEXT_BYTES: usize = 4 * 1024;

/// Only a search for the leftmost word looks for all of them at once, several bytes in a step.
static SUCCESS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let mut search = AhoCorasick::builder();
    let search = search.match_kind(MatchKind::LeftmostFirst);
    search.build(SUCCESSES).expect("words of ours")
});

/// Words that say that some of it did not.
static SETBACK: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::new([" failed", " error in", " errors in", " error,", " errors,"])
        .expect("words of ours")
});

/// The line says that what came before ended well, all of it: pytest counts failures beside successes.
fn is_success(line: &[u8]) -> bool {
    SUCCESS.is_match(line) && !SETBACK.is_match(line)
}

static FAILURE: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(["Failed to build"]).expect("words of ours"));

/// Reads a text piece by piece.
#[derive(Debug, Default)]
pub struct Reader {
    /// Lines that were read.
    number: u64,
    /// A line whose end was not read yet.
    pending: Vec<u8>,
    /// The last lines, should the next one open a block.
    before: VecDeque<Vec<u8>>,
    block: Vec<Line>,
    bytes: usize,
    /// Lines without a marker at the end of the block.
    quiet: usize,
    shapes: Shapes,
    findings: Findings,
    /// The line before said that all went well.
    ended_well: bool,
}

impl Reader {
    /// A reader that has read nothing.
    pub fn new() -> Self {
        Reader::default()
    }

    /// Reads the next line, without its line feed.
    pub fn line(&mut self, raw: &[u8]) {
        self.read(raw);
        self.read(b"\n");
    }

    /// Reads the next piece, which may end anywhere.
    pub fn read(&mut self, piece: &[u8]) {
        let mut piece = piece;
        if !self.pending.is_empty() {
            let (head, rest) = first_line(piece);
            self.keep_pending(head);
            if !head.ends_with(b"\n") {
                return;
            }
            let line = std::mem::take(&mut self.pending);
            self.lines(&line);
            piece = rest;
        }
        let end = memchr::memrchr(b'\n', piece).map_or(0, |at| at.saturating_add(1));
        let (whole, rest) = piece.split_at_checked(end).unwrap_or((piece, b""));
        self.lines(whole);
        self.keep_pending(rest);
    }

    /// What the text says.
    pub fn finish(mut self) -> Explanation {
        let line = std::mem::take(&mut self.pending);
        self.lines(&line);
        self.close();
        if self.ended_well {
            self.findings.survived();
        }
        self.findings.explanation(self.number)
    }

    /// Of a line without end only the start is kept.
    fn keep_pending(&mut self, part: &[u8]) {
        let room = LINE_BYTES.saturating_sub(self.pending.len());
        match part.split_at_checked(room) {
            Some((start, rest)) if !rest.is_empty() => {
                self.pending.extend_from_slice(start);
                if rest.ends_with(b"\n") {
                    self.pending.push(b'\n');
                }
            }
            _ => self.pending.extend_from_slice(part),
        }
    }

    /// Reads whole lines.
    fn lines(&mut self, text: &[u8]) {
        let mut markers = scan::markers(text).into_iter().peekable();
        let mut rest = text;
        // Where the lines start of which none is in a block: the context of the next one, and not counted yet.
        let mut context = text;
        while !rest.is_empty() {
            let at = text.len().saturating_sub(rest.len());
            if !self.block.is_empty() || self.ended_well {
                let (line, after) = first_line(rest);
                let end = at.saturating_add(line.len());
                self.follow(line, markers.next_if(|marker| *marker < end).is_some());
                (rest, context) = (after, after);
                continue;
            }
            let Some(marker) = markers.next() else { break };
            let marker = marker.saturating_sub(at);
            let before = rest.get(..marker).unwrap_or_default();
            let start = memchr::memrchr(b'\n', before).map_or(0, |at| at.saturating_add(1));
            let found = rest.get(start..).unwrap_or_default();
            let (line, after) = first_line(found);
            if is_success(line) || self.shapes.is_news(line, marker.saturating_sub(start)) {
                let used = context.len().saturating_sub(found.len());
                self.pass_over(context.get(..used).unwrap_or_default());
                self.follow(line, true);
                context = after;
            }
            rest = after;
        }
        self.pass_over(context);
    }

    /// Counts lines that are in no block, and keeps the last ones.
    fn pass_over(&mut self, text: &[u8]) {
        let ends = memchr::memchr_iter(b'\n', text).count();
        let open = usize::from(!text.is_empty() && !text.ends_with(b"\n"));
        let lines = u64::try_from(ends.saturating_add(open)).unwrap_or(u64::MAX);
        self.number = self.number.saturating_add(lines);
        self.remember(text);
    }

    /// Keeps the last lines of what was skipped.
    fn remember(&mut self, text: &[u8]) {
        let mut last: VecDeque<&[u8]> = VecDeque::with_capacity(CONTEXT);
        let mut rest = text.strip_suffix(b"\n").unwrap_or(text);
        while !text.is_empty() && last.len() < CONTEXT {
            let start = memchr::memrchr(b'\n', rest);
            let line = rest.get(start.map_or(0, |at| at.saturating_add(1))..);
            last.push_front(line.unwrap_or_default());
            let Some(start) = start else { break };
            rest = rest.get(..start).unwrap_or_default();
        }
        let surplus = self.before.len().saturating_add(last.len());
        for _ in CONTEXT..surplus {
            self.before.pop_front();
        }
        for line in last {
            let short = line.get(..CONTEXT_BYTES).unwrap_or(line);
            self.before.push_back(short.to_vec());
        }
    }

    /// Takes a line into the block that it opens or goes on with; `marked` says that it has a marker.
    fn follow(&mut self, line: &[u8], marked: bool) {
        // pip lists what it built, and on the next line what it did not.
        if std::mem::take(&mut self.ended_well) && !FAILURE.is_match(line) {
            self.findings.survived();
            self.shapes.clear();
        }
        self.number = self.number.saturating_add(1);
        if marked {
            let mut context = std::mem::take(&mut self.before);
            if !self.block.is_empty() {
                context.clear();
            }
            let first = self
                .number
                .saturating_sub(u64::try_from(context.len()).unwrap_or(0));
            for (raw, number) in context.iter().zip(first..) {
                self.keep(number, raw);
            }
            self.keep(self.number, line);
            self.quiet = 0;
        } else {
            // The quiet end of a block is what stands before the next one.
            self.remember(line);
            if !self.block.is_empty() {
                self.keep(self.number, line);
                self.quiet = self.quiet.saturating_add(1);
            }
        }
        let full = self.block.len() >= BLOCK_LINES || self.bytes >= BLOCK_BYTES;
        if full || self.quiet >= CONTEXT {
            self.close();
        }
        if is_success(line) {
            self.close();
            self.ended_well = true;
        }
    }

    fn keep(&mut self, number: u64, raw: &[u8]) {
        let raw = raw.get(..raw.len().min(LINE_BYTES)).unwrap_or(raw);
        let raw = String::from_utf8_lossy(raw);
        let (text, width) = (clean::clean(&raw), clean::width(&raw));
        self.bytes = self.bytes.saturating_add(text.len());
        self.block.push(Line {
            number,
            text,
            width,
            blank: raw.trim_end_matches(['\r', '\n']).ends_with(' '),
        });
    }

    fn close(&mut self) {
        let block = std::mem::take(&mut self.block);
        (self.bytes, self.quiet) = (0, 0);
        if !block.is_empty() {
            self.findings.block(&block);
        }
    }

    /// What is kept of the text at this moment.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.block.len().max(self.before.len())
    }

    /// The causes told of so far.
    #[cfg(test)]
    pub(super) fn told(&self) -> usize {
        self.findings.len()
    }
}

/// The first line with its line feed, and what follows it.
fn first_line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memchr(b'\n', text).map_or(text.len(), |at| at.saturating_add(1));
    text.split_at_checked(end).unwrap_or((text, b""))
}
