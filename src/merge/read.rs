//! Reads a JSON report of a run or of a check, schema version 1, into a [`Report`]: what a stranger may have written.
//!
//! Only what merged reports show is read. A cause that this loadproof does not know makes the report unreadable: all legs
//! of a matrix run the same version, and text that nobody vouches for gets no place of its own.

use std::fmt;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::diagnosis::{Diagnosis, Evidence, Place, Related, Source};
use crate::report::{
    AttemptReport, BuildSummary, Check, Disagreement, HostSummary, ImageReport, InterpreterSummary,
    ModuleReport, Report, TorchSummary, Verdict,
};
use crate::rules;

mod checked;
mod v1;

use v1::{BuildV1, CauseV1, CheckV1, DisagreementV1, InterpreterV1, ModuleV1, PlaceV1, V1};

/// Bytes of a report.
pub const LARGEST: usize = 64 * 1024 * 1024;
/// Causes, modules, checks and so on of one report.
const MOST: usize = 20_000;
/// Names of facts that merged reports use.
const FACTS: [&str; 3] = ["library", "symbol", "targets"];
/// The stages of checks.
const STAGES: [&str; 8] = [
    "build",
    "environment",
    "import",
    "load",
    "module",
    "source",
    "text",
    "wheel",
];

/// Why a report cannot be read.
#[derive(Debug)]
pub enum Unreadable {
    /// It is longer than [`LARGEST`].
    TooLarge,
    /// It is not JSON of this shape.
    NotAReport(serde_json::Error),
    /// Another schema version.
    OtherSchema(u64),
    /// A cause that is none of ours.
    UnknownCause(String),
    /// More of something than any run has.
    TooMuch(&'static str),
    /// A merged report: the reports that it was made of are what can be merged.
    Merged,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::TooLarge => write!(f, "it has more than {LARGEST} bytes"),
            Unreadable::NotAReport(why) => write!(f, "it is no JSON report of loadproof: {why}"),
            Unreadable::OtherSchema(schema) => {
                write!(f, "its schema is {schema}, written by another loadproof")
            }
            Unreadable::UnknownCause(id) => {
                let id: String = id.chars().take(60).collect();
                write!(
                    f,
                    "it names the cause `{id}`, which this loadproof does not know"
                )
            }
            Unreadable::TooMuch(what) => write!(f, "it has more {what} than any run has"),
            Unreadable::Merged => write!(
                f,
                "it is a merged report: give the reports that it was made of"
            ),
        }
    }
}

impl std::error::Error for Unreadable {}

#[derive(Deserialize)]
struct Head {
    schema: u64,
    /// `merged`, in merged reports alone.
    kind: Option<String>,
    /// Only the report of a check has it.
    targets: Option<IgnoredAny>,
}

/// Reads the report.
pub fn read(bytes: &[u8]) -> Result<Report, Unreadable> {
    if bytes.len() > LARGEST {
        return Err(Unreadable::TooLarge);
    }
    let head: Head = serde_json::from_slice(bytes).map_err(Unreadable::NotAReport)?;
    if head.schema != 1 {
        return Err(Unreadable::OtherSchema(head.schema));
    }
    if head.kind.as_deref() == Some("merged") {
        return Err(Unreadable::Merged);
    }
    if head.targets.is_some() {
        let found = serde_json::from_slice(bytes).map_err(Unreadable::NotAReport)?;
        return checked::report(found);
    }
    run(serde_json::from_slice(bytes).map_err(Unreadable::NotAReport)?)
}

/// A report of the schema of `verify`.
fn run(found: V1) -> Result<Report, Unreadable> {
    for (count, what) in [
        (found.causes.len(), "causes"),
        (found.modules.len(), "modules"),
        (found.disagreements.len(), "disagreements"),
    ] {
        if count > MOST {
            return Err(Unreadable::TooMuch(what));
        }
    }
    report(found)
}

fn report(found: V1) -> Result<Report, Unreadable> {
    let causes = found
        .causes
        .into_iter()
        .map(cause)
        .collect::<Result<Vec<_>, _>>()?;
    let known = causes.len();
    Ok(Report {
        tool_version: found.tool.version,
        started_at: found.started_at,
        project: found.project,
        host: HostSummary {
            system: found.host.system,
            version: found.host.version,
            arch: found.host.arch,
        },
        interpreter: found.interpreter.map(interpreter),
        build: found.build.map(build),
        modules: found.modules.into_iter().map(module).collect(),
        targets: None,
        causes,
        disagreements: found.disagreements.into_iter().map(disagreement).collect(),
        checks: found
            .checks
            .into_iter()
            .filter_map(|found| check(found, known))
            .collect(),
        timings: found.timings,
    })
}

fn interpreter(found: InterpreterV1) -> InterpreterSummary {
    InterpreterSummary {
        executable: found.executable,
        version: found.version,
        arch: found.arch,
        translated: found.translated,
        prefix: found.prefix,
        virtual_environment: found.virtual_environment,
        torch: found.torch.map(|torch| TorchSummary {
            version: torch.version,
            location: torch.location,
            cxx11_abi: torch.cxx11_abi,
            import_error: torch.import_error,
        }),
    }
}

fn build(found: BuildV1) -> BuildSummary {
    BuildSummary {
        command: found.command,
        succeeded: found.succeeded,
        ending: found.ending,
        produced: found.produced,
        links: found.links,
        unread: found.unread,
        log_lines: found.log_lines,
        log_tail: found.log_tail,
    }
}

fn module(found: ModuleV1) -> ModuleReport {
    ModuleReport {
        path: found.path,
        module: found.module,
        archs: found.archs,
        minos: found.minos,
        would_load: found.would_load,
        failures: found.failures,
        assumptions: found.assumptions,
        images: found
            .images
            .into_iter()
            .map(|image| ImageReport {
                path: image.path,
                found_by: image.found_by,
                loaded_by: image.loaded_by,
            })
            .collect(),
        attempts: found
            .attempts
            .into_iter()
            .map(|attempt| AttemptReport {
                situation: attempt.situation,
                outcome: attempt.outcome,
                detail: attempt.detail,
                counts: attempt.counts,
                predicted: attempt.predicted,
                operators: attempt.operators,
            })
            .collect(),
        not_imported: found.not_imported,
        edges: Vec::new(),
        needs: Vec::new(),
    }
}

fn cause(found: CauseV1) -> Result<Diagnosis, Unreadable> {
    let Some(rule) = rules::find(&found.id) else {
        return Err(Unreadable::UnknownCause(found.id));
    };
    let mut facts = found.facts;
    Ok(Diagnosis {
        rule: rule.id,
        severity: found.severity,
        certainty: found.certainty,
        place: place(found.place),
        label: found.label,
        related: found
            .related
            .into_iter()
            .map(|related| Related {
                place: source(related.place),
                label: related.label,
            })
            .collect(),
        subject: found.subject,
        message: found.message,
        evidence: found
            .evidence
            .into_iter()
            .map(|evidence| Evidence {
                source: evidence.source,
                text: evidence.text,
            })
            .collect(),
        remedy: found.remedy,
        facts: FACTS
            .into_iter()
            .filter_map(|name| facts.remove(name).map(|value| (name, value)))
            .collect(),
        modules: found.modules,
    })
}

fn place(found: PlaceV1) -> Place {
    match found.kind.as_str() {
        "source" => Place::Source(source(found)),
        "artifact" => Place::Artifact {
            path: found.path.unwrap_or_default(),
            arch: found.arch,
        },
        _ => Place::Project,
    }
}

fn source(found: PlaceV1) -> Source {
    Source {
        file: found.file.unwrap_or_default(),
        line: found.line,
        column: found.column,
        end_line: found.end_line,
        end_column: found.end_column,
        likely: found.likely.unwrap_or_default(),
        excerpt: found.excerpt,
    }
}

fn disagreement(found: DisagreementV1) -> Disagreement {
    Disagreement {
        module: found.module,
        situation: found.situation,
        predicted: found.predicted,
        observed: found.observed,
    }
}

/// A check of a rule or a stage that is not known is left out: nothing that it says can be shown.
fn check(found: CheckV1, causes: usize) -> Option<Check> {
    let rule = rules::find(&found.rule)?.id;
    let stage = STAGES.into_iter().find(|stage| *stage == found.stage)?;
    let verdict = match found.status.as_str() {
        "passed" => Verdict::Passed,
        "failed" => Verdict::Failed {
            causes: found
                .causes
                .into_iter()
                .filter(|&index| index < causes)
                .collect(),
        },
        _ => Verdict::Skipped {
            reason: found.reason.unwrap_or_default(),
        },
    };
    Some(Check {
        rule,
        stage,
        module: found.module,
        verdict,
    })
}

#[cfg(test)]
mod tests;
