//! Untrusted text made printable: what compilers, loaders and file names may contain, and a reader must not be hit by.

use std::borrow::Cow;

/// Text of several lines, without escape sequences, control characters and characters that reorder a line.
///
/// Colours that a compiler wrote vanish; any other character that must not be printed becomes U+FFFD, so that its
/// absence is not silent. Lines end with `\n` only; tabs become four blanks.
pub(super) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    // By line, so that an unfinished escape sequence cannot swallow the lines after it.
    for (index, line) in lines(text).enumerate() {
        if index > 0 {
            cleaned.push('\n');
        }
        for c in without_escapes(line).chars() {
            match c {
                '\t' => cleaned.push_str("    "),
                c if is_unprintable(c) => cleaned.push('\u{fffd}'),
                c => cleaned.push(c),
            }
        }
    }
    cleaned
}

/// [`clean`], and on one line.
pub(super) fn one_line(text: &str) -> String {
    let cleaned = clean(text);
    let words: Vec<&str> = cleaned.split('\n').map(str::trim).collect();
    words.join(" ").trim().to_owned()
}

/// The first `most` characters, and a note of how many are missing.
pub(super) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((end, _)) => {
            let (kept, rest) = text.split_at(end);
            let missing = rest.chars().count();
            Cow::Owned(format!("{kept}… ({missing} more characters)"))
        }
    }
}

/// `1 error`, `2 errors`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// `0.21 s`, `12.3 s`, `4 min 7 s`.
pub(super) fn duration(seconds: f64) -> String {
    if seconds < 9.995 {
        format!("{seconds:.2} s")
    } else if seconds < 119.95 {
        format!("{seconds:.1} s")
    } else {
        let minutes = (seconds / 60.0).floor();
        format!("{minutes:.0} min {:.0} s", (seconds % 60.0).floor())
    }
}

/// Lines by `\n`, `\r\n` and `\r` (a progress display rewrites its line with the last).
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n')
        .flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

fn without_escapes(line: &str) -> Cow<'_, str> {
    if line.contains('\u{1b}') {
        Cow::Owned(anstream::adapter::strip_str(line).to_string())
    } else {
        Cow::Borrowed(line)
    }
}

/// Control characters, characters that change the direction of a line, invisible separators, and what XML 1.0 refuses.
pub(super) fn is_unprintable(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200e}' | '\u{200f}' // marks of direction
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // embeddings, overrides, isolates
            | '\u{2028}' | '\u{2029}' // line and paragraph separators
            | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_vanish_and_other_controls_leave_a_mark() {
        assert_eq!(clean("\u{1b}[1;31merror:\u{1b}[0m no"), "error: no");
        assert_eq!(
            clean("a\u{0}b\u{7f}c\u{9b}d\u{202e}e"),
            "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}e"
        );
    }

    #[test]
    fn an_unfinished_escape_hides_no_other_line() {
        assert_eq!(clean("\u{1b}]0;title\nkept"), "\nkept");
    }

    #[test]
    fn carriage_returns_end_lines() {
        assert_eq!(clean("10%\r20%\r\ndone\n"), "10%\n20%\ndone\n");
        assert_eq!(one_line(" a\r\n  b\rc\n"), "a b c");
    }

    #[test]
    fn emoji_survive() {
        assert_eq!(clean("👩\u{200d}💻 ok"), "👩\u{200d}💻 ok");
    }

    #[test]
    fn a_cut_falls_between_characters_and_says_how_much_is_missing() {
        assert_eq!(cut("ééé", 3), "ééé");
        assert_eq!(cut("éééé", 3), "ééé… (1 more characters)");
    }

    #[test]
    fn durations_have_three_digits_or_minutes() {
        assert_eq!(duration(0.207), "0.21 s");
        assert_eq!(duration(12.34), "12.3 s");
        assert_eq!(duration(247.2), "4 min 7 s");
    }
}
