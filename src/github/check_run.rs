//! A check run as the requests that make it: one that creates it, and one more for every further 50 annotations.
//!
//! The limits are those of <https://docs.github.com/rest/checks/runs>; what that page leaves out was measured by others
//! (titles of 255 characters, messages of 64 KB).

use serde::Serialize;

use super::limit::{bytes, characters, without_astral};

/// Annotations in one request.
pub const PER_REQUEST: usize = 50;
/// Annotations that are sent at all: twenty requests, well below what a token may do in a minute.
pub const MOST: usize = 1000;
/// Characters of a summary.
const SUMMARY: usize = 65_535;
/// Bytes of a message.
const MESSAGE: usize = 64_000;
/// Characters of the title of an annotation.
const ANNOTATION_TITLE: usize = 255;
/// Characters of the title of the run, of its name and of its external id; no limit is documented.
const TITLE: usize = 255;
/// Characters of a path.
const PATH: usize = 1024;

/// How a check run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// Nothing failed.
    Success,
    /// Something did.
    Failure,
    /// There was nothing to check.
    Neutral,
}

/// The levels of an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Worth knowing.
    Notice,
    /// It may break elsewhere.
    Warning,
    /// It breaks.
    Failure,
}

/// A remark on lines of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Annotation {
    path: String,
    start_line: u32,
    end_line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
    annotation_level: Level,
    title: String,
    message: String,
}

/// The lines of an annotation, from 1; `columns` counts characters from 1, the last one included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first line.
    pub start: u32,
    /// The last line.
    pub end: u32,
    /// The first and the last column, where the span is on one line.
    pub columns: Option<(u32, u32)>,
}

impl Annotation {
    /// Texts are cut at the limits; a span that the API refuses is mended.
    pub fn new(path: &str, span: Span, level: Level, title: &str, message: &str) -> Annotation {
        let start_line = span.start.max(1);
        let end_line = span.end.max(start_line);
        // Columns are for spans on one line only.
        let columns = span.columns.filter(|_| start_line == end_line);
        let start_column = columns.map(|(start, _)| start.max(1));
        let message = without_astral(message);
        let message = bytes(&message, MESSAGE);
        Annotation {
            path: characters(path, PATH).into_owned(),
            start_line,
            end_line,
            start_column,
            end_column: columns.and_then(|(_, end)| start_column.map(|start| end.max(start))),
            annotation_level: level,
            title: characters(&without_astral(title), ANNOTATION_TITLE).into_owned(),
            // An empty one is refused.
            message: if message.is_empty() {
                "-".to_owned()
            } else {
                message.into_owned()
            },
        }
    }
}

/// What a check run says, before it is known whom it is said about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// One line.
    pub title: String,
    /// Markdown.
    pub summary: String,
    /// How it ends.
    pub conclusion: Conclusion,
    /// Most severe first: those behind [`MOST`] are left out.
    pub annotations: Vec<Annotation>,
}

/// Whom it is said about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The name of the check run.
    pub name: String,
    /// The commit.
    pub head_sha: String,
    /// Tells this run from every other: a check run that is found by it is ours.
    pub external_id: String,
    /// The page with the log.
    pub details_url: Option<String>,
}

/// The requests, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// The body of the POST.
    pub create: Create,
    /// The bodies of the PATCHes; GitHub appends their annotations.
    pub updates: Vec<Update>,
}

/// The body that creates a check run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Create {
    name: String,
    head_sha: String,
    status: &'static str,
    conclusion: Conclusion,
    external_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    details_url: Option<String>,
    output: Output,
}

/// A body that adds annotations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Update {
    output: Output,
}

/// What the check run shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Output {
    title: String,
    summary: String,
    annotations: Vec<Annotation>,
}

impl Create {
    /// Number of annotations in it.
    pub fn annotations(&self) -> usize {
        self.output.annotations.len()
    }
}

impl Update {
    /// Number of annotations in it.
    pub fn annotations(&self) -> usize {
        self.output.annotations.len()
    }
}

impl Draft {
    /// The requests that make the check run at `address`.
    pub fn requests(self, address: &Address) -> Requests {
        let title = characters(&self.title, TITLE).into_owned();
        let title = if title.is_empty() {
            "loadproof".to_owned()
        } else {
            title
        };
        let summary = characters(&self.summary, SUMMARY).into_owned();
        let mut annotations = self.annotations;
        annotations.truncate(MOST);
        let mut batches = annotations.chunks(PER_REQUEST);
        let output = |annotations: &[Annotation]| Output {
            title: title.clone(),
            summary: summary.clone(),
            annotations: annotations.to_vec(),
        };
        let first = batches.next().unwrap_or_default();
        Requests {
            create: Create {
                name: characters(&address.name, TITLE).into_owned(),
                head_sha: address.head_sha.clone(),
                status: "completed",
                conclusion: self.conclusion,
                external_id: characters(&address.external_id, TITLE).into_owned(),
                details_url: address.details_url.clone(),
                output: output(first),
            },
            updates: batches
                .map(|batch| Update {
                    output: output(batch),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotation(span: Span, message: &str) -> Annotation {
        Annotation::new("setup.py", span, Level::Failure, "title", message)
    }

    const LINE: Span = Span {
        start: 3,
        end: 3,
        columns: Some((2, 5)),
    };

    fn sizes(count: usize) -> (usize, Vec<usize>) {
        let draft = Draft {
            title: "title".to_owned(),
            summary: "summary".to_owned(),
            conclusion: Conclusion::Failure,
            annotations: vec![annotation(LINE, "message"); count],
        };
        let address = Address {
            name: "loadproof".to_owned(),
            head_sha: "0".repeat(40),
            external_id: "1".to_owned(),
            details_url: None,
        };
        let requests = draft.requests(&address);
        (
            requests.create.annotations(),
            requests.updates.iter().map(Update::annotations).collect(),
        )
    }

    #[test]
    fn every_request_has_at_most_fifty_annotations_and_none_is_empty_but_the_first() {
        assert_eq!(sizes(0), (0, vec![]));
        assert_eq!(sizes(1), (1, vec![]));
        assert_eq!(sizes(50), (50, vec![]));
        assert_eq!(sizes(51), (50, vec![1]));
        assert_eq!(sizes(1000), (50, vec![50; 19]));
        assert_eq!(sizes(1001), (50, vec![50; 19]));
    }

    #[test]
    fn a_span_that_the_api_refuses_is_mended() {
        let spans = |start, end, columns| {
            let found = annotation(
                Span {
                    start,
                    end,
                    columns,
                },
                "m",
            );
            (
                found.start_line,
                found.end_line,
                found.start_column,
                found.end_column,
            )
        };
        assert_eq!(spans(0, 0, None), (1, 1, None, None));
        assert_eq!(spans(4, 2, None), (4, 4, None, None));
        assert_eq!(spans(4, 6, Some((1, 2))), (4, 6, None, None));
        assert_eq!(spans(4, 4, Some((7, 2))), (4, 4, Some(7), Some(7)));
    }

    #[test]
    fn texts_keep_their_limits_after_the_escape() {
        let found = annotation(LINE, &"💩".repeat(20_000));
        assert!(found.message.len() <= MESSAGE && found.message.starts_with("\\U0001f4a9"));
        assert_eq!(annotation(LINE, "").message, "-");
    }
}
