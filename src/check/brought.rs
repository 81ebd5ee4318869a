//! Libraries that are not there because a distribution is not that the wheel requires: nobody can say that they are
//! missing. What is said instead is what to give, once for each distribution.

use std::collections::{BTreeMap, BTreeSet};

use super::{Beside, Subject};
use crate::diagnosis::{Diagnosis, Severity};
use crate::load::{Load, LoadFailure, LoadVerdict, Reason};
use crate::purpose::is_torch_library;
use crate::report::{ModuleReport, Report, Verdict};
use crate::site::{Layout, Target};
use crate::wheel::holds;

/// What stands beside a wheel only if somebody gives it.
pub(super) struct Absent<'a> {
    /// Names of distributions that the wheel requires on the target and that are not given, normalised.
    required: BTreeSet<String>,
    /// The first parts of the subject's own paths.
    own: BTreeSet<&'a str>,
    /// The last parts of the subject's own paths.
    leaves: BTreeSet<&'a str>,
    site: String,
    torch_is_given: bool,
}

impl<'a> Absent<'a> {
    /// `None` where all that there is was given: an installed tree, or a process that is described by hand.
    pub(super) fn of(
        subject: &'a Subject,
        target: &Target,
        beside: &[Beside],
        layout: &Layout,
    ) -> Option<Absent<'a>> {
        let wheel = subject.wheel.as_ref()?;
        let given: BTreeSet<&str> = beside
            .iter()
            .flat_map(|beside| &beside.distributions)
            .map(|(name, _)| name.as_str())
            .collect();
        let counts = |marker: Option<String>| {
            marker.is_none_or(|marker| holds(&marker, &|name| target.marker(name)))
        };
        let name = wheel.name.as_ref();
        let is_torch = name.is_some_and(|name| name.normalised() == "torch");
        let required = wheel
            .metadata
            .requirements()
            .filter(|required| !given.contains(required.name.as_str()))
            .filter(|required| counts(required.marker.clone()))
            .map(|required| required.name);
        let paths = || subject.files.iter().map(|(place, _)| place.path.as_str());
        Some(Absent {
            required: required.collect(),
            own: paths()
                .filter_map(|path| path.split_once('/'))
                .map(|(first, _)| first)
                .collect(),
            leaves: paths().filter_map(|path| path.rsplit('/').next()).collect(),
            site: format!("{}/", layout.site_packages),
            torch_is_given: given.contains("torch") || is_torch,
        })
    }

    /// The distribution that would bring what a load did not find.
    fn bringer(&self, failure: &LoadFailure) -> Option<&str> {
        if failure.reason != Reason::LibraryNotFound || !is_relative(&failure.subject) {
            return None;
        }
        if is_torch_library(&failure.subject) {
            // Nobody else brings them; that they are required nowhere is a finding of its own.
            return (!self.torch_is_given).then_some("torch");
        }
        let tried = failure.tried.iter().filter_map(|attempt| {
            let path = normal(&attempt.path);
            let inside = path.strip_prefix(&self.site)?;
            let (top, _) = inside.split_once('/')?;
            self.installs_into(top)
        });
        tried
            .into_iter()
            .next()
            .or_else(|| self.names(leaf(&failure.subject)))
    }

    /// A distribution whose name begins with that of the directory: mlx-metal for `mlx`, torch for `torch`. Into a
    /// directory that is not the wheel's own, any of them may install.
    fn installs_into(&self, top: &str) -> Option<&str> {
        let top_name = top.to_lowercase().replace(['_', '.'], "-");
        let fits = |name: &&String| {
            let rest = name.strip_prefix(top_name.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        let named = self.required.iter().find(fits);
        let foreign = (!self.own.contains(top) && !top.ends_with(".dylibs"))
            .then(|| self.required.iter().next())
            .flatten();
        named.or(foreign).map(String::as_str)
    }

    /// A distribution after which the library is named: `libarrow.1500.dylib` and pyarrow.
    fn names(&self, leaf: &str) -> Option<&str> {
        let leaf = leaf.strip_prefix("lib").unwrap_or(leaf).to_lowercase();
        let stem = leaf.split('.').next().unwrap_or(&leaf);
        let names = |word: &str| {
            stem == word && !word.is_empty()
                || word.len() >= SHORTEST_WORD && stem.starts_with(word)
        };
        let fits = |name: &&String| {
            let mut words = name.split('-');
            words.any(|word| names(word) || word.strip_prefix("py").is_some_and(names))
        };
        self.required.iter().find(fits).map(String::as_str)
    }

    /// The wheel holds the library, at a place that only the rpaths of whoever loads it lead to.
    fn is_beside(&self, failure: &LoadFailure) -> bool {
        failure.reason == Reason::LibraryNotFound
            && failure.subject.starts_with("@rpath/")
            && self.leaves.contains(leaf(&failure.subject))
    }
}

/// Shorter words name too much.
const SHORTEST_WORD: usize = 4;

fn is_relative(name: &str) -> bool {
    ["@rpath/", "@loader_path/"]
        .iter()
        .any(|start| name.starts_with(start))
        || !name.contains('/')
}

fn leaf(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Without `.` and `..`.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Takes out of a report what it cannot know. `guessed`: files of which it is only guessed that
/// somebody opens them.
pub(super) fn leave_open(report: &mut Report, absent: &Absent<'_>, guessed: &BTreeSet<String>) {
    let mut open: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut bringers: BTreeMap<String, Option<String>> = BTreeMap::new();
    for module in &mut report.modules {
        let is_guessed = guessed.contains(&module.path);
        let mut taken = Vec::new();
        module.failures.retain(|failure| {
            let bringer = absent.bringer(failure).map(str::to_owned);
            let beside = is_guessed && absent.is_beside(failure);
            let leave = bringer.is_some() || beside;
            if leave {
                taken.push(failure.subject.clone());
                bringers.insert(failure.subject.clone(), bringer);
            }
            !leave
        });
        if taken.is_empty() {
            continue;
        }
        for name in taken {
            let from = match bringers.get(&name) {
                Some(Some(bringer)) => format!("`{name}` comes with {bringer}, which is not given"),
                _ => format!("`{name}` is found by the rpaths of the image that loads this one"),
            };
            module.assumptions.push(from);
            open.entry(module.path.clone()).or_default().insert(name);
        }
        module.would_load = verdict(module);
    }
    if !open.is_empty() {
        settle(report, &open, &bringers);
    }
}

/// What is left speaks against it, or nobody knows.
fn verdict(module: &ModuleReport) -> LoadVerdict {
    let load = Load {
        images: Vec::new(),
        edges: Vec::new(),
        failures: module.failures.clone(),
        assumptions: Vec::new(),
        unknown: Some("a distribution is not there".to_owned()),
    };
    load.verdict()
}

/// Takes the modules out of the causes; a cause of no module becomes a note on what to give, the first of its
/// distribution, or goes.
fn settle(
    report: &mut Report,
    open: &BTreeMap<String, BTreeSet<String>>,
    bringers: &BTreeMap<String, Option<String>>,
) {
    let mut kept: Vec<Diagnosis> = Vec::new();
    let mut moved: Vec<Option<usize>> = Vec::new();
    let mut notes: BTreeMap<String, usize> = BTreeMap::new();
    for mut cause in std::mem::take(&mut report.causes) {
        let subject = cause.subject.clone().unwrap_or_default();
        let is_about =
            cause.rule.starts_with("library-not-found") && bringers.contains_key(&subject);
        let is_open = |path: &String| open.get(path).is_some_and(|names| names.contains(&subject));
        let (left_open, blamed): (Vec<String>, Vec<String>) =
            cause.modules.iter().cloned().partition(is_open);
        if !is_about || left_open.is_empty() {
            moved.push(Some(kept.len()));
            kept.push(cause);
            continue;
        }
        if !blamed.is_empty() {
            cause.modules = blamed;
            moved.push(Some(kept.len()));
            kept.push(cause);
            continue;
        }
        let Some(bringer) = bringers.get(&subject).cloned().flatten() else {
            moved.push(None);
            continue;
        };
        match notes.get(&bringer) {
            Some(at) => {
                if let Some(note) = kept.get_mut(*at) {
                    let new: Vec<String> = left_open
                        .into_iter()
                        .filter(|path| !note.modules.contains(path))
                        .collect();
                    note.modules.extend(new);
                }
                moved.push(None);
            }
            None => {
                notes.insert(bringer.clone(), kept.len());
                moved.push(None);
                kept.push(note(cause, &bringer));
            }
        }
    }
    report.causes = kept;
    for check in &mut report.checks {
        let Verdict::Failed { causes } = &mut check.verdict else {
            continue;
        };
        *causes = causes
            .iter()
            .filter_map(|old| moved.get(*old).copied().flatten())
            .collect();
        if causes.is_empty() {
            check.verdict = Verdict::Skipped {
                reason: "what a required distribution brings is not there".to_owned(),
            };
        }
    }
}

/// Turns a cause into what to give.
fn note(cause: Diagnosis, bringer: &str) -> Diagnosis {
    let library = cause.subject.clone().unwrap_or_default();
    Diagnosis {
        severity: Severity::Note,
        message: format!(
            "what {bringer} brings, such as `{library}`, is not given: whether the files load is not known"
        ),
        evidence: Vec::new(),
        remedy: format!(
            "Give what stands beside the wheel: `--with {bringer}`, or a wheel file or directory of it."
        ),
        subject: Some(bringer.to_owned()),
        ..cause
    }
}

/// A file that nobody is known to open breaks nothing by itself: what its load lacks is a warning.
pub(super) fn soften(report: &mut Report, guessed: &BTreeSet<String>) {
    for cause in &mut report.causes {
        let of_guesses = !cause.modules.is_empty()
            && cause.modules.iter().all(|module| guessed.contains(module));
        if of_guesses {
            cause.severity = cause.severity.min(Severity::Warning);
        }
    }
}

#[cfg(test)]
mod tests;
