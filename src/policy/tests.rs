//! Policies, their files, and what they do to findings.

use super::*;
use crate::diagnosis::{Certainty, Diagnosis, Place};
use crate::report::{Check, HostSummary, Report, Verdict};

fn cause(rule: &'static str, subject: &str, modules: &[&str]) -> Diagnosis {
    Diagnosis {
        rule,
        severity: Severity::Error,
        certainty: Certainty::Predicted,
        place: Place::Project,
        label: None,
        related: Vec::new(),
        subject: Some(subject.to_owned()),
        message: "it is so".to_owned(),
        evidence: Vec::new(),
        remedy: "mend it".to_owned(),
        facts: std::collections::BTreeMap::new(),
        modules: modules.iter().map(|module| (*module).to_owned()).collect(),
    }
}

const TODAY: Day = Day {
    year: 2026,
    month: 11,
    day: 25,
};

fn refused(text: &str) -> String {
    read_loadproof(text).expect_err("refused").to_string()
}

#[test]
fn every_key_is_read() {
    let text = r#"
fail-on = "warning"
baseline = "known.json"
external-libraries = ["/opt/*"]
with = ["torch==2.8.0"]
targets = [{ macos = "13.0", arch = "arm64" }, "python=3.14"]
[severity]
duplicate-rpath = "off"
arch-mismatch = "note"
[[ignore]]
rule = "module-init-missing"
module = "x/*"
subject = "_PyInit_*"
reason = "opened by ctypes"
expires = 2027-01-31
"#;
    let policy = read_loadproof(text).expect("a policy");
    assert_eq!(policy.fail_on, Some(Severity::Warning));
    assert_eq!(policy.targets, ["macos=13.0,arch=arm64", "python=3.14"]);
    let severities = [
        ("arch-mismatch".to_owned(), Level::As(Severity::Note)),
        ("duplicate-rpath".to_owned(), Level::Off),
    ];
    assert_eq!(policy.severity, severities);
    let ignore = &policy.ignores[0];
    assert_eq!(
        ignore.expires.map(|day| day.to_string()).as_deref(),
        Some("2027-01-31")
    );
    assert_eq!(ignore.line, 10);
    let project = format!(
        "[project]\nname = \"x\"\n{}",
        "[tool.loadproof]\nwith = [\"y\"]"
    );
    assert_eq!(
        read_pyproject(&project)
            .expect("a policy")
            .expect("one")
            .with,
        ["y"]
    );
    assert_eq!(read_pyproject("[tool.other]").expect("no policy"), None);
}

#[test]
fn an_unknown_key_names_its_place_and_the_nearest() {
    insta::assert_snapshot!(refused("with = []\nfail_on = \"note\"\n"), @r#"
    unknown key `fail_on`: did you mean `fail-on`?
       |
     2 | fail_on = "note"
       | ^^^^^^^
    "#);
    insta::assert_snapshot!(refused("[[ignore]]\nrule = \"arch-mismatch\"\nreson = \"x\"\n"), @r#"
    unknown key `reson` in `ignore`: did you mean `reason`?
       |
     3 | reson = "x"
       | ^^^^^
    "#);
    insta::assert_snapshot!(refused("zebra = 1"), @r"
    unknown key `zebra`: known are baseline, external-libraries, fail-on, ignore, severity, targets, with
       |
     1 | zebra = 1
       | ^^^^^
    ");
}

#[test]
fn wrong_values_are_refused_where_they_stand() {
    insta::assert_snapshot!(refused("[severity]\ndupliate-rpath = \"note\""), @r#"
    there is no rule `dupliate-rpath`: did you mean `duplicate-rpath`?
       |
     2 | dupliate-rpath = "note"
       | ^^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(refused("fail-on = \"off\""), @r#"
    `off` is no severity: use one of error, warning, note
       |
     1 | fail-on = "off"
       |           ^^^^^
    "#);
    insta::assert_snapshot!(refused("[[ignore]]\nrule = \"arch-mismatch\"\n"), @r"
    an `ignore` needs `reason`
       |
     1 | [[ignore]]
       | ^^^^^^^^^^
    ");
    insta::assert_snapshot!(refused("targets = 3"), @r"
    `targets` is an array of tables or strings
       |
     1 | targets = 3
       |           ^
    ");
    assert!(refused("with = [").starts_with("not TOML: "));
    assert!(
        refused("[[ignore]]\nrule = \"arch-mismatch\"\nreason = \"x\"\nexpires = \"soon\"")
            .starts_with("`expires` is a date")
    );
}

fn applied(
    text: &str,
    baseline: &Baseline,
    mut causes: Vec<Diagnosis>,
) -> (Vec<Diagnosis>, Applied) {
    let policy = read_loadproof(text).expect("a policy");
    let mut applied = Applied::default();
    policy.apply(&mut causes, baseline, TODAY, &mut applied);
    (causes, applied)
}

#[test]
fn an_ignore_takes_only_the_modules_that_it_names() {
    let text = "[[ignore]]\nrule = \"arch-mismatch\"\nmodule = \"x/*.so\"\nreason = \"known\"";
    let found = vec![
        cause("arch-mismatch", "s", &["x/a.so", "y/b.so"]),
        cause("duplicate-rpath", "s", &["x/a.so"]),
    ];
    let (left, applied) = applied(text, &Baseline::default(), found);
    assert_eq!(left.len(), 2);
    assert_eq!(left[0].modules, ["y/b.so"]);
    assert_eq!(applied.accepted.len(), 1);
    assert_eq!(applied.accepted[0].reason, "known");
    assert_eq!(applied.used, [0]);
}

#[test]
fn an_ignore_that_has_expired_accepts_nothing() {
    let ignore = |expires: &str| {
        format!("[[ignore]]\nrule = \"arch-mismatch\"\nreason = \"known\"\nexpires = {expires}")
    };
    let found = || vec![cause("arch-mismatch", "s", &["x"])];
    let none = Baseline::default();
    assert_eq!(applied(&ignore("2026-11-25"), &none, found()).0.len(), 0);
    assert_eq!(applied(&ignore("2026-11-24"), &none, found()).0.len(), 1);
}

#[test]
fn expected_libraries_are_not_missed_and_nothing_else_is() {
    let text = "external-libraries = [\"/opt/pq/*\"]";
    let found = vec![
        cause(
            "library-not-found-absolute",
            "/opt/pq/libpq.5.dylib",
            &["x"],
        ),
        cause("library-not-found-absolute", "/opt/other.dylib", &["x"]),
        cause("arch-mismatch", "/opt/pq/libpq.5.dylib", &["x"]),
    ];
    let (left, _) = applied(text, &Baseline::default(), found);
    let subjects: Vec<_> = left.iter().map(|cause| cause.rule).collect();
    assert_eq!(subjects, ["library-not-found-absolute", "arch-mismatch"]);
}

#[test]
fn what_the_baseline_knows_is_no_news() {
    let mut baseline = Baseline::default();
    baseline.add(&cause("arch-mismatch", "s", &["x", "y"]));
    baseline.add(&cause("duplicate-rpath", "t", &[]));
    let text = baseline.to_json();
    let baseline = Baseline::parse(&text).expect("a baseline");
    assert_eq!(baseline.len(), 3);
    let found = vec![
        cause("arch-mismatch", "s", &["y", "z"]),
        cause("arch-mismatch", "other", &["x"]),
        cause("duplicate-rpath", "t", &[]),
    ];
    let (left, applied) = applied("", &baseline, found);
    assert_eq!(left.len(), 2);
    assert_eq!(left[0].modules, ["z"]);
    assert_eq!(applied.in_baseline, 2);
    assert!(Baseline::parse("{\"schema\": 2, \"findings\": []}").is_err());
    assert!(Baseline::parse("[]").is_err());
}

#[test]
fn a_severity_of_its_own_replaces_the_rules() {
    let text = "[severity]\narch-mismatch = \"note\"\nduplicate-rpath = \"off\"";
    let found = vec![
        cause("arch-mismatch", "s", &["x"]),
        cause("duplicate-rpath", "s", &["x"]),
    ];
    let (left, _) = applied(text, &Baseline::default(), found);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].severity, Severity::Note);
}

#[test]
fn the_checks_of_a_report_follow_its_findings() {
    let mut report = Report {
        tool_version: String::new(),
        started_at: String::new(),
        project: String::new(),
        host: HostSummary {
            system: "macOS".to_owned(),
            version: "14.5".to_owned(),
            arch: "arm64".to_owned(),
        },
        interpreter: None,
        build: None,
        modules: Vec::new(),
        targets: None,
        causes: vec![
            cause("arch-mismatch", "s", &["x"]),
            cause("duplicate-rpath", "t", &["x"]),
        ],
        disagreements: Vec::new(),
        checks: vec![check("arch-mismatch", 0), check("duplicate-rpath", 1)],
        timings: Vec::new(),
    };
    let policy = read_loadproof("[severity]\narch-mismatch = \"off\"").expect("a policy");
    let mut applied = Applied::default();
    policy.apply_to_report(&mut report, &Baseline::default(), TODAY, &mut applied);
    assert!(matches!(report.checks[0].verdict, Verdict::Skipped { .. }));
    assert_eq!(
        report.checks[1].verdict,
        Verdict::Failed { causes: vec![0] }
    );
}

fn check(rule: &'static str, cause: usize) -> Check {
    Check {
        rule,
        stage: "load",
        module: Some("x".to_owned()),
        verdict: Verdict::Failed {
            causes: vec![cause],
        },
    }
}

fn schema() -> serde_json::Value {
    serde_json::from_str(include_str!("../../docs/loadproof.schema.json")).expect("JSON")
}

#[test]
fn the_schema_for_editors_has_the_keys_that_are_read() {
    let schema = schema();
    for (table, keys) in KEYS {
        let object = match table {
            "" => &schema,
            "ignore" => &schema["properties"]["ignore"]["items"],
            "targets" => &schema["properties"]["targets"]["items"]["anyOf"][1],
            "severity" => {
                assert!(schema["properties"]["severity"]["additionalProperties"].is_object());
                continue;
            }
            other => panic!("`{other}` is not in the schema"),
        };
        let properties = object["properties"].as_object().expect("properties");
        let named: Vec<&String> = properties.keys().collect();
        assert_eq!(named, keys, "docs/loadproof.schema.json, `{table}`");
        assert_eq!(object["additionalProperties"], false);
    }
}

#[test]
fn the_schema_and_the_reader_agree() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    let cases = [
        ("fail-on = \"note\"", r#"{"fail-on": "note"}"#, true),
        ("fail-on = \"never\"", r#"{"fail-on": "never"}"#, false),
        ("fail_on = \"note\"", r#"{"fail_on": "note"}"#, false),
        ("with = [1]", r#"{"with": [1]}"#, false),
        (
            "targets = [\"arch=arm64\", { macos = \"14.0\" }]",
            r#"{"targets": ["arch=arm64", {"macos": "14.0"}]}"#,
            true,
        ),
        (
            "targets = [{ os = \"14.0\" }]",
            r#"{"targets": [{"os": "14.0"}]}"#,
            false,
        ),
        ("targets = [{}]", r#"{"targets": [{}]}"#, false),
        (
            "severity.arch-mismatch = \"off\"",
            r#"{"severity": {"arch-mismatch": "off"}}"#,
            true,
        ),
        (
            "severity.arch-mismatch = \"bad\"",
            r#"{"severity": {"arch-mismatch": "bad"}}"#,
            false,
        ),
        (
            "ignore = [{ rule = \"arch-mismatch\", reason = \"x\", expires = \"2027-01-01\" }]",
            r#"{"ignore": [{"rule": "arch-mismatch", "reason": "x", "expires": "2027-01-01"}]}"#,
            true,
        ),
        (
            "ignore = [{ rule = \"arch-mismatch\" }]",
            r#"{"ignore": [{"rule": "arch-mismatch"}]}"#,
            false,
        ),
    ];
    for (toml, json, right) in cases {
        assert_eq!(read_loadproof(toml).is_ok(), right, "{toml}");
        let value = serde_json::from_str(json).expect("JSON");
        assert_eq!(validator.is_valid(&value), right, "{json}");
    }
}

#[test]
fn the_example_of_the_documentation_is_read() {
    let page = include_str!("../../docs/configuration.md");
    let example = page
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let policy = read_loadproof(example.expect("an example")).expect("a policy");
    assert_eq!(policy.ignores.len(), 1);
}
