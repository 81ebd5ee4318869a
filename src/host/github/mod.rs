//! Check runs and pull request comments: what was made out of a report, carried to GitHub.
//!
//! A refusal is a notice and never more: reports and exit code do not depend on what GitHub lets a token do. A request that
//! makes something is sent again only when it is certain that the first one made nothing.

use std::fmt;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::actions::Runner;
use crate::github::event::Subject;
use crate::render;

mod check_run;
#[cfg(feature = "github")]
mod client;
#[cfg(not(feature = "github"))]
#[path = "without_client.rs"]
mod client;
mod comment;

pub(super) use check_run::publish as publish_check_run;
pub(super) use comment::publish as publish_comment;

use client::Client;

/// All waiting on GitHub's word together.
const PATIENCE: Duration = Duration::from_secs(60);
/// All dealings with GitHub together: whatever is not done by then is left.
const WHOLE: Duration = Duration::from_secs(180);
/// How often one request is tried.
const TRIES: u32 = 3;

/// Why a request came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Refusal {
    /// GitHub answered, and it is certain that nothing was done.
    Refused { status: u16, message: String },
    /// It asks to wait, in seconds; nothing was done.
    Later {
        status: u16,
        message: String,
        seconds: u64,
    },
    /// Nobody knows whether something was done: no answer, a broken one, or an error of the server.
    Uncertain(String),
    /// It could not be sent at all.
    Unsent(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Refused { status, message }
            | Refusal::Later {
                status, message, ..
            } => {
                write!(f, "GitHub answers {status}: {message}")
            }
            Refusal::Uncertain(why) | Refusal::Unsent(why) => f.write_str(why),
        }
    }
}

/// The methods that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Get,
    Post,
    Patch,
}

/// A repository, and a client that may or may not speak for it.
struct Api {
    client: Client,
    repository: String,
    started: Instant,
    waited: Duration,
}

impl Api {
    fn of(runner: &Runner) -> Result<Api, Refusal> {
        let unsent = |why: &str| Refusal::Unsent(why.to_owned());
        let token = runner
            .token
            .as_deref()
            .ok_or_else(|| unsent("there is no token"))?;
        if !is_repository(&runner.repository) {
            return Err(unsent("GITHUB_REPOSITORY names no repository"));
        }
        Ok(Api {
            client: Client::new(&runner.api_url, token)?,
            repository: runner.repository.clone(),
            started: Instant::now(),
            waited: Duration::ZERO,
        })
    }

    /// One request. Waits and sends it again as long as GitHub says that it did nothing yet.
    fn send(&mut self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Refusal> {
        let path = format!("/repos/{}/{path}", self.repository);
        let mut tries = 0;
        loop {
            if self.started.elapsed() > WHOLE {
                return Err(Refusal::Unsent("GitHub took too long".to_owned()));
            }
            tries += 1;
            let answer = self.client.send(method, &path, body);
            let wait = match &answer {
                Err(Refusal::Later { seconds, .. }) => Duration::from_secs(*seconds),
                // Reading again does no harm.
                Err(Refusal::Uncertain(_)) if method == Method::Get => backoff(tries),
                _ => return answer,
            };
            if tries >= TRIES || !self.wait(wait) {
                return answer;
            }
        }
    }

    /// Sleeps, if there is patience left for that long.
    fn wait(&mut self, time: Duration) -> bool {
        if self.waited + time > PATIENCE {
            return false;
        }
        self.waited += time;
        std::thread::sleep(time);
        true
    }
}

fn backoff(tries: u32) -> Duration {
    Duration::from_millis(500).saturating_mul(tries)
}

/// OWNER/NAME: it becomes a part of a path.
fn is_repository(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
    };
    text.split_once('/')
        .is_some_and(|(owner, name)| plain(owner) && plain(name))
}

/// What the event of this run is about.
pub(super) fn subject(runner: &Runner) -> Subject {
    let payload = runner
        .event_path
        .as_ref()
        .and_then(|path| std::fs::read(path).ok());
    Subject::of(
        &runner.event_name,
        &payload.unwrap_or_default(),
        &runner.sha,
    )
}

/// The page with the log of this run.
pub(super) fn run_page(runner: &Runner) -> Option<String> {
    let known = !runner.run_id.is_empty() && is_repository(&runner.repository);
    known.then(|| {
        let (server, repository) = (&runner.server_url, &runner.repository);
        format!("{server}/{repository}/actions/runs/{}", runner.run_id)
    })
}

/// One notice: nothing failed but that GitHub does not show it.
fn notice(runner: &Runner, what: &str, why: &Refusal, remedy: &str) {
    let remedy = match why {
        Refusal::Refused {
            status: 401 | 403 | 404,
            ..
        } => remedy,
        _ => "",
    };
    let text =
        format!("{what}: {why}.{remedy} The verdict and the other reports do not depend on it.");
    if runner.active {
        eprint!("{}", render::workflow_command("notice", "loadproof", &text));
    } else {
        eprintln!("loadproof: {}", render::inert(&text));
    }
}
