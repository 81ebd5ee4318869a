//! The report as JSON, schema version 1.
//!
//! These types are the format, and they are frozen: `docs/json.md` describes them and `docs/report.schema.json` checks
//! them. The report's own types may change without them. A key is never absent: what is not known is `null`.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use super::Options;
use super::text::is_unprintable;
use super::verdict::Outcome;
use crate::diagnosis::{Certainty, Diagnosis, Severity};
use crate::load::LoadVerdict;
use crate::report::{Check, LinkSummary, Report, Verdict};

mod module;
mod place;

use place::{PlaceV1, RelatedV1};

pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

pub(super) fn render(
    report: &Report,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let text = serde_json::to_string_pretty(&V1::of(report, options.fail_on))?;
    out.write_all(inert(&text).as_bytes())?;
    out.write_all(b"\n")
}

/// The same JSON, without characters that a terminal or GitHub's runner would obey when it is printed.
///
/// serde_json escapes the control characters below U+0020 and nothing else. Everything escaped here can only stand
/// inside strings.
pub(super) fn inert(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut rest = json;
    // Megabytes have none: what lies between is copied as it stands.
    while let Some(at) = rest.find(|c| c != '\n' && is_unprintable(c)) {
        let (before, from) = rest.split_at(at);
        let mut after = from.chars();
        text.push_str(before);
        if let Some(c) = after.next() {
            text.push_str(&format!("\\u{:04x}", u32::from(c)));
        }
        rest = after.as_str();
    }
    text.push_str(rest);
    // The runner takes `##[command]` for a command wherever it stands in a line.
    if text.contains("##[") {
        text = text.replace("##[", "#\\u0023[");
    }
    text
}

#[derive(Serialize)]
pub(super) struct V1<'a> {
    schema: u32,
    tool: Tool<'a>,
    started_at: &'a str,
    project: &'a str,
    outcome: &'static str,
    fail_on: &'static str,
    host: Host<'a>,
    interpreter: Option<Interpreter<'a>>,
    build: Option<Build<'a>>,
    modules: Vec<module::Module<'a>>,
    causes: Vec<Cause<'a>>,
    disagreements: Vec<Disagreement<'a>>,
    checks: Vec<CheckLine<'a>>,
    timings: Vec<Timing<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
struct Host<'a> {
    system: &'a str,
    version: &'a str,
    arch: &'a str,
}

#[derive(Serialize)]
struct Interpreter<'a> {
    executable: &'a str,
    version: &'a str,
    arch: &'a str,
    translated: bool,
    prefix: &'a str,
    virtual_environment: bool,
    torch: Option<Torch<'a>>,
}

#[derive(Serialize)]
struct Torch<'a> {
    version: &'a str,
    location: &'a str,
    cxx11_abi: Option<bool>,
    import_error: Option<&'a str>,
}

#[derive(Serialize)]
struct Build<'a> {
    command: &'a str,
    succeeded: bool,
    ending: &'a str,
    produced: &'a [String],
    links: &'a [LinkSummary],
    unread: &'a [String],
    log_lines: usize,
    log_tail: &'a [String],
}

#[derive(Serialize)]
pub(super) struct Cause<'a> {
    id: &'a str,
    severity: &'static str,
    certainty: &'static str,
    subject: Option<&'a str>,
    message: &'a str,
    remedy: &'a str,
    place: PlaceV1<'a>,
    label: Option<&'a str>,
    related: Vec<RelatedV1<'a>>,
    evidence: Vec<Evidence<'a>>,
    facts: BTreeMap<&'a str, &'a str>,
    modules: &'a [String],
}

#[derive(Serialize)]
struct Evidence<'a> {
    source: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct Disagreement<'a> {
    module: &'a str,
    situation: &'a str,
    predicted: &'a str,
    observed: &'a str,
}

#[derive(Serialize)]
struct CheckLine<'a> {
    rule: &'a str,
    stage: &'a str,
    module: Option<&'a str>,
    status: &'static str,
    causes: &'a [usize],
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Timing<'a> {
    stage: &'a str,
    seconds: f64,
    own: bool,
}

impl<'a> V1<'a> {
    pub(super) fn of(report: &'a Report, fail_on: Severity) -> V1<'a> {
        V1 {
            schema: 1,
            tool: Tool {
                name: "loadproof",
                version: &report.tool_version,
            },
            started_at: &report.started_at,
            project: &report.project,
            outcome: outcome(Outcome::of(report, fail_on)),
            fail_on: level(fail_on),
            host: Host {
                system: &report.host.system,
                version: &report.host.version,
                arch: &report.host.arch,
            },
            interpreter: interpreter(report),
            build: build(report),
            modules: report.modules.iter().map(module::Module::of).collect(),
            causes: report.causes.iter().map(Cause::of).collect(),
            disagreements: disagreements(report),
            checks: report.checks.iter().map(CheckLine::of).collect(),
            timings: timings(report),
        }
    }
}

impl V1<'_> {
    /// Leaves out the images of loads that are as they should be: of a large wheel they are most of the bytes.
    pub(super) fn without_images_of_loads(mut self) -> Self {
        self.modules
            .iter_mut()
            .for_each(module::Module::leave_out_loaded);
        self
    }
}

/// A cause as a value of its own.
pub(super) fn cause(cause: &Diagnosis) -> serde_json::Result<serde_json::Value> {
    serde_json::to_value(Cause::of(cause))
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::NothingToCheck => "nothing-to-check",
    }
}

fn certainty(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Predicted => "predicted",
        Certainty::Observed => "observed",
        Certainty::Confirmed => "confirmed",
    }
}

pub(super) fn load_verdict(verdict: LoadVerdict) -> &'static str {
    match verdict {
        LoadVerdict::Loads => "loads",
        LoadVerdict::Fails => "fails",
        LoadVerdict::Unknown => "unknown",
    }
}

fn interpreter(report: &Report) -> Option<Interpreter<'_>> {
    report.interpreter.as_ref().map(|python| Interpreter {
        executable: &python.executable,
        version: &python.version,
        arch: &python.arch,
        translated: python.translated,
        prefix: &python.prefix,
        virtual_environment: python.virtual_environment,
        torch: python.torch.as_ref().map(|torch| Torch {
            version: &torch.version,
            location: &torch.location,
            cxx11_abi: torch.cxx11_abi,
            import_error: torch.import_error.as_deref(),
        }),
    })
}

fn build(report: &Report) -> Option<Build<'_>> {
    report.build.as_ref().map(|build| Build {
        command: &build.command,
        succeeded: build.succeeded,
        ending: &build.ending,
        produced: &build.produced,
        links: &build.links,
        unread: &build.unread,
        log_lines: build.log_lines,
        log_tail: &build.log_tail,
    })
}

fn disagreements(report: &Report) -> Vec<Disagreement<'_>> {
    let gaps = report.disagreements.iter();
    gaps.map(|gap| Disagreement {
        module: &gap.module,
        situation: &gap.situation,
        predicted: &gap.predicted,
        observed: &gap.observed,
    })
    .collect()
}

/// Milliseconds are what a clock of this kind is good for; more digits only make reports differ.
fn timings(report: &Report) -> Vec<Timing<'_>> {
    let timings = report.timings.iter();
    timings
        .map(|timing| Timing {
            stage: &timing.stage,
            seconds: (timing.seconds * 1000.0).round() / 1000.0,
            own: timing.own,
        })
        .collect()
}

impl<'a> Cause<'a> {
    pub(super) fn of(cause: &'a Diagnosis) -> Cause<'a> {
        Cause {
            id: cause.rule,
            severity: level(cause.severity),
            certainty: certainty(cause.certainty),
            subject: cause.subject.as_deref(),
            message: &cause.message,
            remedy: &cause.remedy,
            place: PlaceV1::of(&cause.place),
            label: cause.label.as_deref(),
            related: cause.related.iter().map(RelatedV1::of).collect(),
            evidence: cause
                .evidence
                .iter()
                .map(|evidence| Evidence {
                    source: &evidence.source,
                    text: &evidence.text,
                })
                .collect(),
            facts: cause
                .facts
                .iter()
                .map(|(&name, value)| (name, value.as_str()))
                .collect(),
            modules: &cause.modules,
        }
    }
}

impl<'a> CheckLine<'a> {
    fn of(check: &'a Check) -> CheckLine<'a> {
        let (status, causes, reason): (_, &[usize], _) = match &check.verdict {
            Verdict::Passed => ("passed", &[], None),
            Verdict::Failed { causes } => ("failed", causes, None),
            Verdict::Skipped { reason } => ("skipped", &[], Some(reason.as_str())),
        };
        CheckLine {
            rule: check.rule,
            stage: check.stage,
            module: check.module.as_deref(),
            status,
            causes,
            reason,
        }
    }
}

#[cfg(test)]
mod tests;
