//! dyld's messages back into failures: predictions and observations are compared field by field.
//!
//! Real messages come out of logs: wrapped, indented, prefixed (`E   `, `> `), several in one text, since dyld appends
//! one error to the other. So markers are searched for, not lines.

use super::message::FLAT;
use super::{template, why};
use crate::load::{Attempt, LoadFailure, Reason};

const LIBRARY: &str = "Library not loaded:";
const SYMBOL: &str = "Symbol not found:";
const FLAT_SYMBOL: &str = "symbol not found in flat namespace";
const WEAK_SYMBOL: &str = "weak-def symbol not found";
const ORDINAL: &str = "unknown library ordinal";
const REEXPORT: &str = "re-export ordinal";
/// dyld3's.
const DEPENDENT: &str = "dependent dylib ";
/// A symbol that a program asks for by its name, as C knows it.
const LOOKUP: &str = "dlsym(";
const KILLED: &str = "Killed: 9 (Code Signature Invalid: a page of ";
const TRIED: &str = "tried:";
const DID_FIND: &str = "Did find:";
pub(super) const MARKERS: [&str; 9] = [
    LIBRARY,
    SYMBOL,
    FLAT_SYMBOL,
    WEAK_SYMBOL,
    ORDINAL,
    REEXPORT,
    DEPENDENT,
    LOOKUP,
    KILLED,
];

/// The first failure that a text of dlerror's, an ImportError's or a log's tells of.
pub fn parse(text: &str) -> Option<LoadFailure> {
    parse_all(text).into_iter().next()
}

/// Every failure that a text tells of, in its order.
pub fn parse_all(text: &str) -> Vec<LoadFailure> {
    let mut starts: Vec<(usize, &str)> = Vec::new();
    for marker in MARKERS {
        starts.extend(text.match_indices(marker).map(|(at, _)| (at, marker)));
    }
    starts.sort_unstable();
    let only_lookups = starts.iter().all(|(_, marker)| *marker == LOOKUP);
    let opened = only_lookups.then(|| opened(text)).flatten();
    let ends = starts.iter().skip(1).map(|(at, _)| *at).chain([text.len()]);
    let pieces = starts.iter().zip(ends);
    let failures = pieces.filter_map(|((start, marker), end)| {
        let envelope = Envelope::before(text, *start);
        let piece = text.get(*start..end)?;
        let body = piece.strip_prefix(marker)?;
        let mut failure = read(marker, body)?;
        let prefix = envelope.map(|envelope| envelope.text).unwrap_or_default();
        failure.message = format!("{prefix}{}", piece.trim_end());
        Some(failure)
    });
    opened.into_iter().chain(failures).collect()
}

/// `dlopen(path, 0x0002): ` or `dlopen_preflight(path) => false, ` before a reason.
struct Envelope<'a> {
    path: &'a str,
    text: &'a str,
}

impl<'a> Envelope<'a> {
    /// The envelope that ends right before `at`.
    fn before(text: &'a str, at: usize) -> Option<Self> {
        let front = text.get(..at)?;
        if let Some(envelope) = preflight(front) {
            return Some(envelope);
        }
        let envelope = front.get(front.rfind("dlopen(")?..)?;
        let inner = envelope
            .trim_end()
            .strip_suffix("):")?
            .strip_prefix("dlopen(")?;
        // A log may have wrapped the line before the mode.
        let (path, mode) = inner.rsplit_once(',')?;
        let mode = mode.trim();
        let digits = mode.strip_prefix("0x").unwrap_or(mode);
        let is_mode = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit());
        let text = envelope;
        is_mode.then_some(Envelope { path, text })
    }
}

fn preflight(front: &str) -> Option<Envelope<'_>> {
    const CALL: &str = "dlopen_preflight(";
    let text = front.get(front.rfind(CALL)?..)?;
    let path = text.trim_end().strip_suffix(") => false,")?;
    let path = path.strip_prefix(CALL)?;
    Some(Envelope { path, text })
}

fn read(marker: &str, body: &str) -> Option<LoadFailure> {
    match marker {
        LIBRARY => library(body),
        SYMBOL => symbol(body),
        FLAT_SYMBOL => {
            let mut found = LoadFailure::of(Reason::SymbolNotFound, &quoted(body)?);
            found.expected_in = Some(FLAT.to_owned());
            Some(found)
        }
        WEAK_SYMBOL => Some(LoadFailure::of(Reason::SymbolNotFound, &quoted(body)?)),
        ORDINAL => {
            let (image, symbol) = body.split_once("when binding ")?;
            let mut found = LoadFailure::of(Reason::Malformed, &quoted(symbol)?);
            found.referenced_from = image
                .split_once(" in ")
                .map(|(_, path)| path.trim().to_owned());
            Some(found)
        }
        REEXPORT => {
            let (_, symbol) = body.split_once("out of range for ")?;
            let mut found = LoadFailure::of(Reason::SymbolNotFound, first_word(symbol)?);
            found.referenced_from = field(body, "Referenced from:");
            found.expected_in = field(body, "Expected in:");
            Some(found)
        }
        DEPENDENT => {
            let (library, rest) = body.split_once(" not found for ")?;
            let mut found = LoadFailure::of(Reason::LibraryNotFound, &quoted(library)?);
            found.referenced_from = quoted(rest);
            Some(found)
        }
        LOOKUP => {
            let (inner, said) = body.split_once("):")?;
            let (_, symbol) = inner.split_once(',')?;
            let symbol = first_word(symbol)?;
            let is_said = said.trim_start().starts_with("symbol not found");
            is_said.then(|| LoadFailure::of(Reason::SymbolNotFound, symbol))
        }
        _ => {
            let (path, _) = body.split_once(" is not what was signed)")?;
            Some(LoadFailure::of(Reason::Codesign, path))
        }
    }
}

fn library(body: &str) -> Option<LoadFailure> {
    let subject = bare(upto(body, &["\n", "Referenced from:"]));
    let list = body.split_once("Reason:").map(|(_, list)| list);
    let mut found = LoadFailure::of(Reason::LibraryNotFound, &subject);
    found.referenced_from = field(body, "Referenced from:");
    add_attempts(&mut found, list.unwrap_or_default());
    (!subject.is_empty()).then_some(found)
}

fn symbol(body: &str) -> Option<LoadFailure> {
    let mut found = LoadFailure::of(Reason::SymbolNotFound, name(first_word(body)?));
    found.referenced_from = field(body, "Referenced from:");
    found.expected_in = field(body, "Expected in:");
    Some(found)
}

/// A failure of the opened path itself: only the list stands behind the envelope.
fn opened(text: &str) -> Option<LoadFailure> {
    let mut ends = ["): ", ") => false, "]
        .iter()
        .flat_map(|end| text.match_indices(end));
    let (start, after) = ends.find_map(|(at, end)| {
        let after = at.checked_add(end.len())?;
        Envelope::before(text, after).map(|envelope| (envelope, after))
    })?;
    let body = text.get(after..)?.trim_start();
    let mut found = LoadFailure::of(Reason::LibraryNotFound, start.path);
    found.message = format!("{}{}", start.text, body.trim_end());
    if let Some(reason) = template::damage(body) {
        found.reason = reason;
        return Some(found);
    }
    if !template::is_list(body) {
        return None;
    }
    add_attempts(&mut found, body);
    Some(found)
}

/// Reads the list of tried paths, and from it the reason.
fn add_attempts(found: &mut LoadFailure, text: &str) {
    if let Some((_, list)) = text.split_once(TRIED) {
        found.tried = tried(list);
    } else if let Some((_, list)) = text.split_once(DID_FIND) {
        found.tried = did_find(list);
    } else if text.trim_start().starts_with("code sign") {
        found.reason = Reason::Codesign;
    }
    let reasons = || {
        found
            .tried
            .iter()
            .map(|attempt| (attempt, why::reason(&attempt.why)))
    };
    let strong = |reason: &Reason| !matches!(reason, Reason::LibraryNotFound | Reason::NotAFile);
    let refused = reasons()
        .find(|(_, reason)| strong(reason))
        .or_else(|| reasons().find(|(_, reason)| *reason == Reason::NotAFile));
    if let Some((attempt, reason)) = refused {
        let shown = why::architectures(&attempt.why);
        if let Some((have, need)) = shown.filter(|_| reason != Reason::PlatformMismatch) {
            found.have_arch = Some(have);
            found.need_arch = Some(need);
        }
        found.reason = reason;
    }
}

/// `'path' (why), 'path' (why)`; the why may hold brackets and quotes of its own.
fn tried(list: &str) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    let mut rest = list;
    while let Some((_, after)) = rest.split_once('\'') {
        let Some((path, after)) = after.split_once("' (").or_else(|| wrapped_quote(after)) else {
            break;
        };
        let Some((why, after)) = bracketed(after) else {
            break;
        };
        attempts.push(Attempt {
            path: path.trim().to_owned(),
            why: words(why),
        });
        rest = after;
        if !rest.trim_start().starts_with(',') {
            break;
        }
    }
    attempts
}

/// A line break where a log wrapped between path and bracket.
fn wrapped_quote(text: &str) -> Option<(&str, &str)> {
    let (path, after) = text.split_once('\'')?;
    Some((path, after.trim_start().strip_prefix('(')?))
}

/// What stands before the closing bracket that fits, and what behind it.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth = depth.saturating_add(1),
            ')' if depth == 0 => {
                return Some((text.get(..at)?, text.get(at..)?.strip_prefix(')')?));
            }
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// dyld2: `path: why`, one a line.
fn did_find(list: &str) -> Vec<Attempt> {
    let lines = list.lines().map(str::trim).filter(|line| !line.is_empty());
    let entries = lines.map(|line| line.split_once(": ").filter(|(path, _)| is_path(path)));
    let attempts = entries.map_while(|entry| entry);
    let attempt = |(path, why): (&str, &str)| Attempt {
        path: path.to_owned(),
        why: words(why),
    };
    attempts.map(attempt).collect()
}

/// Absolute, or a relative path without blanks.
fn is_path(text: &str) -> bool {
    text.starts_with(['/', '~']) || (text.contains('/') && !text.contains(' '))
}

/// The path behind `name`: without UUID, quotes and what stands in brackets behind it.
fn field(body: &str, name: &str) -> Option<String> {
    let (_, after) = body.split_once(name)?;
    let line = upto(after, &["\n", "Reason:", "Expected in:"]);
    let line = match line.trim().strip_prefix('<') {
        Some(rest) => rest.split_once('>').map_or(rest, |(_, path)| path),
        None => line,
    };
    let path = upto(line, &[" (built for ", " (which was built for "]).trim();
    // macOS 12.5 quotes the path, and a program may have quoted the message.
    let path = match path.strip_prefix('\'') {
        Some(inner) => upto(inner, &["'"]).to_owned(),
        None => bare(path.trim_end_matches(['\'', '"', '`', ']'])),
    };
    (!path.is_empty()).then_some(path)
}

fn upto<'a>(text: &'a str, ends: &[&str]) -> &'a str {
    let end = ends.iter().filter_map(|end| text.find(end)).min();
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// Without the quotes or brackets that some versions put around names.
fn bare(text: &str) -> String {
    let text = text.trim();
    let inner = |open, close| text.strip_prefix(open)?.strip_suffix(close);
    inner('\'', '\'')
        .or_else(|| inner('(', ')'))
        .unwrap_or(text)
        .to_owned()
}

/// A symbol, without what a program that repeats the message put behind it.
fn name(word: &str) -> String {
    let name = bare(word);
    let end = name.trim_end_matches(['\'', '"', '`', ',', ']', ')']);
    end.to_owned()
}

/// `'name'` or `(name)`.
fn quoted(text: &str) -> Option<String> {
    let text = text.trim_start();
    let close = match text.chars().next()? {
        '\'' => '\'',
        '(' => ')',
        _ => return None,
    };
    let inner = text.get(1..)?;
    inner
        .find(close)
        .and_then(|end| inner.get(..end))
        .map(str::to_owned)
}

fn first_word(text: &str) -> Option<&str> {
    text.split_whitespace().next()
}

/// One blank between words, whatever a log put there.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
