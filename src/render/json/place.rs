//! Places in the document.

use serde::Serialize;

use crate::diagnosis::{Place, Related, Source};

/// `kind` says which of the other keys can be set.
#[derive(Serialize, Default)]
pub(super) struct PlaceV1<'a> {
    kind: &'static str,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    end_line: Option<u32>,
    end_column: Option<u32>,
    likely: Option<bool>,
    excerpt: Option<ExcerptV1<'a>>,
    path: Option<&'a str>,
    arch: Option<&'a str>,
}

#[derive(Serialize)]
struct ExcerptV1<'a> {
    first_line: u32,
    lines: &'a [String],
}

#[derive(Serialize)]
pub(super) struct RelatedV1<'a> {
    place: PlaceV1<'a>,
    label: &'a str,
}

impl<'a> PlaceV1<'a> {
    pub(super) fn of(place: &'a Place) -> PlaceV1<'a> {
        match place {
            Place::Source(source) => PlaceV1::of_source(source),
            Place::Artifact { path, arch } => PlaceV1 {
                kind: "artifact",
                path: Some(path),
                arch: arch.as_deref(),
                ..PlaceV1::default()
            },
            Place::Project => PlaceV1 {
                kind: "project",
                ..PlaceV1::default()
            },
        }
    }

    fn of_source(source: &'a Source) -> PlaceV1<'a> {
        let known = |number: Option<u32>| number.filter(|&number| number > 0);
        PlaceV1 {
            kind: "source",
            file: Some(&source.file),
            line: known(source.line),
            column: known(source.column),
            end_line: known(source.end_line),
            end_column: known(source.end_column),
            likely: Some(source.likely),
            excerpt: source
                .excerpt
                .as_ref()
                .filter(|excerpt| excerpt.first_line > 0)
                .map(|excerpt| ExcerptV1 {
                    first_line: excerpt.first_line,
                    lines: &excerpt.lines,
                }),
            ..PlaceV1::default()
        }
    }
}

impl<'a> RelatedV1<'a> {
    pub(super) fn of(related: &'a Related) -> RelatedV1<'a> {
        RelatedV1 {
            place: PlaceV1::of_source(&related.place),
            label: &related.label,
        }
    }
}
