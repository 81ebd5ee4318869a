//! The document as consumers read it. Validity against the schema is checked by `.ci/junit-xsd`.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::super::{Format, Options, sample};
use super::*;
use crate::report::Verdict;

fn options() -> Options {
    Options {
        project_prefix: Some("packages/hello".to_owned()),
        artifact_hint: Some("hello.loadproof.json".to_owned()),
        ..Options::default()
    }
}

fn xml(report: &Report, options: &Options) -> String {
    String::from_utf8(sample::rendered(report, Format::Junit, options)).unwrap()
}

/// An element with its attributes, and the text inside it.
pub(in crate::render) struct Element {
    pub(in crate::render) name: String,
    depth: usize,
    pub(in crate::render) attributes: BTreeMap<String, String>,
    pub(in crate::render) text: String,
}

/// Panics where the document is not well-formed.
pub(in crate::render) fn elements(xml: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_comments = true;
    let mut found: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let element = |start: &BytesStart<'_>, depth: usize| Element {
        name: String::from_utf8(start.name().as_ref().to_vec()).unwrap(),
        depth,
        attributes: start
            .attributes()
            .map(|attribute| {
                let attribute = attribute.unwrap();
                let key = String::from_utf8(attribute.key.as_ref().to_vec()).unwrap();
                let raw = std::str::from_utf8(&attribute.value).unwrap();
                (key, quick_xml::escape::unescape(raw).unwrap().into_owned())
            })
            .collect(),
        text: String::new(),
    };
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                found.push(element(&start, open.len()));
                open.push(found.len() - 1);
            }
            Event::Empty(start) => found.push(element(&start, open.len())),
            Event::CData(data) => found[*open.last().unwrap()]
                .text
                .push_str(std::str::from_utf8(&data).unwrap()),
            Event::End(_) => drop(open.pop().unwrap()),
            Event::Eof => break,
            Event::Text(_) | Event::Decl(_) => {}
            other => panic!("unexpected {other:?}"),
        }
    }
    assert_eq!(open, Vec::<usize>::new());
    found
}

fn snapshot(name: &str, report: &Report) {
    let xml = xml(report, &options());
    insta::with_settings!({ snapshot_path => "../snapshots" }, {
        insta::assert_binary_snapshot!(name, xml.into_bytes());
    });
}

#[test]
fn a_failing_run_in_full() {
    snapshot("junit_rich.xml", &sample::rich());
}

#[test]
fn a_healthy_run_in_full() {
    snapshot("junit_healthy.xml", &sample::healthy());
}

#[test]
fn an_empty_run_in_full() {
    let [_, _, empty, ..] = sample::all();
    snapshot("junit_empty.xml", &empty);
}

#[test]
fn a_hostile_run_in_full() {
    snapshot("junit_hostile.xml", &sample::hostile());
}

#[test]
fn hostile_text_arrives_whole() {
    let report = sample::hostile();
    let found = elements(&xml(&report, &options()));
    let failures: Vec<&Element> = found
        .iter()
        .filter(|element| element.name == "failure")
        .collect();
    assert_eq!(
        failures.len(),
        1,
        "fourteen causes of one rule at one place are one case"
    );
    for cause in &report.causes {
        assert!(
            failures[0].text.contains(&one_line(&cause.message))
                || cause.severity != Severity::Error
        );
    }
    assert!(failures[0].text.len() > 100_000);
    assert!(
        failures[0]
            .text
            .contains("]]> <![CDATA[ &amp; <script>alert(1)</script> <!-- -->")
    );
    assert!(failures[0].attributes["message"].ends_with("(and 13 more causes)"));
}

#[test]
fn no_character_is_illegal_in_xml_1_0() {
    for report in sample::all() {
        let stray = xml(&report, &options()).chars().find(
            |&c| !matches!(c, '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..),
        );
        assert_eq!(stray, None);
    }
}

#[test]
fn the_totals_are_those_of_the_cases() {
    for report in sample::all() {
        let found = elements(&xml(&report, &options()));
        let counted = |name: &str| found.iter().filter(|element| element.name == name).count();
        let stated = |suites: &str, attribute: &str| -> usize {
            let suites = found.iter().filter(|element| element.name == suites);
            suites
                .map(|element| element.attributes[attribute].parse::<usize>().unwrap())
                .sum()
        };
        for (attribute, name) in [
            ("tests", "testcase"),
            ("failures", "failure"),
            ("errors", "error"),
        ] {
            assert_eq!(stated("testsuite", attribute), counted(name), "{attribute}");
            assert_eq!(
                stated("testsuites", attribute),
                counted(name),
                "{attribute}"
            );
        }
        assert_eq!(stated("testsuite", "skipped"), counted("skipped"));
        assert!(
            counted("testcase") > 0,
            "a report without cases looks as if loadproof never ran"
        );
    }
}

#[test]
fn cases_are_unique_and_end_in_one_way() {
    for report in sample::all() {
        let found = elements(&xml(&report, &options()));
        let mut names: Vec<(&str, &str)> = found
            .iter()
            .filter(|element| element.name == "testcase")
            .map(|case| {
                (
                    case.attributes["classname"].as_str(),
                    case.attributes["name"].as_str(),
                )
            })
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        let endings =
            |element: &Element| ["failure", "error", "skipped"].contains(&element.name.as_str());
        let twice = found
            .windows(2)
            .any(|pair| endings(&pair[0]) && endings(&pair[1]) && pair[0].depth == pair[1].depth);
        assert!(!twice, "a case has two endings");
    }
}

#[test]
fn four_readers_see_every_case_and_the_same_places() {
    for report in sample::all() {
        readers::all_agree(&xml(&report, &options()));
    }
    let rich = xml(&sample::rich(), &options());
    let expected = ("packages/hello/setup.py", 11);
    assert!(
        readers::mikepenz(&rich)
            .iter()
            .any(|at| (at.path.as_str(), at.line) == expected)
    );
    assert!(readers::dorny(&rich).iter().any(|(title, text)| {
        title == "hello._C › symbol-missing-other"
            && text.starts_with("error, confirmed: `_ZN5hello5greetEi` is undefined")
    }));
}

/// The other schema in use, windyroad's, wants this order; consumers that stream want it too.
#[test]
fn properties_stand_before_the_cases() {
    for report in sample::all() {
        let found = elements(&xml(&report, &options()));
        for (index, suite) in found
            .iter()
            .enumerate()
            .filter(|(_, element)| element.name == "testsuite")
        {
            assert_eq!(found[index + 1].name, "properties");
            assert_eq!(suite.depth, 1);
        }
        assert_eq!(found[0].name, "testsuites");
    }
}

#[test]
fn a_source_place_is_relative_to_the_repository() {
    let found = elements(&xml(&sample::rich(), &options()));
    let case = found.iter().find(|element| {
        element
            .attributes
            .get("name")
            .is_some_and(|name| name == "symbol-missing-other")
    });
    let case = case.unwrap();
    assert_eq!(case.attributes["file"], "packages/hello/setup.py");
    assert_eq!(case.attributes["line"], "11");
    let failure = found
        .iter()
        .find(|element| element.name == "failure")
        .unwrap();
    assert!(failure.text.starts_with(
        "packages/hello/setup.py:11: error symbol-missing-other `_ZN5hello5greetEi` is"
    ));
}

#[test]
fn a_warning_fails_only_where_it_fails_the_run() {
    let failures = |fail_on| {
        let found = elements(&xml(
            &sample::rich(),
            &Options {
                fail_on,
                ..options()
            },
        ));
        found
            .iter()
            .filter(|element| element.name == "failure")
            .count()
    };
    assert_eq!(failures(Severity::Error), 2);
    assert_eq!(
        failures(Severity::Warning),
        4,
        "the warning is about two modules"
    );
    assert_eq!(failures(Severity::Note), 5);
}

#[test]
fn a_cause_that_no_check_points_to_is_not_lost() {
    let mut report = sample::rich();
    report
        .checks
        .retain(|check| !matches!(check.verdict, Verdict::Failed { .. }));
    let found = elements(&xml(&report, &options()));
    assert_eq!(
        found
            .iter()
            .filter(|element| element.name == "failure")
            .count(),
        2
    );
}

#[test]
fn a_duration_is_a_plain_number() {
    for report in sample::all() {
        for element in elements(&xml(&report, &options())) {
            if let Some(time) = element.attributes.get("time") {
                assert!(
                    time.chars().all(|c| c.is_ascii_digit() || c == '.'),
                    "{time}"
                );
            }
        }
    }
}

#[test]
fn a_time_has_neither_zone_nor_fraction() {
    assert_eq!(timestamp("2026-11-23T05:29:08Z"), "2026-11-23T05:29:08");
    assert_eq!(
        timestamp("2026-11-23T05:29:08.123+01:00"),
        "2026-11-23T05:29:08"
    );
    assert_eq!(timestamp("2026-11-23"), "1970-01-01T00:00:00");
    assert_eq!(
        timestamp("yesterday, or the day before"),
        "1970-01-01T00:00:00"
    );
}
