//! Payloads as GitHub sends them.

use super::*;

/// GITHUB_SHA: on pull requests the merge commit.
const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

fn subject(name: &str, payload: &[u8]) -> Subject {
    Subject::of(name, payload, SHA)
}

#[test]
fn a_pull_request_is_about_its_head() {
    let found = subject(
        "pull_request",
        include_bytes!("../../../fixtures/github/events/pull_request.json"),
    );
    assert_eq!(
        found.head_sha.as_deref(),
        Some("ec26c3e57ca3a959ca5aad62de7213c562f8c821")
    );
    assert_eq!(found.pull_request, Some(Pull::Number(2)));
}

#[test]
fn a_pull_request_of_a_fork_is_about_its_head_even_when_the_fork_is_gone() {
    for payload in [
        include_bytes!("../../../fixtures/github/events/pull_request-fork.json").as_slice(),
        include_bytes!("../../../fixtures/github/events/pull_request-deleted-fork.json"),
    ] {
        let found = subject("pull_request", payload);
        assert_eq!(
            found.head_sha.as_deref(),
            Some("a10867b14bb761a232cd80139fbd4c0d33264240")
        );
        assert_eq!(found.pull_request, Some(Pull::Number(2)));
    }
}

#[test]
fn a_push_is_about_what_was_pushed() {
    let found = subject(
        "push",
        include_bytes!("../../../fixtures/github/events/push.json"),
    );
    assert_eq!(
        found.head_sha.as_deref(),
        Some("6113728f27ae82c7b1a177c8d03f9e96e0adf246")
    );
    assert_eq!(found.pull_request, None);
}

#[test]
fn a_merge_group_is_about_its_head() {
    let found = subject(
        "merge_group",
        include_bytes!("../../../fixtures/github/events/merge_group.json"),
    );
    assert_eq!(
        found.head_sha.as_deref(),
        Some("2ffea6db159f6b6c47a24e778fb9ef40cf6b1c7d")
    );
    assert_eq!(found.pull_request, None);
}

#[test]
fn a_workflow_run_is_about_the_commit_of_the_other_run() {
    let found = subject(
        "workflow_run",
        include_bytes!("../../../fixtures/github/events/workflow_run-fork.json"),
    );
    assert_eq!(
        found.head_sha.as_deref(),
        Some("5779607b49aab1200488439f02372c57b4f75444")
    );
    let branch = Pull::Branch {
        owner: "Stranger".to_owned(),
        name: "changes".to_owned(),
    };
    assert_eq!(found.pull_request, Some(branch));
    assert_eq!(found.origin, Some((1_589_141_559, 2)));
}

#[test]
fn of_the_pull_requests_of_a_workflow_run_the_one_with_its_commit_counts() {
    let found = subject(
        "workflow_run",
        include_bytes!("../../../fixtures/github/events/workflow_run.json"),
    );
    assert_eq!(found.pull_request, Some(Pull::Number(7)));
}

#[test]
fn a_workflow_run_of_a_push_has_no_pull_request() {
    let payload = include_str!("../../../fixtures/github/events/workflow_run-fork.json");
    let payload = payload.replace("\"event\": \"pull_request\"", "\"event\": \"push\"");
    assert_eq!(
        subject("workflow_run", payload.as_bytes()).pull_request,
        None
    );
}

#[test]
fn everything_else_is_about_the_commit_that_the_runner_names() {
    for (name, payload) in [
        (
            "workflow_dispatch",
            include_bytes!("../../../fixtures/github/events/workflow_dispatch.json").as_slice(),
        ),
        ("schedule", b"{}"),
        ("push", b"not JSON"),
        (
            "push",
            b"{\"after\": \"0000000000000000000000000000000000000000\"}",
        ),
    ] {
        let found = subject(name, payload);
        assert_eq!(found.head_sha.as_deref(), Some(SHA), "{name}");
        assert_eq!(found.pull_request, None);
    }
}

#[test]
fn a_payload_that_cannot_be_read_is_not_taken_for_the_merge_commit() {
    for payload in [
        b"".as_slice(),
        b"[]",
        b"{\"pull_request\": {\"head\": {\"sha\": \"x; rm\"}}}",
    ] {
        assert_eq!(subject("pull_request", payload).head_sha, None);
    }
    assert_eq!(subject("workflow_run", b"{}").head_sha, None);
}

#[test]
fn a_comment_names_a_pull_request_and_no_commit() {
    let found = subject(
        "issue_comment",
        br#"{"issue": {"number": 4, "pull_request": {}}}"#,
    );
    assert_eq!(
        (found.head_sha, found.pull_request),
        (None, Some(Pull::Number(4)))
    );
    let found = subject("issue_comment", br#"{"issue": {"number": 4}}"#);
    assert_eq!(found.pull_request, None);
}
