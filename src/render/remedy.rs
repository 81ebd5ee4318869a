//! The small Markdown in which rules write: paragraphs, list items, fenced code, code spans.
//!
//! A rule's words are ours, the names inside them are not. Parsing them lets each format write the structure in its own
//! way and escape everything else.

/// One block.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    Paragraph(String),
    /// The marker (`-` or `1.`) and the text.
    Item(String, String),
    Code(Vec<String>),
}

/// A piece of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Span<'a> {
    Text(&'a str),
    Code(&'a str),
}

/// Reads blocks out of Markdown that has been cleaned. Nothing is refused: what is no block is a paragraph.
pub(super) fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        let text = line.trim();
        if text.starts_with("```") {
            blocks.extend(open.take());
            blocks.push(fenced(text, &mut lines));
        } else if text.is_empty() {
            blocks.extend(open.take());
        } else if let Some((marker, rest)) = item(text) {
            blocks.extend(open.take());
            open = Some(Block::Item(marker.to_owned(), rest.to_owned()));
        } else {
            match &mut open {
                Some(Block::Paragraph(so_far) | Block::Item(_, so_far)) => {
                    so_far.push(' ');
                    so_far.push_str(text);
                }
                Some(Block::Code(_)) | None => open = Some(Block::Paragraph(text.to_owned())),
            }
        }
    }
    blocks.extend(open);
    blocks
}

fn fenced<'a>(opening: &str, lines: &mut impl Iterator<Item = &'a str>) -> Block {
    let fence: String = opening.chars().take_while(|&c| c == '`').collect();
    let closes = |line: &str| {
        let line = line.trim();
        line.starts_with(&fence) && line.chars().all(|c| c == '`')
    };
    Block::Code(
        lines
            .take_while(|line| !closes(line))
            .map(str::to_owned)
            .collect(),
    )
}

fn item(text: &str) -> Option<(&str, &str)> {
    let (marker, rest) = text.split_once(' ')?;
    let numbered = marker.strip_suffix('.').is_some_and(|digits| {
        (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    });
    (marker == "-" || marker == "*" || numbered).then(|| (marker, rest.trim_start()))
}

/// Splits a line into text and code spans. A backtick without a partner is text.
pub(super) fn spans(line: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    let mut rest = line;
    let mut text_end = 0;
    while let Some(at) = rest.get(text_end..).and_then(|tail| tail.find('`')) {
        let start = text_end + at;
        let (before, from) = rest.split_at(start);
        let run = from.len() - from.trim_start_matches('`').len();
        let (ticks, inside) = from.split_at(run);
        match closing(inside, ticks) {
            Some((code, after)) => {
                push_text(&mut spans, before);
                spans.push(Span::Code(unpadded(code)));
                rest = after;
                text_end = 0;
            }
            None => text_end = start + run,
        }
    }
    push_text(&mut spans, rest);
    spans
}

fn push_text<'a>(spans: &mut Vec<Span<'a>>, text: &'a str) {
    if !text.is_empty() {
        spans.push(Span::Text(text));
    }
}

/// The text before the next run of exactly these ticks, and the text after it.
fn closing<'a>(inside: &'a str, ticks: &str) -> Option<(&'a str, &'a str)> {
    let mut from = 0;
    loop {
        let at = from + inside.get(from..)?.find('`')?;
        let tail = inside.get(at..)?;
        let run = tail.len() - tail.trim_start_matches('`').len();
        if run == ticks.len() {
            return Some((inside.get(..at)?, tail.get(run..)?));
        }
        from = at + run;
    }
}

fn unpadded(code: &str) -> &str {
    match code
        .strip_prefix(' ')
        .and_then(|code| code.strip_suffix(' '))
    {
        Some(inner) if !inner.trim().is_empty() => inner,
        _ => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_told_apart() {
        let found =
            blocks("One\ntwo:\n\n- first\n  still\n- second\n\n```sh\nrun it\n\n```\n1. last");
        let text = str::to_owned;
        assert_eq!(
            found,
            [
                Block::Paragraph(text("One two:")),
                Block::Item(text("-"), text("first still")),
                Block::Item(text("-"), text("second")),
                Block::Code(vec![text("run it"), text("")]),
                Block::Item(text("1."), text("last")),
            ]
        );
    }

    #[test]
    fn an_open_fence_ends_with_the_text() {
        assert_eq!(blocks("```\na"), [Block::Code(vec!["a".to_owned()])]);
    }

    #[test]
    fn code_spans_end_at_as_many_ticks_as_began_them() {
        assert_eq!(
            spans("use ``a`b`` or `c`"),
            [
                Span::Text("use "),
                Span::Code("a`b"),
                Span::Text(" or "),
                Span::Code("c")
            ]
        );
        assert_eq!(spans("`` ` ``"), [Span::Code("`")]);
    }

    #[test]
    fn a_lonely_tick_is_text() {
        assert_eq!(spans("it`s ``so"), [Span::Text("it`s ``so")]);
        assert_eq!(spans(""), []);
    }
}
