//! All reports as one: the legs, and each cause once, with the legs that have it.

use std::collections::{BTreeMap, BTreeSet};

use super::selection::{Traits, all_or_listed, phrase};
use super::tag::{wheel_of, without_tags, without_wheel_tags};
use super::targets;
use crate::diagnosis::{Diagnosis, Place, Severity};
use crate::report::{Report, TargetMatrix};

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
    /// The wheels in which it is, where the legs checked wheels.
    pub wheels: BTreeSet<String>,
}

/// The legs and their causes.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// In the order of their names.
    pub legs: Vec<LegReport>,
    /// Most severe first, then those of the most legs.
    pub causes: Vec<Folded>,
    /// Who loads where, over all legs that checked for targets.
    pub targets: Option<TargetMatrix>,
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
        self.report().is_none_or(|report| {
            report.fails(level) || (report.is_empty() && report.empty_part().is_none())
        })
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
        let targets = targets::union(&legs);
        let causes = folded(&legs, targets.as_ref());
        Merged {
            legs,
            causes,
            targets,
        }
    }

    /// A leg stands against a pass.
    pub fn fails(&self, level: Severity) -> bool {
        self.legs.iter().any(|leg| leg.fails(level))
    }
}

/// Runs of digits as numbers, so that 3.9 comes before 3.10.
pub(super) fn natural(name: &str) -> Vec<(String, u64)> {
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

fn plain(text: &str) -> String {
    without_tags(&without_wheel_tags(text))
}

fn key(cause: &Diagnosis) -> Key {
    let place = match &cause.place {
        Place::Source(source) => format!("{}:{}", source.file, source.line.unwrap_or(0)),
        Place::Artifact { path, .. } => plain(path),
        Place::Project => String::new(),
    };
    let subject = plain(cause.subject.as_deref().unwrap_or_default());
    // Where nothing is blamed, the sentence tells one cause from another.
    let subject = if subject.is_empty() {
        plain(&cause.message)
    } else {
        subject
    };
    (cause.rule, cause.severity, subject, place)
}

/// One cause while it is being folded.
struct Folding {
    cause: Diagnosis,
    legs: BTreeSet<usize>,
    /// None, where it is said of no target in particular.
    targets: Option<BTreeSet<String>>,
    checked: bool,
    wheels: BTreeSet<String>,
}

fn folded(legs: &[LegReport], matrix: Option<&TargetMatrix>) -> Vec<Folded> {
    let mut order: Vec<Key> = Vec::new();
    let mut found: BTreeMap<Key, Folding> = BTreeMap::new();
    for (index, leg) in legs.iter().enumerate() {
        let Some(report) = leg.report() else {
            continue;
        };
        for cause in &report.causes {
            let key = key(cause);
            let entry = found.entry(key.clone()).or_insert_with(|| {
                order.push(key);
                Folding {
                    cause: cause.clone(),
                    legs: BTreeSet::new(),
                    targets: Some(BTreeSet::new()),
                    checked: report.targets.is_some(),
                    wheels: BTreeSet::new(),
                }
            });
            entry.legs.insert(index);
            match (&mut entry.targets, targets::of_cause(report, cause)) {
                (Some(known), Some(more)) => known.extend(more),
                (known, _) => *known = None,
            }
            if report.targets.is_some() {
                entry.wheels.extend(wheels(cause));
                for module in &cause.modules {
                    if !entry.cause.modules.contains(module) {
                        entry.cause.modules.push(module.clone());
                    }
                }
            }
        }
    }
    let whose = whose(legs);
    let mut folded: Vec<Folded> = order
        .into_iter()
        .filter_map(|key| found.remove(&key))
        .map(|mut folding| {
            if let (Some(matrix), Some(names)) = (matrix, &folding.targets) {
                targets::put(&mut folding.cause, matrix, names);
            }
            Folded {
                whose: whose(&folding.legs, folding.checked),
                cause: folding.cause,
                legs: folding.legs,
                wheels: folding.wheels,
            }
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

/// The wheels that a cause of a check names.
fn wheels(cause: &Diagnosis) -> Vec<String> {
    let place = match &cause.place {
        Place::Artifact { path, .. } => Some(path),
        Place::Source(_) | Place::Project => None,
    };
    let paths = place
        .into_iter()
        .chain(&cause.modules)
        .chain(&cause.subject);
    paths
        .filter_map(|path| wheel_of(path))
        .map(str::to_owned)
        .collect()
}

/// How one calls some of the legs.
/// Those that checked for targets are named: their traits are those of the targets.
fn whose(legs: &[LegReport]) -> impl Fn(&BTreeSet<usize>, bool) -> String {
    let reporting: Vec<(usize, String, Traits)> = legs
        .iter()
        .enumerate()
        .filter_map(|(index, leg)| {
            leg.report()
                .map(|report| (index, leg.name.clone(), Traits::of(report)))
        })
        .collect();
    move |chosen, checked| {
        let named: Vec<(&str, &Traits)> = reporting
            .iter()
            .map(|(_, name, traits)| (name.as_str(), traits))
            .collect();
        let positions = reporting
            .iter()
            .enumerate()
            .filter(|(_, (leg, ..))| chosen.contains(leg));
        let chosen = positions.map(|(position, _)| position).collect();
        match checked {
            true => all_or_listed("legs", &named, &chosen),
            false => phrase("legs", &named, &chosen),
        }
    }
}
