//! Where a cause stands: a line that a reviewer would edit, a file of the wheel, or no place narrower than the project.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a cause stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Place {
    /// A file of the project.
    Source(Source),
    /// A file of the wheel.
    Artifact {
        /// Its path in the wheel.
        path: String,
        /// The slice, where only one is meant.
        arch: Option<String>,
    },
    /// Nothing narrower can be proved.
    Project,
}

/// A span of a file of the project, or the file as a whole where no line can be proved.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source {
    /// The file, relative to the project, with `/`.
    pub file: String,
    /// The first line, from 1.
    pub line: Option<u32>,
    /// The first character, from 1. Never without a line.
    pub column: Option<u32>,
    /// The last line. Known where the whole span is.
    pub end_line: Option<u32>,
    /// The character behind the last one: `end_column - column` characters where the span is on one line.
    pub end_column: Option<u32>,
    /// A guess by name, where nothing proves that the line is the one.
    #[serde(default)]
    pub likely: bool,
    /// The lines as they were, so that they can be shown without the project.
    #[serde(default)]
    pub excerpt: Option<Excerpt>,
}

/// Lines of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Excerpt {
    /// Number of the first of them, from 1.
    pub first_line: u32,
    /// The lines, without their ends; may be hostile.
    pub lines: Vec<String>,
}

/// A place that belongs to a cause without being the one to edit: the use of what is not there, say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Related {
    /// Where.
    pub place: Source,
    /// What is there: a fragment in lower case, no full stop.
    pub label: String,
}

impl Source {
    /// The file as a whole.
    pub fn file(file: impl Into<String>) -> Self {
        Source {
            file: file.into(),
            ..Source::default()
        }
    }

    /// A line of it, as tools name one: the column may be unknown.
    pub fn at(file: impl Into<String>, line: Option<u32>, column: Option<u32>) -> Self {
        let line = line.filter(|&line| line > 0);
        Source {
            file: file.into(),
            line,
            column: column.filter(|&column| column > 0 && line.is_some()),
            ..Source::default()
        }
    }

    /// A whole span: line and column of the first character, and of the one behind the last.
    pub fn span(file: impl Into<String>, start: (u32, u32), end: (u32, u32)) -> Self {
        Source {
            end_line: Some(end.0),
            end_column: Some(end.1),
            ..Source::at(file, Some(start.0), Some(start.1))
        }
    }

    /// The same place, called a guess.
    pub fn likely(mut self) -> Self {
        self.likely = true;
        self
    }
}

impl Excerpt {
    /// Lines that are shown of one place; a longer span shows its beginning.
    pub const LINES: u32 = 6;
    /// Characters that are kept of one line: enough for any that a person wrote.
    pub const CHARACTERS: usize = 400;

    /// The lines of `place` in the text of its file. `None` where the place has no line, or the text has no such line.
    pub fn of(place: &Source, text: &str) -> Option<Excerpt> {
        let first_line = place.line?;
        let last = place.end_line.unwrap_or(first_line).max(first_line);
        let wanted = (last - first_line).saturating_add(1).min(Self::LINES);
        let lines: Vec<String> = text
            .split('\n')
            .skip(usize::try_from(first_line).ok()?.checked_sub(1)?)
            .take(usize::try_from(wanted).ok()?)
            .map(|line| line.strip_suffix('\r').unwrap_or(line))
            .map(|line| line.chars().take(Self::CHARACTERS).collect())
            .collect();
        (!lines.is_empty()).then_some(Excerpt { first_line, lines })
    }
}

impl From<Source> for Place {
    fn from(source: Source) -> Self {
        Place::Source(source)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Source(source) => source.fmt(f),
            Place::Artifact {
                path,
                arch: Some(arch),
            } => write!(f, "{path} ({arch})"),
            Place::Artifact { path, arch: None } => f.write_str(path),
            Place::Project => f.write_str("the project"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_column_without_a_line_and_no_line_zero() {
        let place = Source::at("a.c", Some(0), Some(4));
        assert_eq!(place, Source::file("a.c"));
        assert_eq!(Source::at("a.c", Some(3), Some(0)).to_string(), "a.c:3");
        assert_eq!(Source::at("a.c", Some(3), Some(2)).to_string(), "a.c:3:2");
    }

    #[test]
    fn an_excerpt_is_the_lines_of_the_span_and_of_no_other() {
        let text = "one\r\ntwo\nthree\nfour";
        let two = Excerpt::of(&Source::span("a", (2, 1), (3, 2)), text).expect("lines");
        assert_eq!(
            (two.first_line, two.lines),
            (2, vec!["two".to_owned(), "three".to_owned()])
        );
        let first = Excerpt::of(&Source::at("a", Some(1), None), text).expect("a line");
        assert_eq!(first.lines, ["one"]);
        assert_eq!(Excerpt::of(&Source::at("a", Some(5), None), text), None);
        assert_eq!(Excerpt::of(&Source::file("a"), text), None);
    }

    #[test]
    fn an_excerpt_of_a_huge_span_is_short() {
        let text = format!("{}\n", "x".repeat(10_000)).repeat(100);
        let excerpt = Excerpt::of(&Source::span("a", (1, 1), (u32::MAX, 1)), &text);
        let lines = excerpt.expect("lines").lines;
        assert_eq!(lines.len(), 6);
        assert!(lines.iter().all(|line| line.len() == Excerpt::CHARACTERS));
    }
}
