//! From subjects and targets to what is said about them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::brought::{self, Absent, Around, Needer};
use super::environment::{self, Environment};
use super::guess::Guesses;
use super::{Beside, Checked, Pair, Plan, Subject, SubjectReport, TargetReport, openmp, plan};
use crate::diagnose::diagnose_each;
use crate::diagnosis::{Certainty, Diagnosis, Place, Severity};
use crate::facts::OpenAs;
use crate::report::Report;
use crate::rules::{Finding, Inspect, RULES, Rule, WheelCase};
use crate::site::{Target, Tree};

/// What is judged, and for whom.
pub struct Prepared {
    /// The subject.
    pub subject: Subject,
    /// Its targets, each with what stands beside it there.
    pub targets: Vec<(Target, Arc<Vec<Beside>>)>,
}

/// The rule about archives that cannot be read.
const MALFORMED: &str = "wheel-malformed";

/// The stack of a thread that judges, in bytes: as the main thread's.
const STACK: usize = 8 << 20;

/// Judges every subject on its targets, on all cores; of them one more than there are cores is in memory at a time.
/// `load` reads a subject, and `done` is called as each is finished, both from any thread.
///
/// # Errors
///
/// The first of `load`, in the order of the sources.
pub fn check<S: Sync, E: Send>(
    sources: &[S],
    load: &(dyn Fn(&S) -> Result<Prepared, E> + Sync),
    plan: &Plan,
    started_at: &str,
    done: &(dyn Fn(&str) + Sync),
) -> Result<Checked, E> {
    let judge = |source: &S| {
        let prepared = load(source)?;
        let report = subject_report(&prepared.subject, &prepared.targets, plan);
        done(&prepared.subject.name);
        Ok(report)
    };
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<(usize, Result<SubjectReport, E>)>> = Mutex::default();
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(source) = sources.get(index) else {
                break;
            };
            let judged = judge(source);
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.push((index, judged));
        }
    };
    // These threads are none of rayon's: one that waits for the parts of its subject must not begin another.
    std::thread::scope(|scope| {
        // With this thread one more than there are cores: there is work for all while one subject is at its last member.
        let more = rayon::current_num_threads().min(sources.len().saturating_sub(1));
        for _ in 0..more {
            // Without another thread this one does it all.
            let _ = std::thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, work);
        }
        work();
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(index, _)| *index);
    let subjects: Result<Vec<SubjectReport>, E> =
        found.into_iter().map(|(_, judged)| judged).collect();
    Ok(Checked {
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: started_at.to_owned(),
        subjects: subjects?,
    })
}

fn subject_report(
    subject: &Subject,
    targets: &[(Target, Arc<Vec<Beside>>)],
    plan: &Plan,
) -> SubjectReport {
    if let Some(why) = &subject.unreadable {
        return SubjectReport {
            name: subject.name.clone(),
            is_wheel: true,
            causes: unreadable(&subject.name, why).into_iter().collect(),
            targets: Vec::new(),
        };
    }
    let mut plain: Vec<Target> = targets.iter().map(|(target, _)| *target).collect();
    plain.dedup();
    let causes = match &subject.wheel {
        Some(wheel) if !plain.is_empty() => wheel_causes(&WheelCase {
            wheel,
            targets: &plain,
        }),
        Some(_) | None => Vec::new(),
    };
    let judged = targets
        .par_iter()
        .map(|(target, beside)| target_report(subject, *target, beside, plan));
    SubjectReport {
        name: subject.name.clone(),
        is_wheel: subject.wheel.is_some(),
        causes,
        targets: judged.collect(),
    }
}

/// A wheel of which nothing else can be said.
fn unreadable(name: &str, why: &str) -> Option<Diagnosis> {
    let rule = RULES.iter().find(|rule| rule.id == MALFORMED)?;
    let message = format!("`{name}` is {why}");
    let remedy = "Get the file anew, or make it again; `python -m zipfile -t WHEEL` tests it.";
    Some(diagnosis(rule, Finding::new(message, remedy).subject(name)))
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
    let artifacts = plan::opened(subject, &tree, plan);
    let guesses = Guesses::of(&artifacts, subject, &tree, plan);
    let libraries: BTreeSet<String> = artifacts
        .iter()
        .filter(|artifact| artifact.opened_as == Some(OpenAs::Ctypes))
        .map(|artifact| artifact.path.clone())
        .collect();
    let facts = environment::facts(&tree, &environment, artifacts, &subject.name);
    let mut report = diagnose_each(&facts, &tree);
    let pairs = pairs(&environment, &report, &tree);
    let described = plan.open_as.is_some();
    let absent = Absent::of(subject, &target, beside, tree.layout()).filter(|_| !described);
    if let Some(absent) = absent {
        let needer = |path: &str| Needer {
            is_guessed: guesses.contains(path),
            is_library: libraries.contains(path),
        };
        let around = Around {
            subject,
            beside,
            tree: &tree,
        };
        brought::leave_open(&mut report, &absent, &needer, &around);
    }
    guesses.soften(&mut report);
    TargetReport {
        target,
        torch: environment.torch.map(|(version, _)| version),
        report,
        pairs,
        assumed_api: tree.assumed_api().len(),
    }
}

/// What would come into one process if all files were opened in it.
fn pairs(environment: &Environment, report: &Report, tree: &Tree) -> Vec<Pair> {
    let before: Vec<String> = environment
        .after_torch
        .iter()
        .chain(&environment.alone)
        .cloned()
        .collect();
    let mut images = openmp::images(&before, &environment.process, tree);
    let mut known: HashSet<String> = images.iter().cloned().collect();
    let modules = report.modules.iter().flat_map(|module| &module.images);
    for image in modules {
        if known.insert(image.path.clone()) {
            images.push(image.path.clone());
        }
    }
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

impl SubjectReport {
    /// It is a wheel that could not be read at all.
    pub fn is_unreadable(&self) -> bool {
        self.is_wheel
            && self.targets.is_empty()
            && self.causes.iter().any(|cause| cause.rule == MALFORMED)
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
