//! A policy on findings: what is accepted leaves the report, what has another severity gets it.

use super::{Baseline, Day, Ignore, Level, Policy};
use crate::diagnosis::{Diagnosis, Place};
use crate::report::{Report, Verdict};

/// A finding that is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The rule's id.
    pub rule: &'static str,
    /// What was blamed.
    pub subject: Option<String>,
    /// Why it is accepted.
    pub reason: String,
}

/// What a policy did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// Every finding that is accepted, once.
    pub accepted: Vec<Accepted>,
    /// Which ignores accepted something, by their position in [`Policy::ignores`].
    pub used: Vec<usize>,
    /// How many findings the baseline knew.
    pub in_baseline: usize,
}

enum Judged {
    Kept,
    Accepted(String),
    InBaseline,
}

impl Policy {
    /// Applies the policy to a list of findings. `today` decides which ignores have expired.
    pub fn apply(
        &self,
        causes: &mut Vec<Diagnosis>,
        baseline: &Baseline,
        today: Day,
        applied: &mut Applied,
    ) {
        let mut kept = Vec::with_capacity(causes.len());
        for cause in causes.drain(..) {
            kept.extend(self.judge(cause, baseline, today, applied));
        }
        *causes = kept;
    }

    /// Applies the policy to a report, whose checks refer to its findings.
    pub fn apply_to_report(
        &self,
        report: &mut Report,
        baseline: &Baseline,
        today: Day,
        applied: &mut Applied,
    ) {
        let mut places: Vec<Option<usize>> = Vec::new();
        let mut kept = Vec::new();
        for cause in report.causes.drain(..) {
            let cause = self.judge(cause, baseline, today, applied);
            places.push(cause.as_ref().map(|_| kept.len()));
            kept.extend(cause);
        }
        report.causes = kept;
        for check in &mut report.checks {
            if let Verdict::Failed { causes } = &mut check.verdict {
                let moved = causes.iter().filter_map(|cause| *places.get(*cause)?);
                *causes = moved.collect();
                if causes.is_empty() {
                    let reason = "what it found is accepted by the project's policy".to_owned();
                    check.verdict = Verdict::Skipped { reason };
                }
            }
        }
    }

    /// The finding with the severity that it is to have; `None` if it is accepted.
    fn judge(
        &self,
        mut cause: Diagnosis,
        baseline: &Baseline,
        today: Day,
        applied: &mut Applied,
    ) -> Option<Diagnosis> {
        let level = self.severity.iter().find(|(rule, _)| rule == cause.rule);
        match level.map(|(_, level)| *level) {
            Some(Level::Off) => {
                applied.accept(&cause, "its rule is switched off".to_owned());
                return None;
            }
            Some(Level::As(severity)) => cause.severity = severity,
            None => {}
        }
        if cause.modules.is_empty() {
            let path = match &cause.place {
                Place::Artifact { path, .. } => Some(path.clone()),
                _ => None,
            };
            let judged = self.judge_one(&cause, path.as_deref(), baseline, today, applied);
            return applied.note(&cause, &judged).then_some(cause);
        }
        let mut modules = std::mem::take(&mut cause.modules);
        modules.retain(|module| {
            let judged = self.judge_one(&cause, Some(module), baseline, today, applied);
            applied.note(&cause, &judged)
        });
        cause.modules = modules;
        (!cause.modules.is_empty()).then_some(cause)
    }

    fn judge_one(
        &self,
        cause: &Diagnosis,
        module: Option<&str>,
        baseline: &Baseline,
        today: Day,
        applied: &mut Applied,
    ) -> Judged {
        if self.is_external(cause) {
            return Judged::Accepted("it is an expected external library".to_owned());
        }
        let mut ignores = self.ignores.iter().enumerate();
        let ignore =
            ignores.find(|(_, ignore)| !ignore.expired(today) && ignore.covers(cause, module));
        if let Some((index, ignore)) = ignore {
            if !applied.used.contains(&index) {
                applied.used.push(index);
            }
            return Judged::Accepted(ignore.reason.clone());
        }
        if baseline.knows(cause, module) {
            Judged::InBaseline
        } else {
            Judged::Kept
        }
    }

    /// A library that the user's machine is expected to have, and that is missing here.
    fn is_external(&self, cause: &Diagnosis) -> bool {
        let missing = cause.rule.starts_with("library-not-found-");
        let names = [
            cause.subject.as_deref(),
            cause.facts.get("library").map(String::as_str),
        ];
        let mut names = names.into_iter().flatten();
        let expected = |name: &str| {
            self.external_libraries
                .iter()
                .any(|pattern| matches(pattern, name))
        };
        missing && names.any(expected)
    }
}

impl Ignore {
    /// Its last day is over.
    pub fn expired(&self, today: Day) -> bool {
        self.expires.is_some_and(|last| last < today)
    }

    fn covers(&self, cause: &Diagnosis, module: Option<&str>) -> bool {
        let fits = |pattern: &Option<String>, text: Option<&str>| match (pattern, text) {
            (None, _) => true,
            (Some(pattern), Some(text)) => matches(pattern, text),
            (Some(_), None) => false,
        };
        self.rule == cause.rule
            && fits(&self.subject, cause.subject.as_deref())
            && fits(&self.module, module)
    }
}

impl Applied {
    /// Whether the finding is kept.
    fn note(&mut self, cause: &Diagnosis, judged: &Judged) -> bool {
        match judged {
            Judged::Kept => return true,
            Judged::InBaseline => self.in_baseline = self.in_baseline.saturating_add(1),
            Judged::Accepted(reason) => self.accept(cause, reason.clone()),
        }
        false
    }

    fn accept(&mut self, cause: &Diagnosis, reason: String) {
        let accepted = Accepted {
            rule: cause.rule,
            subject: cause.subject.clone(),
            reason,
        };
        if !self.accepted.contains(&accepted) {
            self.accepted.push(accepted);
        }
    }
}

/// `*` and `?` stand for any characters, `/` included.
fn matches(pattern: &str, text: &str) -> bool {
    glob::Pattern::new(pattern).is_ok_and(|pattern| pattern.matches(text))
}
