//! Files of which it is only guessed that somebody opens them, and how much their failures weigh.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{is_imported, kind};
use super::{Plan, Subject, leaf};
use crate::diagnosis::{Diagnosis, Severity};
use crate::facts::{Artifact, OpenAs};
use crate::load::LoadVerdict;
use crate::python::ExtensionFile;
use crate::report::{ModuleReport, Report};
use crate::site::Tree;
use crate::wheel::family;

/// Faults of a file itself, which nothing that stands beside it mends.
const OF_FILES: [&str; 4] = [
    "arch-mismatch",
    "code-signature-invalid",
    "min-os-too-new",
    "symbol-missing",
];

/// Libraries that nothing in the subject is linked to, beside modules that can be imported or among several of which no
/// script names them; and builds of one library or module, of which the package opens one.
pub(super) struct Guesses {
    paths: BTreeSet<String>,
    /// Each with all builds of it.
    libraries: Vec<BTreeSet<String>>,
    /// Of nothing else is it known that it is opened.
    is_all: bool,
}

impl Guesses {
    /// Those among what is opened of a subject.
    pub(super) fn of(
        artifacts: &[Artifact],
        subject: &Subject,
        tree: &Tree,
        plan: &Plan,
    ) -> Guesses {
        let is_opened = |artifact: &&Artifact| artifact.opened_as == Some(OpenAs::Ctypes);
        let opened = || artifacts.iter().filter(is_opened);
        let mut libraries: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let library = |path: &str| match ExtensionFile::variant_of(path) {
            Some(module) => module.to_owned(),
            None => family(path),
        };
        for artifact in opened() {
            let builds = libraries.entry(library(&artifact.path)).or_default();
            builds.insert(artifact.path.clone());
        }
        libraries.retain(|_, builds| builds.len() > 1);
        let is_module = |artifact: &Artifact| {
            artifact.opened_as.is_none() && is_imported(&kind(artifact, tree))
        };
        let has_modules = artifacts.iter().any(is_module);
        let is_one_of_many = subject.wheel.is_some() && opened().count() > 1;
        let is_named = |artifact: &Artifact| {
            let wheel = subject.wheel.as_ref();
            wheel.is_some_and(|wheel| wheel.names_library(leaf(&artifact.path)))
        };
        let is_plugin = |artifact: &Artifact| {
            let may_be = has_modules || is_one_of_many && !is_named(artifact);
            may_be && !is_named_by_a_build(&artifact.path)
        };
        let is_guessed = |artifact: &&Artifact| {
            is_plugin(artifact) || libraries.contains_key(&library(&artifact.path))
        };
        // What was asked for is opened.
        let described = plan.open_as.is_some() || !plan.modules.is_empty();
        let guessed = opened().filter(|artifact| !described && is_guessed(artifact));
        let paths: BTreeSet<String> = guessed.map(|artifact| artifact.path.clone()).collect();
        let is_known = |artifact: &Artifact| {
            let is_opened = artifact.opened_as.is_some() || is_module(artifact);
            is_opened && !paths.contains(&artifact.path)
        };
        Guesses {
            is_all: !paths.is_empty() && !artifacts.iter().any(is_known),
            libraries: libraries.into_values().collect(),
            paths,
        }
    }

    /// Is it one of them?
    pub(super) fn contains(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// A file that nobody is known to open breaks nothing by itself: what its load lacks is a warning, and beside a build
    /// of the same library that loads, a note. Where every build of a library has a fault of its own, or every file of a
    /// subject of which nothing else is opened, whoever opens one of them fails: those faults stay errors.
    pub(super) fn soften(&self, report: &mut Report) {
        let faults = report.causes.iter().filter(|cause| is_fault(cause));
        let broken: BTreeSet<&String> = faults.flat_map(|cause| &cause.modules).collect();
        let all = self.is_all.then_some(&self.paths);
        let sets = self.libraries.iter().chain(all);
        let hopeless = sets.filter(|paths| paths.iter().all(|path| broken.contains(path)));
        let hopeless: BTreeSet<String> = hopeless.flatten().cloned().collect();
        let modules = report.modules.iter();
        // Without a doubt: what is likely missing leaves the verdict as it is.
        let does_load = |it: &&ModuleReport| it.would_load == LoadVerdict::Loads;
        let loading = modules.filter(|it| does_load(it) && it.failures.is_empty());
        let loading: BTreeSet<&String> = loading.map(|module| &module.path).collect();
        let loads = |paths: &&BTreeSet<String>| paths.iter().any(|path| loading.contains(path));
        let replaced: BTreeSet<String> = self
            .libraries
            .iter()
            .filter(loads)
            .flatten()
            .filter(|path| !loading.contains(path))
            .cloned()
            .collect();
        for cause in &mut report.causes {
            let are_all_in = |paths: &BTreeSet<String>| {
                !cause.modules.is_empty() && cause.modules.iter().all(|path| paths.contains(path))
            };
            let stays = is_fault(cause) && cause.modules.iter().any(|path| hopeless.contains(path));
            if stays || !are_all_in(&self.paths) {
                continue;
            }
            let most = match are_all_in(&replaced) {
                true => Severity::Note,
                false => Severity::Warning,
            };
            cause.severity = cause.severity.min(most);
        }
    }
}

fn is_fault(cause: &Diagnosis) -> bool {
    let of_file = OF_FILES.iter().any(|rule| cause.rule.starts_with(rule));
    of_file && cause.severity == Severity::Error
}

/// Has it a name that the build of an extension module gives, or one for a loader of the package's own?
fn is_named_by_a_build(path: &str) -> bool {
    let file = ExtensionFile::from_path(path);
    file.is_some_and(|file| file.is_tagged()) || ExtensionFile::is_opened_by_path(path)
}
