//! Which commit and which pull request an event is about.
//!
//! On pull requests GITHUB_SHA is a merge commit that nobody sees: the head is in the payload. Payloads come from GitHub,
//! but names in them come from whoever opened the pull request.

use serde::Deserialize;

/// What an event is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// The commit that checks belong to.
    pub head_sha: Option<String>,
    /// The pull request, where the event names one.
    pub pull_request: Option<Pull>,
    /// The run that the event came from, where that is another one than this: its id and attempt.
    pub origin: Option<(u64, u64)>,
}

/// A pull request, by its number or by what finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pull {
    /// Its number.
    Number(u64),
    /// The branch that it comes from: the payload names no number, as for forks in `workflow_run`.
    Branch {
        /// The owner of the branch's repository.
        owner: String,
        /// The branch.
        name: String,
    },
}

#[derive(Deserialize, Default)]
struct Payload {
    number: Option<u64>,
    after: Option<String>,
    pull_request: Option<PullRequest>,
    issue: Option<Issue>,
    merge_group: Option<MergeGroup>,
    workflow_run: Option<WorkflowRun>,
    check_run: Option<CheckRun>,
}

#[derive(Deserialize)]
struct PullRequest {
    number: Option<u64>,
    head: Option<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    sha: Option<String>,
}

#[derive(Deserialize)]
struct Issue {
    number: Option<u64>,
    pull_request: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct MergeGroup {
    head_sha: Option<String>,
}

#[derive(Deserialize)]
struct CheckRun {
    head_sha: Option<String>,
}

#[derive(Deserialize)]
struct WorkflowRun {
    id: Option<u64>,
    run_attempt: Option<u64>,
    event: Option<String>,
    head_sha: Option<String>,
    head_branch: Option<String>,
    head_repository: Option<Repository>,
    #[serde(default)]
    pull_requests: Option<Vec<PullRequest>>,
}

#[derive(Deserialize)]
struct Repository {
    owner: Option<Owner>,
}

#[derive(Deserialize)]
struct Owner {
    login: Option<String>,
}

impl Subject {
    /// Reads the payload of the event `name`; `sha` is GITHUB_SHA, for events whose payload names no commit. A payload
    /// that cannot be read counts as an empty one.
    pub fn of(name: &str, payload: &[u8], sha: &str) -> Subject {
        let payload: Payload = serde_json::from_slice(payload).unwrap_or_default();
        let fallback = || commit(Some(sha.to_owned()));
        match name {
            "pull_request"
            | "pull_request_target"
            | "pull_request_review"
            | "pull_request_review_comment" => of_pull_request(payload),
            "workflow_run" => payload
                .workflow_run
                .map(of_workflow_run)
                .unwrap_or_default(),
            "merge_group" => Subject {
                head_sha: payload
                    .merge_group
                    .and_then(|group| commit(group.head_sha))
                    .or_else(fallback),
                ..Subject::default()
            },
            "push" => Subject {
                head_sha: commit(payload.after).or_else(fallback),
                ..Subject::default()
            },
            "check_run" => Subject {
                head_sha: payload
                    .check_run
                    .and_then(|run| commit(run.head_sha))
                    .or_else(fallback),
                ..Subject::default()
            },
            // GITHUB_SHA is the default branch here: checks on it would be about something else.
            "issue_comment" => Subject {
                pull_request: payload
                    .issue
                    .filter(|issue| issue.pull_request.is_some())
                    .and_then(|issue| issue.number.map(Pull::Number)),
                ..Subject::default()
            },
            _ => Subject {
                head_sha: fallback(),
                ..Subject::default()
            },
        }
    }
}

fn of_pull_request(payload: Payload) -> Subject {
    let number = payload.number;
    let Some(pull) = payload.pull_request else {
        return Subject::default();
    };
    Subject {
        head_sha: pull.head.and_then(|head| commit(head.sha)),
        pull_request: pull.number.or(number).map(Pull::Number),
        origin: None,
    }
}

/// The list of pull requests is empty for forks. What else is in it may be a pull request into another repository, or
/// one whose head has moved on: only one whose head is the commit of the run counts.
fn of_workflow_run(run: WorkflowRun) -> Subject {
    let head_sha = commit(run.head_sha);
    let named = run
        .pull_requests
        .unwrap_or_default()
        .into_iter()
        .find(|pull| {
            let head = pull.head.as_ref().and_then(|head| head.sha.clone());
            head.is_some() && head == head_sha
        });
    let owner = run
        .head_repository
        .and_then(|repository| repository.owner)
        .and_then(|owner| owner.login);
    let branch = || match (owner, run.head_branch) {
        (Some(owner), Some(name)) => Some(Pull::Branch { owner, name }),
        _ => None,
    };
    let of_pull_request = run
        .event
        .as_deref()
        .is_some_and(|event| event.starts_with("pull_request"));
    let pull_request = named
        .and_then(|pull| pull.number)
        .map(Pull::Number)
        .or_else(branch);
    Subject {
        head_sha,
        pull_request: pull_request.filter(|_| of_pull_request),
        origin: run.id.map(|id| (id, run.run_attempt.unwrap_or(1))),
    }
}

/// A full commit id: SHA-1 or SHA-256. A push that deletes a branch has zeros there.
fn commit(sha: Option<String>) -> Option<String> {
    sha.filter(|sha| {
        matches!(sha.len(), 40 | 64)
            && sha.bytes().all(|byte| byte.is_ascii_hexdigit())
            && sha.bytes().any(|byte| byte != b'0')
    })
}

#[cfg(test)]
mod tests;
