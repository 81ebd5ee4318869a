//! What a text says, for a person and for machines.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::text::clean as printable;
use crate::rules::{self, Rule, SymbolName};
use crate::text::{Explanation, Told};

/// The JSON of `loadproof explain --report json`, schema version 1.
pub fn json(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let others: Vec<Value> = explanation.others.iter().map(told_json).collect();
    let mut value = match &explanation.told {
        Some(told) => told_json(told),
        None => json!({
            "cause": null,
            "certainty": null,
            "facts": explanation.named,
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
        "remedy": rules::find(told.cause).map(|rule| remedy(rule, told)),
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

/// What to do, with the names of the case.
fn remedy(rule: &Rule, told: &Told) -> String {
    rules::remedy(rule, rules::Named::new(&told.facts))
}

/// Text for a person.
pub fn terminal(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let Some(told) = &explanation.told else {
        return nothing_known(explanation.lines, out);
    };
    let rule = rules::find(told.cause);
    writeln!(
        out,
        "{}: {}",
        told.cause,
        rule.map_or("", |rule| rule.summary)
    )?;
    if !told.certain {
        writeln!(
            out,
            "(suspected: the text has only a warning or an ending, and says nothing more)"
        )?;
    }
    writeln!(out)?;
    for line in &told.evidence {
        writeln!(out, "  {:>6} | {}", line.number, printable(&line.text))?;
    }
    names(told, out)?;
    if !told.notes.is_empty() {
        writeln!(out)?;
    }
    for note in &told.notes {
        writeln!(out, "  {}", printable(note))?;
    }
    if let Some(rule) = rule {
        writeln!(
            out,
            "\nHow to fix\n\n{}",
            printable_lines(&remedy(rule, told))
        )?;
        writeln!(out, "\n`loadproof explain {}` says more.", rule.id)?;
    }
    if !explanation.others.is_empty() {
        writeln!(out, "\nAlso in the text")?;
    }
    for other in &explanation.others {
        let line = other.evidence.first().map_or(0, |line| line.number);
        let summary = rules::find(other.cause).map_or("", |rule| rule.summary);
        writeln!(out, "  line {line}: {}: {summary}", other.cause)?;
    }
    Ok(())
}

/// The names and values, one a line; a symbol also as people write it.
fn names(told: &Told, out: &mut dyn Write) -> io::Result<()> {
    if !told.facts.is_empty() {
        writeln!(out)?;
    }
    let widest = told.facts.keys().map(|name| name.len()).max().unwrap_or(0);
    for (name, value) in &told.facts {
        writeln!(out, "  {name:widest$}  {}", printable(value))?;
        let readable = SymbolName::new(value, true).demangled();
        if *name == "symbol"
            && let Some(readable) = readable
        {
            writeln!(out, "  {:widest$}  is {}", "", printable(&readable))?;
        }
    }
    Ok(())
}

fn nothing_known(lines: u64, out: &mut dyn Write) -> io::Result<()> {
    match lines {
        0 => writeln!(out, "No cause: the text is empty.")?,
        1 => writeln!(
            out,
            "No cause: the line is no failure that loadproof knows."
        )?,
        _ => writeln!(
            out,
            "No cause: none of the {lines} lines is a failure that loadproof knows."
        )?,
    }
    writeln!(
        out,
        "
What to do next
- Give the whole output, not only its last lines: the cause often stands far above `failed with exit code 1`.
- On the machine where it fails, `loadproof verify PROJECT` builds, checks and imports the module, and sees more than
  a text tells.
- `loadproof rules` lists the causes that loadproof knows."
    )
}

/// Several lines, each without control characters.
fn printable_lines(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| printable(line).to_string())
        .collect();
    lines.join("\n")
}
