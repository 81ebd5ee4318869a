//! What a text says, for a person and for machines.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::text::clean as printable;
use crate::rules::{self, Rule};
use crate::text::{Explanation, Told};

/// The JSON of `loadproof explain --report json`, schema version 1.
pub fn json(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let others: Vec<Value> = explanation.others.iter().map(told_json).collect();
    let mut value = match &explanation.told {
        Some(told) => told_json(told),
        None => json!({
            "cause": null,
            "certainty": null,
            "facts": {},
            "notes": [],
            "evidence": [],
            "remedy": null,
        }),
    };
    if let Value::Object(fields) = &mut value {
        fields.insert("schema".to_owned(), json!(1));
        fields.insert("lines".to_owned(), json!(explanation.lines));
        fields.insert("others".to_owned(), Value::Array(others));
    }
    writeln!(out, "{value:#}")
}

fn told_json(told: &Told) -> Value {
    let evidence: Vec<Value> = told
        .evidence
        .iter()
        .map(|line| json!({"line": line.number, "text": line.text}))
        .collect();
    json!({
        "cause": told.cause,
        "summary": rules::find(told.cause).map(|rule| rule.summary),
        "certainty": certainty(told),
        "facts": told.facts,
        "notes": told.notes,
        "evidence": evidence,
        "remedy": rules::find(told.cause).map(remedy),
    })
}

/// `observed`: the text says so itself. `suspected`: a warning or an ending, and the text says nothing more.
fn certainty(told: &Told) -> &'static str {
    if told.certain {
        "observed"
    } else {
        "suspected"
    }
}

/// What the rule's page advises.
fn remedy(rule: &Rule) -> &'static str {
    let section = rule.explanation.split_once("## How to fix\n");
    section
        .and_then(|(_, rest)| rest.split("\n## ").next())
        .unwrap_or_default()
        .trim()
}

/// Text for a person.
pub fn terminal(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let Some(told) = &explanation.told else {
        return writeln!(
            out,
            "No cause: none of the {} lines is a failure that loadproof knows.",
            explanation.lines
        );
    };
    let summary = rules::find(told.cause).map_or("", |rule| rule.summary);
    writeln!(out, "{} ({}): {summary}", told.cause, certainty(told))?;
    writeln!(out)?;
    for line in &told.evidence {
        writeln!(out, "  {:>6} | {}", line.number, printable(&line.text))?;
    }
    writeln!(out)?;
    for (name, value) in &told.facts {
        writeln!(out, "  {name}: {}", printable(value))?;
    }
    if !told.notes.is_empty() {
        writeln!(out)?;
    }
    for note in &told.notes {
        writeln!(out, "  {}", printable(note))?;
    }
    if let Some(rule) = rules::find(told.cause) {
        writeln!(out, "\nHow to fix\n\n{}", remedy(rule))?;
        writeln!(out, "\n`loadproof explain {}` says more.", rule.id)?;
    }
    if !explanation.others.is_empty() {
        writeln!(out, "\nAlso in the text:")?;
    }
    for other in &explanation.others {
        let line = other.evidence.first().map_or(0, |line| line.number);
        writeln!(out, "  line {line}: {}", other.cause)?;
    }
    Ok(())
}
