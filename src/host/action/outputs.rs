//! The outputs of the step, read from what the command kept.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::inputs::Inputs;
use crate::exit_code;
use crate::host::actions::Runner;
use crate::host::output::random_token;

/// What a run leaves, by name.
pub(super) const FILES: [&str; 3] = ["report.json", "junit.xml", "facts.json"];
/// Bytes of a report that is read for its causes.
const LIMIT: u64 = 256 * 1024 * 1024;

/// Every output but the outcome.
#[derive(Default)]
pub(super) struct Outputs {
    directory: Option<PathBuf>,
    report_json: Option<PathBuf>,
    report_junit: Option<PathBuf>,
    facts: Option<PathBuf>,
    causes: BTreeSet<String>,
    artifact_name: String,
}

#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    causes: Vec<Cause>,
    /// That of a check carries the causes of all targets together.
    report: Option<Box<Report>>,
}

#[derive(Deserialize)]
struct Cause {
    id: String,
}

impl Outputs {
    pub(super) fn of(inputs: &Inputs, kept: &Path, runner: &Runner) -> Outputs {
        let [report_json, report_junit, facts] = FILES.map(|name| existing(&kept.join(name)));
        let asked = inputs
            .junit
            .as_ref()
            .and_then(|path| existing(Path::new(path)));
        let causes = report_json.as_deref().map(causes).unwrap_or_default();
        Outputs {
            directory: report_json.is_some().then(|| existing(kept)).flatten(),
            report_json,
            report_junit: asked.or(report_junit),
            facts,
            causes,
            artifact_name: artifact_name(inputs, runner),
        }
    }

    pub(super) fn write(&self, code: u8, runner: &Runner) -> anyhow::Result<()> {
        let Some(path) = &runner.output else {
            return Ok(());
        };
        let outcome = match code {
            exit_code::CLEAN => "success",
            exit_code::FINDINGS => "failure",
            _ => "error",
        };
        let shown = |path: &Option<PathBuf>| {
            let path = path.as_ref().map(|path| path.display().to_string());
            path.unwrap_or_default()
        };
        let causes = serde_json::to_string(&self.causes)?;
        let mut text = String::new();
        for (name, value) in [
            ("outcome", outcome.to_owned()),
            ("report-json", shown(&self.report_json)),
            ("report-junit", shown(&self.report_junit)),
            ("facts", shown(&self.facts)),
            ("causes", causes),
            ("directory", shown(&self.directory)),
            ("artifact-name", self.artifact_name.clone()),
        ] {
            // No value can hold a delimiter that it does not know.
            let end = random_token();
            text.push_str(&format!("{name}<<{end}\n{value}\n{end}\n"));
        }
        let file = OpenOptions::new().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("cannot write the outputs to `{}`", path.display()))
    }
}

/// The absolute path, if there is something.
fn existing(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok()
}

fn causes(report: &Path) -> BTreeSet<String> {
    let small = std::fs::metadata(report).is_ok_and(|data| data.len() <= LIMIT);
    let bytes = if small {
        std::fs::read(report).ok()
    } else {
        None
    };
    let report: Option<Report> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let causes = report.map(|report| match report.report {
        Some(folded) => folded.causes,
        None => report.causes,
    });
    let causes = causes.unwrap_or_default();
    causes.into_iter().map(|cause| cause.id).collect()
}

/// Artifacts of one run must have names of their own: legs that were given none are told apart by where they run.
fn artifact_name(inputs: &Inputs, runner: &Runner) -> String {
    let name = inputs.name.clone().unwrap_or_default();
    let slug: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') {
                c
            } else {
                '-'
            }
        })
        .take(60)
        .collect();
    let mut hash = Sha256::new();
    for part in [&name, &inputs.project, &runner.identity()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digest: String = hash
        .finalize()
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if slug.is_empty() {
        format!("loadproof-leg-{digest}")
    } else {
        format!("loadproof-leg-{slug}-{digest}")
    }
}
