//! `loadproof reproduce`: the commands of a recorded run, what differs here, and on request the run once more.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context;

use super::judge::replay;
use super::output::Output;
use super::progress::Progress;
use super::run::{conclude, facts_of, nothing_to_check};
use super::verify::{Request, Verified, find_python, verify};
use super::work::Work;
use super::{Failure, clean_up_on_signals, probe, provision};
use crate::cli::reproduce::Reproduce;
use crate::exit_code;
use crate::facts::Facts;
use crate::python::{Interpreter, InterpreterProbe};
use crate::render::inert;
use crate::report::Report;
use crate::reproduce::{Difference, Plan, Recipe, differences};

/// Limits of a build and of an import, as `verify` has them.
const BUILD: Duration = Duration::from_secs(3600);
const IMPORT: Duration = Duration::from_secs(120);

/// Runs the command; the result is the exit code.
pub(super) fn run(args: &Reproduce) -> Result<u8, Failure> {
    let facts = facts_of(&args.facts)?;
    let Some(plan) = Plan::of(&facts) else {
        let why = "no Python answered in the recorded run: there is nothing to repeat";
        return Err(Failure::Nothing(why.to_owned()));
    };
    let project = project(args, &facts);
    let python = base(args, &plan)?;
    let here = ask(&python, &std::env::temp_dir())?;
    println!(
        "# recorded {} by loadproof {}: {}",
        inert(&facts.started_at),
        inert(&facts.tool_version),
        inert(&plan.target)
    );
    if !args.run {
        show(&facts, &here);
        for command in plan.commands(&project) {
            println!("{}", inert(&command));
        }
        return Ok(exit_code::CLEAN);
    }
    clean_up_on_signals()?;
    let output = Output::new(&args.report)?;
    let progress = Progress::new(args.report.quiet, args.report.verbose);
    let work = Work::new()?;
    let fresh = environment(&plan, &here, &work, &progress)?;
    show(&facts, &ask(&fresh, &std::env::temp_dir())?);
    let request = Request {
        target: project,
        python: Some(fresh),
        recipe: recipe(&plan),
        build_limit: BUILD,
        import_limit: IMPORT,
        no_import: facts.imports_skipped.clone(),
        variables: plan.variables.clone(),
        torch: None,
    };
    let verified = verify(&request, Vec::new(), &progress);
    progress.finish();
    let Verified {
        facts: again,
        report,
    } = verified?;
    let nothing = nothing_to_check(&again, &report);
    output.write(&report, &again, None)?;
    compare(&replay(&facts), &report);
    conclude(&report, args.report.failing_on(), nothing, false)
}

/// Where the project is: as asked, where it was, or here.
fn project(args: &Reproduce, facts: &Facts) -> PathBuf {
    let named = [
        PathBuf::from(&facts.project),
        PathBuf::from(&facts.project_directory),
    ];
    args.project
        .clone()
        .or_else(|| named.into_iter().find(|path| path.exists()))
        .unwrap_or_else(|| PathBuf::from("."))
}

/// The Python of the recorded version, if there is one of that name.
fn base(args: &Reproduce, plan: &Plan) -> Result<PathBuf, Failure> {
    if let Some(asked) = &args.python {
        return find_python(Some(asked));
    }
    let named = plan
        .python
        .as_ref()
        .map(|version| PathBuf::from(format!("python{version}")));
    let found = named.and_then(|name| probe::find_program(&name));
    found.map_or_else(|| find_python(None), Ok)
}

fn ask(python: &Path, cwd: &Path) -> Result<Interpreter, Failure> {
    match probe::interpreter(python, cwd, &[]) {
        InterpreterProbe::Answered(interpreter) => Ok(*interpreter),
        InterpreterProbe::Failed {
            executable, why, ..
        } => Err(Failure::Usage(format!(
            "`{executable}` cannot be used: {why}"
        ))),
    }
}

/// A virtual environment with the recorded versions.
fn environment(
    plan: &Plan,
    here: &Interpreter,
    work: &Work,
    progress: &Progress,
) -> Result<PathBuf, Failure> {
    let directory = work.directory("environment")?;
    progress.stage("making a fresh environment");
    let mut venv = Command::new(&here.executable);
    venv.args(["-m", "venv"]).arg(&directory);
    provision::succeed(venv, progress).context("no virtual environment can be made")?;
    let python = directory.join("bin/python");
    if !plan.packages.is_empty() {
        progress.stage(&format!("installing {}", plan.packages.join(" ")));
        let mut install = provision::pip_install(&python);
        install.args(&plan.packages);
        provision::succeed(install, progress)
            .context("pip cannot install the recorded versions")?;
    }
    Ok(python)
}

fn recipe(plan: &Plan) -> super::Recipe {
    match &plan.recipe {
        // A wheel is not built, whatever the recipe.
        Recipe::Wheel => super::Recipe::Pip { isolated: false },
        Recipe::Pip { isolated } => super::Recipe::Pip {
            isolated: *isolated,
        },
        Recipe::Command { shell, artifacts } => super::Recipe::Command {
            shell: shell.clone(),
            artifacts: artifacts
                .iter()
                .map(|name| glob::Pattern::escape(name))
                .collect(),
        },
    }
}

fn show(facts: &Facts, here: &Interpreter) {
    let InterpreterProbe::Answered(there) = &facts.interpreter else {
        return;
    };
    let found = differences(there, here);
    if found.is_empty() {
        println!("# everything that counts is the same here");
    }
    for Difference {
        what,
        there,
        here,
        stays,
    } in found
    {
        let note = if stays {
            " (no environment changes that)"
        } else {
            ""
        };
        println!(
            "# {}: {} there, {} here{note}",
            inert(&what),
            inert(&there),
            inert(&here)
        );
    }
}

/// Says whether the same came out.
fn compare(there: &Report, here: &Report) {
    let ids = |report: &Report| -> BTreeSet<&'static str> {
        report.causes.iter().map(|cause| cause.rule).collect()
    };
    let (there, here) = (ids(there), ids(here));
    let listed = |ids: Vec<&&'static str>| ids.into_iter().copied().collect::<Vec<_>>().join(", ");
    let only_there = listed(there.difference(&here).collect());
    let only_here = listed(here.difference(&there).collect());
    match (there == here, there.is_empty()) {
        (true, true) => println!("reproduced: no causes, there and here"),
        (true, false) => println!(
            "reproduced: the same causes, there and here: {}",
            listed(there.iter().collect())
        ),
        (false, _) => {
            if !only_there.is_empty() {
                println!("not reproduced: only there: {only_there}");
            }
            if !only_here.is_empty() {
                println!("not reproduced: only here: {only_here}");
            }
        }
    }
}
