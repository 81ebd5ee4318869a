//! The causes found so far: equal ones folded, strongest knowledge kept.

use std::collections::BTreeMap;

use crate::diagnosis::{Certainty, Diagnosis, Place, Severity};
use crate::rules::{Finding, Rule};

/// Secondary places and pieces of evidence of causes that are one.
const RELATED: usize = 12;
const EVIDENCE: usize = 12;

/// What a rule said, before it is known how sure it is.
#[derive(Clone)]
pub(super) struct Candidate {
    pub(super) rule: &'static Rule,
    pub(super) finding: Finding,
    /// The simulation calls the failure likely, not certain.
    pub(super) likely: bool,
}

impl Candidate {
    /// How bad it is: what is only likely does not fail a run.
    pub(super) fn severity(&self) -> Severity {
        let severity = self.finding.severity.unwrap_or(self.rule.severity);
        if self.likely {
            severity.min(Severity::Warning)
        } else {
            severity
        }
    }
}

/// A module that a cause breaks: its path in the wheel.
type Broken<'a> = Option<&'a str>;

/// Whose causes are one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Folding {
    /// All modules that one thing breaks have one cause.
    Together,
    /// Each module has causes of its own, in its own words.
    Apart,
}

pub(super) struct Causes {
    found: Vec<Diagnosis>,
    folding: Folding,
}

impl Causes {
    pub(super) fn new(folding: Folding) -> Causes {
        Causes {
            found: Vec::new(),
            folding,
        }
    }

    /// The cause that is there already and is the same: same rule, same subject.
    fn known(
        &mut self,
        rule: &str,
        finding: &Finding,
        module: Broken<'_>,
    ) -> Option<&mut Diagnosis> {
        let equal = |known: &Diagnosis| known.rule == rule && known.subject == finding.subject;
        if self.folding == Folding::Apart {
            // Modules are judged one after the other.
            let own = |known: &&mut Diagnosis| known.modules.first().map(String::as_str) == module;
            let mut last = self.found.iter_mut().rev().take_while(own);
            return last.find(|known| equal(known));
        }
        let alike = |known: &Diagnosis| {
            let (Some(first), Some(path)) = (known.modules.first(), module) else {
                return false;
            };
            known.rule == rule && shape(&known.message, first) == shape(&finding.message, path)
        };
        let mut found = self.found.iter_mut();
        found.find(|known| equal(known) || alike(known))
    }

    /// Adds a cause, or strengthens the equal one that is there.
    pub(super) fn add(&mut self, candidate: Candidate, certainty: Certainty, module: Broken<'_>) {
        let severity = candidate.severity();
        let Candidate { rule, finding, .. } = candidate;
        if let Some(known) = self.known(rule.id, &finding, module) {
            // What was seen of one file stands for its likes; only news about the same thing is added.
            if known.subject == finding.subject {
                let evidence = &mut known.evidence;
                let news: Vec<_> = finding
                    .evidence
                    .into_iter()
                    .filter(|new| !evidence.contains(new))
                    .collect();
                evidence.extend(news);
                if severity > known.severity {
                    known.message = finding.message;
                    known.remedy = finding.remedy;
                }
            }
            known.severity = known.severity.max(severity);
            known.certainty = known.certainty.max(certainty);
            if let Some(module) =
                module.filter(|module| !known.modules.iter().any(|known| known == module))
            {
                known.modules.push(module.to_owned());
            }
            return;
        }
        let place = finding.place.unwrap_or_else(|| match module {
            Some(path) => Place::Artifact {
                path: path.to_owned(),
                arch: None,
            },
            None => Place::Project,
        });
        self.found.push(Diagnosis {
            rule: rule.id,
            severity,
            certainty,
            place,
            label: finding.label,
            related: finding.related,
            subject: finding.subject,
            message: finding.message,
            evidence: finding.evidence,
            remedy: finding.remedy,
            facts: finding.facts,
            modules: module.map(str::to_owned).into_iter().collect(),
        });
    }

    /// Gives every cause its line.
    pub(super) fn place(&mut self, finder: &super::place::Finder<'_>) {
        finder.place(&mut self.found);
        let mut kept: Vec<Diagnosis> = Vec::new();
        for cause in self.found.drain(..) {
            let same = |known: &&mut Diagnosis| {
                let file = cause.facts.get("left_out");
                file.is_some()
                    && known.facts.get("left_out") == file
                    && known.rule == cause.rule
                    && known.place == cause.place
            };
            match kept.iter_mut().find(same) {
                Some(known) => fold(known, cause),
                None => kept.push(cause),
            }
        }
        for cause in &mut kept {
            if let (Some(count), Some(file)) =
                (cause.facts.get("symbols"), cause.facts.get("left_out"))
            {
                cause.message = format!(
                    "{}; it is one of {count} that `{file}` defines",
                    cause.message
                );
            }
        }
        self.found = kept;
    }

    /// Nothing was found so far.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Is one of these rules among the causes so far?
    pub(super) fn has(&self, rule: &str) -> bool {
        self.found.iter().any(|known| known.rule == rule)
    }

    /// Most severe first, then by place; with, for every (rule, module), the positions of its causes.
    pub(super) fn sorted(mut self) -> (Vec<Diagnosis>, Places) {
        self.found.sort_by(|a, b| {
            let of = |cause: &Diagnosis| {
                (
                    std::cmp::Reverse(cause.severity),
                    cause.place.clone(),
                    cause.rule,
                )
            };
            of(a).cmp(&of(b)).then_with(|| a.subject.cmp(&b.subject))
        });
        let mut places = Places::new();
        for (index, cause) in self.found.iter().enumerate() {
            if cause.modules.is_empty() {
                places.entry((cause.rule, None)).or_default().push(index);
            }
            for module in &cause.modules {
                places
                    .entry((cause.rule, Some(module.clone())))
                    .or_default()
                    .push(index);
            }
        }
        (self.found, places)
    }
}

/// Adds to a cause another that the same change mends.
fn fold(known: &mut Diagnosis, other: Diagnosis) {
    let count = known
        .facts
        .get("symbols")
        .and_then(|count| count.parse().ok());
    let count: usize = count.unwrap_or(1);
    known.facts.insert("symbols", (count + 1).to_string());
    known.severity = known.severity.max(other.severity);
    known.certainty = known.certainty.max(other.certainty);
    for module in other.modules {
        if !known.modules.contains(&module) {
            known.modules.push(module);
        }
    }
    for related in other.related {
        if known.related.len() < RELATED && !known.related.contains(&related) {
            known.related.push(related);
        }
    }
    for evidence in other.evidence {
        if known.evidence.len() < EVIDENCE && !known.evidence.contains(&evidence) {
            known.evidence.push(evidence);
        }
    }
}

/// A message without the names of the module it speaks of: 19 modules built for another system are one cause.
pub fn shape(message: &str, path: &str) -> String {
    let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.split('.').next().unwrap_or(file);
    let dotted = if directory.is_empty() {
        stem.to_owned()
    } else {
        format!("{}.{stem}", directory.replace('/', "."))
    };
    let quoted = |name: &str| format!("`{name}`");
    [path, &dotted, file]
        .iter()
        .fold(message.to_owned(), |text, name| {
            text.replace(&quoted(name), "`@`")
        })
}

/// For a rule and a module (or the run as a whole): positions in the sorted causes.
pub(super) type Places = BTreeMap<(&'static str, Option<String>), Vec<usize>>;
