//! Verdict, reason, subject and words of every case and variant.

use serde_json::Value;

use crate::fixture;

/// What differs between the answer and what is expected.
fn difference(answer: &Value, expected: &Value) -> Option<String> {
    if answer["verdict"] != expected["verdict"] {
        return Some(format!("verdict {}", answer["verdict"]));
    }
    if answer["reason"] != expected["reason"] {
        return Some(format!("reason {}", answer["reason"]));
    }
    if !expected["subject"].is_null()
        && answer["subject"] != expected["subject"]
        && expected["verdict"] == "fails"
    {
        return Some(format!("subject {}", answer["subject"]));
    }
    let message = answer["message"].as_str().unwrap_or_default();
    let parts = expected["message_contains"]
        .as_array()
        .into_iter()
        .flatten();
    let lacking = parts
        .filter_map(Value::as_str)
        .find(|part| !message.contains(part));
    lacking.map(|part| format!("message without `{part}`: {message}"))
}

#[test]
fn every_case_ends_as_dyld_would_end_it() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (name, fixture) in fixture::all() {
        let root = fixture.lay_out();
        for (case, expected) in fixture.variants() {
            count += 1;
            let (answer, code) = fixture::run(&fixture::flags(&case, root.path()));
            assert_eq!(
                code == 0,
                answer["verdict"] == "loads",
                "exit code of {name}"
            );
            if let Some(difference) = difference(&answer, &expected) {
                wrong.push(format!("{name} on {}: {difference}", case["os"]));
            }
        }
    }
    assert!(count >= 292, "only {count} cases and variants were found");
    assert!(
        wrong.is_empty(),
        "{} of {count} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_messages_of_other_versions_are_worded_as_listed() {
    let mut compared = 0;
    for (name, fixture) in fixture::all() {
        let Some(by_os) = fixture.expected["message_by_os"].as_object() else {
            continue;
        };
        let root = fixture.lay_out();
        for (os, words) in by_os {
            let mut case = fixture.case.clone();
            case["os"] = os.as_str().into();
            let (answer, _) = fixture::run(&fixture::flags(&case, root.path()));
            let message = answer["message"].as_str().unwrap();
            // Alternatives stand between bars; `...` stands for anything.
            let words = words.as_str().unwrap();
            let fits = words
                .split(" | ")
                .any(|words| words.split("...").all(|part| message.contains(part)));
            assert!(fits, "{name} on {os}: {message}");
            compared += 1;
        }
    }
    assert!(compared >= 4, "only {compared} messages were compared");
}
