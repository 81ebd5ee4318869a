//! Keeps the one comment on a pull request up to date.

use serde::Deserialize;

use super::check_run::escaped;
use super::{Api, Method, Refusal, Runner, backoff, notice, subject};
use crate::github::comment::{Body, Existing, Marker, Plan, plan};
use crate::github::event::{Pull, Subject};

/// Comments of one page, pages that are read.
const PAGE: usize = 100;
const PAGES: usize = 50;

#[derive(Deserialize)]
struct PullRequest {
    number: u64,
    head: Head,
}

#[derive(Deserialize)]
struct Head {
    sha: String,
}

/// Writes the comment; what stands against it becomes a notice. `key` tells it from other comments of loadproof.
pub(in crate::host) fn publish(runner: &Runner, key: &str, markdown: &str) {
    let remedy = " Give the job the permission `pull-requests: write`; for pull requests from forks, see docs/action.md.";
    if let Err(why) = try_publish(runner, key, markdown) {
        notice(runner, "no comment on the pull request", &why, remedy);
    }
}

fn try_publish(runner: &Runner, key: &str, markdown: &str) -> Result<(), Refusal> {
    let subject = subject(runner);
    let Some(pull) = &subject.pull_request else {
        // A push to the main branch has no pull request, and that is no news.
        eprintln!("loadproof: this event is about no pull request, so there is no comment");
        return Ok(());
    };
    let marker = Marker::new(
        key,
        run(runner, &subject),
        subject.head_sha.as_deref().unwrap_or_default(),
    );
    let mut api = Api::of(runner)?;
    let Some(number) = number(&mut api, pull, &subject)? else {
        eprintln!(
            "loadproof: no open pull request has this commit as its head, so there is no comment"
        );
        return Ok(());
    };
    write(&mut api, number, &marker, markdown)
}

/// The run that the report is about, which is not the one that posts it in a `workflow_run`.
fn run(runner: &Runner, subject: &Subject) -> (u64, u64) {
    let own = (
        runner.run_id.parse().unwrap_or(0),
        runner.run_attempt.parse().unwrap_or(1),
    );
    subject.origin.unwrap_or(own)
}

/// The pull request's number. A branch leads to it only if its head is the commit that was checked.
fn number(api: &mut Api, pull: &Pull, subject: &Subject) -> Result<Option<u64>, Refusal> {
    let (owner, branch) = match pull {
        Pull::Number(number) => return Ok(Some(*number)),
        Pull::Branch { owner, name } => (escaped(owner), escaped(name)),
    };
    let path = format!("pulls?state=open&head={owner}:{branch}&per_page={PAGE}");
    let answer = api.send(Method::Get, &path, None)?;
    let pulls: Vec<PullRequest> = serde_json::from_value(answer)
        .map_err(|_| Refusal::Uncertain("GitHub's answer lists no pull requests".to_owned()))?;
    let head = subject.head_sha.as_deref();
    Ok(pulls
        .iter()
        .find(|pull| Some(pull.head.sha.as_str()) == head)
        .map(|pull| pull.number))
}

fn write(api: &mut Api, number: u64, marker: &Marker, markdown: &str) -> Result<(), Refusal> {
    let mut tries = 0;
    loop {
        tries += 1;
        let sent = match plan(marker, markdown, &comments(api, number)?) {
            Plan::Unchanged => Ok(()),
            Plan::Superseded => {
                eprintln!("loadproof: a newer run has commented already, so this one does not");
                Ok(())
            }
            Plan::Create(body) => send(
                api,
                Method::Post,
                &format!("issues/{number}/comments"),
                &body,
            ),
            Plan::Update(id, body) => {
                send(api, Method::Patch, &format!("issues/comments/{id}"), &body)
            }
        };
        match sent {
            // Whether it arrived is seen in the list of comments, which is read again before anything is sent again.
            Err(Refusal::Uncertain(why)) => {
                if tries >= 2 || !api.wait(backoff(tries)) {
                    return Err(Refusal::Uncertain(why));
                }
            }
            done => return done,
        }
    }
}

fn send(api: &mut Api, method: Method, path: &str, body: &Body) -> Result<(), Refusal> {
    let body = serde_json::to_value(body)
        .map_err(|why| Refusal::Unsent(format!("the comment cannot be written: {why}")))?;
    api.send(method, path, Some(&body)).map(drop)
}

/// Every comment: ours may be the oldest of many.
fn comments(api: &mut Api, number: u64) -> Result<Vec<Existing>, Refusal> {
    let mut all = Vec::new();
    for page in 1..=PAGES {
        let path = format!("issues/{number}/comments?per_page={PAGE}&page={page}");
        let answer = api.send(Method::Get, &path, None)?;
        let found: Vec<Existing> = serde_json::from_value(answer)
            .map_err(|_| Refusal::Uncertain("GitHub's answer lists no comments".to_owned()))?;
        let last = found.len() < PAGE;
        all.extend(found);
        if last {
            break;
        }
    }
    Ok(all)
}
