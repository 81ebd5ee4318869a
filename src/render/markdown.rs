//! Untrusted text in GitHub's Markdown: prose, code spans, fences, table cells.
//!
//! Nothing written here can open an element, a link, a mention or a formula, or end the construct that it stands in.

use super::remedy::{Block, Span, blocks, spans};
use super::text::{clean, one_line};

/// Punctuation that GitHub's Markdown gives a meaning somewhere: escaped everywhere.
const SPECIAL: &str = "\\`*_{}[]()#+-.!|~=:$^";

/// One line of prose that means nothing but itself.
pub(super) fn text(untrusted: &str) -> String {
    let line = one_line(untrusted);
    let mut escaped = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            c if SPECIAL.contains(c) => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
        // Mentions and references are found after Markdown has been rendered, where no escape is left to see.
        if matches!(c, '@' | '#') && chars.peek().is_some_and(|next| next.is_alphanumeric()) {
            escaped.push('\u{200b}');
        }
    }
    escaped
}

/// A code span, delimited by more backticks than it contains.
pub(super) fn code(untrusted: &str) -> String {
    let line = one_line(untrusted);
    if line.is_empty() {
        return "(empty)".to_owned();
    }
    let ticks = "`".repeat(longest_run(&line) + 1);
    let pad = if line.starts_with('`') || line.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{ticks}{pad}{line}{pad}{ticks}")
}

/// [`code`] in a table, whose cells end at a `|` even inside a code span; a name that has one becomes prose.
pub(super) fn code_cell(untrusted: &str) -> String {
    if untrusted.contains('|') {
        text(untrusted)
    } else {
        code(untrusted)
    }
}

/// A fenced block; `lines` may be anything.
pub(super) fn fenced(language: &str, lines: &str) -> String {
    let lines = clean(lines);
    let fence = "`".repeat(longest_run(&lines).max(2) + 1);
    format!(
        "{fence}{language}\n{}\n{fence}\n",
        lines.trim_end_matches('\n')
    )
}

/// A line in which backticks mean code and nothing else means anything.
pub(super) fn prose(line: &str) -> String {
    let line = one_line(line);
    let pieces = spans(&line).into_iter().map(|span| match span {
        // Blanks at the ends separate this piece from the next one.
        Span::Text(piece) => {
            let (before, after) = (
                blank_if(piece.starts_with(' ')),
                blank_if(piece.ends_with(' ')),
            );
            format!("{before}{}{after}", text(piece))
        }
        Span::Code(piece) => code(piece),
    });
    pieces.collect()
}

fn blank_if(there: bool) -> &'static str {
    if there { " " } else { "" }
}

/// A remedy: its paragraphs, items and code, and no other Markdown. Continues a line that has already begun.
pub(super) fn remedy(markdown: &str) -> String {
    let mut written = String::new();
    let mut before = None;
    for block in blocks(&clean(markdown)) {
        // A list does not always interrupt a paragraph, but it may be interrupted.
        let follows_item = matches!((&before, &block), (Some(Block::Item(..)), Block::Item(..)));
        written.push_str(match (&before, &block) {
            (None, Block::Paragraph(_)) => " ",
            (None, Block::Item(..) | Block::Code(_)) => "\n\n",
            (Some(_), _) if follows_item => "",
            (Some(_), _) => "\n",
        });
        match &block {
            Block::Paragraph(words) => written.push_str(&format!("{}\n", prose(words))),
            Block::Item(marker, words) => {
                written.push_str(&format!("{marker} {}\n", prose(words)));
            }
            Block::Code(lines) => written.push_str(&fenced("sh", &lines.join("\n"))),
        }
        before = Some(block);
    }
    written
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_means_only_itself() {
        assert_eq!(
            text("a_b <c> [d](e) *f* | g & h"),
            r"a\_b &lt;c&gt; \[d\]\(e\) \*f\* \| g &amp; h"
        );
        assert_eq!(text("https://evil.example"), r"https\://evil\.example");
        assert_eq!(
            text("@octocat #1 # a@b"),
            "@\u{200b}octocat \\#\u{200b}1 \\# a@\u{200b}b"
        );
    }

    #[test]
    fn code_is_delimited_by_more_backticks_than_it_has() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code("a\nb"), "`a b`");
        assert_eq!(code(" \n"), "(empty)");
    }

    #[test]
    fn a_cell_ends_where_it_should() {
        assert_eq!(code_cell("a"), "`a`");
        assert_eq!(code_cell(r"a\|b"), r"a\\\|b");
    }

    #[test]
    fn a_fence_is_longer_than_any_run_inside() {
        assert_eq!(
            fenced("text", "a\n````\nb\n"),
            "`````text\na\n````\nb\n`````\n"
        );
        assert_eq!(fenced("", "a"), "```\na\n```\n");
    }

    #[test]
    fn the_code_of_a_message_stays_code() {
        assert_eq!(prose("use `a_b` or c_d"), r"use `a_b` or c\_d");
        assert_eq!(
            remedy("Do *this*:\n\n- `a`\n- b\n\n```\nc\n```"),
            " Do \\*this\\*\\:\n\n- `a`\n- b\n\n```sh\nc\n```\n"
        );
        assert_eq!(remedy("```\nc\n```"), "\n\n```sh\nc\n```\n");
    }
}
