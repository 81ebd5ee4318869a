//! All reports as one: the legs, and each cause once, with the legs that have it.

use std::collections::{BTreeMap, BTreeSet};

use super::selection::{Traits, phrase};
use super::tag::without_tags;
use crate::diagnosis::{Diagnosis, Place, Severity};
use crate::report::Report;

/// What came of one leg.
#[derive(Debug, Clone, PartialEq)]
pub struct LegReport {
    /// Its name; no other leg has it.
    pub name: String,
    /// What it left.
    pub left: Left,
}

/// What a leg left.
#[derive(Debug, Clone, PartialEq)]
pub enum Left {
    /// A report.
    Report(Box<Report>),
    /// A file that cannot be read as one: why.
    Unreadable(String),
    /// Nothing, although it was expected.
    Missing,
}

/// A cause, once for all legs that have it.
#[derive(Debug, Clone, PartialEq)]
pub struct Folded {
    /// As the first of them tells it.
    pub cause: Diagnosis,
    /// Their positions among all legs.
    pub legs: BTreeSet<usize>,
    /// The same legs, as one says it: `all arm64 legs`.
    pub whose: String,
}

/// The legs and their causes.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// In the order of their names.
    pub legs: Vec<LegReport>,
    /// Most severe first, then those of the most legs.
    pub causes: Vec<Folded>,
}

impl LegReport {
    /// Its report, if it left one.
    pub fn report(&self) -> Option<&Report> {
        match &self.left {
            Left::Report(report) => Some(report),
            Left::Unreadable(_) | Left::Missing => None,
        }
    }

    /// It stands against a pass: it has findings at or above `level`, checked nothing, or left no report.
    pub fn fails(&self, level: Severity) -> bool {
        self.report()
            .is_none_or(|report| report.fails(level) || report.is_empty())
    }
}

impl Merged {
    /// Puts the legs in order, gives every one a name of its own, adds those that are expected and not there, and folds
    /// the causes.
    pub fn of(found: Vec<(String, Left)>, expected: &[String]) -> Merged {
        let mut legs: Vec<LegReport> = Vec::new();
        let mut found = found;
        found.sort_by_key(|(name, _)| natural(name));
        for (name, left) in found {
            let taken = |name: &str| legs.iter().any(|leg: &LegReport| leg.name == name);
            let numbered = (2..).map(|number| format!("{name} ({number})"));
            let name = std::iter::once(name.clone())
                .chain(numbered)
                .find(|name| !taken(name));
            legs.push(LegReport {
                name: name.expect("numbers do not end"),
                left,
            });
        }
        for name in expected {
            if !legs.iter().any(|leg| leg.name == *name) {
                legs.push(LegReport {
                    name: name.clone(),
                    left: Left::Missing,
                });
            }
        }
        let causes = folded(&legs);
        Merged { legs, causes }
    }

    /// A leg stands against a pass.
    pub fn fails(&self, level: Severity) -> bool {
        self.legs.iter().any(|leg| leg.fails(level))
    }
}

/// Runs of digits as numbers, so that 3.9 comes before 3.10.
fn natural(name: &str) -> Vec<(String, u64)> {
    let mut parts = vec![(String::new(), 0_u64)];
    let mut digits = false;
    for c in name.chars() {
        match (c.to_digit(10), parts.last_mut()) {
            (Some(digit), Some((_, number))) => {
                digits = true;
                *number = number.saturating_mul(10).saturating_add(u64::from(digit));
            }
            (None, Some((text, _))) if !digits => text.push(c),
            _ => {
                digits = false;
                parts.push((c.to_string(), 0));
            }
        }
    }
    parts
}

/// What makes causes of two legs one: the rule, what is blamed, and the place, as far as builds do not differ in it.
type Key = (&'static str, Severity, String, String);

fn key(cause: &Diagnosis) -> Key {
    let place = match &cause.place {
        Place::Source(source) => format!("{}:{}", source.file, source.line.unwrap_or(0)),
        Place::Artifact { path, .. } => without_tags(path),
        Place::Project => String::new(),
    };
    let subject = without_tags(cause.subject.as_deref().unwrap_or_default());
    // Where nothing is blamed, the sentence tells one cause from another.
    let subject = if subject.is_empty() {
        without_tags(&cause.message)
    } else {
        subject
    };
    (cause.rule, cause.severity, subject, place)
}

fn folded(legs: &[LegReport]) -> Vec<Folded> {
    let mut order: Vec<Key> = Vec::new();
    let mut found: BTreeMap<Key, (Diagnosis, BTreeSet<usize>)> = BTreeMap::new();
    for (index, leg) in legs.iter().enumerate() {
        for cause in leg.report().into_iter().flat_map(|report| &report.causes) {
            let key = key(cause);
            let entry = found.entry(key.clone()).or_insert_with(|| {
                order.push(key);
                (cause.clone(), BTreeSet::new())
            });
            entry.1.insert(index);
        }
    }
    let reporting: Vec<(usize, &str, Traits)> = legs
        .iter()
        .enumerate()
        .filter_map(|(index, leg)| {
            leg.report()
                .map(|report| (index, leg.name.as_str(), Traits::of(report)))
        })
        .collect();
    let named: Vec<(&str, &Traits)> = reporting
        .iter()
        .map(|(_, name, traits)| (*name, traits))
        .collect();
    let among = |legs: &BTreeSet<usize>| -> BTreeSet<usize> {
        let positions = reporting
            .iter()
            .enumerate()
            .filter(|(_, (leg, ..))| legs.contains(leg));
        positions.map(|(position, _)| position).collect()
    };
    let mut folded: Vec<Folded> = order
        .into_iter()
        .filter_map(|key| found.remove(&key))
        .map(|(cause, legs)| Folded {
            whose: phrase(&named, &among(&legs)),
            cause,
            legs,
        })
        .collect();
    folded.sort_by_key(|found| {
        (
            std::cmp::Reverse(found.cause.severity),
            std::cmp::Reverse(found.legs.len()),
        )
    });
    folded
}
