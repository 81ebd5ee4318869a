//! Regular expressions of messages, made ready quickly and only when needed: to compile all of them takes a hundred times
//! longer than to read a text of a few lines. So each knows words that it cannot match without, and the classes of
//! letters, digits and white space are shorter than Unicode's tables.

use std::sync::OnceLock;

use memchr::memmem::Finder;
use regex::{Captures, Match, Regex};
use regex_syntax::hir::{Hir, HirKind};

/// White space: what ASCII has, and the one of web pages that does not break.
const SPACE: &str = r"\t-\r \x{85}\x{a0}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{3000}";
/// Letters of words: those of ASCII, and whatever is beyond it but spaces and punctuation such as curly quotes.
const WORD: &str = r"0-9A-Z_a-z\x{a1}-\x{1fff}\x{2070}-\x{2fff}\x{3001}-\x{10ffff}";
const DIGIT: &str = "0-9";

/// The expression, compiled.
pub(super) fn compiled(pattern: &str) -> Regex {
    Regex::new(&plain(pattern)).expect("a regular expression of ours")
}

/// An expression that is compiled for the first text that may match.
#[derive(Debug)]
pub(super) struct Pattern {
    source: String,
    /// What matches has one of them; none is known where this is empty.
    words: Vec<Finder<'static>>,
    regex: OnceLock<Regex>,
}

impl Pattern {
    /// The pattern, with every blank matching any white space; a blank that may be absent may be any white space, too.
    pub(super) fn wrapping(pattern: &str) -> Self {
        Pattern::new(&pattern.replace(" ?", r"\s*").replace(' ', r"\s+"))
    }

    pub(super) fn new(pattern: &str) -> Self {
        let source = plain(pattern);
        let parsed = regex_syntax::parse(&source).expect("a regular expression of ours");
        let words = required(&parsed).unwrap_or_default();
        Pattern {
            words: words
                .iter()
                .map(|word| Finder::new(word).into_owned())
                .collect(),
            regex: OnceLock::new(),
            source,
        }
    }

    pub(super) fn find<'t>(&self, text: &'t str) -> Option<Match<'t>> {
        self.regex_for(text)?.find(text)
    }

    pub(super) fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.regex_for(text)?.captures(text)
    }

    pub(super) fn captures_iter<'t>(&self, text: &'t str) -> impl Iterator<Item = Captures<'t>> {
        let regex = self.regex_for(text).into_iter();
        regex.flat_map(move |regex| regex.captures_iter(text))
    }

    /// The compiled expression; none if the text has no word of its.
    fn regex_for(&self, text: &str) -> Option<&Regex> {
        let has = |word: &Finder<'_>| word.find(text.as_bytes()).is_some();
        (self.words.is_empty() || self.words.iter().any(has)).then(|| {
            self.regex
                .get_or_init(|| Regex::new(&self.source).expect("a regular expression of ours"))
        })
    }
}

/// Words of which every match has one: of several in a row, those whose shortest is the longest.
fn required(expression: &Hir) -> Option<Vec<Box<[u8]>>> {
    match expression.kind() {
        HirKind::Literal(literal) => Some(vec![literal.0.clone()]),
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Concat(parts) => {
            let least = |words: &Vec<Box<[u8]>>| words.iter().map(|word| word.len()).min();
            parts.iter().filter_map(required).max_by_key(least)
        }
        HirKind::Alternation(ways) => {
            let all: Option<Vec<_>> = ways.iter().map(required).collect();
            Some(all?.concat())
        }
        _ => None,
    }
}

/// The pattern with classes that are written out.
fn plain(pattern: &str) -> String {
    let mut plain = String::with_capacity(pattern.len().saturating_mul(2));
    let mut characters = pattern.chars();
    let mut in_class = false;
    while let Some(character) = characters.next() {
        match character {
            '[' if !in_class => in_class = true,
            ']' if in_class => in_class = false,
            '\\' => {
                escape(characters.next().unwrap_or('\\'), in_class, &mut plain);
                continue;
            }
            _ => {}
        }
        plain.push(character);
    }
    plain
}

fn escape(character: char, in_class: bool, plain: &mut String) {
    let class = match character.to_ascii_lowercase() {
        's' => SPACE,
        'w' => WORD,
        'd' => DIGIT,
        'b' if !in_class => {
            plain.push_str(r"(?-u:\b)");
            return;
        }
        _ => {
            plain.extend(['\\', character]);
            return;
        }
    };
    let negation = if character.is_ascii_uppercase() {
        "^"
    } else {
        ""
    };
    match (in_class, negation) {
        (true, "") => plain.push_str(class),
        _ => plain.extend(["[", negation, class, "]"]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::{Pattern, compiled, required};

    proptest! {
        #[test]
        fn classes_mean_for_ascii_what_they_mean_everywhere(text in "[ -~\t\r\n]{0,12}") {
            for pattern in [r"\s", r"\S+", r"[^\s,]+", r"\w+", r"[\w.-]+", r"\W", r"[\W,]", r"\d+", r"[\d.]+", r"\b\w"] {
                let found = compiled(pattern).find(&text).map(|found| found.range());
                let plain = Regex::new(pattern).expect("a pattern").find(&text).map(|found| found.range());
                prop_assert_eq!(found, plain, "{} in {:?}", pattern, text);
            }
        }
    }

    proptest! {
        #[test]
        fn words_never_hide_a_match(text in "(ab|cd|e|f| |\n){0,14}") {
            for pattern in ["ab+c", "(?:ab|cd)e?f", "(?:ab)? f", "a|b+cd|e f", "(?i)AB", "[^a]b(?:cd){2}", "(?:(?P<x>ab)|e)(?:f|cd)"] {
                let found = Pattern::new(pattern).find(&text).map(|found| found.range());
                let plain = Regex::new(pattern).expect("a pattern").find(&text).map(|found| found.range());
                prop_assert_eq!(found, plain, "{} in {:?}", pattern, text);
            }
        }
    }

    #[test]
    fn names_of_every_language_are_words_and_quotes_are_not() {
        let name = compiled(r"‘(\w+)")
            .captures("module ‘größe’")
            .map(|found| found[1].to_owned());
        assert_eq!(name.as_deref(), Some("größe"));
        assert!(
            Pattern::wrapping("not found")
                .find("not\u{a0}found")
                .is_some()
        );
        assert!(
            Pattern::wrapping("not found")
                .find("not\r\n   found")
                .is_some()
        );
        assert!(compiled(r"\[\d\]").is_match("[7]"));
    }

    #[test]
    fn words_are_what_no_match_is_without() {
        let words = |pattern: &str| -> Vec<String> {
            let found = required(&regex_syntax::parse(pattern).expect("a pattern"));
            let words = found.unwrap_or_default();
            words
                .iter()
                .map(|word| String::from_utf8_lossy(word).into_owned())
                .collect()
        };
        assert_eq!(words("ab+(?P<x>cde)?fgh[ij]"), ["fgh"]);
        assert_eq!(words("(?:ab|cd)x"), ["ab", "cd"]);
        assert_eq!(words("(?:ab|[0-9])"), [""; 0]);
        assert_eq!(words("(?i)ab"), [""; 0]);
        assert_eq!(words("(?:abc){2}d?"), ["abc"]);
    }
}
