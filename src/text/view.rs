//! A block's lines as one text to look for messages in, and the same with its wrapped lines in one piece.

use std::collections::BTreeSet;

use super::Line;
use super::clean::straight;

/// Columns at which terminals, mails and pagers break lines, whatever stands there.
const WIDTHS: [usize; 9] = [72, 76, 78, 79, 80, 90, 100, 120, 132];

/// The text of a block.
pub(super) struct View {
    /// One line of the block a line; a line break that a program wrote as `\n` is one, too.
    pub(super) text: String,
    /// Where each line of the block starts in the text.
    starts: Vec<usize>,
}

impl View {
    /// The lines as they are.
    pub(super) fn plain(block: &[Line]) -> Self {
        View::joined(block, |_| false)
    }

    /// Without the line breaks of a terminal that was too narrow, if the block looks as if it had some. The line was
    /// broken before or after something was put in front of it. Those that are broken at a usual width stand first.
    pub(super) fn unwrapped(block: &[Line]) -> Vec<(Self, bool)> {
        let of_text = |line: &Line| line.text.chars().count();
        let of_line = |line: &Line| line.width;
        let measures: [&dyn Fn(&Line) -> usize; 2] = [&of_text, &of_line];
        let mut views = Vec::new();
        for width in measures {
            let longest = block.iter().map(width).max().unwrap_or(0);
            let full = block.iter().filter(|line| width(line) == longest);
            let full: BTreeSet<&str> = full.map(|line| line.text.as_str()).collect();
            let usual = WIDTHS.contains(&longest);
            if longest >= 40 && (full.len() >= 2 || usual) {
                let view = View::joined(block, |line| width(line) == longest);
                views.push((view, usual));
            }
        }
        views.sort_by_key(|(_, usual)| !usual);
        views
    }

    fn joined(block: &[Line], goes_on: impl Fn(&Line) -> bool) -> Self {
        let mut view = View {
            text: String::new(),
            starts: Vec::with_capacity(block.len()),
        };
        for (at, line) in block.iter().enumerate() {
            view.starts.push(view.text.len());
            view.text.push_str(&straight(&line.text));
            let next = block.get(at.saturating_add(1));
            if !goes_on(line) || next.is_some_and(|next| is_start(&next.text)) {
                view.text.push('\n');
            } else if line.blank {
                view.text.push(' ');
            }
        }
        let end = view.text.trim_end_matches('\n').len();
        view.text.truncate(end);
        view
    }

    /// The lines of the block that a place in the text covers.
    pub(super) fn lines(&self, from: usize, to: usize) -> std::ops::Range<usize> {
        let to = to.max(from.saturating_add(1));
        let first = self.starts.partition_point(|start| *start <= from);
        let behind = self.starts.partition_point(|start| *start < to);
        first.saturating_sub(1)..behind
    }
}

/// A message of its own starts here, or one of dyld's lines.
fn is_start(text: &str) -> bool {
    const STARTS: [&str; 10] = [
        "Referenced from",
        "Expected in",
        "Reason:",
        "File \"",
        "Traceback",
        "ImportError:",
        "OSError:",
        "ld: ",
        "clang: ",
        "error: ",
    ];
    let text = text.trim_start();
    STARTS.iter().any(|start| text.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::{Line, View};

    fn block(texts: &[&str]) -> Vec<Line> {
        let numbered = texts.iter().zip(1..);
        let lines = numbered.map(|(text, number)| Line {
            number,
            text: (*text).to_owned(),
            width: text.len(),
            blank: false,
        });
        lines.collect()
    }

    #[test]
    fn lines_that_are_as_long_as_the_terminal_is_wide_go_on() {
        let first = format!("dlopen({}", "x".repeat(73));
        let block = block(&[
            &first,
            ".so, 2): Symbol not found: _a",
            "  Referenced from: /b",
        ]);
        let views = View::unwrapped(&block);
        let (view, usual) = views.first().expect("a width of 80");
        assert!(usual);
        assert!(view.text.contains("xxx.so, 2): Symbol not found: _a\n"));
        assert_eq!(view.lines(0, view.text.len()), 0..3);
        assert_eq!(view.lines(80, 81), 1..2);
    }

    #[test]
    fn a_long_line_alone_is_no_sign_of_wrapping() {
        let block = block(&[&"x".repeat(91), "y"]);
        assert!(View::unwrapped(&block).is_empty());
        assert_eq!(View::plain(&block).lines(92, 93), 1..2);
    }
}
