//! What `loadproof check` prints: a matrix for people, version 1 of a JSON object for programs.

mod terminal;

use std::io;

use serde::Serialize;

pub(super) use terminal::matrix;
pub use terminal::terminal;

use super::json::{self, Cause, inert};
use crate::check::{Checked, Pair, TargetReport};
use crate::diagnosis::Severity;
use crate::report::Report;
use crate::site::Target;

/// Version 1 of the JSON: frozen; the inner types may change.
#[derive(Serialize)]
struct V1<'a> {
    schema: u32,
    tool: Tool<'a>,
    targets: Vec<TargetV1<'a>>,
    wheels: Vec<WheelV1<'a>>,
    pairs: Vec<PairV1<'a>>,
    report: json::V1<'a>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
struct TargetV1<'a> {
    macos: String,
    arch: String,
    python: String,
    python_flavor: String,
    torch: Option<&'a str>,
    modules: Vec<ModuleV1<'a>>,
}

#[derive(Serialize)]
struct ModuleV1<'a> {
    wheel: &'a str,
    path: &'a str,
    verdict: &'static str,
    opened: bool,
    causes: Vec<Cause<'a>>,
    assumptions: &'a [String],
}

#[derive(Serialize)]
struct WheelV1<'a> {
    file: &'a str,
    causes: Vec<Cause<'a>>,
}

#[derive(Serialize)]
struct PairV1<'a> {
    cause: &'static str,
    wheel: &'a str,
    paths: &'a [String],
    targets: Vec<String>,
}

/// Writes the JSON object and a newline; `report` is the folded one.
pub fn json(
    checked: &Checked,
    report: &Report,
    fail_on: Severity,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let document = V1 {
        schema: 1,
        tool: Tool {
            name: "loadproof",
            version: &checked.tool_version,
        },
        targets: targets(checked),
        wheels: checked
            .subjects
            .iter()
            .map(|subject| WheelV1 {
                file: &subject.name,
                causes: subject.causes.iter().map(Cause::of).collect(),
            })
            .collect(),
        pairs: pairs(checked),
        report: json::V1::of(report, fail_on).without_images_of_loads(),
    };
    let text = serde_json::to_string_pretty(&document)?;
    out.write_all(inert(&text).as_bytes())?;
    out.write_all(b"\n")
}

/// One entry per target and torch, in the order in which they come up, with the modules of every subject.
fn targets<'a>(checked: &'a Checked) -> Vec<TargetV1<'a>> {
    let mut keys: Vec<(Target, Option<&'a str>)> = Vec::new();
    for report in reports(checked) {
        let key = (report.1.target, report.1.torch.as_deref());
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let target = |(target, torch): (Target, Option<&'a str>)| {
        let own =
            |report: &TargetReport| report.target == target && report.torch.as_deref() == torch;
        let modules = reports(checked).filter(|(_, report)| own(report));
        TargetV1 {
            macos: target.macos.to_string(),
            arch: target.arch.to_string(),
            python: target.python.to_string(),
            python_flavor: target.flavor.to_string(),
            torch,
            modules: modules
                .flat_map(|(name, report)| self::modules(name, report))
                .collect(),
        }
    };
    keys.into_iter().map(target).collect()
}

fn reports(checked: &Checked) -> impl Iterator<Item = (&str, &TargetReport)> {
    let subjects = checked.subjects.iter();
    subjects.flat_map(|subject| {
        subject
            .targets
            .iter()
            .map(|report| (subject.name.as_str(), report))
    })
}

fn modules<'a>(wheel: &'a str, report: &'a TargetReport) -> Vec<ModuleV1<'a>> {
    let modules = report.report.modules.iter();
    modules
        .map(|module| ModuleV1 {
            wheel,
            path: &module.path,
            verdict: json::load_verdict(report.verdict(module)),
            opened: !module.images.is_empty(),
            causes: report.causes_of(&module.path).map(Cause::of).collect(),
            assumptions: &module.assumptions,
        })
        .collect()
}

/// Equal pairs of several targets are one.
fn pairs<'a>(checked: &'a Checked) -> Vec<PairV1<'a>> {
    let mut found: Vec<(&'a str, &'a Pair, Vec<String>)> = Vec::new();
    for (wheel, report) in reports(checked) {
        for pair in &report.pairs {
            match found
                .iter_mut()
                .find(|(file, known, _)| *file == wheel && *known == pair)
            {
                Some((_, _, targets)) => targets.push(report.target.to_string()),
                None => found.push((wheel, pair, vec![report.target.to_string()])),
            }
        }
    }
    let entry = |(wheel, pair, targets): (_, &'a Pair, _)| PairV1 {
        cause: pair.cause,
        wheel,
        paths: &pair.paths,
        targets,
    };
    found.into_iter().map(entry).collect()
}
