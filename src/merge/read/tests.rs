//! Reports as legs leave them, and as strangers might.

use super::*;

/// A report as the executable writes it.
const REPORT: &str = include_str!("../../../fixtures/merge/report.json");

#[test]
fn a_report_is_read_back_with_everything_that_is_shown() {
    let report = read(REPORT.as_bytes()).unwrap();
    assert_eq!(report.host.system, "Linux");
    assert_eq!(report.causes.len(), 1);
    assert_eq!(report.causes[0].rule, "symbol-missing-other");
    assert!(matches!(
        &report.causes[0].place,
        Place::Source(_) | Place::Artifact { .. }
    ));
    let module = &report.modules[0];
    assert!(
        !module.failures.is_empty() && !module.images.is_empty() && !module.attempts.is_empty()
    );
    assert!(
        report
            .checks
            .iter()
            .any(|check| matches!(check.verdict, Verdict::Failed { .. }))
    );
    assert!(report.interpreter.is_some() && report.build.is_some());
}

#[test]
fn what_is_no_report_of_ours_is_refused_with_the_reason() {
    let refused = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
    assert!(refused("").contains("no JSON report"));
    assert!(refused("[]").contains("no JSON report"));
    assert!(refused("{\"schema\": 1}").contains("missing field"));
    assert_eq!(
        refused("{\"schema\": 2}"),
        "its schema is 2, written by another loadproof"
    );
    let unknown = REPORT.replace("symbol-missing-other", "pwned");
    assert!(refused(&unknown).contains("the cause `pwned`"));
}

#[test]
fn a_damaged_report_is_refused_and_no_more() {
    for end in (0..REPORT.len() - 1).step_by(97) {
        assert!(read(&REPORT.as_bytes()[..end]).is_err());
    }
    let deep = format!("{{\"schema\": 1, \"tool\": {}", "[".repeat(100_000));
    assert!(read(deep.as_bytes()).is_err());
}
