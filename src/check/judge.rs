//! From subjects and targets to what is said about them.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::environment::{self, Environment};
use super::{Beside, Checked, Pair, Plan, Subject, SubjectReport, TargetReport, openmp, plan};
use crate::diagnose::diagnose;
use crate::diagnosis::{Certainty, Diagnosis, Place, Severity};
use crate::report::Report;
use crate::rules::{Finding, Inspect, RULES, Rule, WheelCase};
use crate::site::{Target, Tree};

/// Judges every subject on its targets, with the same things beside it each time. `targets` gives those of a subject.
/// `done` is called as each subject is finished, from any thread.
pub fn check(
    subjects: &[(Subject, Vec<Target>)],
    beside: &[Beside],
    plan: &Plan,
    started_at: &str,
    done: &(dyn Fn(&str) + Sync),
) -> Checked {
    let judged = subjects
        .par_iter()
        .with_max_len(1)
        .map(|(subject, targets)| {
            let report = subject_report(subject, targets, beside, plan);
            done(&subject.name);
            report
        });
    Checked {
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: started_at.to_owned(),
        subjects: judged.collect(),
    }
}

fn subject_report(
    subject: &Subject,
    targets: &[Target],
    beside: &[Beside],
    plan: &Plan,
) -> SubjectReport {
    let causes = match &subject.wheel {
        Some(wheel) if !targets.is_empty() => wheel_causes(&WheelCase { wheel, targets }),
        Some(_) | None => Vec::new(),
    };
    let judged = targets
        .par_iter()
        .map(|target| target_report(subject, *target, beside, plan));
    SubjectReport {
        name: subject.name.clone(),
        is_wheel: subject.wheel.is_some(),
        causes,
        targets: judged.collect(),
    }
}

/// What the rules say about a wheel as a whole, worst first.
fn wheel_causes(case: &WheelCase<'_>) -> Vec<Diagnosis> {
    let mut causes = Vec::new();
    for rule in RULES {
        for inspect in rule.inspect {
            if let Inspect::Wheel(look) = inspect {
                causes.extend(
                    look(case)
                        .into_iter()
                        .map(|finding| diagnosis(rule, finding)),
                );
            }
        }
    }
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.severity));
    causes
}

fn diagnosis(rule: &Rule, finding: Finding) -> Diagnosis {
    Diagnosis {
        rule: rule.id,
        severity: finding.severity.unwrap_or(rule.severity),
        certainty: Certainty::Predicted,
        place: finding.place.unwrap_or(Place::Project),
        label: None,
        related: Vec::new(),
        subject: finding.subject,
        message: finding.message,
        evidence: finding.evidence,
        remedy: finding.remedy,
        facts: finding.facts,
        modules: Vec::new(),
    }
}

fn target_report(
    subject: &Subject,
    target: Target,
    beside: &[Beside],
    plan: &Plan,
) -> TargetReport {
    let mut tree = Tree::new(target);
    let all = beside
        .iter()
        .map(|beside| &beside.files)
        .chain([&subject.files]);
    for files in all {
        let layout = tree.layout().clone();
        tree.install(
            files
                .iter()
                .filter_map(|(place, file)| Some((layout.path(place)?, Arc::clone(file)))),
        );
    }
    let environment = environment(subject, &tree, beside, plan);
    let artifacts = plan::artifacts(subject, &tree, plan);
    let opened: Vec<String> = artifacts
        .iter()
        .map(|artifact| artifact.installed.clone())
        .collect();
    let facts = environment::facts(&tree, &environment, artifacts, &subject.name);
    let report = diagnose(&facts, &tree).report;
    let pairs = pairs(&environment, &opened, &tree);
    TargetReport {
        target,
        torch: environment.torch.map(|(version, _)| version),
        report,
        pairs,
        assumed_api: tree.assumed_api().len(),
    }
}

fn pairs(environment: &Environment, opened: &[String], tree: &Tree) -> Vec<Pair> {
    let before = environment.after_torch.iter().chain(&environment.alone);
    let all: Vec<String> = before.chain(opened).cloned().collect();
    let images = openmp::images(&all, &environment.process, tree);
    openmp::pair(&images, tree).into_iter().collect()
}

fn environment(subject: &Subject, tree: &Tree, beside: &[Beside], plan: &Plan) -> Environment {
    let preload: Vec<String> = plan
        .preload
        .iter()
        .map(|shown| tree.layout().resolve(shown))
        .collect();
    let own = subject.wheel.as_ref().and_then(|wheel| wheel.name.as_ref());
    let own = own.map(|name| (name.normalised(), name.version.clone()));
    let distributions = beside.iter().flat_map(|beside| &beside.distributions);
    let versions: BTreeMap<String, String> = distributions.cloned().chain(own.clone()).collect();
    let is_torch = own.is_some_and(|(name, _)| name == "torch");
    let version = versions.get("torch").filter(|_| !is_torch);
    let images = environment::torch_images(tree);
    // With the way of opening given, the process is described by the flags alone.
    let described = plan.open_as.is_some();
    let torch = version.filter(|_| !images.is_empty()).map(|version| {
        let failure = (!described)
            .then(|| environment::torch_failure(tree, &images))
            .flatten();
        (version.clone(), failure.map(|failure| failure.message))
    });
    let after_torch = if described {
        preload.clone()
    } else {
        images.into_iter().chain(preload.iter().cloned()).collect()
    };
    Environment {
        process: environment::process(tree),
        alone: preload,
        after_torch,
        torch,
    }
}

impl TargetReport {
    /// The causes of one module, by its path.
    pub fn causes_of<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Diagnosis> {
        let of_module = move |cause: &&Diagnosis| cause.modules.iter().any(|module| module == path);
        self.report.causes.iter().filter(of_module)
    }
}

impl Checked {
    /// Is there a finding at or above `level`?
    pub fn fails(&self, level: Severity) -> bool {
        let reports = || self.subjects.iter().flat_map(|subject| &subject.targets);
        let of_wheels = self.subjects.iter().flat_map(|subject| &subject.causes);
        of_wheels.into_iter().any(|cause| cause.severity >= level)
            || reports().any(|target| target.report.fails(level))
    }

    /// Nothing native was there.
    pub fn is_empty(&self) -> bool {
        let is_empty = |report: &Report| report.modules.is_empty();
        self.subjects.iter().all(|subject| {
            subject.causes.is_empty()
                && subject
                    .targets
                    .iter()
                    .all(|target| is_empty(&target.report))
        })
    }
}
