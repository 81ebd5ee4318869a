//! Imports a module for real, in a fresh Python.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::command::run;
use super::probe::{Variables, python};
use crate::build::Ending;
use crate::facts::Artifact;
use crate::python::{ImportAttempt, ImportOutcome, Situation};

const SCRIPT: &str = concat!(
    include_str!("python/images.py"),
    include_str!("python/import.py")
);

/// Bytes of output that are kept of an import: the end of it.
const OUTPUT_KEPT: usize = 64 << 10;

/// What to import, and how.
pub(super) struct Order<'a> {
    /// The interpreter.
    pub(super) python: &'a Path,
    /// Where the wheel was installed.
    pub(super) overlay: &'a Path,
    /// An empty directory of this attempt's own.
    pub(super) cwd: &'a Path,
    /// The file.
    pub(super) artifact: &'a Artifact,
    /// Its dotted name.
    pub(super) module: &'a str,
    /// What is different about the process.
    pub(super) situation: Situation,
    /// Import torch first.
    pub(super) torch_first: bool,
    /// The file registers torch operators and is no module.
    pub(super) operators: bool,
    /// Environment variables over those of this process.
    pub(super) variables: &'a Variables,
    /// The time limit.
    pub(super) limit: Duration,
}

#[derive(Serialize)]
struct Request<'a> {
    steps: &'a Path,
    overlay: &'a Path,
    file: &'a str,
    module: &'a str,
    before: &'a [&'a str],
    operators: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Step {
    Opening {
        images: Vec<String>,
    },
    Operators(Vec<String>),
    OpenMp(Vec<String>),
    Ended {
        outcome: ImportOutcome,
        package: Option<String>,
    },
}

/// Carries the order out.
pub(super) fn attempt(order: &Order<'_>) -> anyhow::Result<ImportAttempt> {
    let steps = order.cwd.join("steps.jsonl");
    let run_in = order.cwd.join("cwd");
    std::fs::create_dir_all(&run_in)
        .with_context(|| format!("cannot make the directory `{}`", run_in.display()))?;
    let before: &[&str] = if order.torch_first { &["torch"] } else { &[] };
    let request = Request {
        steps: &steps,
        overlay: order.overlay,
        file: &order.artifact.installed,
        module: order.module,
        before,
        operators: order.operators,
    };
    let mut command = python(order.python, SCRIPT, &run_in, order.variables);
    if order.situation == Situation::UserPath {
        command = Command::new(order.python);
        command.envs(order.variables.iter().map(|(name, value)| (name, value)));
        command.args(["-B", "-c", SCRIPT]).current_dir(&run_in);
    }
    command.arg(serde_json::to_string(&request).context("cannot write the import's request")?);
    let ended = run(command, order.limit, &mut |_| {});
    let told = std::fs::read_to_string(&steps).unwrap_or_default();
    let mut attempt = ImportAttempt {
        path: order.artifact.path.clone(),
        module: order.module.to_owned(),
        situation: order.situation,
        outcome: outcome_of(&ended.ending),
        images_before: None,
        package_origin: None,
        operators: Vec::new(),
        openmp: Vec::new(),
        output: last_bytes(ended.output.into_text().0),
        milliseconds: u64::try_from(ended.elapsed.as_millis()).unwrap_or(u64::MAX),
    };
    // A line that was cut by the process's death is not a step.
    for step in told
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
    {
        match step {
            Step::Opening { images } => attempt.images_before = Some(images),
            Step::Operators(operators) => attempt.operators = operators,
            Step::OpenMp(paths) => attempt.openmp = paths,
            Step::Ended { outcome, package } => {
                attempt.package_origin = package;
                if ended.ending.is_success() {
                    attempt.outcome = outcome;
                }
            }
        }
    }
    Ok(attempt)
}

/// The outcome as the process's ending alone tells it.
fn outcome_of(ending: &Ending) -> ImportOutcome {
    match ending {
        Ending::Exited { code } => ImportOutcome::Exited { code: *code },
        Ending::Killed { signal } => ImportOutcome::Killed { signal: *signal },
        Ending::TimedOut { after } => ImportOutcome::TimedOut { after: *after },
        Ending::NotStarted { why } => ImportOutcome::NotStarted { why: why.clone() },
    }
}

fn last_bytes(text: String) -> String {
    let mut start = text.len().saturating_sub(OUTPUT_KEPT);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..).unwrap_or_default().to_owned()
}
