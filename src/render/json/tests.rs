//! The JSON against its schema, and against the words that other people's scripts rely on.

use serde_json::Value;

use super::super::{Format, Options, sample, sample::NASTY};
use crate::diagnosis::Severity;

const SCHEMA: &str = include_str!("../../../docs/report.schema.json");
const DOCS: &str = include_str!("../../../docs/json.md");

fn text(report: &crate::report::Report, options: &Options) -> String {
    String::from_utf8(sample::rendered(report, Format::Json, options)).unwrap()
}

fn parsed(report: &crate::report::Report) -> Value {
    serde_json::from_str(&text(report, &Options::default())).unwrap()
}

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

#[test]
fn a_failing_run_in_full() {
    insta::with_settings!({ snapshot_path => "../snapshots" }, {
        insta::assert_snapshot!("json_rich", text(&sample::rich(), &Options::default()));
    });
}

#[test]
fn every_sample_is_valid_against_the_schema() {
    let schema = schema();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for report in sample::all() {
        let json = parsed(&report);
        let errors: Vec<String> = validator
            .iter_errors(&json)
            .map(|error| format!("{} {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new());
    }
}

/// An object that may have unknown keys would let a typing error pass the test above.
#[test]
fn the_schema_names_every_key_and_requires_it() {
    fn walk(at: &str, value: &Value) {
        if let Some(properties) = value.get("properties").and_then(Value::as_object) {
            let mut required: Vec<&str> = value["required"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_str)
                .collect();
            let mut named: Vec<&str> = properties.keys().map(String::as_str).collect();
            required.sort_unstable();
            named.sort_unstable();
            assert_eq!(required, named, "{at} leaves a key optional");
            assert_eq!(
                value["additionalProperties"], false,
                "{at} lets unknown keys pass"
            );
        }
        if let Some(inner) = value.as_object() {
            for (key, value) in inner {
                walk(&format!("{at}/{key}"), value);
            }
        }
    }
    walk("", &schema());
}

#[test]
fn the_schema_refuses_a_word_it_does_not_know() {
    let validator = jsonschema::draft202012::new(&schema()).unwrap();
    for (pointer, wrong) in [
        ("/outcome", "ok"),
        ("/causes/0/severity", "fatal"),
        ("/modules/0/would_load", "yes"),
    ] {
        let mut json = parsed(&sample::rich());
        *json.pointer_mut(pointer).unwrap() = wrong.into();
        assert!(!validator.is_valid(&json), "{pointer} may be {wrong}");
    }
}

#[test]
fn the_documentation_names_every_key() {
    fn walk(value: &Value, missing: &mut Vec<String>) {
        if let Some(properties) = value.get("properties").and_then(Value::as_object) {
            let unnamed = properties
                .keys()
                .filter(|key| !DOCS.contains(&format!("`{key}`")));
            missing.extend(unnamed.cloned());
        }
        if let Some(inner) = value.as_object() {
            inner.values().for_each(|value| walk(value, missing));
        }
    }
    let mut missing = Vec::new();
    walk(&schema(), &mut missing);
    assert_eq!(
        missing,
        Vec::<String>::new(),
        "describe these keys in docs/json.md"
    );
}

#[test]
fn hostile_text_comes_back_unchanged_and_obeys_nobody() {
    let report = sample::hostile();
    let json = text(&report, &Options::default());
    assert!(!json.contains("##["));
    assert!(!json.lines().any(|line| line.trim_start().starts_with("::")));
    let value: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["causes"][0]["message"], report.causes[0].message);
    assert_eq!(value["modules"][0]["path"], NASTY);
}

#[test]
fn the_outcome_follows_the_level() {
    let mut report = sample::rich();
    report
        .causes
        .retain(|cause| cause.severity == Severity::Warning);
    let outcome = |fail_on| {
        let json = text(
            &report,
            &Options {
                fail_on,
                ..Options::default()
            },
        );
        serde_json::from_str::<Value>(&json).unwrap()["outcome"].clone()
    };
    assert_eq!(outcome(Severity::Error), "passed");
    assert_eq!(outcome(Severity::Warning), "failed");
    let [_, _, empty, ..] = sample::all();
    assert_eq!(parsed(&empty)["outcome"], "nothing-to-check");
}
