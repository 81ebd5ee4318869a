//! Real error texts, each with the cause that people found: what `explain` makes of them.
//!
//! The share is measured, not wished for. Where a text alone cannot decide, a miss is honest; but what is found today is
//! found tomorrow. Run with `--nocapture` for the table of misses.

#![allow(
    clippy::disallowed_methods,
    reason = "tests read their cases from files"
)]

use std::collections::BTreeMap;
use std::path::Path;

use loadproof::text::{Explanation, Reader};
use serde::Deserialize;

/// Of the texts below, so many have the right cause.
const CAUSES: usize = 194;
/// Of the texts below, so many have every fact right.
const FACTS: usize = 189;

#[derive(Deserialize)]
struct Case {
    id: String,
    #[serde(default)]
    cause: String,
    #[serde(default)]
    facts: BTreeMap<String, String>,
    text: String,
}

fn cases(file: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/messages")
        .join(file);
    let text = std::fs::read_to_string(path).expect("the cases");
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_str(line).expect("a case"))
        .collect()
}

fn explain(text: &str) -> Explanation {
    let mut reader = Reader::new();
    for line in text.lines() {
        reader.line(line.as_bytes());
    }
    reader.finish()
}

fn cause(explanation: &Explanation) -> &'static str {
    explanation.told.as_ref().map_or("other", |told| told.cause)
}

/// The text in the middle of a CI log, with its clock and colours.
fn in_a_log(text: &str) -> String {
    let noise = |word: &'static str| {
        (0..200).map(move |n| format!("\x1b[36;1m{word} package-{n}\x1b[0m took {n} ms"))
    };
    let lines = noise("Collecting")
        .chain(text.split('\n').map(str::to_owned))
        .chain(noise("Finished"));
    let stamped = lines
        .enumerate()
        .map(|(n, line)| format!("2026-11-01T10:00:0{}.{n:07}Z {line}\n", n % 10));
    stamped.collect()
}

#[test]
fn the_share_of_right_causes_and_facts_does_not_shrink() {
    let cases = cases("threads.jsonl");
    let (mut causes, mut facts) = (0, 0);
    for case in &cases {
        let explanation = explain(&case.text);
        let found = cause(&explanation);
        if found == case.cause {
            causes += 1;
        } else {
            println!("{:28} is {:28} not {found}", case.id, case.cause);
        }
        let none = BTreeMap::new();
        let told = explanation.told.as_ref().map_or(&none, |told| &told.facts);
        let wrong: Vec<&String> = case
            .facts
            .iter()
            .filter(|(name, value)| told.get(name.as_str()) != Some(value))
            .map(|(name, _)| name)
            .collect();
        if wrong.is_empty() {
            facts += 1;
        } else {
            println!("{:28} facts: {wrong:?}", case.id);
        }
    }
    let total = cases.len();
    println!("causes {causes} of {total}, facts {facts} of {total}");
    assert!(causes >= CAUSES, "{causes} right causes, {CAUSES} before");
    assert!(
        facts >= FACTS,
        "{facts} with the right facts, {FACTS} before"
    );
}

#[test]
fn a_log_around_the_text_changes_nothing() {
    let mut changed = Vec::new();
    for case in cases("threads.jsonl") {
        let alone = cause(&explain(&case.text));
        let inside = cause(&explain(&in_a_log(&case.text)));
        if alone != inside {
            changed.push(format!("{}: {alone} alone, {inside} in a log", case.id));
        }
    }
    assert!(changed.is_empty(), "{changed:#?}");
}

#[test]
fn what_went_well_has_no_cause() {
    for case in cases("successes.jsonl") {
        let explanation = explain(&case.text);
        assert_eq!(explanation.told, None, "{}", case.id);
    }
}

#[test]
fn every_cause_that_a_text_can_have_is_a_rule() {
    for case in cases("threads.jsonl") {
        let explanation = explain(&case.text);
        for told in explanation.told.iter().chain(&explanation.others) {
            assert!(
                loadproof::rules::find(told.cause).is_some(),
                "{}",
                told.cause
            );
            assert!(!told.evidence.is_empty(), "{}: {}", case.id, told.cause);
        }
    }
}
