//! All subjects and targets as one report: what is the same everywhere is said once, with the targets that it concerns.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::{Checked, SubjectReport, TargetReport};
use crate::diagnose::shape;
use crate::diagnosis::{Diagnosis, Evidence, Place, Severity};
use crate::load::LoadVerdict;
use crate::report::{Check, HostSummary, InterpreterSummary, ModuleReport, Report, Verdict};

/// Where evidence of a fold begins.
const ON: &str = "targets";
/// The evidence of targets where it is less severe.
const LESS: &str = "less severe on";

impl Checked {
    /// The report that every format can show. Modules of several subjects have the subject's name before their path.
    pub fn report(&self, project: &str) -> Report {
        let mut fold = self.fold();
        let targets = self.targets();
        let joined = |of: &dyn Fn(&TargetReport) -> String| {
            let mut words: Vec<String> = targets.iter().map(|report| of(report)).collect();
            words.sort();
            words.dedup();
            words.join(", ")
        };
        let (causes, checks) = fold.settle();
        Report {
            tool_version: self.tool_version.clone(),
            started_at: self.started_at.clone(),
            project: project.to_owned(),
            host: HostSummary {
                system: "macOS".to_owned(),
                version: joined(&|report| report.target.macos.to_string()),
                arch: joined(&|report| report.target.arch.to_string()),
            },
            interpreter: Some(InterpreterSummary {
                executable: "a simulated Python".to_owned(),
                version: format!(
                    "CPython {}",
                    joined(&|report| report.target.python.to_string())
                ),
                arch: joined(&|report| report.target.arch.to_string()),
                translated: false,
                prefix: String::new(),
                virtual_environment: false,
                torch: None,
            }),
            build: None,
            modules: fold.modules,
            targets: Some(self.matrix()),
            causes,
            disagreements: Vec::new(),
            checks,
            timings: Vec::new(),
        }
    }

    /// Subjects of one name are folded together, all others on all cores: they have nothing in common but the rules.
    fn fold(&self) -> Fold {
        let mut names: HashMap<&str, usize> = HashMap::new();
        let mut groups: Vec<Vec<&SubjectReport>> = Vec::new();
        for subject in &self.subjects {
            let known = names.entry(&subject.name).or_insert(groups.len());
            match groups.get_mut(*known) {
                Some(group) => group.push(subject),
                None => groups.push(vec![subject]),
            }
        }
        let several = self.subjects.len() > 1;
        let folds: Vec<Fold> = groups
            .par_iter()
            .map(|group| {
                let mut fold = Fold {
                    several,
                    ..Fold::default()
                };
                group.iter().for_each(|subject| fold.add(subject));
                fold
            })
            .collect();
        let mut whole = Fold::default();
        folds.into_iter().for_each(|fold| whole.append(fold));
        whole
    }

    fn targets(&self) -> Vec<&TargetReport> {
        self.subjects
            .iter()
            .flat_map(|subject| &subject.targets)
            .collect()
    }
}

/// A rule at a stage, of a module where it is about one.
type Asked = (&'static str, &'static str, Option<String>);

/// What has been folded so far of the subjects of one name, or of all.
#[derive(Default)]
struct Fold {
    causes: Vec<Folded>,
    known: HashMap<Key, usize>,
    /// In the order in which they come up.
    modules: Vec<ModuleReport>,
    positions: HashMap<String, usize>,
    checks: BTreeMap<Asked, (Verdict, Vec<usize>)>,
    /// Paths alone would not tell whose they are.
    several: bool,
}

struct Folded {
    diagnosis: Diagnosis,
    /// Where it is as severe as anywhere.
    targets: Vec<String>,
    /// Where it is less severe, and how severe there.
    milder: Vec<(String, Severity)>,
    /// How many targets the subject has.
    of: usize,
}

impl Fold {
    fn add(&mut self, subject: &SubjectReport) {
        for cause in &subject.causes {
            let index = self.cause(subject, cause, None);
            let verdict = Verdict::Failed {
                causes: vec![index],
            };
            self.check(cause.rule, "wheel", None, &verdict, &[index]);
        }
        for report in &subject.targets {
            let target = report.name();
            let indices: Vec<usize> = report
                .report
                .causes
                .iter()
                .map(|cause| self.cause(subject, cause, Some(&target)))
                .collect();
            for check in &report.report.checks {
                let own: Vec<usize> = match &check.verdict {
                    Verdict::Failed { causes } => causes
                        .iter()
                        .filter_map(|index| indices.get(*index))
                        .copied()
                        .collect(),
                    Verdict::Passed | Verdict::Skipped { .. } => Vec::new(),
                };
                let module = check.module.as_ref();
                let module = module.map(|module| subject.path_of(module, self.several));
                self.check(check.rule, check.stage, module, &check.verdict, &own);
            }
            for module in &report.report.modules {
                let path = subject.path_of(&module.path, self.several);
                self.module(path, module, report);
            }
        }
    }

    /// Takes in what was folded of other subjects.
    fn append(&mut self, other: Fold) {
        let before = self.causes.len();
        for ((rule, stage, module), (verdict, causes)) in other.checks {
            let causes: Vec<usize> = causes
                .iter()
                .map(|index| index.saturating_add(before))
                .collect();
            self.check(rule, stage, module, &verdict, &causes);
        }
        self.causes.extend(other.causes);
        self.modules.extend(other.modules);
    }

    /// The position of a cause, which may be there from another target.
    fn cause(&mut self, subject: &SubjectReport, cause: &Diagnosis, target: Option<&str>) -> usize {
        let modules: Vec<String> = cause
            .modules
            .iter()
            .map(|module| subject.path_of(module, self.several))
            .collect();
        let keys = keys(cause);
        let known = keys.iter().find_map(|key| self.known.get(key)).copied();
        let index = known.unwrap_or(self.causes.len());
        for key in keys {
            self.known.entry(key).or_insert(index);
        }
        let mut diagnosis = cause.clone();
        diagnosis.modules = modules;
        match &mut diagnosis.place {
            Place::Artifact { path, .. } => *path = subject.path_of(path, self.several),
            Place::Project if subject.is_wheel => {
                diagnosis.place = Place::Artifact {
                    path: subject.name.clone(),
                    arch: None,
                };
            }
            Place::Source(_) | Place::Project => {}
        }
        match self.causes.get_mut(index) {
            Some(known) => known.add(diagnosis, target),
            None => self.causes.push(Folded {
                diagnosis,
                targets: target.map(str::to_owned).into_iter().collect(),
                milder: Vec::new(),
                of: subject.targets.len(),
            }),
        }
        index
    }

    fn check(
        &mut self,
        rule: &'static str,
        stage: &'static str,
        module: Option<String>,
        verdict: &Verdict,
        causes: &[usize],
    ) {
        let entry = self.checks.entry((rule, stage, module));
        let (known, indices) = entry.or_insert_with(|| (verdict.clone(), Vec::new()));
        for index in causes {
            if !indices.contains(index) {
                indices.push(*index);
            }
        }
        // What one target could not check, another did.
        if matches!(known, Verdict::Skipped { .. }) && !matches!(verdict, Verdict::Skipped { .. }) {
            *known = verdict.clone();
        }
    }

    fn module(&mut self, path: String, module: &ModuleReport, report: &TargetReport) {
        let verdict = report.verdict(module);
        let own = |path: String| ModuleReport {
            path,
            would_load: verdict,
            not_imported: Some("the targets are other machines".to_owned()),
            ..module.clone()
        };
        let known = self.positions.get(&path).copied();
        match known.and_then(|position| self.modules.get_mut(position)) {
            // The load that breaks is the one to show.
            Some(known) if worse(known.would_load, verdict) != known.would_load => {
                *known = own(path);
            }
            Some(_) => {}
            None => {
                self.positions.insert(path.clone(), self.modules.len());
                self.modules.push(own(path));
            }
        }
    }

    /// Worst first; the checks with the new positions.
    fn settle(&mut self) -> (Vec<Diagnosis>, Vec<Check>) {
        let mut order: Vec<usize> = (0..self.causes.len()).collect();
        let severity = |index: &usize| {
            self.causes
                .get(*index)
                .map(|cause| cause.diagnosis.severity)
        };
        order.sort_by_key(|index| (std::cmp::Reverse(severity(index)), *index));
        let place = |old: &usize| order.iter().position(|index| index == old);
        let checks = std::mem::take(&mut self.checks);
        let checks = checks
            .into_iter()
            .map(|((rule, stage, module), (verdict, causes))| Check {
                rule,
                stage,
                module,
                verdict: match causes.as_slice() {
                    [] => verdict,
                    causes => Verdict::Failed {
                        causes: causes.iter().filter_map(place).collect(),
                    },
                },
            });
        let checks = checks.collect();
        let causes = order
            .iter()
            .filter_map(|index| self.causes.get(*index))
            .map(Folded::diagnosis);
        (causes.collect(), checks)
    }
}

/// What makes causes of one subject one: the rule, whether it is more than a note, and what it blames or what it says.
type Key = (&'static str, bool, Same);

/// What two causes may have in common.
#[derive(PartialEq, Eq, Hash)]
enum Same {
    /// What they blame.
    Subject(Option<String>),
    /// What they say, but for the file.
    Words(String),
}

/// Two causes that share one of these are one: of the same thing, or the same of different files.
fn keys(cause: &Diagnosis) -> Vec<Key> {
    // What breaks one file and is not known of another is no single cause.
    let is_note = cause.severity == Severity::Note;
    let key = |what| (cause.rule, is_note, what);
    let words = cause
        .modules
        .first()
        .map(|path| shape(&cause.message, path));
    let words = words.map(|words| key(Same::Words(words)));
    [key(Same::Subject(cause.subject.clone()))]
        .into_iter()
        .chain(words)
        .collect()
}

impl Folded {
    /// The same cause, of another file or on another target.
    fn add(&mut self, mut cause: Diagnosis, target: Option<&str>) {
        let target = target.map(str::to_owned);
        let known = &mut self.diagnosis;
        let new: Vec<String> = cause
            .modules
            .drain(..)
            .filter(|module| !known.modules.contains(module))
            .collect();
        known.modules.extend(new);
        if cause.severity > known.severity {
            let severity = known.severity;
            let milder = self.targets.drain(..).map(|target| (target, severity));
            self.milder.extend(milder);
            cause.modules = std::mem::take(&mut known.modules);
            *known = cause;
            self.targets.extend(target);
        } else if cause.severity == known.severity {
            let is_new = |target: &String| !self.targets.contains(target);
            let new: Vec<String> = target.into_iter().filter(is_new).collect();
            self.targets.extend(new);
        } else {
            let severity = cause.severity;
            self.milder.extend(target.map(|target| (target, severity)));
        }
    }

    /// With the targets, where not all of them are concerned.
    fn diagnosis(&self) -> Diagnosis {
        let mut diagnosis = self.diagnosis.clone();
        if !self.targets.is_empty() && self.targets.len() < self.of {
            let text = self.targets.join("\n");
            diagnosis.facts.insert("targets", self.targets.join("; "));
            diagnosis.evidence.push(Evidence {
                source: ON.to_owned(),
                text,
            });
        }
        let mut milder: Vec<String> = Vec::new();
        for (target, severity) in &self.milder {
            let line = format!("{target} ({severity})");
            if !self.targets.contains(target) && !milder.contains(&line) {
                milder.push(line);
            }
        }
        if !milder.is_empty() {
            diagnosis.evidence.push(Evidence {
                source: LESS.to_owned(),
                text: milder.join("\n"),
            });
        }
        diagnosis
    }
}

fn worse(a: LoadVerdict, b: LoadVerdict) -> LoadVerdict {
    match (a, b) {
        (LoadVerdict::Fails, _) | (_, LoadVerdict::Fails) => LoadVerdict::Fails,
        (LoadVerdict::Unknown, _) | (_, LoadVerdict::Unknown) => LoadVerdict::Unknown,
        (LoadVerdict::Loads, LoadVerdict::Loads) => LoadVerdict::Loads,
    }
}

impl TargetReport {
    /// The target, with the torch beside it.
    pub fn name(&self) -> String {
        self.summary().name
    }

    /// The verdict on one module: a load that fails, or an error that the rules found without one.
    pub fn verdict(&self, module: &ModuleReport) -> LoadVerdict {
        let error = crate::diagnosis::Severity::Error;
        if self
            .causes_of(&module.path)
            .any(|cause| cause.severity == error)
        {
            LoadVerdict::Fails
        } else {
            module.would_load
        }
    }
}
