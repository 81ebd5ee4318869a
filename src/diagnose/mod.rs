//! From facts to a report: simulate every load, apply every rule, compare with what really happened.
//!
//! Pure: the live run and the replay call the same function, one with the disk behind it, one with a recording.

mod causes;
mod observe;
mod place;
mod predict;
mod reconcile;
mod summary;
mod symptoms;

use std::collections::BTreeSet;

use crate::build::{Commands, build_warnings, faults};
use crate::diagnosis::Certainty;
use crate::dyld::SystemLibraries;
use crate::facts::Facts;
use crate::load::{ImageSource, Reason};
use crate::purpose::ModuleKind;
use crate::python::InterpreterProbe;
use crate::report::Report;
use crate::rules::{Inspect, Module, Scene, by_rank, rank};
use crate::source::Project;

pub use causes::shape;

use causes::{Candidate, Causes, Folding};
use reconcile::Judged;

/// A report, with what a recording must keep for it.
pub struct Diagnosed {
    /// The report.
    pub report: Report,
    /// Every symbol that some simulated load did not find.
    pub missing_symbols: BTreeSet<String>,
}

/// Judges all that was seen.
pub fn diagnose(facts: &Facts, files: &dyn ImageSource) -> Diagnosed {
    let ran = facts.build.as_ref().map(Commands::of).unwrap_or_default();
    diagnose_with(facts, ran, files, &facts.system, &facts.sources)
}

/// Judges files for a machine that is not there. Each file has its own causes, also where they are those of others.
pub fn diagnose_each(facts: &Facts, files: &dyn ImageSource) -> Report {
    let ran = Commands::default();
    judge(
        facts,
        ran,
        files,
        (&facts.system, &facts.sources),
        Folding::Apart,
    )
    .report
}

/// Judges all that was seen, where `ran` are the build's commands, `system` answers before the catalogue does (on a Mac its
/// own shared cache) and `project` tells what its files say.
pub fn diagnose_with(
    facts: &Facts,
    ran: Commands,
    files: &dyn ImageSource,
    system: &dyn SystemLibraries,
    project: &dyn Project,
) -> Diagnosed {
    judge(facts, ran, files, (system, project), Folding::Together)
}

fn judge(
    facts: &Facts,
    ran: Commands,
    files: &dyn ImageSource,
    (system, project): (&dyn SystemLibraries, &dyn Project),
    folding: Folding,
) -> Diagnosed {
    let log = facts
        .build
        .as_ref()
        .map(|build| build.log.as_str())
        .unwrap_or_default();
    let build_faults = faults(log);
    let modules = modules(facts, files);
    let scene = Scene {
        facts,
        files,
        system,
        build_faults: &build_faults,
        compile_commands: &ran.compile,
        link_commands: &ran.link,
        modules: &modules,
    };

    let mut causes = Causes::new(folding);
    environment(&scene, &mut causes);
    build(&scene, &mut causes);
    let judged: Vec<Judged> = modules
        .iter()
        .map(|module| reconcile::judge(&scene, module, &mut causes))
        .collect();
    warnings(&scene, log, &mut causes);
    let missing = judged
        .iter()
        .flat_map(|judged| judged.loads.iter())
        .flat_map(|load| &load.failures);
    let missing_symbols = missing
        .filter(|failure| failure.reason == Reason::SymbolNotFound)
        .map(|failure| failure.subject.clone())
        .collect();
    causes.place(&place::Finder::new(&scene, project));
    let (causes, places) = causes.sorted();
    let report = summary::report(&scene, judged, causes, &places, ran.unread);
    Diagnosed {
        report,
        missing_symbols,
    }
}

/// Every native file, with what it is for.
fn modules<'a>(facts: &'a Facts, files: &dyn ImageSource) -> Vec<Module<'a>> {
    let InterpreterProbe::Answered(interpreter) = &facts.interpreter else {
        return Vec::new();
    };
    let process_arch = predict::process_arch(interpreter);
    let module = |artifact: &'a crate::facts::Artifact| {
        let content = files.content(&artifact.installed);
        let slice = predict::slice(&content, process_arch);
        let kind = ModuleKind::of(artifact, &content, &interpreter.ext_suffixes, files);
        Module {
            artifact,
            content,
            kind,
            slice,
            process_arch,
        }
    };
    facts.artifacts.iter().map(module).collect()
}

fn environment(scene: &Scene<'_>, causes: &mut Causes) {
    for rule in by_rank() {
        for inspect in rule.inspect {
            let Inspect::Environment(look) = inspect else {
                continue;
            };
            if let Some(finding) = look(scene) {
                causes.add(
                    Candidate {
                        rule,
                        finding,
                        likely: false,
                    },
                    Certainty::Observed,
                    None,
                );
            }
        }
    }
}

/// A build that failed has one cause: what the first understood complaint of its log is.
fn build(scene: &Scene<'_>, causes: &mut Causes) {
    let Some(build) = scene
        .facts
        .build
        .as_ref()
        .filter(|build| !build.ending.is_success())
    else {
        return;
    };
    let fault = scene
        .build_faults
        .iter()
        .find(|fault| fault.kind.is_of_the_compiler())
        .or(scene.build_faults.first());
    let speaks = |inspect: &Inspect| match inspect {
        Inspect::Build(look) => look(scene, build, fault),
        _ => None,
    };
    let first = by_rank()
        .into_iter()
        .find_map(|rule| Some((rule, rule.inspect.iter().find_map(speaks)?)));
    if let Some((rule, finding)) = first {
        // What was wrong before the build began says more than that it failed.
        if rule.rank >= rank::FALLBACK && !causes.is_empty() {
            return;
        }
        causes.add(
            Candidate {
                rule,
                finding,
                likely: false,
            },
            Certainty::Observed,
            None,
        );
    }
}

/// What was warned of stands beside what went wrong, if anything did.
fn warnings(scene: &Scene<'_>, log: &str, causes: &mut Causes) {
    let warnings = build_warnings(log);
    for rule in by_rank().into_iter().filter(|_| !warnings.is_empty()) {
        for inspect in rule.inspect {
            let Inspect::Warnings(look) = inspect else {
                continue;
            };
            for finding in look(scene, &warnings) {
                let candidate = Candidate {
                    rule,
                    finding,
                    likely: false,
                };
                causes.add(candidate, Certainty::Observed, None);
            }
        }
    }
}
