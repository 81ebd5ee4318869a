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
