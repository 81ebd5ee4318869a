//! Where a source place stands in the repository.

use super::Options;
use super::text::one_line;
use crate::diagnosis::Place;

/// A file of the repository, fit for the consumers that link to it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SourcePlace {
    /// Relative to the repository root, with `/`.
    pub(super) file: String,
    /// From 1.
    pub(super) line: Option<u32>,
    /// From 1; never without a line.
    pub(super) column: Option<u32>,
}

impl SourcePlace {
    /// `None` for a place that no file of the repository can show.
    pub(super) fn of(place: &Place, options: &Options) -> Option<SourcePlace> {
        let Place::Source { file, line, column } = place else {
            return None;
        };
        let line = line.filter(|&line| line > 0);
        Some(SourcePlace {
            file: joined(
                options.project_prefix.as_deref().unwrap_or_default(),
                &one_line(file),
            ),
            line,
            column: column.filter(|&column| column > 0 && line.is_some()),
        })
    }
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
        let place = Place::Source {
            file: "a.c".to_owned(),
            line: Some(0),
            column: Some(4),
        };
        let found = SourcePlace::of(&place, &Options::default());
        assert_eq!(
            found,
            Some(SourcePlace {
                file: "a.c".to_owned(),
                line: None,
                column: None
            })
        );
    }
}
