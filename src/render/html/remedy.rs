//! The small Markdown in which rules write, as elements.

use maud::{Markup, html};

use super::lines;
use crate::render::remedy::{Block, Span, blocks as parsed, spans};
use crate::render::text::{clean, cut};

/// Characters of a text, lines of a block of code.
const TEXT: usize = 20_000;
const LINES: usize = 60;

/// A line with its code spans.
pub(super) fn inline(untrusted: &str) -> Markup {
    let line = super::text(untrusted);
    html! {
        @for span in spans(&line) {
            @match span {
                Span::Text(text) => { (text) }
                Span::Code(code) => { code { (code) } }
            }
        }
    }
}

/// Paragraphs, lists and blocks of code; a block can be copied.
pub(super) fn blocks(untrusted: &str) -> Markup {
    let cleaned = clean(&cut(untrusted, TEXT));
    let blocks = parsed(&cleaned);
    html! {
        @for group in blocks.chunk_by(|a, b| kind(a) == kind(b)) {
            @match group.first() {
                Some(Block::Item(marker, _)) if marker.ends_with('.') => ol { (items(group)) },
                Some(Block::Item(..)) => ul { (items(group)) },
                _ => {
                    @for block in group {
                        @match block {
                            Block::Code(code) => {
                                div class="copyable" {
                                    pre tabindex="0" { code { (lines(&code.join("\n"), LINES)) } }
                                    button type="button" class="copy" hidden { "Copy" }
                                }
                            }
                            Block::Paragraph(text) | Block::Item(_, text) => p { (inline(text)) },
                        }
                    }
                }
            }
        }
    }
}

/// Items of one list belong together; anything else stands alone.
fn kind(block: &Block) -> u8 {
    match block {
        Block::Paragraph(_) => 0,
        Block::Code(_) => 1,
        Block::Item(marker, _) if marker.ends_with('.') => 2,
        Block::Item(..) => 3,
    }
}

fn items(group: &[Block]) -> Markup {
    html! {
        @for block in group {
            @if let Block::Item(_, text) = block { li { (inline(text)) } }
        }
    }
}
