//! What `verify` makes of the cases: a failing load and the import's text for it are one cause, confirmed.

use std::path::Path;

use loadproof::build::Commands;
use loadproof::diagnose::{Diagnosed, diagnose, diagnose_with};
use loadproof::diagnosis::Certainty;
use loadproof::dyld::Process;
use loadproof::facts::{Artifact, FORMAT, Facts, Files, Recorder, SystemAnswers, SystemRecorder};
use loadproof::host::disk::Disk;
use loadproof::image::Arch;
use loadproof::load::{Likelihood, LoadVerdict};
use loadproof::python::{ImportAttempt, ImportOutcome, Interpreter, InterpreterProbe, Situation};
use loadproof::source::SourceAnswers;
use serde_json::Value;

use crate::{fixture, synthetic};

/// The facts of a run that imported the case's extension, which ended like this.
fn facts(case: &Value, outcome: ImportOutcome) -> Facts {
    let text = |key: &str| case[key].as_str().unwrap().to_owned();
    let arch = if text("arch") == "arm64" {
        Arch::Arm64
    } else {
        Arch::X86_64
    };
    let mut process = Process::new(arch, text("os").parse().unwrap());
    process.executable = Some(text("executable"));
    process.cwd = text("cwd");
    let variables = case["env"].as_object().unwrap();
    process.environment = variables
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    let interpreter = Interpreter {
        executable: text("executable"),
        real_executable: text("executable"),
        implementation: "cpython".to_owned(),
        version: "3.11.7".to_owned(),
        ext_suffixes: vec![".cpython-311-darwin.so".to_owned(), ".so".to_owned()],
        machine: text("arch"),
        system: "Darwin".to_owned(),
        system_version: text("os"),
        ..Interpreter::default()
    };
    let overlay = "/py/lib/site-packages";
    let path = text("open")
        .strip_prefix(&format!("{overlay}/"))
        .unwrap()
        .to_owned();
    let preload = case["preload"]
        .as_array()
        .unwrap()
        .iter()
        .map(|path| path.as_str().unwrap().to_owned());
    Facts {
        format: FORMAT,
        tool_version: "0.1.0".to_owned(),
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        project: "project".to_owned(),
        project_directory: "/project".to_owned(),
        project_prefix: None,
        overlay: overlay.to_owned(),
        host_arch: text("arch"),
        interpreter: InterpreterProbe::Answered(Box::new(interpreter)),
        torch: None,
        build: None,
        requires_torch: None,
        artifacts: vec![Artifact {
            path: path.clone(),
            installed: text("open"),
            size: 1,
            quarantine: None,
            opened_as: None,
        }],
        not_installed: None,
        imports: vec![ImportAttempt {
            path,
            module: "ext._ext".to_owned(),
            situation: Situation::Alone,
            outcome,
            images_before: Some(preload.collect()),
            package_origin: None,
            operators: Vec::new(),
            openmp: Vec::new(),
            output: String::new(),
            milliseconds: 1,
        }],
        imports_skipped: None,
        ldso: None,
        dyld: Some(process),
        files: Files::default(),
        system: SystemAnswers::default(),
        sources: SourceAnswers::default(),
        timings: Vec::new(),
    }
}

fn judged(case: &Value, root: &Path, outcome: ImportOutcome) -> Diagnosed {
    diagnose(&facts(case, outcome), &Disk::under(root))
}

/// Cases that are an import: our own file is opened, with nothing that a Python process would not have.
fn imports(fixture: &fixture::Fixture) -> bool {
    let case = &fixture.case;
    let open = case["open"].as_str().unwrap();
    let plain_file = matches!(fixture.tree.get(open), Some(fixture::Node::File(_)));
    let preloads = case["preload"]
        .as_array()
        .unwrap()
        .iter()
        .all(Value::is_string);
    let plain_process = case["process"].as_object().unwrap().is_empty();
    plain_file
        && preloads
        && plain_process
        && open.starts_with("/py/lib/site-packages/")
        && case["mode"] == "RTLD_NOW"
}

#[test]
fn a_predicted_failure_and_the_text_of_the_import_are_one_confirmed_cause() {
    let mut seen = 0;
    let mut gaps = Vec::new();
    for (name, fixture) in fixture::all() {
        if !imports(&fixture) || fixture.expected["verdict"] != "fails" {
            continue;
        }
        let root = fixture.lay_out();
        let (load, _) = fixture::run(&fixture::flags(&fixture.case, root.path()));
        let message = load["message"].as_str().unwrap().to_owned();
        let outcome = if fixture.expected["outcome"] == "killed" {
            ImportOutcome::Killed { signal: 9 }
        } else {
            let traceback = format!("ImportError: {message}\n");
            ImportOutcome::Raised {
                exception: "ImportError".to_owned(),
                message,
                traceback,
            }
        };
        let report = judged(&fixture.case, root.path(), outcome).report;
        if report.modules[0].would_load == LoadVerdict::Loads {
            assert_eq!(report.disagreements, [], "{name}");
            let certainty = match report.modules[0].failures.as_slice() {
                // A library that the case's own cache lacks and the catalogue does not know: assumed, and said so.
                [] => {
                    assert!(!report.modules[0].assumptions.is_empty(), "{name}");
                    Certainty::Observed
                }
                // Going by its name, no library has the symbol: the import confirms it.
                [failure, ..] => {
                    assert_eq!(failure.likelihood, Likelihood::Likely, "{name}");
                    Certainty::Confirmed
                }
            };
            assert_eq!(report.causes[0].certainty, certainty, "{name}");
            continue;
        }
        if !report.disagreements.is_empty() {
            gaps.push(format!("{name}: {:?}", report.disagreements));
        }
        let confirmed: Vec<_> = report
            .causes
            .iter()
            .filter(|cause| cause.certainty == Certainty::Confirmed)
            .collect();
        match confirmed.as_slice() {
            [cause] if cause.rule != "import-raised" => {}
            _ => gaps.push(format!("{name}: {:?}", report.causes)),
        }
        seen += 1;
    }
    assert!(gaps.is_empty(), "{gaps:#?}");
    assert!(seen >= 60, "only {seen} cases were tried");
}

#[test]
fn an_import_that_works_against_the_prediction_is_a_gap_and_no_cause() {
    let mut seen = 0;
    for (name, fixture) in fixture::all() {
        if !imports(&fixture) || fixture.expected["verdict"] != "fails" {
            continue;
        }
        let root = fixture.lay_out();
        let report = judged(&fixture.case, root.path(), ImportOutcome::Imported).report;
        if report.modules[0].would_load == LoadVerdict::Loads {
            continue;
        }
        assert!(!report.disagreements.is_empty(), "{name}");
        let errors: Vec<_> = report
            .causes
            .iter()
            .filter(|cause| cause.certainty != Certainty::Predicted)
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        seen += 1;
    }
    assert!(seen >= 60, "only {seen} cases were tried");
}

#[test]
fn what_the_running_system_answered_is_replayed_elsewhere() {
    let mut depend_on_it = 0;
    for (name, fixture) in fixture::all() {
        if !imports(&fixture) {
            continue;
        }
        let root = fixture.lay_out();
        let disk = Disk::under(root.path());
        let recorder = Recorder::new(&disk);
        let cache = synthetic::cache();
        let system = SystemRecorder::new(&cache);
        let mut facts = facts(&fixture.case, ImportOutcome::Imported);
        let live = diagnose_with(
            &facts,
            Commands::default(),
            &recorder,
            &system,
            &facts.sources,
        );
        facts.files = recorder.into_files();
        facts.system = system.into_answers();
        let asked = facts
            .files
            .trim(|path| fixture.case["open"] == path, &live.missing_symbols);
        facts.system.trim(&asked);
        let text = serde_json::to_vec(&facts).unwrap();
        let mut facts = Facts::from_json(&text).unwrap();
        let replayed = diagnose(&facts, &facts.files).report;
        let verdict = live.report.modules[0].would_load;
        assert_eq!(replayed.modules[0].would_load, verdict, "{name}");
        assert_eq!(replayed.disagreements, live.report.disagreements, "{name}");
        facts.system = SystemAnswers::default();
        let without = diagnose(&facts, &facts.files).report;
        depend_on_it += usize::from(without.modules[0].would_load != verdict);
    }
    assert!(depend_on_it > 0, "no case shows that the answers matter");
}
