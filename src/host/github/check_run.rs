//! Publishes a check run.

use serde::Deserialize;
use serde_json::Value;

use super::{Api, Method, Refusal, Runner, backoff, notice, run_page, subject};
use crate::github::check_run::{Address, Draft, Requests};

/// A check run as the API tells of it.
#[derive(Deserialize)]
struct Told {
    id: u64,
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default)]
    output: Option<Output>,
}

#[derive(Deserialize)]
struct Output {
    #[serde(default)]
    annotations_count: usize,
}

#[derive(Deserialize)]
struct List {
    check_runs: Vec<Told>,
}

/// Makes the check run `name` out of `draft`; what stands against it becomes a notice.
pub(in crate::host) fn publish(runner: &Runner, name: &str, draft: Draft) {
    let remedy = " Give the job the permission `checks: write`, or switch the check run off.";
    if let Err(why) = try_publish(runner, name, draft) {
        notice(runner, "no check run, or not all of it", &why, remedy);
    }
}

fn try_publish(runner: &Runner, name: &str, draft: Draft) -> Result<(), Refusal> {
    let Some(head_sha) = subject(runner).head_sha else {
        return Err(Refusal::Unsent("the event names no commit".to_owned()));
    };
    let address = Address {
        name: name.to_owned(),
        head_sha,
        external_id: external_id(runner, name),
        details_url: run_page(runner),
    };
    let requests = draft.requests(&address);
    let mut api = Api::of(runner)?;
    let id = create(&mut api, &address, &requests)?;
    let mut there = requests.create.annotations();
    for update in &requests.updates {
        let expected = there + update.annotations();
        append(&mut api, id, &to_value(update)?, there, expected)?;
        there = expected;
    }
    Ok(())
}

fn to_value(body: &impl serde::Serialize) -> Result<Value, Refusal> {
    serde_json::to_value(body)
        .map_err(|why| Refusal::Unsent(format!("the request cannot be written: {why}")))
}

/// Nothing else of this repository has it.
fn external_id(runner: &Runner, name: &str) -> String {
    let (run, attempt, job) = (&runner.run_id, &runner.run_attempt, &runner.job);
    format!("{run}/{attempt}/{job}/{name}/{}", std::process::id())
}

/// The id of the new check run. Where it is uncertain whether one was made, GitHub is asked before another is.
fn create(api: &mut Api, address: &Address, requests: &Requests) -> Result<u64, Refusal> {
    let body = to_value(&requests.create)?;
    let mut tries = 0;
    loop {
        tries += 1;
        let why = match api.send(Method::Post, "check-runs", Some(&body)) {
            Ok(answer) => match serde_json::from_value::<Told>(answer) {
                Ok(told) => return Ok(told.id),
                Err(_) => Refusal::Uncertain("GitHub's answer names no check run".to_owned()),
            },
            Err(Refusal::Uncertain(why)) => Refusal::Uncertain(why),
            Err(refused) => return Err(refused),
        };
        if !api.wait(backoff(tries)) {
            return Err(why);
        }
        // Whoever cannot be asked cannot be told twice.
        match find(api, address) {
            Ok(Some(id)) => return Ok(id),
            Ok(None) if tries < 2 => {}
            Ok(None) | Err(_) => return Err(why),
        }
    }
}

fn find(api: &mut Api, address: &Address) -> Result<Option<u64>, Refusal> {
    let name: String = escaped(&address.name);
    let path = format!(
        "commits/{}/check-runs?check_name={name}&filter=all&per_page=100",
        address.head_sha
    );
    let answer = api.send(Method::Get, &path, None)?;
    let list: List = serde_json::from_value(answer)
        .map_err(|_| Refusal::Uncertain("GitHub's answer lists no check runs".to_owned()))?;
    let ours = |told: &&Told| told.external_id.as_deref() == Some(&address.external_id);
    Ok(list.check_runs.iter().find(ours).map(|told| told.id))
}

/// Adds annotations. GitHub appends them, so a request that may have arrived is sent again only if their number did not
/// grow.
fn append(
    api: &mut Api,
    id: u64,
    body: &Value,
    there: usize,
    expected: usize,
) -> Result<(), Refusal> {
    let path = format!("check-runs/{id}");
    let mut tries = 0;
    loop {
        tries += 1;
        let why = match api.send(Method::Patch, &path, Some(body)) {
            Ok(_) => return Ok(()),
            Err(Refusal::Uncertain(why)) => Refusal::Uncertain(why),
            Err(refused) => return Err(refused),
        };
        if !api.wait(backoff(tries)) {
            return Err(why);
        }
        let told = api.send(Method::Get, &path, None).ok();
        let told: Option<Told> = told.and_then(|told| serde_json::from_value(told).ok());
        let count = told
            .and_then(|told| told.output)
            .map(|output| output.annotations_count);
        match count {
            Some(count) if count >= expected => return Ok(()),
            Some(count) if count == there && tries < 2 => {}
            _ => return Err(why),
        }
    }
}

/// A name as a part of a query.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
