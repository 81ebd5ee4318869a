//! The table of rules is complete, sorted and documented.

use std::collections::BTreeSet;

use super::{RULES, SECTIONS, find};

/// Files beside the rules that are none. `mod.rs` names them, too.
const NOT_RULES: [&str; 17] = [
    "build_place",
    "case_tests",
    "finding",
    "mixed_includes",
    "mod",
    "page",
    "remedy",
    "scene",
    "symbol",
    "table_tests",
    "testing",
    "torch_releases",
    "warned",
    "way",
    "wheel_case",
    "wording",
    "README",
];

#[test]
fn every_file_of_the_room_is_a_registered_rule() {
    let room = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules");
    #[allow(
        clippy::disallowed_methods,
        reason = "a test of the source tree reads the source tree"
    )]
    let entries = std::fs::read_dir(room).expect("the room of the rules");
    let files: BTreeSet<String> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| !NOT_RULES.contains(&name.as_str()))
        .collect();
    let registered: BTreeSet<String> = RULES.iter().map(|rule| rule.id.replace('-', "_")).collect();
    let unregistered: Vec<_> = files.difference(&registered).collect();
    assert!(
        unregistered.is_empty(),
        "add to RULES in src/rules/mod.rs: {unregistered:?}"
    );
    let misnamed: Vec<_> = registered.difference(&files).collect();
    assert!(
        misnamed.is_empty(),
        "call the rule's file after its id: {misnamed:?}"
    );
}

#[test]
fn the_table_is_sorted_and_every_id_is_kebab_case() {
    for pair in RULES.windows(2) {
        let [one, next] = pair else { continue };
        assert!(
            one.id < next.id,
            "put `{}` before `{}` in RULES, each once",
            next.id,
            one.id
        );
    }
    for rule in RULES {
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(
            rule.id.chars().all(kebab),
            "write `{}` in kebab-case",
            rule.id
        );
        assert!(
            find(rule.id).is_some_and(|found| found.id == rule.id),
            "`{}` is not found by its id",
            rule.id
        );
    }
}

#[test]
fn every_summary_is_one_lower_case_line() {
    for rule in RULES {
        let first = rule.summary.chars().next().expect("a summary");
        assert!(
            first.is_lowercase(),
            "start the summary of `{}` in lower case",
            rule.id
        );
        let ends = rule.summary.ends_with('.')
            || rule.summary.contains('\n')
            || rule.summary.contains('|');
        assert!(
            !ends,
            "write the summary of `{}` in one line without full stop or bar",
            rule.id
        );
        assert!(
            !rule.inspect.is_empty(),
            "say where `{}` is recognised",
            rule.id
        );
    }
}

#[test]
fn every_explanation_has_the_sections_in_their_order() {
    for rule in RULES {
        let id = rule.id;
        let headings: Vec<&str> = rule
            .explanation
            .lines()
            .filter(|line| line.starts_with('#'))
            .collect();
        assert_eq!(
            headings, SECTIONS,
            "give the explanation of `{id}` exactly these sections"
        );
        assert!(
            rule.explanation.starts_with(SECTIONS[0]),
            "start the explanation of `{id}` with its first section"
        );
        assert!(
            rule.explanation.ends_with('\n'),
            "end the explanation of `{id}` with a line feed"
        );
        for line in rule.explanation.lines() {
            assert!(
                line.chars().count() <= 125,
                "`{id}`: break this line at 120 characters: {line}"
            );
            assert_eq!(
                line,
                line.trim_end(),
                "`{id}`: remove the blanks at the end of: {line}"
            );
        }
        let mut sections = rule.explanation.split("\n## ");
        assert!(
            sections.all(|section| section.lines().count() >= 3),
            "`{id}`: a section of its page is empty"
        );
    }
}

#[test]
fn every_rule_that_inspects_has_tests_beside_it() {
    for rule in RULES {
        let inspects = rule.inspect.iter().any(|inspect| inspect.stage() != "text");
        let file = rule.id.replace('-', "_");
        let path = format!("{}/src/rules/{file}", env!("CARGO_MANIFEST_DIR"));
        #[allow(
            clippy::disallowed_methods,
            reason = "a test of the source tree reads the source tree"
        )]
        let read = |path: String| std::fs::read_to_string(path);
        let text = read(format!("{path}.rs")).expect("the rule's file");
        let parts = ["tests", "promises"].map(|part| read(format!("{path}/{part}.rs")));
        let apart: String = parts.into_iter().flatten().collect();
        let tests = (text + &apart).matches("#[test]").count();
        assert!(
            tests > 0 || !inspects,
            "`{}`: write a case that fires and a near miss beside the rule",
            rule.id
        );
    }
}
