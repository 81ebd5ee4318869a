//! Source lines with the span underlined, as compilers show them.
//!
//! Columns count characters of the line as it was. So what must not be printed is replaced one for one, and never
//! taken out: the underline stays where it belongs.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::Options;
use super::place::SourcePlace;
use super::text::{cut, is_unprintable, one_line};
use crate::diagnosis::{Excerpt, Related, Severity, Source};

/// Characters of a label, of a path.
const LABEL: usize = 300;
const PATH: usize = 400;
/// Secondary places that are shown.
const RELATED: usize = 5;

/// Lines of sources, and how wide their line numbers are.
pub(super) struct Snippets {
    /// Whole lines.
    pub(super) text: String,
    /// Digits of the largest line number that is shown.
    pub(super) digits: usize,
}

/// The place with its lines, its label under them, and the secondary places. `None` where no line is at hand.
pub(super) fn snippets(
    place: &Source,
    label: Option<&str>,
    related: &[Related],
    severity: Severity,
    options: &Options,
) -> Option<Snippets> {
    let primary = Shown::of(place, label.unwrap_or_default(), options)?;
    let related: Vec<(SourcePlace, Option<Shown>, String)> = related
        .iter()
        .take(RELATED)
        .map(|related| {
            let found = SourcePlace::of_source(&related.place, options);
            let label = labelled(&related.label, related.place.likely);
            (
                found,
                Shown::of(&related.place, &related.label, options),
                label,
            )
        })
        .collect();
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group = Group::with_level(level).element(primary.snippet(AnnotationKind::Primary));
    for (place, shown, label) in &related {
        group = match shown {
            Some(shown) => group.element(shown.snippet(AnnotationKind::Context)),
            None => group
                .element(origin(place))
                .element(Level::NOTE.message(label.as_str())),
        };
    }
    let renderer = if options.colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = renderer.term_width(options.width.max(40)).render(&[group]);
    text.push('\n');
    let last_lines = [&primary]
        .into_iter()
        .chain(related.iter().filter_map(|(_, shown, _)| shown.as_ref()))
        .map(Shown::last_line);
    let digits = last_lines.max().unwrap_or_default().to_string().len();
    Some(Snippets { text, digits })
}

fn origin(place: &SourcePlace) -> Origin<'static> {
    let origin = Origin::path(cut(&place.file, PATH).into_owned());
    let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    match (place.line, place.column) {
        (Some(line), Some(column)) => origin.line(number(line)).char_column(number(column)),
        (Some(line), None) => origin.line(number(line)),
        (None, _) => origin,
    }
}

/// A guess is called one.
fn labelled(label: &str, likely: bool) -> String {
    let label = one_line(label);
    let label = cut(&label, LABEL);
    match (likely, label.is_empty()) {
        (false, _) => label.into_owned(),
        (true, true) => "likely here".to_owned(),
        (true, false) => format!("likely: {label}"),
    }
}

/// An excerpt that is fit to be printed.
pub(super) struct Shown {
    pub(super) path: String,
    pub(super) first_line: usize,
    lines: usize,
    pub(super) text: String,
    /// Bytes of `text`.
    pub(super) span: std::ops::Range<usize>,
    pub(super) label: String,
}

impl Shown {
    pub(super) fn of(source: &Source, label: &str, options: &Options) -> Option<Shown> {
        let place = SourcePlace::of_source(source, options);
        let excerpt = source.excerpt.as_ref()?;
        let lines: Vec<String> = excerpt.lines.iter().map(|line| printable(line)).collect();
        let span = span(&place, excerpt, &lines)?;
        Some(Shown {
            path: cut(&place.file, PATH).into_owned(),
            first_line: usize::try_from(excerpt.first_line).ok()?,
            lines: lines.len(),
            text: lines.join("\n"),
            span,
            label: labelled(label, source.likely),
        })
    }

    fn last_line(&self) -> usize {
        self.first_line.saturating_add(self.lines).saturating_sub(1)
    }

    fn snippet(&self, kind: AnnotationKind) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
        let label = Some(self.label.as_str()).filter(|label| !label.is_empty());
        Snippet::source(self.text.as_str())
            .line_start(self.first_line)
            .path(self.path.as_str())
            .fold(false)
            .annotation(kind.span(self.span.clone()).label(label))
    }
}

/// One character for each; the renderer widens tabs itself.
fn printable(line: &str) -> String {
    let replaced = |c: char| match c {
        '\t' => '\t',
        c if is_unprintable(c) => '\u{fffd}',
        c => c,
    };
    line.trim_end().chars().map(replaced).collect()
}

/// The bytes that are underlined: the whole span; without an end the word at the column; without a column the line.
/// `None` where the excerpt is not of that place.
fn span(
    place: &SourcePlace,
    excerpt: &Excerpt,
    lines: &[String],
) -> Option<std::ops::Range<usize>> {
    let first = place.line?.checked_sub(excerpt.first_line)?;
    let line = lines.get(usize::try_from(first).ok()?)?;
    let Some(column) = place.column else {
        let start = line.len() - line.trim_start().len();
        return Some(offset(lines, first, start)?..offset(lines, first, line.trim_end().len())?);
    };
    let start = byte_of(line, column)?;
    let end = match (place.end_line, place.end_column) {
        (Some(end_line), Some(end_column)) => {
            let wanted = end_line.checked_sub(excerpt.first_line)?;
            let last = u32::try_from(lines.len()).ok()?.checked_sub(1)?;
            match lines.get(usize::try_from(wanted).ok()?) {
                Some(line) => offset(
                    lines,
                    wanted,
                    byte_of(line, end_column).unwrap_or(line.len()),
                ),
                None => offset(lines, last, lines.last()?.len()),
            }?
        }
        _ => offset(lines, first, start + word(line.get(start..)?))?,
    };
    let start = offset(lines, first, start)?;
    Some(start..end.max(start))
}

/// Bytes of the word at the start of `text`, or of its first character.
fn word(text: &str) -> usize {
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
    let end = text.find(|c: char| !is_of_word(c)).unwrap_or(text.len());
    end.max(text.chars().next().map_or(0, char::len_utf8))
}

/// Where a column, from 1, begins. The one behind the last character is a column too.
fn byte_of(line: &str, column: u32) -> Option<usize> {
    let index = usize::try_from(column).ok()?.checked_sub(1)?;
    let ends = line.char_indices().map(|(byte, _)| byte);
    ends.chain([line.len()]).nth(index)
}

/// Bytes from the start of the joined lines.
fn offset(lines: &[String], line: u32, byte: usize) -> Option<usize> {
    let line = usize::try_from(line).ok()?;
    let before: usize = lines.get(..line)?.iter().map(|line| line.len() + 1).sum();
    Some(before + byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(place: &Source, lines: &[&str], label: &str) -> String {
        let excerpt = Excerpt {
            first_line: place.line.expect("a line"),
            lines: lines.iter().map(|&line| line.to_owned()).collect(),
        };
        let place = Source {
            excerpt: Some(excerpt),
            ..place.clone()
        };
        let options = Options::default();
        let found = snippets(&place, Some(label), &[], Severity::Error, &options);
        found.expect("lines to show").text
    }

    #[test]
    fn the_span_is_underlined_in_characters_not_in_bytes() {
        let text = shown(
            &Source::span("setup.py", (9, 12), (9, 17)),
            &["é = \"é\", [\"arch\"]"],
            "the other processor",
        );
        insta::assert_snapshot!(text, @r#"
         --> setup.py:9:12
          |
        9 | é = "é", ["arch"]
          |            ^^^^^ the other processor
        "#);
    }

    #[test]
    fn without_an_end_the_word_is_underlined_and_without_a_column_the_line() {
        let word = shown(
            &Source::at("a.cpp", Some(3), Some(9)),
            &["\treturn scale(x);"],
            "",
        );
        insta::assert_snapshot!(word, @r"
         --> a.cpp:3:9
          |
        3 |     return scale(x);
          |            ^^^^^
        ");
        let line = shown(
            &Source::at("a.cpp", Some(3), None).likely(),
            &["  a b "],
            "",
        );
        insta::assert_snapshot!(line, @r"
         --> a.cpp:3:3
          |
        3 |   a b
          |   ^^^ likely here
        ");
    }

    #[test]
    fn an_excerpt_of_other_lines_is_not_shown() {
        let place = Source {
            excerpt: Some(Excerpt {
                first_line: 7,
                lines: vec!["x".to_owned()],
            }),
            ..Source::at("a.cpp", Some(3), Some(1))
        };
        let options = Options::default();
        assert!(snippets(&place, None, &[], Severity::Note, &options).is_none());
    }
}
