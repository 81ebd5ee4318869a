//! Every rule over every recording: a false finding anywhere is a difference.

use std::collections::BTreeSet;
use std::path::PathBuf;

use loadproof::diagnose::diagnose;
use loadproof::facts::Facts;
use loadproof::report::Report;
use loadproof::sample::{Expected, Judgement, judge};

use crate::run::root;

/// Every recording with its name.
fn recordings() -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(root().join("fixtures/recorded"))
        .expect("the recordings")
        .flatten();
    let json = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"));
    let mut found: Vec<_> = json
        .map(|path| {
            (
                path.file_stem()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned(),
                path,
            )
        })
        .collect();
    found.sort();
    assert!(found.len() >= 15, "the recordings are there");
    found
}

fn report(path: &PathBuf) -> Report {
    let facts =
        Facts::from_json(&std::fs::read(path).expect("a recording")).expect("a recording of ours");
    diagnose(&facts, &facts.files).report
}

/// The causes that some recording shows.
pub(crate) fn causes_of_recordings() -> BTreeSet<String> {
    let reports = recordings().into_iter().map(|(_, path)| report(&path));
    reports
        .flat_map(|report| report.causes)
        .map(|cause| cause.rule.to_owned())
        .collect()
}

#[test]
fn every_recording_of_a_sample_comes_to_what_the_sample_expects() {
    for (name, path) in recordings() {
        let text = std::fs::read_to_string(
            root()
                .join("fixtures/extensions")
                .join(&name)
                .join("expected.json"),
        );
        let expected: Expected = serde_json::from_str(&text.expect("the sample of the recording"))
            .expect("an expectation");
        let row = judge(&name, &expected, &report(&path), 0.0);
        assert_eq!(row.judgement, Judgement::Passed, "{name}");
    }
}

#[test]
fn a_replay_asks_nothing_that_was_not_recorded() {
    for (name, path) in recordings() {
        for module in report(&path).modules {
            let unknown = module.module.is_some()
                && module.would_load == loadproof::load::LoadVerdict::Unknown;
            assert!(
                !unknown,
                "{name}: the load of {} cannot be replayed",
                module.path
            );
        }
    }
}

#[test]
fn a_flag_of_no_line_is_attributed_to_the_variable_that_gives_it() {
    let of = |name: &str| {
        let path = root().join(format!("fixtures/recorded/{name}.json"));
        let mut causes = report(&path).causes;
        assert_eq!(causes.len(), 1, "{name}");
        causes.remove(0)
    };
    let cause = of("environment-flag");
    let variable = cause.facts.get("variable").map(String::as_str);
    assert_eq!(variable, Some("CFLAGS"));
    let named = |source: &str| {
        let evidence = cause.evidence.iter();
        evidence
            .filter(|evidence| evidence.source == source)
            .count()
    };
    assert_eq!(named("environment variable CFLAGS"), 1);
    // A line of the project says more.
    assert_eq!(of("workflow-flag").facts.get("variable"), None);
}

#[test]
fn all_that_one_file_would_define_is_one_cause_with_a_count() {
    let path = root().join("fixtures/recorded/left-out-source.json");
    let [cause] = report(&path).causes.try_into().expect("one cause");
    let count = cause.facts.get("missing_symbols").map(String::as_str);
    assert_eq!(count, Some("3"));
    let label = cause.label.expect("a label");
    assert!(label.contains("and 2 more of what is missing"), "{label}");
}
