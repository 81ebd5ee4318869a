//! Words held against one another: paths, versions, and a word in the span of a longer text.

use std::path::{Path, PathBuf};

use crate::diagnosis::Source;

/// A word that stands once in a span of one line, with other words beside it.
pub(super) fn word_in(place: &Source, text: &str, word: &str) -> Option<Source> {
    let (line, column) = (place.line?, place.column?);
    let width = place.end_column?.checked_sub(column)?;
    let row = text
        .lines()
        .nth(usize::try_from(line).ok()?.checked_sub(1)?)?;
    let before = usize::try_from(column).ok()?.checked_sub(1)?;
    let inside = row.chars().skip(before).take(usize::try_from(width).ok()?);
    let inside: String = inside.collect();
    let is_whole = inside.trim_matches(['"', '\'']) == word;
    if place.end_line != Some(line) || is_whole || word.is_empty() {
        return None;
    }
    let is_end = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || "\"';,".contains(c));
    let mut found = inside.match_indices(word).filter(|(at, _)| {
        let (before, after) = inside.split_at(*at);
        is_end(before.chars().next_back()) && is_end(after[word.len()..].chars().next())
    });
    let (Some((at, _)), None) = (found.next(), found.next()) else {
        return None;
    };
    let length = |text: &str| u32::try_from(text.chars().count()).ok();
    let start = column + length(&inside[..at])?;
    let end = start + length(word)?;
    Some(Source::span(&*place.file, (line, start), (line, end)))
}

/// Whether two paths, which may be relative to the project, are one. One that ends like another need not be it: many an
/// environment has an `include/python3.11`, many a directory a `util.c`.
pub(super) fn is_same_path(text: &str, directory: &str, root: &str) -> bool {
    let from_root = |path: &str| Path::new(root).join(path).components().collect::<PathBuf>();
    !text.is_empty() && from_root(text) == from_root(directory)
}

/// `11` and `11.0` are one version.
pub(super) fn same_version(a: &str, b: &str) -> bool {
    let parts = |text: &str| -> Vec<String> {
        let mut parts: Vec<String> = text.split('.').map(str::to_owned).collect();
        while parts.last().is_some_and(|part| part == "0") {
            parts.pop();
        }
        parts
    };
    !a.is_empty() && parts(a) == parts(b)
}

#[cfg(test)]
mod tests {
    use super::{is_same_path, same_version, word_in};
    use crate::diagnosis::Source;

    #[test]
    fn a_directory_that_ends_like_another_is_not_it() {
        for (text, directory, same) in [
            ("include/python3.8", "include/python3.8", true),
            ("./include/python3.8/", "/p/include/python3.8", true),
            ("/env/include", "/env/include/", true),
            ("include/python3.8", "/env/include/python3.8", false),
            ("", "/p", false),
        ] {
            assert_eq!(
                is_same_path(text, directory, "/p"),
                same,
                "{text}, {directory}"
            );
        }
    }

    #[test]
    fn of_a_value_with_several_words_the_one_that_is_meant_is_underlined() {
        let text = "é: \"-O2 -fx -fxy\"\nb: '-fx'\nc: -fx -fx\n";
        let told = |line, end, word| {
            let place = word_in(&Source::span("a", (line, 4), (line, end)), text, word)?;
            Some((place.line?, place.column?, place.end_column?))
        };
        assert_eq!(told(1, 19, "-fx"), Some((1, 9, 12)));
        assert_eq!(told(1, 19, "-f"), None);
        assert_eq!(told(2, 9, "-fx"), None);
        assert_eq!(told(3, 11, "-fx"), None);
        assert_eq!(told(9, 11, "-fx"), None);
    }

    #[test]
    fn zeros_at_the_end_of_a_version_say_nothing() {
        assert!(same_version("11", "11.0"));
        assert!(same_version("11.0.0", "11"));
        assert!(!same_version("11.1", "11"));
        assert!(!same_version("", "0"));
    }
}
