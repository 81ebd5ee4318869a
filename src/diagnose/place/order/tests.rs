//! Variations of a recorded build in which an archive stands too early.

use serde_json::{Value, json};

use crate::diagnose::diagnose;
use crate::diagnosis::{Diagnosis, Place};
use crate::facts::Facts;

const RECORDED: &[u8] = include_bytes!("../../../../fixtures/recorded/quiet-ninja.json");

/// The cause where the files of the link have to do with the symbol as told: number, name, whether it defines and needs it.
fn cause(inputs: &[(usize, &str, bool, bool)], change: impl FnOnce(&mut Value)) -> Diagnosis {
    let mut facts: Value = serde_json::from_slice(RECORDED).expect("a recording");
    let known = facts["sources"]["inputs"]["scale"][0].clone();
    let inputs = inputs.iter().map(|(word, file, defines, needs)| {
        let mut input = known.clone();
        input["word"] = json!(word);
        input["file"] = json!(file);
        input["defines"] = json!(defines);
        input["needs"] = json!(needs);
        input
    });
    facts["sources"]["inputs"]["scale"] = inputs.collect::<Vec<Value>>().into();
    // Where the order tells all, no source was asked for.
    let text = "int scale(int value) { return 2 * value; }\n";
    facts["sources"]["texts"]["scale.c"] = json!({"known": text});
    change(&mut facts);
    let facts = Facts::from_json(&serde_json::to_vec(&facts).expect("JSON")).expect("facts");
    let mut causes = diagnose(&facts, &facts.files).report.causes;
    assert_eq!(causes.len(), 1, "{causes:#?}");
    causes.remove(0)
}

fn is_told(inputs: &[(usize, &str, bool, bool)]) -> bool {
    cause(inputs, |_| {}).facts.contains_key("archive")
}

const EARLY: (usize, &str, bool, bool) = (2, "libscale.a", true, false);
const LATE: (usize, &str, bool, bool) = (3, "liboffset.a", false, true);

#[test]
fn an_archive_before_what_needs_it_is_told_at_its_entry() {
    let cause = cause(&[EARLY, LATE], |_| {});
    let Place::Source(place) = &cause.place else {
        panic!("{:?}", cause.place);
    };
    assert_eq!(place.to_string(), "CMakeLists.txt:9:43");
    assert_eq!(
        cause.label.as_deref(),
        Some("links `libscale.a` before `liboffset.a`, which needs `scale` of it")
    );
    assert_eq!(cause.related[0].place.to_string(), "CMakeLists.txt:9:49");
    let seen = &cause.evidence.last().expect("evidence").text;
    assert!(
        seen.starts_with("libscale.a, which defines `scale`, is number 2 of 3, and liboffset.a"),
        "{seen}"
    );
    assert!(
        cause
            .remedy
            .starts_with("Name `libscale.a` behind `liboffset.a`"),
        "{}",
        cause.remedy
    );
}

#[test]
fn the_order_is_blamed_only_where_nothing_before_it_needs_the_archive() {
    assert!(is_told(&[EARLY, LATE]));
    // In the right order it would have been linked: something else is wrong.
    assert!(!is_told(&[
        (2, "liboffset.a", false, true),
        (3, "libscale.a", true, false)
    ]));
    assert!(!is_told(&[
        (1, "quiet_ninja.c.o", false, true),
        EARLY,
        LATE
    ]));
    // It stands behind it once more, or is no archive, or nothing of the link needs it.
    assert!(!is_told(&[EARLY, LATE, (4, "libscale.a", true, false)]));
    assert!(!is_told(&[(2, "scale.o", true, false), LATE]));
    assert!(!is_told(&[EARLY]));
    assert!(!is_told(&[LATE]));
}

#[test]
fn a_file_that_a_library_of_the_project_compiles_is_not_left_out() {
    // Nothing is known of the link: the use is shown, not the module's list of sources.
    let bare = cause(&[], |facts| facts["build"]["written"] = json!([]));
    let label = bare.label.unwrap_or_default();
    assert!(!label.contains("is not among these"), "{label}");
    let alone = cause(&[], |facts| {
        let text = &mut facts["sources"]["texts"]["CMakeLists.txt"]["known"];
        let changed = text
            .as_str()
            .expect("a text")
            .replace("add_library(scale STATIC scale.c)", "");
        *text = json!(changed);
    });
    assert!(
        alone
            .label
            .unwrap_or_default()
            .contains("is not among these")
    );
}
