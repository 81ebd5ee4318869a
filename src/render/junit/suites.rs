//! The suites and cases of a report, every string already fit for XML 1.0.

use std::collections::{BTreeMap, BTreeSet};

use super::fails;
use crate::diagnosis::{Diagnosis, Place};
use crate::render::Options;
use crate::render::place::{SourcePlace, notes};
use crate::render::row::situation;
use crate::render::text::{clean, counted, cut, one_line};
use crate::render::{symbol, verdict};
use crate::report::{Check, Disagreement, Report, Verdict};

/// Characters of an attribute: consumers put it into titles; the text of the case has the rest.
const ATTRIBUTE: usize = 1000;

pub(in crate::render) struct Suite {
    pub(in crate::render) name: String,
    pub(in crate::render) properties: Vec<(&'static str, String)>,
    pub(in crate::render) seconds: f64,
    pub(in crate::render) cases: Vec<Case>,
}

pub(in crate::render) struct Case {
    pub(in crate::render) name: String,
    pub(in crate::render) classname: String,
    pub(in crate::render) place: Option<SourcePlace>,
    pub(in crate::render) ending: Ending,
}

pub(in crate::render) enum Ending {
    Passed {
        output: Option<String>,
    },
    Skipped {
        reason: String,
    },
    Failed {
        kind: String,
        message: String,
        text: String,
    },
    Gap {
        message: String,
        text: String,
    },
}

/// The suite of the build, then one for each native file, in wheel order.
pub(in crate::render) fn of(report: &Report, options: &Options) -> Vec<Suite> {
    let mut suites = Vec::new();
    for path in places(report) {
        let label = label(report, path, &suites);
        suites.push(suite(report, options, path, label));
    }
    suites
}

/// The build, the modules, and whatever else a check or a gap names.
fn places(report: &Report) -> Vec<Option<&str>> {
    let mut places = vec![None];
    let modules = report.modules.iter().map(|module| module.path.as_str());
    let checked = report
        .checks
        .iter()
        .filter_map(|check| check.module.as_deref());
    let gaps = report.disagreements.iter().map(|gap| gap.module.as_str());
    for path in modules.chain(checked).chain(gaps) {
        if !places.contains(&Some(path)) {
            places.push(Some(path));
        }
    }
    places
}

/// The dotted name of a module, else the path. Different from all before, because it makes (classname, name) unique.
fn label(report: &Report, path: Option<&str>, before: &[Suite]) -> String {
    let Some(path) = path else {
        return "build".to_owned();
    };
    let name = crate::render::row::module_name(report, path);
    let taken = |label: &str| before.iter().any(|suite| suite.name == label);
    let candidates = [name, path]
        .into_iter()
        .map(|text| cut(&one_line(text), ATTRIBUTE).into_owned());
    let numbered = (2..).map(|number| format!("{} ({number})", cut(&one_line(path), ATTRIBUTE)));
    candidates
        .chain(numbered)
        .find(|label| !taken(label))
        .expect("numbers do not end")
}

fn suite(report: &Report, options: &Options, path: Option<&str>, label: String) -> Suite {
    let classname = format!("loadproof.{label}");
    let mut cases: Vec<Case> = outcomes(report, path)
        .into_iter()
        .map(|(rule, outcome)| case(report, options, rule, &outcome, &classname))
        .collect();
    let gaps = report
        .disagreements
        .iter()
        .filter(|gap| path == Some(gap.module.as_str()));
    for (index, gap) in gaps.enumerate() {
        cases.push(of_gap(gap, index, options, &classname));
    }
    if cases.is_empty() {
        cases.push(untouched(report, path, classname));
    }
    Suite {
        name: label,
        properties: properties(report, path),
        seconds: seconds(report, path),
        cases,
    }
}

/// A suite without a case would vanish from most views: this one says that loadproof was here.
fn untouched(report: &Report, path: Option<&str>, classname: String) -> Case {
    let reason = match (path, &report.build) {
        (Some(_), _) => "no rule applies to this file",
        (None, Some(_)) => "no rule applies to this build",
        (None, None) => "nothing was built",
    };
    Case {
        name: "checked".to_owned(),
        classname,
        place: None,
        ending: Ending::Skipped {
            reason: reason.to_owned(),
        },
    }
}

/// What one rule came to at one place, over all the stages at which it was applied.
#[derive(Default)]
struct RuleOutcome<'a> {
    causes: BTreeSet<usize>,
    passed: bool,
    reason: Option<&'a str>,
}

/// By rule, in the order in which rules were first applied. The build also takes every cause that no check points to:
/// none may be lost.
fn outcomes<'a>(report: &'a Report, path: Option<&str>) -> Vec<(&'a str, RuleOutcome<'a>)> {
    let mut order: Vec<&str> = Vec::new();
    let mut found: BTreeMap<&str, RuleOutcome<'_>> = BTreeMap::new();
    let mut add = |rule: &'a str, change: &mut dyn FnMut(&mut RuleOutcome<'a>)| {
        if !found.contains_key(rule) {
            order.push(rule);
        }
        change(found.entry(rule).or_default());
    };
    for check in report
        .checks
        .iter()
        .filter(|check| check.module.as_deref() == path)
    {
        add(check.rule, &mut |outcome| apply(outcome, check));
    }
    if path.is_none() {
        for index in unclaimed(report) {
            if let Some(cause) = report.causes.get(index) {
                add(cause.rule, &mut |outcome| outcome.causes.extend([index]));
            }
        }
    }
    order
        .into_iter()
        .filter_map(|rule| found.remove(rule).map(|outcome| (rule, outcome)))
        .collect()
}

fn apply<'a>(outcome: &mut RuleOutcome<'a>, check: &'a Check) {
    match &check.verdict {
        Verdict::Passed => outcome.passed = true,
        Verdict::Failed { causes } => outcome.causes.extend(causes),
        Verdict::Skipped { reason } => outcome.reason = Some(reason),
    }
}

fn unclaimed(report: &Report) -> Vec<usize> {
    let mut claimed = BTreeSet::<usize>::new();
    for check in &report.checks {
        if let Verdict::Failed { causes } = &check.verdict {
            claimed.extend(causes);
        }
    }
    (0..report.causes.len())
        .filter(|index| !claimed.contains(index))
        .collect()
}

fn case(
    report: &Report,
    options: &Options,
    rule: &str,
    outcome: &RuleOutcome<'_>,
    classname: &str,
) -> Case {
    let causes: Vec<&Diagnosis> = outcome
        .causes
        .iter()
        .filter_map(|&index| report.causes.get(index))
        .collect();
    let failing = causes.iter().find(|cause| fails(cause.severity, options));
    let ending = match (failing, causes.first(), outcome.reason) {
        (Some(first), _, _) => Ending::Failed {
            kind: format!("{}, {}", first.severity, first.certainty),
            message: headline(first, causes.len()),
            text: texts(&causes, options),
        },
        (None, Some(_), _) => Ending::Passed {
            output: Some(texts(&causes, options)),
        },
        (None, None, Some(reason)) if !outcome.passed => Ending::Skipped {
            reason: cut(&one_line(reason), ATTRIBUTE).into_owned(),
        },
        (None, None, _) => Ending::Passed { output: None },
    };
    Case {
        name: rule.to_owned(),
        classname: classname.to_owned(),
        place: failing
            .or(causes.first())
            .and_then(|cause| SourcePlace::of(&cause.place, options)),
        ending,
    }
}

fn headline(cause: &Diagnosis, count: usize) -> String {
    let message = one_line(&cause.message);
    let message = cut(&message, ATTRIBUTE);
    if count > 1 {
        format!("{message} (and {})", counted(count - 1, "more cause"))
    } else {
        message.into_owned()
    }
}

fn texts(causes: &[&Diagnosis], options: &Options) -> String {
    let texts: Vec<String> = causes.iter().map(|cause| text(cause, options)).collect();
    texts.join("\n\n")
}

/// `path:line: error ID message`, which consumers search for a place, then everything else.
fn text(cause: &Diagnosis, options: &Options) -> String {
    let place = match (SourcePlace::of(&cause.place, options), &cause.place) {
        (
            Some(SourcePlace {
                file,
                line: Some(line),
                ..
            }),
            _,
        ) => format!("{file}:{line}: "),
        (
            Some(SourcePlace {
                file, line: None, ..
            }),
            _,
        ) => format!("{file}: "),
        (None, Place::Project) => String::new(),
        (None, other) => format!("{}: ", one_line(&other.to_string())),
    };
    let (word, meaning) = verdict::certainty(cause.certainty);
    let mut text = format!(
        "{place}{} {} {}\n{word}: {meaning}\n",
        cause.severity,
        cause.rule,
        one_line(&cause.message)
    );
    let named = cause.facts.get("symbol").or(cause.subject.as_ref());
    if let Some(readable) = named.and_then(|symbol| symbol::demangled(symbol)) {
        text.push_str(&format!("symbol: {}\n", one_line(&readable)));
    }
    for note in notes(cause, options) {
        text.push_str(&format!("{note}\n"));
    }
    for evidence in &cause.evidence {
        let quoted = clean(evidence.text.trim_end()).replace('\n', "\n    ");
        text.push_str(&format!(
            "\n{}:\n    {quoted}\n",
            one_line(&evidence.source)
        ));
    }
    text.push_str(&format!("\nhelp: {}\n", clean(&cause.remedy).trim()));
    text
}

fn of_gap(gap: &Disagreement, index: usize, options: &Options, classname: &str) -> Case {
    let attach = match &options.artifact_hint {
        Some(file) => format!("please report it and attach {}", one_line(file)),
        None => "please report it, with a recording made by --record FILE".to_owned(),
    };
    let number = if index == 0 {
        String::new()
    } else {
        format!(" {}", index + 1)
    };
    let (predicted, observed) = (clean(&gap.predicted), clean(&gap.observed));
    Case {
        name: format!("prediction and reality agree{number}"),
        classname: classname.to_owned(),
        place: None,
        ending: Ending::Gap {
            message: format!(
                "gap in loadproof: {}",
                cut(&one_line(&gap.observed), ATTRIBUTE)
            ),
            text: format!(
                "{}\npredicted: {predicted}\nobserved: {observed}\n\nthis is an error of loadproof, not of the project: {attach}\n",
                situation(&gap.situation)
            ),
        },
    }
}

fn properties(report: &Report, path: Option<&str>) -> Vec<(&'static str, String)> {
    let mut properties = vec![("loadproof", report.tool_version.clone())];
    match path.and_then(|path| report.modules.iter().find(|module| module.path == path)) {
        Some(module) => {
            properties.push(("path", module.path.clone()));
            properties.push(("architectures", module.archs.join(", ")));
            properties.extend(module.minos.clone().map(|minos| ("minos", minos)));
        }
        None => {
            properties.push(("project", report.project.clone()));
            properties.push(("environment", crate::render::terminal::environment(report)));
            properties.extend(
                report
                    .build
                    .as_ref()
                    .map(|build| ("command", build.command.clone())),
            );
            properties.extend(
                report
                    .build
                    .as_ref()
                    .map(|build| ("ending", build.ending.clone())),
            );
        }
    }
    for (_, value) in &mut properties {
        *value = cut(&one_line(value), ATTRIBUTE).into_owned();
    }
    properties
}

/// The build's suite took as long as everything that is not an import of one module.
fn seconds(report: &Report, path: Option<&str>) -> f64 {
    let module = |path: &str| crate::render::row::module_name(report, path).to_owned();
    let of_module = |stage: &str, name: &str| {
        stage
            .strip_prefix("import ")
            .is_some_and(|rest| rest.split(' ').next() == Some(name))
    };
    let names: Vec<String> = report
        .modules
        .iter()
        .map(|known| module(&known.path))
        .collect();
    let counts = |stage: &str| match path {
        Some(path) => of_module(stage, &module(path)),
        None => !names.iter().any(|name| of_module(stage, name)),
    };
    report
        .timings
        .iter()
        .filter(|timing| counts(&timing.stage))
        .map(|timing| timing.seconds)
        .fold(0.0, |sum, seconds| sum + seconds)
}
