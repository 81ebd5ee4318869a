//! Libraries that are not there because a distribution is not that the wheel requires: nobody can say that they are
//! missing. What is said instead is what to give, once for each distribution.

use std::collections::{BTreeMap, BTreeSet};

use super::{Beside, Subject};
use crate::diagnosis::{Diagnosis, Severity};
use crate::dyld::FLAT;
use crate::load::{Load, LoadFailure, LoadVerdict, Reason};
use crate::purpose::is_torch_library;
use crate::report::{ModuleReport, Report, Verdict};
use crate::site::{Layout, Target};
use crate::wheel::holds;

/// What stands beside a wheel only if somebody gives it.
pub(super) struct Absent<'a> {
    /// Names of distributions that the wheel requires on the target and that are not given, normalised.
    required: BTreeSet<String>,
    /// Names of required distributions, given or not, whose libraries a script of the wheel opens for everybody.
    opened_for_all: BTreeSet<String>,
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
        let all = wheel.metadata.requirements();
        let all = all.filter(|required| counts(required.marker.clone()));
        let all: BTreeSet<String> = all.map(|required| required.name).collect();
        let is_opened = |name: &&String| wheel.opened_for_all.contains(&name.replace('-', "_"));
        let opened_for_all = all.iter().filter(is_opened).cloned().collect();
        let is_absent = |name: &String| !given.contains(name.as_str());
        let paths = || subject.files.iter().map(|(place, _)| place.path.as_str());
        Some(Absent {
            required: all.into_iter().filter(is_absent).collect(),
            opened_for_all,
            own: paths()
                .filter_map(|path| path.split_once('/'))
                .map(|(first, _)| first)
                .collect(),
            leaves: paths().filter_map(|path| path.rsplit('/').next()).collect(),
            site: format!("{}/", layout.site_packages),
            torch_is_given: given.contains("torch") || is_torch,
        })
    }

    /// The distributions of which one would bring what a load did not find; none, where nobody would.
    fn bringers(&self, failure: &LoadFailure) -> Vec<&str> {
        let is_flat = failure.expected_in.as_deref() == Some(FLAT);
        if failure.reason == Reason::SymbolNotFound && is_flat {
            return self.opened_for_all.iter().map(String::as_str).collect();
        }
        if failure.reason != Reason::LibraryNotFound || !is_relative(&failure.subject) {
            return Vec::new();
        }
        if is_torch_library(&failure.subject) {
            // Nobody else brings them; that they are required nowhere is a finding of its own.
            return if self.torch_is_given {
                Vec::new()
            } else {
                vec!["torch"]
            };
        }
        let paths: Vec<String> = failure.tried.iter().map(|at| normal(&at.path)).collect();
        let tops = || {
            let inside = paths.iter().filter_map(|at| at.strip_prefix(&self.site));
            inside.filter_map(|inside| Some(inside.split_once('/')?.0))
        };
        let named = tops().find_map(|top| self.named_as(top));
        match named.or_else(|| self.names(leaf(&failure.subject))) {
            Some(name) => vec![name],
            // A distribution may install into a directory of any name, only not into the wheel's own.
            None if tops().any(|top| self.is_foreign(top)) => {
                self.required.iter().map(String::as_str).collect()
            }
            None => Vec::new(),
        }
    }

    /// A distribution whose name begins with that of the directory: mlx-metal for `mlx`, torch for `torch`.
    fn named_as(&self, top: &str) -> Option<&str> {
        let top = top.to_lowercase().replace(['_', '.'], "-");
        let fits = |name: &&String| {
            let rest = name.strip_prefix(top.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        self.required.iter().find(fits).map(String::as_str)
    }

    fn is_foreign(&self, top: &str) -> bool {
        !self.own.contains(top) && !top.ends_with(".dylibs")
    }

    /// A distribution after which the library is named: `libarrow.1500.dylib` and pyarrow. Python's own library is
    /// named after the language, as are distributions that have nothing to do with it.
    fn names(&self, leaf: &str) -> Option<&str> {
        let leaf = leaf.strip_prefix("lib").unwrap_or(leaf).to_lowercase();
        let stem = leaf.split('.').next().unwrap_or(&leaf);
        if stem.starts_with("python") {
            return None;
        }
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
    let mut bringers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for module in &mut report.modules {
        let is_guessed = guessed.contains(&module.path);
        let mut taken = Vec::new();
        module.failures.retain(|failure| {
            let found = absent.bringers(failure);
            let leave = !found.is_empty() || is_guessed && absent.is_beside(failure);
            if leave {
                taken.push(failure.subject.clone());
                let found = found.into_iter().map(str::to_owned).collect();
                bringers.insert(failure.subject.clone(), found);
            }
            !leave
        });
        if taken.is_empty() {
            continue;
        }
        for name in taken {
            let from = match bringers.get(&name).map_or(&[][..], Vec::as_slice) {
                [] => format!("`{name}` is found by the rpaths of the image that loads this one"),
                [bringer] => format!("`{name}` comes with {bringer}, which is not given"),
                several => format!("`{name}` comes with {}, if with any", one_of(several)),
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
    bringers: &BTreeMap<String, Vec<String>>,
) {
    let mut kept: Vec<Diagnosis> = Vec::new();
    let mut moved: Vec<Option<usize>> = Vec::new();
    let mut notes: BTreeMap<&[String], usize> = BTreeMap::new();
    for mut cause in std::mem::take(&mut report.causes) {
        let subject = cause.subject.clone().unwrap_or_default();
        let kinds = ["library-not-found", "symbol-missing"];
        let is_about = kinds.iter().any(|kind| cause.rule.starts_with(kind))
            && bringers.contains_key(&subject);
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
        let brings = bringers.get(&subject).map_or(&[][..], Vec::as_slice);
        let [first, ..] = brings else {
            moved.push(None);
            continue;
        };
        match notes.get(brings) {
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
                notes.insert(brings, kept.len());
                moved.push(None);
                kept.push(note(cause, first, &one_of(brings)));
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

/// The names, as few of them as can be read.
fn one_of(names: &[String]) -> String {
    const MOST: usize = 3;
    match names {
        [only] => only.clone(),
        few if few.len() <= MOST => format!("one of {}", few.join(", ")),
        many => {
            let shown = many.get(..MOST).unwrap_or(many).join(", ");
            format!("one of {shown} and {} others", many.len() - MOST)
        }
    }
}

/// Turns a cause into what to give.
fn note(cause: Diagnosis, first: &str, bringers: &str) -> Diagnosis {
    let library = cause.subject.clone().unwrap_or_default();
    let which = if first == bringers {
        "it"
    } else {
        "the right one"
    };
    let (message, remedy) = match cause.rule.starts_with("symbol-missing") {
        true => (
            format!(
                "`{library}` may come with {bringers}, whose libraries a script of the wheel opens for everybody \
                 (RTLD_GLOBAL): whether the files load is not known"
            ),
            format!(
                "Say what is open before: `--with {first} --preload PATH`, the path of its file as installed."
            ),
        ),
        false => (
            format!(
                "what {bringers} brings, such as `{library}`, is not given: whether the files load is not known"
            ),
            format!(
                "Give what stands beside the wheel: `--with {first}`, or a wheel file or directory of {which}."
            ),
        ),
    };
    Diagnosis {
        severity: Severity::Note,
        message,
        evidence: Vec::new(),
        remedy,
        subject: Some(first.to_owned()),
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
