//! Every wording of dyld's that is read here, with the generations that print it and what it means.
//!
//! What differs stands in braces: `{path}`, `{uuid}`, `{n}`. A refusal of one path is looked up here by its first words;
//! `tests/dyld/templates.rs` fills each row for each of its generations and reads it back.

mod refusals;

use super::{Generation, why};
use crate::load::Reason;

pub use refusals::REFUSALS;

/// One wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// The words, with the names of what differs in braces.
    pub words: &'static str,
    /// The first generation that prints it.
    pub since: Generation,
    /// The last one.
    pub until: Generation,
    /// What it means.
    pub reason: Reason,
}

/// A piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Words that stand so in every message.
    Fixed(&'a str),
    /// The name of what differs.
    Named(&'a str),
}

impl Template {
    const fn new(
        reason: Reason,
        since: Generation,
        until: Generation,
        words: &'static str,
    ) -> Template {
        Template {
            words,
            since,
            until,
            reason,
        }
    }

    /// This generation prints it.
    pub fn is_of(&self, generation: Generation) -> bool {
        self.since <= generation && generation <= self.until
    }

    /// Its words and names, in order.
    pub fn pieces(&self) -> Vec<Piece<'static>> {
        let mut pieces = Vec::new();
        let mut rest = self.words;
        while let Some((fixed, after)) = rest.split_once('{') {
            let Some((name, behind)) = after.split_once('}') else {
                break;
            };
            if !fixed.is_empty() {
                pieces.push(Piece::Fixed(fixed));
            }
            pieces.push(Piece::Named(name));
            rest = behind;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Fixed(rest));
        }
        pieces
    }

    /// The text starts as this wording does. What starts with a name is recognised by the words behind it.
    pub fn starts(&self, text: &str) -> bool {
        let mut pieces = self.pieces().into_iter();
        match pieces.next() {
            Some(Piece::Fixed(start)) => starts_with(text, start),
            Some(Piece::Named(_)) => match pieces.next() {
                Some(Piece::Fixed(inner)) => text.contains(inner),
                Some(Piece::Named(_)) | None => false,
            },
            None => text.is_empty(),
        }
    }

    /// The whole text is this wording.
    pub fn fits(&self, text: &str) -> bool {
        let mut rest = text;
        let mut is_open = false;
        for piece in self.pieces() {
            let Piece::Fixed(words) = piece else {
                is_open = true;
                continue;
            };
            let Some(at) = rest.find(words).filter(|at| is_open || *at == 0) else {
                return false;
            };
            rest = rest
                .get(at.saturating_add(words.len())..)
                .unwrap_or_default();
            is_open = false;
        }
        is_open || rest.is_empty()
    }
}

/// The text starts with these words, whatever blanks a log put between them.
fn starts_with(text: &str, start: &str) -> bool {
    let mut rest = text;
    for word in start.split_whitespace() {
        let Some(after) = rest.trim_start().strip_prefix(word) else {
            return false;
        };
        rest = after;
    }
    true
}

use Generation::{Before12, V12_0, V12_5, V13, V14_0, V14_4, V15_0, V15_4, V26};
use Reason::{ArchMismatch, LibraryNotFound, Malformed, SymbolNotFound};

/// What was tried: of [`REFUSALS`] one or more, or words that stand instead of or behind them.
pub const LISTS: &[Template] = &[
    Template::new(
        LibraryNotFound,
        Before12,
        Before12,
        "no suitable image found.  Did find:\n\t{path}: {why}",
    ),
    Template::new(LibraryNotFound, Before12, V12_5, "image not found"),
    Template::new(LibraryNotFound, V12_0, V26, "tried: '{path}' ({why})"),
    Template::new(
        LibraryNotFound,
        V12_0,
        V26,
        "tried: '{path}' ({why}), (security policy does not allow @ path expansion)",
    ),
    Template::new(LibraryNotFound, V14_0, V26, why::NO_RPATHS),
    Template::new(LibraryNotFound, V15_0, V26, why::NO_RPATHS_USED),
    Template::new(
        LibraryNotFound,
        Before12,
        Before12,
        "Incompatible library version: {path} requires version {version} or later, but {path} provides version {version}",
    ),
];

/// What stands behind `dlopen(...): ` or `dyld[...]: `. `{list}` is one of [`LISTS`].
pub const REASONS: &[Template] = &[
    Template::new(LibraryNotFound, Before12, V26, "{list}"),
    Template::new(
        LibraryNotFound,
        Before12,
        V12_0,
        "Library not loaded: {library}\n  Referenced from: {image}\n  Reason: {list}",
    ),
    Template::new(
        LibraryNotFound,
        V12_5,
        V12_5,
        "Library not loaded: '{library}'\n  Referenced from: '{image}'\n  Reason: {list}",
    ),
    Template::new(
        LibraryNotFound,
        V13,
        V26,
        "Library not loaded: {library}\n  Referenced from: <{uuid}> {image}{too_new}\n  Reason: {list}",
    ),
    Template::new(
        LibraryNotFound,
        Before12,
        Before12,
        "dependent dylib '{library}' not found for '{image}', tried but didn't find: '{path}'",
    ),
    Template::new(
        ArchMismatch,
        Before12,
        Before12,
        "missing compatible arch in {path}",
    ),
    Template::new(
        ArchMismatch,
        Before12,
        Before12,
        "could not use '{path}' because it is not a compatible arch",
    ),
    Template::new(
        SymbolNotFound,
        Before12,
        Before12,
        "Symbol not found: {symbol}\n  Referenced from: {image}{too_new}\n  Expected in: {provider}\n in {image}",
    ),
    Template::new(
        SymbolNotFound,
        V12_0,
        V12_0,
        "Symbol not found: {symbol}\n  Referenced from: {image}\n  Expected in: {provider}",
    ),
    Template::new(
        SymbolNotFound,
        V12_5,
        V12_5,
        "Symbol not found: ({symbol})\n  Referenced from: '{image}'\n  Expected in: '{provider}'",
    ),
    Template::new(
        SymbolNotFound,
        V13,
        V26,
        "Symbol not found: {symbol}\n  Referenced from: <{uuid}> {image}{too_new}\n  Expected in:     <{uuid}> {provider}",
    ),
    Template::new(
        SymbolNotFound,
        V12_0,
        V12_0,
        "symbol not found in flat namespace '{symbol}'",
    ),
    Template::new(
        SymbolNotFound,
        V12_5,
        V12_5,
        "symbol not found in flat namespace ({symbol})",
    ),
    Template::new(
        SymbolNotFound,
        V13,
        V26,
        "symbol not found in flat namespace '{symbol}'",
    ),
    Template::new(
        SymbolNotFound,
        Before12,
        V12_5,
        "weak-def symbol not found ({symbol})",
    ),
    Template::new(
        SymbolNotFound,
        V13,
        V14_4,
        "weak-def symbol not found '{symbol}'",
    ),
    Template::new(
        SymbolNotFound,
        V15_0,
        V26,
        "Symbol not found: {symbol}\n  Referenced from: <{uuid}> {image}\n  Expected as weak-def export from some loaded dylib",
    ),
    Template::new(
        Malformed,
        Before12,
        V26,
        "unknown library ordinal {n} in {image} when binding '{symbol}'",
    ),
    Template::new(
        SymbolNotFound,
        Before12,
        V15_0,
        "re-export ordinal {n} in {path} out of range for {symbol}",
    ),
    Template::new(
        SymbolNotFound,
        V15_4,
        V26,
        "re-export ordinal {n} in {path} out of range for {symbol}\n  Referenced from: <{uuid}> {image}{too_new}\n  Expected in:     <{uuid}> {provider}",
    ),
    Template::new(Malformed, Before12, V26, "malformed import table"),
    Template::new(
        Malformed,
        Before12,
        V26,
        "malformed import table, string overflow",
    ),
    Template::new(Malformed, Before12, V26, "unknown imports format"),
    Template::new(Malformed, Before12, V26, "bad bind opcode 0x{x}"),
    Template::new(Malformed, Before12, V26, "bad lazy bind opcode 0x{x}"),
    Template::new(Malformed, Before12, V26, "unknown rebase opcode 0x{x}"),
    Template::new(
        Malformed,
        Before12,
        V26,
        "rebase opcodes terminated early at offset {n} of {n}",
    ),
    Template::new(
        Malformed,
        Before12,
        V26,
        "unexpected dylib ordinal in weak_bind",
    ),
    Template::new(
        Malformed,
        Before12,
        V26,
        "bad BIND_OPCODE_THREADED sub-opcode 0x{x}",
    ),
    Template::new(
        Malformed,
        Before12,
        V15_0,
        "malformed trie node, child node extends past end of trie",
    ),
    Template::new(
        Malformed,
        Before12,
        V15_0,
        "malformed trie child, nodeOffset=0x{x} out of range",
    ),
    Template::new(
        Malformed,
        Before12,
        V15_0,
        "malformed trie child, cycle to nodeOffset=0x{x}",
    ),
    Template::new(
        Malformed,
        V15_4,
        V26,
        "malformed trie node, child node extends past end of trie\n\n  Referenced from: <{uuid}> {image}{too_new}\n  Expected in:     <{uuid}> {provider}",
    ),
    Template::new(Malformed, Before12, V26, "malformed uleb128"),
    Template::new(Malformed, Before12, V26, "malformed sleb128"),
    Template::new(Malformed, Before12, V26, "uleb128 too big for uint64"),
    Template::new(
        Malformed,
        Before12,
        V26,
        "out of range bind ordinal {n} (max {n})",
    ),
    Template::new(
        Malformed,
        V15_4,
        V26,
        "failed to set up thread local variables for '{path}': {words}",
    ),
    Template::new(
        Malformed,
        V15_4,
        V26,
        "function variant table missing for '{symbol}'",
    ),
    Template::new(
        Malformed,
        V15_4,
        V26,
        "function variant index {n} too large for '{symbol}'",
    ),
];

/// What other calls than `dlopen` say. `{reason}` is one of [`REASONS`].
pub const CALLS: &[Template] = &[
    Template::new(
        LibraryNotFound,
        V12_0,
        V26,
        "dlopen_preflight({path}) => false, {reason}",
    ),
    Template::new(
        SymbolNotFound,
        Before12,
        V26,
        "dlsym({handle}, {symbol}): symbol not found",
    ),
];

/// What a wording behind the envelope means that names no library, no symbol and no list.
pub(super) fn damage(text: &str) -> Option<Reason> {
    let plain = |template: &&Template| {
        !template.words.contains("{list}")
            && matches!(template.reason, Malformed | ArchMismatch)
            && template.starts(text)
    };
    REASONS.iter().find(plain).map(|template| template.reason)
}

/// A list of what was tried starts here.
pub(super) fn is_list(text: &str) -> bool {
    LISTS.iter().any(|template| template.starts(text))
}

/// dyld says this of a path.
pub(super) fn is_refusal(why: &str) -> bool {
    REFUSALS
        .iter()
        .any(|template| !template.words.is_empty() && template.starts(why))
}

/// The kind of failure that a refusal of one path stands for. Unknown words are of some damage.
pub(super) fn refusal(why: &str) -> Reason {
    let known = REFUSALS.iter().find(|template| template.starts(why));
    known.map_or(Malformed, |template| template.reason)
}
