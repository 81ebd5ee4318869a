//! The shape of a JSON report, schema version 1, as far as it is read. What it has besides is skipped.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::diagnosis::{Certainty, Excerpt, Severity};
use crate::load::{LoadFailure, LoadVerdict};
use crate::report::{LinkSummary, Timing};

#[derive(Deserialize)]
pub(super) struct V1 {
    pub(super) tool: Tool,
    pub(super) started_at: String,
    pub(super) project: String,
    pub(super) host: HostV1,
    pub(super) interpreter: Option<InterpreterV1>,
    pub(super) build: Option<BuildV1>,
    pub(super) modules: Vec<ModuleV1>,
    pub(super) causes: Vec<CauseV1>,
    pub(super) disagreements: Vec<DisagreementV1>,
    pub(super) checks: Vec<CheckV1>,
    pub(super) timings: Vec<Timing>,
}

#[derive(Deserialize)]
pub(super) struct Tool {
    pub(super) version: String,
}

#[derive(Deserialize)]
pub(super) struct HostV1 {
    pub(super) system: String,
    pub(super) version: String,
    pub(super) arch: String,
}

#[derive(Deserialize)]
pub(super) struct InterpreterV1 {
    pub(super) executable: String,
    pub(super) version: String,
    pub(super) arch: String,
    pub(super) translated: bool,
    pub(super) prefix: String,
    pub(super) virtual_environment: bool,
    pub(super) torch: Option<TorchV1>,
}

#[derive(Deserialize)]
pub(super) struct TorchV1 {
    pub(super) version: String,
    pub(super) location: String,
    pub(super) cxx11_abi: Option<bool>,
    pub(super) import_error: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct BuildV1 {
    pub(super) command: String,
    pub(super) succeeded: bool,
    pub(super) ending: String,
    pub(super) produced: Vec<String>,
    #[serde(default)]
    pub(super) links: Vec<LinkSummary>,
    #[serde(default)]
    pub(super) unread: Vec<String>,
    pub(super) log_lines: usize,
    pub(super) log_tail: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct ModuleV1 {
    pub(super) path: String,
    pub(super) module: Option<String>,
    pub(super) archs: Vec<String>,
    pub(super) minos: Option<String>,
    pub(super) would_load: LoadVerdict,
    pub(super) failures: Vec<LoadFailure>,
    pub(super) assumptions: Vec<String>,
    pub(super) images: Vec<ImageV1>,
    pub(super) attempts: Vec<AttemptV1>,
    pub(super) not_imported: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ImageV1 {
    pub(super) path: String,
    pub(super) found_by: String,
    pub(super) loaded_by: Option<usize>,
}

#[derive(Deserialize)]
pub(super) struct AttemptV1 {
    pub(super) situation: String,
    pub(super) outcome: String,
    pub(super) detail: String,
    pub(super) counts: bool,
    pub(super) predicted: LoadVerdict,
    #[serde(default)]
    pub(super) operators: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct CauseV1 {
    pub(super) id: String,
    pub(super) severity: Severity,
    pub(super) certainty: Certainty,
    pub(super) subject: Option<String>,
    pub(super) message: String,
    pub(super) remedy: String,
    pub(super) place: PlaceV1,
    #[serde(default)]
    pub(super) label: Option<String>,
    #[serde(default)]
    pub(super) related: Vec<RelatedV1>,
    pub(super) evidence: Vec<EvidenceV1>,
    #[serde(default)]
    pub(super) facts: BTreeMap<String, String>,
    pub(super) modules: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct PlaceV1 {
    pub(super) kind: String,
    pub(super) file: Option<String>,
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
    #[serde(default)]
    pub(super) end_line: Option<u32>,
    #[serde(default)]
    pub(super) end_column: Option<u32>,
    #[serde(default)]
    pub(super) likely: Option<bool>,
    #[serde(default)]
    pub(super) excerpt: Option<Excerpt>,
    pub(super) path: Option<String>,
    pub(super) arch: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct RelatedV1 {
    pub(super) place: PlaceV1,
    pub(super) label: String,
}

#[derive(Deserialize)]
pub(super) struct EvidenceV1 {
    pub(super) source: String,
    pub(super) text: String,
}

#[derive(Deserialize)]
pub(super) struct DisagreementV1 {
    pub(super) module: String,
    pub(super) situation: String,
    pub(super) predicted: String,
    pub(super) observed: String,
}

#[derive(Deserialize)]
pub(super) struct CheckV1 {
    pub(super) rule: String,
    pub(super) stage: String,
    pub(super) module: Option<String>,
    pub(super) status: String,
    pub(super) causes: Vec<usize>,
    pub(super) reason: Option<String>,
}
