//! Where a source place stands in the repository.

use super::Options;
use super::text::one_line;
use crate::diagnosis::{Diagnosis, Place, Source};

/// Secondary places that are named.
const RELATED: usize = 5;

/// A file of the repository, fit for the consumers that link to it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SourcePlace {
    /// Relative to the repository root, with `/`.
    pub(super) file: String,
    /// From 1.
    pub(super) line: Option<u32>,
    /// From 1; never without a line.
    pub(super) column: Option<u32>,
    /// Never before `line`.
    pub(super) end_line: Option<u32>,
    /// Behind the last character; never without `end_line`.
    pub(super) end_column: Option<u32>,
}

impl SourcePlace {
    /// `None` for a place that no file of the repository can show.
    pub(super) fn of(place: &Place, options: &Options) -> Option<SourcePlace> {
        match place {
            Place::Source(source) => Some(SourcePlace::of_source(source, options)),
            Place::Artifact { .. } | Place::Project => None,
        }
    }

    /// The same for a place that is known to be a source.
    pub(super) fn of_source(source: &Source, options: &Options) -> SourcePlace {
        let line = source.line.filter(|&line| line > 0);
        let column = source.column.filter(|&column| column > 0 && line.is_some());
        let end_line = source
            .end_line
            .filter(|&end| column.is_some() && line.is_some_and(|line| line <= end));
        let end_column = source
            .end_column
            .filter(|&end| end > 0 && end_line.is_some())
            .filter(|&end| end_line > line || column.is_some_and(|column| column <= end));
        SourcePlace {
            file: joined(
                options.project_prefix.as_deref().unwrap_or_default(),
                &one_line(&source.file),
            ),
            line,
            column,
            end_line: end_line.filter(|_| end_column.is_some()),
            end_column,
        }
    }
}

/// What stands at the place and at the places that belong to it, one line for each, for formats without excerpts.
pub(super) fn notes(cause: &Diagnosis, options: &Options) -> Vec<String> {
    let mut notes: Vec<String> = cause.label.iter().map(|label| one_line(label)).collect();
    if let Place::Source(Source { likely: true, .. }) = &cause.place {
        notes.push("the line is likely, not proved".to_owned());
    }
    for related in cause.related.iter().take(RELATED) {
        let place = SourcePlace::of_source(&related.place, options);
        let line = place.line.map(|line| format!(":{line}"));
        let likely = if related.place.likely { "likely: " } else { "" };
        notes.push(format!(
            "{}{}: {likely}{}",
            place.file,
            line.unwrap_or_default(),
            one_line(&related.label)
        ));
    }
    notes
}

/// `prefix/file` without `.` and, as far as the prefix reaches, without `..`.
fn joined(prefix: &str, file: &str) -> String {
    let file = file.replace('\\', "/");
    if file.starts_with('/') {
        return file;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in prefix.split('/').chain(file.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|&last| last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_leads_to_the_repository_root() {
        assert_eq!(joined("", "setup.py"), "setup.py");
        assert_eq!(
            joined("packages/hello/", "./src/a.cpp"),
            "packages/hello/src/a.cpp"
        );
        assert_eq!(
            joined("packages/hello", "../common/a.cpp"),
            "packages/common/a.cpp"
        );
        assert_eq!(joined(".", "../../a.cpp"), "../../a.cpp");
        assert_eq!(joined("packages", "/usr/include/a.h"), "/usr/include/a.h");
        assert_eq!(joined("", "src\\a.cpp"), "src/a.cpp");
    }

    #[test]
    fn there_is_no_column_without_a_line() {
        let place = Place::Source(Source {
            file: "a.c".to_owned(),
            line: Some(0),
            column: Some(4),
            end_line: Some(1),
            end_column: Some(3),
            ..Source::default()
        });
        let found = SourcePlace::of(&place, &Options::default());
        assert_eq!(
            found,
            Some(SourcePlace {
                file: "a.c".to_owned(),
                line: None,
                column: None,
                end_line: None,
                end_column: None,
            })
        );
    }

    #[test]
    fn an_end_before_its_beginning_is_no_end() {
        let end = |start, end| {
            let source = Source::span("a.c", start, end);
            let place = SourcePlace::of_source(&source, &Options::default());
            (place.end_line, place.end_column)
        };
        assert_eq!(end((4, 2), (4, 7)), (Some(4), Some(7)));
        assert_eq!(end((4, 2), (5, 1)), (Some(5), Some(1)));
        assert_eq!(end((4, 2), (4, 1)), (None, None));
        assert_eq!(end((4, 2), (3, 9)), (None, None));
    }
}
