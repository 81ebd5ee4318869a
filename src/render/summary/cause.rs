//! A cause on the page: what it is, where, what to do, and the evidence folded under it.

use super::{CELL, LINE, folded, heading};
use crate::diagnosis::{Diagnosis, Evidence, Place, Severity};
use crate::merge::targets_of;
use crate::render::markdown::{code, fenced, prose, remedy, text};
use crate::render::place::SourcePlace;
use crate::render::row::module_names;
use crate::render::snippet::snippets;
use crate::render::text::{clean, counted, cut};
use crate::render::{Options, symbol, verdict};
use crate::report::Report;

/// Pieces of evidence, names in a list.
const EVIDENCE: usize = 10;
const NAMES: usize = 8;
/// Characters of a message; lines of a piece of evidence.
const MESSAGE: usize = 2000;
const LINES: usize = 60;

/// Where a cause is, among several legs or targets.
#[derive(Default)]
pub(in crate::render) struct Scope {
    /// The legs that have it.
    pub(in crate::render) legs: Option<String>,
    /// The targets that have it, where not all do.
    pub(in crate::render) targets: Option<String>,
    /// The wheels, where it is in several.
    pub(in crate::render) wheels: Option<String>,
}

impl Scope {
    /// Of a report of its own.
    pub(in crate::render) fn of(report: &Report, cause: &Diagnosis) -> Scope {
        let matrix = report.targets.as_ref();
        Scope {
            targets: matrix.and_then(|matrix| targets_of(matrix, cause)),
            ..Scope::default()
        }
    }

    /// What there is, each with its heading.
    pub(in crate::render) fn items(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let items = [
            ("legs", self.legs.as_deref()),
            ("targets", self.targets.as_deref()),
            ("wheels", self.wheels.as_deref()),
        ];
        let items = items.into_iter();
        items.filter_map(|(heading, words)| words.map(|words| (heading, words)))
    }
}

pub(in crate::render) fn of_cause(
    report: &Report,
    options: &Options,
    cause: &Diagnosis,
    scope: &Scope,
) -> String {
    let (word, meaning) = verdict::certainty(cause.certainty);
    let mut section = format!(
        "### {}: {}\n\n{}\n\n",
        heading(cause.severity),
        code(cause.rule),
        prose(&cut(&cause.message, MESSAGE))
    );
    for (heading, words) in scope.items() {
        section.push_str(&format!("- **{heading}:** {}\n", text(&cut(words, LINE))));
    }
    section.push_str(&format!("- **where:** {}\n", place(&cause.place, options)));
    section.push_str(&lines(cause, options));
    let named = cause.facts.get("symbol").or(cause.subject.as_ref());
    if let Some(readable) = named.and_then(|symbol| symbol::demangled(symbol)) {
        section.push_str(&format!("- **symbol:** {}\n", code(&readable)));
    }
    if !cause.modules.is_empty() {
        let verb = if cause.severity == Severity::Error {
            "breaks"
        } else {
            "concerns"
        };
        section.push_str(&format!(
            "- **{verb}:** {}\n",
            module_names(report, &cause.modules, NAMES, |name| code(&cut(name, CELL)))
        ));
    }
    section.push_str(&format!("- **{word}:** {meaning}\n\n"));
    section.push_str(&format!(
        "**What to do:**{}\n",
        remedy(&cut(&cause.remedy, MESSAGE))
    ));
    section.push_str(&evidence(&cause.evidence));
    section
}

fn place(place: &Place, options: &Options) -> String {
    match (SourcePlace::of(place, options), place) {
        (
            Some(SourcePlace {
                file, line, column, ..
            }),
            _,
        ) => {
            let numbers = [line, column]
                .into_iter()
                .flatten()
                .map(|number| format!(":{number}"));
            code(&format!(
                "{}{}",
                cut(&file, LINE),
                numbers.collect::<String>()
            ))
        }
        (None, Place::Project) => "the project".to_owned(),
        (None, other) => code(&cut(&other.to_string(), LINE)),
    }
}

/// The source lines, under the item that names the place.
fn lines(cause: &Diagnosis, options: &Options) -> String {
    let Place::Source(source) = &cause.place else {
        return String::new();
    };
    let label = cause.label.as_deref();
    let plain = Options {
        colour: false,
        width: LINE,
        ..options.clone()
    };
    let shown = snippets(source, label, &cause.related, cause.severity, &plain);
    shown.map_or_else(String::new, |shown| {
        let block = fenced("text", shown.text.trim_end());
        let indented = block.trim_end().replace('\n', "\n  ");
        format!("\n  {indented}\n\n")
    })
}

fn evidence(evidence: &[Evidence]) -> String {
    if evidence.is_empty() {
        return String::new();
    }
    let mut inside = String::new();
    for piece in evidence.iter().take(EVIDENCE) {
        let source = cut(&piece.source, LINE).into_owned();
        inside.push_str(&format!(
            "{}:\n\n{}\n",
            text(&source),
            fenced("text", &shortened(&piece.text))
        ));
    }
    if evidence.len() > EVIDENCE {
        inside.push_str(&format!(
            "{}.\n\n",
            counted(evidence.len() - EVIDENCE, "more piece")
        ));
    }
    folded("Evidence", &inside)
}

/// As many lines as a reader unfolds for.
pub(super) fn shortened(lines: &str) -> String {
    let cleaned = clean(lines);
    let all: Vec<&str> = cleaned.trim_end().lines().collect();
    let mut shown: Vec<String> = all
        .iter()
        .take(LINES)
        .map(|line| cut(line, LINE).into_owned())
        .collect();
    if all.len() > LINES {
        shown.push(format!("… {}", counted(all.len() - LINES, "more line")));
    }
    shown.join("\n")
}
