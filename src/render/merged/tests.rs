//! Merged reports as their readers see them.

use std::collections::BTreeSet;

use super::super::{Format, sample};
use super::*;
use crate::merge::Merged;

/// The sample that fails on Apple's processor with two Pythons, the healthy one on the others, one leg lost.
fn matrix() -> Merged {
    let mut legs = Vec::new();
    for (system, version, arch) in [
        ("macOS", "15.5", "arm64"),
        ("macOS", "26.1", "arm64"),
        ("Linux", "6.8", "x86_64"),
    ] {
        for python in ["3.12.4", "3.13.1"] {
            let mut report = if arch == "arm64" {
                sample::rich()
            } else {
                sample::healthy()
            };
            report.project = "hello".to_owned();
            report.host.system = system.to_owned();
            report.host.version = version.to_owned();
            report.host.arch = arch.to_owned();
            if let Some(interpreter) = &mut report.interpreter {
                interpreter.version = format!("CPython {python}");
            }
            let name = format!("{system}-{arch}-{}", &python[..4]);
            legs.push((name, Left::Report(Box::new(report))));
        }
    }
    legs.push((
        "broken".to_owned(),
        Left::Unreadable("it is <b>no</b> JSON".to_owned()),
    ));
    Merged::of(
        legs,
        &[
            "macOS-x86_64-3.13".to_owned(),
            "macOS-arm64-3.12".to_owned(),
        ],
    )
}

fn rendered(merged: &Merged, format: Format) -> String {
    let mut bytes = Vec::new();
    render_merged(merged, format, &Options::default(), &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Twenty legs of the hostile sample, and names that are as bad.
fn hostile() -> Merged {
    let names = [
        "<img src=x>",
        "a.b",
        "a_b",
        "a",
        "::error::x",
        "##[error]x",
        "|",
        "`@octocat`",
        "]]>",
    ];
    let legs = (0..20).map(|leg| {
        let name = names.get(leg % names.len()).copied().unwrap_or_default();
        (name.to_owned(), Left::Report(Box::new(sample::hostile())))
    });
    Merged::of(legs.collect(), &["\u{202e}missing".to_owned()])
}

#[test]
fn the_page_in_full() {
    insta::assert_snapshot!("merged_page", rendered(&matrix(), Format::Summary));
}

#[test]
fn the_comment_in_full() {
    let page = "https://github.com/someone/hello/actions/runs/7";
    let text = comment(
        &matrix(),
        &Options::default(),
        Some(page),
        Some("0123456789abcdef0123"),
    );
    insta::assert_snapshot!("merged_comment", text);
}

#[test]
fn the_terminal_in_full() {
    insta::assert_snapshot!("merged_terminal", rendered(&matrix(), Format::Terminal));
}

#[test]
fn a_cause_is_told_once_with_the_legs_that_have_it() {
    let merged = matrix();
    assert_eq!(merged.causes.len(), sample::rich().causes.len());
    assert!(
        merged
            .causes
            .iter()
            .all(|folded| folded.whose == "all macOS legs" && folded.legs.len() == 4)
    );
}

#[test]
fn a_leg_that_is_not_there_fails_the_whole() {
    let healthy = || ("a".to_owned(), Left::Report(Box::new(sample::healthy())));
    assert!(!Merged::of(vec![healthy()], &["a".to_owned()]).fails(Severity::Error));
    let merged = Merged::of(vec![healthy()], &["a".to_owned(), "b".to_owned()]);
    assert!(merged.fails(Severity::Error));
    assert!(rendered(&merged, Format::Summary).contains("1 of 2 legs left no report"));
    assert!(
        rendered(&merged, Format::Github)
            .contains("::error title=loadproof%3A b::it left no report")
    );
}

#[test]
fn every_case_of_every_leg_is_one_of_its_own() {
    for merged in [matrix(), hostile()] {
        let xml = rendered(&merged, Format::Junit);
        crate::render::junit::readers::all_agree(&xml);
        let document = crate::render::junit::tests::elements(&xml);
        let suites: Vec<&String> = document
            .iter()
            .filter(|element| element.name == "testsuite")
            .map(|element| &element.attributes["name"])
            .collect();
        assert_eq!(suites.len(), merged.legs.len());
        let cases: Vec<(&String, &String)> = document
            .iter()
            .filter(|element| element.name == "testcase")
            .map(|element| {
                (
                    &element.attributes["classname"],
                    &element.attributes["name"],
                )
            })
            .collect();
        let distinct: BTreeSet<_> = cases.iter().collect();
        assert_eq!(distinct.len(), cases.len());
        assert!(cases.len() > merged.legs.len());
    }
}

#[test]
fn nothing_of_a_stranger_becomes_markup_or_a_command() {
    let merged = hostile();
    let pages = [
        rendered(&merged, Format::Summary),
        comment(&merged, &Options::default(), None, Some("<b>")),
    ];
    for page in pages {
        assert!(page.len() <= page::SUMMARY);
        assert!(!page.contains('\u{202e}'));
        let found = crate::render::summary::tests::elements(&page);
        let ours = [
            "br", "code", "details", "h2", "h3", "h4", "li", "ol", "p", "pre", "strong", "sub",
            "summary", "table", "tbody", "td", "th", "thead", "tr", "ul",
        ];
        let foreign: Vec<&String> = found
            .iter()
            .filter(|tag| !ours.contains(&tag.as_str()))
            .collect();
        assert_eq!(foreign, Vec::<&String>::new());
    }
    for format in [Format::Terminal, Format::Github] {
        let mut bytes = Vec::new();
        let options = Options {
            stop_token: Some("0123456789abcdef".to_owned()),
            ..Options::default()
        };
        render_merged(&merged, format, &options, &mut bytes).unwrap();
        let obeyed = crate::render::github::runner::obey(&String::from_utf8(bytes).unwrap());
        assert!(
            obeyed
                .iter()
                .all(|command| command.name == "error" && command.property("title").is_some())
        );
    }
    let json: serde_json::Value = serde_json::from_str(&rendered(&merged, Format::Json)).unwrap();
    assert_eq!(json["legs"].as_array().map(Vec::len), Some(21));
}

#[test]
fn a_comment_stays_below_githubs_limit() {
    let mut legs = Vec::new();
    for leg in 0..200 {
        let mut report = sample::hostile();
        for (index, cause) in report.causes.iter_mut().enumerate() {
            cause.subject = Some(format!("subject {leg} {index} {}", "x".repeat(300)));
        }
        legs.push((format!("leg {leg}"), Left::Report(Box::new(report))));
    }
    let merged = Merged::of(legs, &[]);
    let text = comment(&merged, &Options::default(), None, None);
    assert!(text.encode_utf16().count() < 65_000, "{}", text.len());
    let html = crate::render::summary::tests::html(&text);
    assert_eq!(
        html.matches("<details>").count(),
        html.matches("</details>").count()
    );
    assert!(text.contains("more legs"));
    let draft = draft(&merged, &Options::default());
    assert!(draft.summary.len() <= CHECK_RUN + 1000 && draft.annotations.len() <= 1000);
}
