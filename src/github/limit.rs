//! Cutting texts at the limits of the API.

use std::borrow::Cow;
use std::fmt::Write as _;

/// What shows that a text was cut.
const ELLIPSIS: char = '…';

/// As much of `text` as has at most `most` bytes of UTF-8, between characters; a cut shows.
pub fn bytes(text: &str, most: usize) -> Cow<'_, str> {
    shortened(text, most, char::len_utf8)
}

/// As much of `text` as has at most `most` characters; a cut shows.
///
/// A character outside the basic plane counts as two: whether the API counts code points or UTF-16 units is not told.
pub fn characters(text: &str, most: usize) -> Cow<'_, str> {
    shortened(text, most, char::len_utf16)
}

fn shortened(text: &str, most: usize, size: impl Fn(char) -> usize) -> Cow<'_, str> {
    let total: usize = text.chars().map(&size).sum();
    if total <= most {
        return Cow::Borrowed(text);
    }
    let room = most.checked_sub(size(ELLIPSIS));
    let mut left = room.unwrap_or(most);
    let mut kept = String::new();
    for c in text.chars() {
        let Some(rest) = left.checked_sub(size(c)) else {
            break;
        };
        left = rest;
        kept.push(c);
    }
    if room.is_some() {
        kept.push(ELLIPSIS);
    }
    Cow::Owned(kept)
}

/// `text` with every character outside the basic plane written as `\U0001f4a9`: annotations that hold one are refused.
pub fn without_astral(text: &str) -> Cow<'_, str> {
    let astral = |c: char| u32::from(c) > 0xffff;
    if !text.contains(astral) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if astral(c) {
            let _infallible = write!(escaped, "\\U{:08x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_fits_is_left_alone() {
        assert_eq!(bytes("éé", 4), "éé");
        assert_eq!(characters("a💩", 3), "a💩");
        assert_eq!(without_astral("a…é"), "a…é");
    }

    #[test]
    fn a_cut_falls_between_characters_and_shows() {
        assert_eq!(bytes("ééé", 5), "é…");
        assert_eq!(bytes("aaaaa", 4), "a…");
        assert_eq!(bytes("aaaaa", 2), "aa");
        assert_eq!(characters("a💩💩", 4), "a💩…");
        assert_eq!(characters("💩💩", 0), "");
    }

    #[test]
    fn a_character_outside_the_basic_plane_is_spelled() {
        assert_eq!(without_astral("a💩b"), "a\\U0001f4a9b");
    }

    proptest! {
        #[test]
        fn a_limit_holds(text in ".*", most in 0_usize..40) {
            prop_assert!(bytes(&text, most).len() <= most);
            prop_assert!(characters(&text, most).encode_utf16().count() <= most);
            prop_assert!(without_astral(&text).chars().all(|c| u32::from(c) <= 0xffff));
        }
    }
}
