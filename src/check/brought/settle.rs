//! What a report says instead of what it cannot know.

use std::collections::BTreeMap;

use super::{Absent, Images, Needer, Why};
use crate::diagnosis::{Diagnosis, Severity};
use crate::load::{Load, LoadFailure, LoadVerdict, Reason};
use crate::report::{ModuleReport, Report, Verdict};

/// What is left open of each file, and why.
type Open = BTreeMap<String, BTreeMap<String, Why>>;

/// Takes out of a report what it cannot know. `needer` says how a file is opened.
pub(in crate::check) fn leave_open(
    report: &mut Report,
    absent: &Absent<'_>,
    needer: &dyn Fn(&str) -> Needer,
    images: &dyn Images,
) {
    let mut open: Open = BTreeMap::new();
    for module in &mut report.modules {
        let needer = needer(&module.path);
        let mut reasons: Vec<Option<Why>> = module
            .failures
            .iter()
            .map(|failure| absent.why(failure, needer, images))
            .collect();
        // One cause names all symbols that a file lacks: where nobody would bring one of them, it stays.
        let is_symbol = |failure: &LoadFailure| failure.reason == Reason::SymbolNotFound;
        let all = || module.failures.iter().zip(&reasons);
        if all().any(|(failure, why)| is_symbol(failure) && why.is_none()) {
            for (failure, why) in module.failures.iter().zip(&mut reasons) {
                *why = why.take().filter(|_| !is_symbol(failure));
            }
        }
        let mut reasons = reasons.into_iter();
        let mut taken = Vec::new();
        module.failures.retain(|failure| {
            let why = reasons.next().flatten();
            taken.extend(why.clone().map(|why| (failure.subject.clone(), why)));
            why.is_none()
        });
        if taken.is_empty() {
            continue;
        }
        for (name, why) in taken {
            module.assumptions.push(assumption(&name, &why));
            open.entry(module.path.clone())
                .or_default()
                .insert(name, why);
        }
        module.would_load = verdict(module);
    }
    if !open.is_empty() {
        settle(report, &open);
    }
}

fn assumption(name: &str, why: &Why) -> String {
    match why {
        Why::With(names) => match names.as_slice() {
            [bringer] => format!("`{name}` comes with {bringer}, which is not given"),
            several => format!("`{name}` comes with {}, if with any", one_of(several)),
        },
        Why::Rpaths => format!("`{name}` is found by the rpaths of the image that loads this one"),
        Why::Before(path) => format!("`{name}` is `{path}`, if that is open before"),
        Why::Layer(path) => format!("`{name}` is found in `{path}`, if that is open before"),
        Why::Directory(directory) => {
            format!("`{name}` comes with what others install into `{directory}`, if with any")
        }
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
fn settle(report: &mut Report, open: &Open) {
    let mut kept: Vec<Diagnosis> = Vec::new();
    let mut moved: Vec<Option<usize>> = Vec::new();
    let mut notes: BTreeMap<&Why, usize> = BTreeMap::new();
    for mut cause in std::mem::take(&mut report.causes) {
        let subject = cause.subject.clone().unwrap_or_default();
        let kinds = ["library-not-found", "symbol-missing"];
        let is_about = kinds.iter().any(|kind| cause.rule.starts_with(kind));
        let why = |path: &String| open.get(path)?.get(&subject);
        let (left_open, blamed): (Vec<String>, Vec<String>) = cause
            .modules
            .iter()
            .cloned()
            .partition(|path| why(path).is_some());
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
        let Some(why) = left_open.iter().find_map(why) else {
            continue;
        };
        match notes.get(why) {
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
                moved.push(None);
                if let Some(note) = note(cause, why) {
                    notes.insert(why, kept.len());
                    kept.push(note);
                }
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
pub(super) fn one_of(names: &[String]) -> String {
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

/// Turns a cause into what to give; `None` where there is nothing to give.
fn note(cause: Diagnosis, why: &Why) -> Option<Diagnosis> {
    let what = cause.subject.clone().unwrap_or_default();
    let (subject, message, remedy) = match why {
        Why::With(names) => {
            let first = names.first()?;
            let (message, remedy) = with(&cause, first, &one_of(names));
            (first.clone(), message, remedy)
        }
        Why::Before(path) => (
            what.clone(),
            format!(
                "`{what}` is at no place where it is looked for, but `{path}`, which stands beside, has that name: dyld \
                 takes it if it is open before, and whether it is, is not known"
            ),
            format!("Say that it is open before: `--preload {path}`."),
        ),
        Why::Directory(directory) => (
            directory.clone(),
            format!(
                "what other distributions install into `{directory}`, such as `{what}`, is not given: whether the \
                 files load is not known"
            ),
            "Give what stands beside the wheel: `--with DISTRIBUTION`, or a wheel file or directory of it."
                .to_owned(),
        ),
        Why::Rpaths | Why::Layer(_) => return None,
    };
    Some(Diagnosis {
        severity: Severity::Note,
        message,
        evidence: Vec::new(),
        remedy,
        subject: Some(subject),
        ..cause
    })
}

/// What one of several distributions would bring, and how to give it.
fn with(cause: &Diagnosis, first: &str, bringers: &str) -> (String, String) {
    let library = cause.subject.clone().unwrap_or_default();
    let which = if first == bringers {
        "it"
    } else {
        "the right one"
    };
    match cause.rule.starts_with("symbol-missing") {
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
    }
}
