//! Bytes of a file, and where they are in lines and characters.

use std::rc::Rc;

use crate::diagnosis::{Excerpt, Source};

/// Bytes of one of the files that were read: `start..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Span {
    /// Number of the file among those that were read.
    pub(super) file: u16,
    /// The first byte.
    pub(super) start: u32,
    /// The byte behind the last one.
    pub(super) end: u32,
}

impl Span {
    /// Is the other span inside this one?
    pub(super) fn holds(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// A file of the project, with its text.
#[derive(Debug, Clone)]
pub(super) struct TextFile {
    /// Relative to the project, with `/`.
    pub(super) path: Rc<str>,
    pub(super) text: Rc<str>,
    /// Byte at which each line begins.
    lines: Rc<[u32]>,
}

impl TextFile {
    pub(super) fn new(path: &str, text: &str) -> TextFile {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = ends.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX));
        TextFile {
            path: Rc::from(path),
            text: Rc::from(text),
            lines: std::iter::once(0).chain(starts).collect(),
        }
    }

    /// Line and column of a byte, both from 1; the column counts characters.
    fn position(&self, byte: u32) -> (u32, u32) {
        let line = self.lines.partition_point(|&start| start <= byte).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let before = self
            .text
            .get(start as usize..byte as usize)
            .unwrap_or_default();
        let column = u32::try_from(before.chars().count()).unwrap_or(u32::MAX);
        (
            u32::try_from(line).unwrap_or(u32::MAX),
            column.saturating_add(1),
        )
    }

    /// The place of some bytes, with the lines themselves.
    pub(super) fn place(&self, start: u32, end: u32) -> Source {
        let mut place = Source::span(&*self.path, self.position(start), self.position(end));
        place.excerpt = Excerpt::of(&place, &self.text);
        place
    }

    /// The bytes of a line, from 1, without the blanks around it.
    pub(super) fn line(&self, line: u32) -> Option<(u32, u32)> {
        let index = usize::try_from(line).ok()?.checked_sub(1)?;
        let start = *self.lines.get(index)? as usize;
        let text = self.text.get(start..)?.split('\n').next()?;
        let first = start + (text.len() - text.trim_start().len());
        let last = start + text.trim_end().len();
        Some((
            u32::try_from(first.min(last)).ok()?,
            u32::try_from(last).ok()?,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_end_with_their_newline() {
        let file = TextFile::new("setup.py", "é = 'é'\n\n  x = 1");
        let place = file.place(5, 9);
        assert_eq!((place.line, place.column), (Some(1), Some(5)));
        assert_eq!((place.end_line, place.end_column), (Some(1), Some(8)));
        assert_eq!(file.place(13, 14).to_string(), "setup.py:3:3");
        assert_eq!(file.line(3), Some((13, 18)));
        assert_eq!(file.line(2), Some((10, 10)));
        assert_eq!(file.line(4), None);
        assert_eq!(file.place(900, 901).line, Some(3));
    }
}
