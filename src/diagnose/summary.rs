//! Gathers the judgements into a report.

use std::collections::BTreeMap;

use super::causes::Places;
use super::reconcile::Judged;
use crate::build::{Build, LinkCommand};
use crate::diagnosis::Diagnosis;
use crate::facts::Facts;
use crate::image::{Image, ImportFrom, Version};
use crate::load::{Load, LoadVerdict};
use crate::purpose::ModuleKind;
use crate::python::{Interpreter, TorchImport};
use crate::report::{
    BuildSummary, Check, HostSummary, ImageReport, InterpreterSummary, LinkSummary, ModuleReport,
    Needs, Report, TorchSummary, Verdict,
};
use crate::rules::{Inspect, Module, RULES, Rule, Scene};

/// Lines of a failed build's log that go into the report.
const LOG_TAIL: usize = 30;
/// Links that go into the report, and words of one.
const LINKS: usize = 64;
const LINK_WORDS: usize = 400;

/// The report.
pub(super) fn report(
    scene: &Scene<'_>,
    judged: Vec<Judged>,
    causes: Vec<Diagnosis>,
    places: &Places,
    unread: Vec<(String, String)>,
) -> Report {
    let facts = scene.facts;
    let mut checks = run_checks(scene, places);
    let mut modules = Vec::new();
    let mut disagreements = Vec::new();
    for (module, judged) in scene.modules.iter().zip(judged) {
        checks.extend(module_checks(scene, module, &judged, places));
        disagreements.extend(judged.disagreements.iter().cloned());
        modules.push(module_report(scene, module, judged));
    }
    Report {
        tool_version: facts.tool_version.clone(),
        started_at: facts.started_at.clone(),
        project: facts.project.clone(),
        host: host(scene),
        interpreter: scene
            .interpreter()
            .map(|interpreter| interpreter_summary(facts, interpreter)),
        build: facts
            .build
            .as_ref()
            .map(|build| build_summary(build, scene.link_commands, unread)),
        modules,
        targets: None,
        causes,
        disagreements,
        checks,
        timings: facts.timings.clone(),
    }
}

fn host(scene: &Scene<'_>) -> HostSummary {
    let system = scene.interpreter().map(|interpreter| {
        (
            interpreter.system.as_str(),
            interpreter.system_version.clone(),
        )
    });
    let (system, version) = system.unwrap_or_default();
    let system = if system == "Darwin" { "macOS" } else { system };
    HostSummary {
        system: system.to_owned(),
        version,
        arch: scene.facts.host_arch.clone(),
    }
}

fn interpreter_summary(facts: &Facts, interpreter: &Interpreter) -> InterpreterSummary {
    let torch = interpreter.torch.as_ref().map(|package| {
        let (version, cxx11_abi, import_error) =
            match facts.torch.as_ref().map(|probe| &probe.outcome) {
                Some(TorchImport::Imported {
                    version, cxx11_abi, ..
                }) => (version.clone(), *cxx11_abi, None),
                Some(TorchImport::Failed { why, .. }) => {
                    (package.version.clone(), None, Some(why.clone()))
                }
                None => (package.version.clone(), None, None),
            };
        TorchSummary {
            version,
            location: package.location.clone(),
            cxx11_abi,
            import_error,
        }
    });
    let name = if interpreter.implementation == "cpython" {
        "CPython"
    } else {
        &interpreter.implementation
    };
    InterpreterSummary {
        executable: interpreter.executable.clone(),
        version: format!("{name} {}", interpreter.version),
        arch: interpreter.machine.clone(),
        translated: interpreter.translated,
        prefix: interpreter.prefix.clone(),
        virtual_environment: interpreter.is_virtual_environment(),
        torch,
    }
}

fn build_summary(
    build: &Build,
    links: &[LinkCommand],
    unread: Vec<(String, String)>,
) -> BuildSummary {
    let lines: Vec<&str> = build.log.lines().collect();
    let succeeded = build.ending.is_success();
    let tail = if succeeded {
        &[]
    } else {
        lines
            .get(lines.len().saturating_sub(LOG_TAIL)..)
            .unwrap_or_default()
    };
    let command = match build.command.as_slice() {
        // The user's own shell command is shown as it was given.
        [shell] => shell.clone(),
        words => {
            shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| words.join(" "))
        }
    };
    BuildSummary {
        command,
        succeeded,
        ending: build.ending.describe(),
        produced: build.produced.clone(),
        links: links.iter().take(LINKS).map(link_summary).collect(),
        unread: unread
            .into_iter()
            .map(|(path, why)| format!("`{path}` {why}"))
            .collect(),
        log_lines: lines.len(),
        log_tail: tail.iter().map(|line| (*line).to_owned()).collect(),
    }
}

fn link_summary(link: &LinkCommand) -> LinkSummary {
    let words = link.words().into_iter().take(LINK_WORDS);
    LinkSummary {
        output: link.output.clone(),
        told: link.told.to_string(),
        words: words.map(|word| word.to_string()).collect(),
    }
}

fn module_report(scene: &Scene<'_>, module: &Module<'_>, judged: Judged) -> ModuleReport {
    let load = judged.loads.into_iter().next();
    let images = module.images();
    let minos: Vec<Version> = images
        .iter()
        .filter_map(|image| image.macho())
        .flat_map(|part| &part.build_versions)
        .map(|built| built.minos)
        .collect();
    let not_imported = match &module.kind {
        ModuleKind::Library | ModuleKind::Opened => {
            Some("a shared library, not a module".to_owned())
        }
        ModuleKind::Program => Some("a program, not a module".to_owned()),
        _ if judged.attempts.is_empty() => Some(why_not_imported(scene)),
        _ => None,
    };
    ModuleReport {
        path: module.artifact.path.clone(),
        module: module.kind.file().map(|file| file.module.to_string()),
        archs: images.iter().map(|image| image.arch.to_string()).collect(),
        minos: minos.into_iter().min().map(|version| version.to_string()),
        would_load: load.as_ref().map_or(LoadVerdict::Unknown, Load::verdict),
        failures: load
            .as_ref()
            .map(|load| load.failures.clone())
            .unwrap_or_default(),
        assumptions: load
            .as_ref()
            .map(|load| load.assumptions.clone())
            .unwrap_or_default(),
        edges: load
            .as_ref()
            .map(|load| load.edges.clone())
            .unwrap_or_default(),
        images: load
            .map(|load| load.images.into_iter().map(image_report).collect())
            .unwrap_or_default(),
        needs: module.image().map(needs).unwrap_or_default(),
        attempts: judged.attempts,
        not_imported,
    }
}

fn why_not_imported(scene: &Scene<'_>) -> String {
    scene
        .facts
        .imports_skipped
        .clone()
        .unwrap_or_else(|| "torch, which it needs, could not be imported".to_owned())
}

/// Names of a module that a report carries; torch's own extensions need a tenth of it.
const MOST_NEEDS: usize = 20_000;

fn needs(image: &Image) -> Vec<Needs> {
    let mut by_library: BTreeMap<Option<&str>, Vec<String>> = BTreeMap::new();
    for import in image.imports.iter().take(MOST_NEEDS) {
        let library = match import.from {
            ImportFrom::Ordinal(ordinal) => usize::try_from(ordinal)
                .ok()
                .and_then(|ordinal| image.dependents.get(ordinal.checked_sub(1)?))
                .map(|dependent| dependent.install_name.as_str()),
            ImportFrom::ThisImage => continue,
            ImportFrom::MainExecutable
            | ImportFrom::Flat
            | ImportFrom::WeakLookup
            | ImportFrom::Unknown(_) => {
                let version = import.version.as_ref();
                version.map(|version| version.library.as_str())
            }
        };
        let symbols = by_library.entry(library).or_default();
        symbols.push(import.symbol.clone());
    }
    let each = by_library.into_iter().map(|(library, mut symbols)| {
        symbols.sort();
        symbols.dedup();
        Needs {
            library: library.map(str::to_owned),
            symbols,
        }
    });
    each.collect()
}

fn image_report(image: crate::load::LoadedImage) -> ImageReport {
    ImageReport {
        path: image.path,
        found_by: image.found_by,
        loaded_by: image.loaded_by,
    }
}

/// The rules that look at the run as a whole.
fn run_checks(scene: &Scene<'_>, places: &Places) -> Vec<Check> {
    let mut checks = Vec::new();
    for rule in RULES {
        for stage in ["environment", "build"] {
            if !rule.inspect.iter().any(|inspect| inspect.stage() == stage) {
                continue;
            }
            let causes = places.get(&(rule.id, None));
            let no_build = stage == "build" && scene.facts.build.is_none();
            let verdict = match causes {
                Some(causes) => Verdict::Failed {
                    causes: causes.clone(),
                },
                None if no_build => Verdict::Skipped {
                    reason: "nothing was built".to_owned(),
                },
                None => Verdict::Passed,
            };
            checks.push(Check {
                rule: rule.id,
                stage,
                module: None,
                verdict,
            });
        }
    }
    checks
}

/// The rules that look at one module: each once, at the first stage at which it can speak.
fn module_checks(
    scene: &Scene<'_>,
    module: &Module<'_>,
    judged: &Judged,
    places: &Places,
) -> Vec<Check> {
    let path = &module.artifact.path;
    let of_module = |inspect: &&Inspect| {
        matches!(
            inspect,
            Inspect::Module(_) | Inspect::Failure(_) | Inspect::Ending(_) | Inspect::Imports(_)
        )
    };
    let check = |rule: &Rule| {
        let mut stages = rule
            .inspect
            .iter()
            .filter(of_module)
            .map(|inspect| inspect.stage());
        let stage = stages.next()?;
        if module.kind == ModuleKind::Library && stage != "module" {
            return None;
        }
        let verdict = match places.get(&(rule.id, Some(path.clone()))) {
            Some(causes) => Verdict::Failed {
                causes: causes.clone(),
            },
            None => skipped(scene, module, judged, rule)
                .map_or(Verdict::Passed, |reason| Verdict::Skipped { reason }),
        };
        Some(Check {
            rule: rule.id,
            stage,
            module: Some(path.clone()),
            verdict,
        })
    };
    RULES.iter().filter_map(check).collect()
}

/// Why a silent rule could not have spoken.
fn skipped(scene: &Scene<'_>, module: &Module<'_>, judged: &Judged, rule: &Rule) -> Option<String> {
    let has = |stage: &str| rule.inspect.iter().any(|inspect| inspect.stage() == stage);
    let imported = !judged.attempts.is_empty();
    let load = judged.loads.first();
    let simulated = load.is_some_and(|load| load.unknown.is_none());
    if has("module") && module.image().is_some()
        || has("load") && simulated
        || has("import") && imported
    {
        return None;
    }
    if has("module") {
        return Some("the file holds no image for this interpreter".to_owned());
    }
    if has("load") {
        let why = load.and_then(|load| load.unknown.clone());
        return Some(why.unwrap_or_else(|| "the load was not simulated".to_owned()));
    }
    Some(why_not_imported(scene))
}
