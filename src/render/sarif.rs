//! SARIF 2.1.0, which code scanning reads: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.
//!
//! A result is a cause. Its fingerprint knows neither lines nor builds: a finding stays the same one when code above it
//! grows, and on every Python that the module is built for.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Options;
use super::place::SourcePlace;

use super::text::{clean, one_line};
use crate::diagnosis::{Diagnosis, Place, Severity};
use crate::merge::without_tags;
use crate::report::Report;
use crate::rules::{self, Rule};

/// Results of a run that code scanning takes is 25,000; it shows this many.
const RESULTS: usize = 5000;
/// Related locations of a result.
const RELATED: usize = 20;

pub(super) fn render(
    report: &Report,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let causes: Vec<&Diagnosis> = report.causes.iter().collect();
    write(&causes, &report.tool_version, options, out)
}

/// Writes the document for these causes.
pub fn write(
    causes: &[&Diagnosis],
    version: &str,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let named = rules_of(causes);
    let index: BTreeMap<&str, usize> = named
        .iter()
        .enumerate()
        .map(|(index, rule)| (rule.id, index))
        .collect();
    let mut seen = BTreeMap::new();
    let results: Vec<Value> = causes
        .iter()
        .take(RESULTS)
        .map(|cause| result(cause, index.get(cause.rule).copied(), &mut seen, options))
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "loadproof",
                "version": one_line(version),
                "rules": named.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let text = serde_json::to_string_pretty(&document)?;
    out.write_all(super::json::inert(&text).as_bytes())?;
    writeln!(out)
}

/// The rules that speak, sorted by id.
fn rules_of(causes: &[&Diagnosis]) -> Vec<&'static Rule> {
    let mut named: Vec<&Rule> = causes
        .iter()
        .filter_map(|cause| rules::find(cause.rule))
        .collect();
    named.sort_by_key(|rule| rule.id);
    named.dedup_by_key(|rule| rule.id);
    named
}

fn descriptor(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "help": {"text": rule.explanation, "markdown": rule.explanation},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {"tags": ["python", "native-extension"]},
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn result(
    cause: &Diagnosis,
    rule: Option<usize>,
    seen: &mut BTreeMap<String, usize>,
    options: &Options,
) -> Value {
    let mut result = json!({
        "ruleId": cause.rule,
        "level": level(cause.severity),
        "message": {"text": message(cause)},
        "locations": [location(&cause.place, options)],
        "partialFingerprints": {"loadproof/v1": fingerprint(cause, seen, options)},
        "properties": {"certainty": cause.certainty.to_string(), "modules": cause.modules},
    });
    if let (Some(fields), Some(rule)) = (result.as_object_mut(), rule) {
        fields.insert("ruleIndex".to_owned(), json!(rule));
    }
    let related: Vec<Value> = cause
        .related
        .iter()
        .take(RELATED)
        .map(|related| {
            let mut found = physical(&SourcePlace::of_source(&related.place, options));
            if let Some(fields) = found.as_object_mut() {
                fields.insert(
                    "message".to_owned(),
                    json!({"text": one_line(&related.label)}),
                );
            }
            found
        })
        .collect();
    if let Some(fields) = result.as_object_mut().filter(|_| !related.is_empty()) {
        fields.insert("relatedLocations".to_owned(), Value::Array(related));
    }
    result
}

fn message(cause: &Diagnosis) -> String {
    let mut text = one_line(&cause.message);
    let label = cause
        .label
        .as_deref()
        .map(one_line)
        .filter(|label| !label.is_empty());
    if let Some(label) = label {
        let _infallible = write!(text, "\n{label}");
    }
    let _infallible = write!(text, "\n\n{}", clean(&cause.remedy).trim());
    text
}

fn location(place: &Place, options: &Options) -> Value {
    match (SourcePlace::of(place, options), place) {
        (Some(source), _) => physical(&source),
        (None, Place::Artifact { path, .. }) => json!({
            "physicalLocation": {"artifactLocation": {"uri": uri(path)}},
            "logicalLocations": [{"fullyQualifiedName": one_line(&place.to_string()), "kind": "module"}],
        }),
        (None, _) => json!({
            "physicalLocation": {
                "artifactLocation": {"uri": uri(options.project_prefix.as_deref().unwrap_or("."))},
            },
            "logicalLocations": [{"fullyQualifiedName": "the project"}],
        }),
    }
}

fn physical(place: &SourcePlace) -> Value {
    let mut found = json!({"artifactLocation": {"uri": uri(&place.file)}});
    let region: serde_json::Map<String, Value> = [
        ("startLine", place.line),
        ("startColumn", place.column),
        ("endLine", place.end_line),
        // Here as there: behind the last character.
        ("endColumn", place.end_column),
    ]
    .into_iter()
    .filter_map(|(name, number)| Some((name.to_owned(), json!(number?))))
    .collect();
    if let Some(fields) = found.as_object_mut().filter(|_| place.line.is_some()) {
        fields.insert("region".to_owned(), Value::Object(region));
    }
    json!({"physicalLocation": found})
}

/// A path as a URI reference: relative where the path is, and nothing in it but what a URI can hold.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut uri = String::new();
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-' | b'~' | b'+') {
            uri.push(char::from(byte));
        } else {
            let _infallible = write!(uri, "%{byte:02X}");
        }
    }
    if uri.is_empty() { ".".to_owned() } else { uri }
}

/// What makes the cause the same one next time. The second of two that are alike has a number.
fn fingerprint(cause: &Diagnosis, seen: &mut BTreeMap<String, usize>, options: &Options) -> String {
    let place = match (SourcePlace::of(&cause.place, options), &cause.place) {
        (Some(source), _) => source.file,
        (None, Place::Artifact { path, arch }) => {
            format!(
                "{} {}",
                without_tags(path),
                arch.as_deref().unwrap_or_default()
            )
        }
        (None, _) => String::new(),
    };
    let subject = without_tags(cause.subject.as_deref().unwrap_or_default());
    let mut hash = Sha256::new();
    for part in [cause.rule, &place, &subject] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digest: String = hash
        .finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let number = seen.entry(digest.clone()).or_default();
    *number += 1;
    format!("{digest}:{number}")
}

#[cfg(test)]
mod tests;
