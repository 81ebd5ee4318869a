//! What was seen of a run, judged on the machine that ran it; and a recording of one, anywhere.

use std::collections::BTreeSet;
use std::time::Instant;

use super::verify::Verified;
use super::{linux, macos, running_system};
use crate::build::Commands;
use crate::diagnose::{Diagnosed, diagnose, diagnose_with};
use crate::dyld::{self, SystemLibraries};
use crate::facts::{Facts, Recorder, SystemAnswers, SystemRecorder};
use crate::load::ImageSource;
use crate::python::InterpreterProbe;
use crate::report::{Report, Timing};
use crate::source::{Project, SourceRecorder};

/// Simulates the loads, applies the rules, and keeps what the disk answered.
pub(super) fn judge(
    mut facts: Facts,
    ran: Commands,
    disk: &dyn ImageSource,
    project: &dyn Project,
) -> Verified {
    let started = Instant::now();
    if let InterpreterProbe::Answered(interpreter) = &facts.interpreter {
        facts.ldso = linux::process(interpreter, disk);
        facts.dyld = macos::process(interpreter, disk);
    }
    let recorder = Recorder::new(disk);
    let target = facts.dyld.as_ref().map(dyld::Process::target);
    let cache = target.and_then(running_system::cache);
    let nothing_known = SystemAnswers::default();
    let system: &dyn SystemLibraries = match &cache {
        Some(cache) => cache,
        None => &nothing_known,
    };
    let system = SystemRecorder::new(system);
    let project = SourceRecorder::new(project);
    let Diagnosed {
        mut report,
        missing_symbols,
    } = diagnose_with(&facts, ran, &recorder, &system, &project);
    facts.sources = project.into_answers();
    let mut files = recorder.into_files();
    let ours: BTreeSet<&str> = facts
        .artifacts
        .iter()
        .map(|artifact| artifact.installed.as_str())
        .collect();
    let asked = files.trim(|path| ours.contains(path), &missing_symbols);
    facts.system = system.into_answers();
    facts.system.trim(&asked);
    if let Some(process) = &mut facts.ldso {
        let dependents = files.dependents();
        process
            .cache
            .retain(|(soname, _)| dependents.contains(soname));
    }
    facts.files = files;
    let timing = Timing {
        stage: "check".to_owned(),
        seconds: started.elapsed().as_secs_f64(),
        own: true,
    };
    facts.timings.push(timing.clone());
    report.timings.push(timing);
    Verified { facts, report }
}

/// The same report from a recording.
pub(super) fn replay(facts: &Facts) -> Report {
    diagnose(facts, &facts.files).report
}
