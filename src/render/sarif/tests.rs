//! The document as code scanning reads it.

use serde_json::Value;

use super::super::{Format, sample};
use super::*;

fn document(report: &Report) -> Value {
    let bytes = sample::rendered(report, Format::Sarif, &Options::default());
    serde_json::from_slice(&bytes).unwrap()
}

fn fingerprints(document: &Value) -> Vec<String> {
    let results = document["runs"][0]["results"].as_array().unwrap();
    let marks = results
        .iter()
        .map(|result| result["partialFingerprints"]["loadproof/v1"].to_string());
    marks.collect()
}

#[test]
fn a_failing_run_in_full() {
    let mut document = document(&sample::rich());
    // The pages of the rules are tested where they are written.
    for rule in document["runs"][0]["tool"]["driver"]["rules"]
        .as_array_mut()
        .unwrap()
    {
        rule["help"] = Value::Null;
    }
    insta::assert_snapshot!("sarif_rich", format!("{document:#}"));
}

/// The schema comes from OASIS (`fixtures/sarif/README.md`).
#[test]
fn every_document_is_valid_against_the_schema() {
    let mut schema: Value =
        serde_json::from_str(include_str!("../../../fixtures/sarif/sarif-2.1.0.json")).unwrap();
    // The published pattern of a language is no regular expression.
    for owner in ["run", "toolComponent"] {
        schema["definitions"][owner]["properties"]["language"]["pattern"] = "^[a-z]{2}".into();
    }
    let validator = jsonschema::draft7::new(&schema).unwrap();
    for report in sample::all() {
        let document = document(&report);
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new());
    }
    let mut wrong = document(&sample::rich());
    wrong["runs"][0]["results"][0]["level"] = "fatal".into();
    assert!(!validator.is_valid(&wrong), "the schema refuses something");
}

#[test]
fn fingerprints_differ_between_causes_and_not_between_lines_or_builds() {
    let rich = sample::rich();
    let before = fingerprints(&document(&rich));
    let mut distinct = before.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), before.len());

    let mut moved = rich.clone();
    for cause in &mut moved.causes {
        match &mut cause.place {
            Place::Source(source) => source.line = source.line.map(|line| line + 40),
            Place::Artifact { path, .. } => {
                *path = path.replace("cpython-311-x86_64-linux-gnu", "cpython-313-darwin")
            }
            Place::Project => {}
        }
    }
    assert_ne!(moved, rich);
    assert_eq!(fingerprints(&document(&moved)), before);
}

#[test]
fn a_path_becomes_a_uri() {
    assert_eq!(uri("a b/ü.c"), "a%20b/%C3%BC.c");
    assert_eq!(uri("/usr/include/a.h"), "file:///usr/include/a.h");
    assert_eq!(uri("C:\\x"), "C%3A/x");
    assert_eq!(uri(""), ".");
}
