//! Real error texts, each with the cause that people found: what `explain` makes of them.
//!
//! The share is measured, not wished for. Where a text alone cannot decide, a miss is honest; but what is found today is
//! found tomorrow. Run with `--nocapture` for the table of misses.

#![allow(
    clippy::disallowed_methods,
    reason = "tests read their cases from files"
)]

mod cases;
mod near;

use std::collections::BTreeMap;
use std::path::Path;

use loadproof::text::{Explanation, Reader};
use serde::Deserialize;

/// The files of cases; of each, so many have the right cause, and so many every fact right.
const MEASURED: [(&str, usize, usize); 5] = [
    ("threads.jsonl", 197, 192),
    ("further.jsonl", 145, 145),
    ("fresh.jsonl", 59, 59),
    ("families.jsonl", 227, 226),
    ("unseen.jsonl", 126, 127),
];

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
    for (file, causes_before, facts_before) in MEASURED {
        let cases = cases(file);
        let (mut causes, mut facts) = (0, 0);
        for case in &cases {
            let explanation = explain(&case.text);
            let found = cause(&explanation);
            if found == case.cause {
                causes += 1;
            } else {
                println!("{:28} is {:28} not {found}", case.id, case.cause);
            }
            let told = explanation
                .told
                .as_ref()
                .map_or(&explanation.named, |told| &told.facts);
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
        println!("{file}: causes {causes} of {total}, facts {facts} of {total}");
        assert!(
            causes >= causes_before,
            "{file}: {causes} right causes, {causes_before} before"
        );
        assert!(
            facts >= facts_before,
            "{file}: {facts} with the right facts, {facts_before} before"
        );
    }
}

#[test]
fn a_missing_symbol_of_torchs_has_its_releases() {
    let mut seen = 0;
    for case in cases("threads.jsonl") {
        let told = explain(&case.text).told;
        let Some(told) = told.filter(|told| told.cause == "symbol-missing-torch-abi") else {
            continue;
        };
        let says = |note: &String| note.contains("has it") || note.contains("no release of torch");
        assert!(told.notes.iter().any(says), "{}: {:?}", case.id, told.notes);
        seen += 1;
    }
    assert!(seen >= 17, "{seen} texts about symbols of torch's");
}

/// The cases whose cause is another one when their text is damaged so.
fn changed_by(damage: impl Fn(&str) -> String) -> Vec<String> {
    let all = MEASURED.iter().flat_map(|(file, _, _)| cases(file));
    let changed = all.filter_map(|case| {
        let alone = cause(&explain(&case.text));
        let damaged = cause(&explain(&damage(&case.text)));
        (alone != damaged).then(|| format!("{}: {alone}, damaged {damaged}", case.id))
    });
    changed.collect()
}

/// Every line with something in front of it.
fn behind(prefix: &'static str) -> impl Fn(&str) -> String {
    move |text| {
        let lines = text.split('\n').map(|line| format!("{prefix}{line}\n"));
        lines.collect()
    }
}

/// Broken at 80 columns, whatever stands there.
fn wrapped(text: &str) -> String {
    let lines = text.split('\n').map(|line| {
        let characters: Vec<char> = line.chars().collect();
        let pieces = characters.chunks(80);
        let pieces: Vec<String> = pieces.map(|piece| piece.iter().collect()).collect();
        pieces.join("\n")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_systems_write_in_front_of_lines_changes_nothing() {
    for prefix in [
        "> ",
        "> > ",
        "2026-11-01T10:00:00.1234567Z ",
        "build (macos-15)\tRun tests\t2026-11-01T10:00:00.1234567Z ",
        "2026-11-01T10:00:00.123456Z 01O ",
        "2026-11-01T10:00:00.1234567Z ##[error]",
        "[2026-11-01T10:00:00.123Z] ",
        "10:00:00  ",
        "[10:00:00] ",
        "[10:00:00]\u{1b}[31m ",
        "Nov  1 10:00:00 mac-mini python[123]: ",
        "#12 1.234 ",
        "\u{1b}_bk;t=1700000000000\u{7}",
        "test-1  | ",
        "  │ ",
    ] {
        assert_eq!(changed_by(behind(prefix)), [""; 0], "{prefix:?}");
    }
}

#[test]
fn what_people_and_web_pages_do_to_a_text_changes_nothing() {
    let fenced = |text: &str| format!("It fails:\n```console\n{text}\n```\nWhy?");
    assert_eq!(changed_by(fenced), [""; 0]);
    let windows = |text: &str| text.replace('\n', "\r\n");
    assert_eq!(changed_by(windows), [""; 0]);
    let escaped = |text: &str| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        text.replace('>', "&gt;").replace('"', "&quot;")
    };
    assert_eq!(changed_by(escaped), [""; 0]);
    let curly = |text: &str| text.replace('\'', "’").replace('"', "”");
    assert_eq!(changed_by(curly), [""; 0]);
    let coloured = |text: &str| {
        let lines = text
            .split('\n')
            .map(|line| format!("\u{1b}[1;31m{line}\u{1b}[0m"));
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(changed_by(coloured), [""; 0]);
}

#[test]
fn lines_broken_at_eighty_columns_change_nothing() {
    assert_eq!(changed_by(wrapped), [""; 0]);
}

#[test]
fn line_breaks_written_as_escapes_change_nothing() {
    let written = |text: &str| format!("['{}']", text.replace('\n', "\\n"));
    assert_eq!(changed_by(written), [""; 0]);
    let bytes = |text: &str| format!("stderr: b'{}\\n'", text.replace('\n', "\\n"));
    assert_eq!(changed_by(bytes), [""; 0]);
}

#[test]
fn a_log_around_the_text_changes_nothing() {
    assert_eq!(changed_by(in_a_log), [""; 0]);
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
    for case in MEASURED.iter().flat_map(|(file, _, _)| cases(file)) {
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
