//! Merged reports as JSON, schema version 1 of their own (`docs/json.md`).

use std::io;

use serde_json::{Value, json};

use super::project;
use crate::merge::{Folded, Left, LegReport, Merged};
use crate::render::Options;
use crate::render::json::{cause, inert, level};

pub(super) fn render(
    merged: &Merged,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let legs: Vec<Value> = merged.legs.iter().map(|leg| of_leg(leg, options)).collect();
    let causes = merged.causes.iter().map(|folded| of_cause(merged, folded));
    let causes = causes.collect::<Result<Vec<Value>, _>>()?;
    let document = json!({
        "schema": 1,
        "kind": "merged",
        "tool": {"name": "loadproof", "version": env!("CARGO_PKG_VERSION")},
        "project": project(merged),
        "outcome": if merged.fails(options.fail_on) { "failed" } else { "passed" },
        "fail_on": level(options.fail_on),
        "legs": legs,
        "causes": causes,
        "loads": merged.targets,
    });
    let text = serde_json::to_string_pretty(&document)?;
    out.write_all(inert(&text).as_bytes())?;
    out.write_all(b"\n")
}

fn of_leg(leg: &LegReport, options: &Options) -> Value {
    let (status, reason) = match &leg.left {
        Left::Report(_) => ("reported", None),
        Left::Unreadable(why) => ("unreadable", Some(why.as_str())),
        Left::Missing => ("missing", None),
    };
    let report = leg.report();
    let python = report.and_then(|report| report.interpreter.as_ref());
    json!({
        "name": leg.name,
        "status": status,
        "reason": reason,
        "outcome": if leg.fails(options.fail_on) { "failed" } else { "passed" },
        "system": report.map(|report| &report.host.system),
        "system_version": report.map(|report| &report.host.version),
        "arch": report.map(|report| &report.host.arch),
        "python": python.map(|python| &python.version),
        "torch": python.and_then(|python| python.torch.as_ref()).map(|torch| &torch.version),
    })
}

/// A cause as every report has it, with the legs that have it.
fn of_cause(merged: &Merged, folded: &Folded) -> serde_json::Result<Value> {
    let mut value = cause(&folded.cause)?;
    let names: Vec<&str> = folded
        .legs
        .iter()
        .filter_map(|&leg| merged.legs.get(leg))
        .map(|leg| leg.name.as_str())
        .collect();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("legs".to_owned(), json!(names));
        fields.insert("whose".to_owned(), json!(folded.whose));
    }
    Ok(value)
}
