//! The commands, from parsed arguments to an exit code.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::judge::replay;
use super::output::Output;
use super::policy::Decisions;
use super::progress::Progress;
use super::verify::{Request, Verified, verify};
use super::{
    Failure, Recipe, action, catalogue, check, clean_up_on_signals, dlopen, doctor, explain, graph,
    image, merge, provision, reproduce, selftest, several, sources, torch_symbols,
};
use crate::cli::{
    BuildArgs, Cli, Command, Provision, PythonArgs, ReplayArgs, ReportArgs, VerifyArgs, manual,
};
use crate::diagnosis::Severity;
use crate::exit_code;
use crate::facts::Facts;
use crate::render::inert;
use crate::report::{Report, Timing};
use crate::rules;

/// Runs the command and gives the exit code.
pub fn run(cli: Cli) -> u8 {
    command(cli).unwrap_or_else(|failure| {
        eprintln!("error: {}", inert(&failure.to_string()));
        failure.exit_code()
    })
}

/// Runs the command and gives the exit code, or why there is none.
pub(super) fn command(cli: Cli) -> Result<u8, Failure> {
    crate::torch_symbols::lay_over(torch_symbols::added);
    match cli.command {
        Command::Merge(args) => merge::run(&args),
        Command::Reproduce(args) => reproduce::run(&args),
        Command::Action => Ok(action::act()),
        Command::Verify(args) => run_verify(&args),
        Command::Check(args) => check::run(&args),
        Command::Replay(args) => run_replay(&args),
        Command::Selftest(args) => selftest::run(&args),
        Command::Dlopen(args) => {
            dlopen::run(&args, &mut std::io::stdout().lock()).map_err(Failure::from)
        }
        Command::Graph(args) => graph::run(&args),
        Command::Image(args) => image::run(&args),
        Command::Catalogue(args) => catalogue::run(&args),
        Command::Sources(args) => sources::run(&args, &mut std::io::stdout().lock()),
        Command::TorchSymbols(args) => torch_symbols::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Rules => print(rules::table_markdown().as_bytes()),
        Command::Completions(args) => print(&manual::completions(args.shell)),
        Command::Man(args) => print_page(args.command.as_deref()),
        Command::Explain(args) => explain::run(&args),
    }
}

fn run_verify(args: &VerifyArgs) -> Result<u8, Failure> {
    clean_up_on_signals()?;
    match args.projects.as_slice() {
        [only] if args.shard.is_none() => verify_one(args, only, &args.report),
        _ => several::run(args),
    }
}

/// Verifies one project or wheel, and reports as `reports` says.
pub(super) fn verify_one(
    args: &VerifyArgs,
    project: &Path,
    reports: &ReportArgs,
) -> Result<u8, Failure> {
    let mut output = Output::new(reports)?;
    let mut decisions = Decisions::load(&args.policy, near(project))?;
    let level = decisions.fail_on(reports.fail_on);
    output.failing_on(level);
    let progress = Progress::new(args.report.quiet, args.report.verbose);
    let (python, timings) = provisioned(&args.python, &progress)?;
    let request = Request {
        target: project.to_path_buf(),
        python,
        recipe: recipe(&args.build),
        build_limit: Duration::from_secs(args.build.build_timeout),
        import_limit: Duration::from_secs(args.import.import_timeout),
        no_import: args
            .import
            .no_import
            .then(|| "--no-import was given".to_owned()),
        variables: Vec::new(),
        torch: None,
    };
    let verified = verify(&request, timings, &progress);
    progress.finish();
    let Verified { facts, mut report } = verified?;
    let nothing = nothing_to_check(&facts, &report);
    decisions.on_report(&mut report);
    output.write(&report, &facts, args.record.as_deref())?;
    let accepted = decisions.conclude(report.causes.iter(), args.report.quiet)?;
    conclude(&report, level, nothing.filter(|_| !accepted), accepted)
}

/// Where a policy is looked for: the project, or the directory of a wheel that is given.
fn near(project: &Path) -> &Path {
    let parent = project
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    match project.is_dir() {
        true => project,
        false => parent.unwrap_or(Path::new(".")),
    }
}

/// Reads a recording.
pub(super) fn facts_of(path: &Path) -> Result<Facts, Failure> {
    let bytes = fs::read(path)
        .map_err(|why| Failure::Usage(format!("cannot read `{}`: {why}", path.display())))?;
    let bytes = unpacked(bytes, path)?;
    Facts::from_json(&bytes).map_err(|why| Failure::Usage(format!("`{}` is {why}", path.display())))
}

fn run_replay(args: &ReplayArgs) -> Result<u8, Failure> {
    let output = Output::new(&args.report)?;
    let path = &args.facts;
    let facts = facts_of(path)?;
    let report = replay(&facts);
    let nothing = nothing_to_check(&facts, &report);
    output.write_replayed(&report, &facts, path)?;
    let level = args.report.failing_on();
    conclude(&report, level, nothing, false)
}

/// A recording as it is, or compressed as a page of a report carries it.
fn unpacked(bytes: Vec<u8>, path: &Path) -> Result<Vec<u8>, Failure> {
    const MOST: u64 = 1 << 30;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut text = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(bytes.as_slice()).take(MOST);
    let read = decoder.read_to_end(&mut text);
    read.map_err(|why| Failure::Usage(format!("cannot unpack `{}`: {why}", path.display())))?;
    Ok(text)
}

/// `accepted`: what was found is the baseline from now on.
pub(super) fn conclude(
    report: &Report,
    level: Severity,
    nothing: Option<String>,
    accepted: bool,
) -> Result<u8, Failure> {
    match nothing {
        Some(why) => Err(Failure::Nothing(why)),
        None if !accepted && report.fails(level) => Ok(exit_code::FINDINGS),
        None => Ok(exit_code::CLEAN),
    }
}

/// Why there was nothing to check, where no finding says so.
pub(super) fn nothing_to_check(facts: &Facts, report: &Report) -> Option<String> {
    if !report.causes.is_empty() || report.modules.iter().any(|module| module.module.is_some()) {
        return None;
    }
    if let Some(why) = &facts.not_installed {
        return Some(why.clone());
    }
    let made: Vec<&str> = facts
        .build
        .iter()
        .flat_map(|build| &build.produced)
        .map(String::as_str)
        .collect();
    Some(match (report.modules.len(), made.as_slice()) {
        (0, []) if facts.build.is_some() => format!(
            "the build of `{}` made no file that was asked for",
            facts.project
        ),
        (0, []) => format!("`{}` holds no native module", facts.project),
        (0, made) => format!(
            "the build of `{}` made no native module: {} holds none",
            facts.project,
            made.join(", ")
        ),
        (libraries, _) => format!(
            "`{}` holds no native module, only {libraries} shared libraries",
            facts.project
        ),
    })
}

/// The interpreter to use, with the time it took to provide it.
pub(super) fn provisioned(
    args: &PythonArgs,
    progress: &Progress,
) -> Result<(Option<PathBuf>, Vec<Timing>), Failure> {
    match args.provision {
        None => Ok((args.python.clone(), Vec::new())),
        Some(Provision::Torch) => {
            let started = Instant::now();
            let python = provision::torch(args.python.as_deref(), progress)?;
            let seconds = started.elapsed().as_secs_f64();
            Ok((
                Some(python),
                vec![Timing {
                    stage: "provision".to_owned(),
                    seconds,
                    own: false,
                }],
            ))
        }
    }
}

pub(super) fn recipe(args: &BuildArgs) -> Recipe {
    match &args.build_command {
        Some(shell) => Recipe::Command {
            shell: shell.clone(),
            artifacts: args.artifact.clone(),
        },
        None => Recipe::Pip {
            isolated: args.build_isolation,
        },
    }
}

fn print_page(command: Option<&str>) -> Result<u8, Failure> {
    let page = manual::page(command).ok_or_else(|| {
        let name = command.unwrap_or_default();
        Failure::Usage(format!("there is no command `{name}`"))
    })?;
    print(&page.context("cannot write the page")?)
}

fn print(bytes: &[u8]) -> Result<u8, Failure> {
    use std::io::Write;
    match std::io::stdout().lock().write_all(bytes) {
        Err(why) if why.kind() != std::io::ErrorKind::BrokenPipe => Err(why)
            .context("cannot write to standard output")
            .map_err(Failure::from),
        _ => Ok(exit_code::CLEAN),
    }
}

/// The project's path relative to the repository that holds it, for annotations.
pub(super) fn project_prefix(project: &Path) -> Option<String> {
    let workspace = std::env::var_os("GITHUB_WORKSPACE")
        .map(PathBuf::from)
        .and_then(|path| path.canonicalize().ok());
    let workspace = workspace.filter(|root| project.starts_with(root));
    let root = workspace.or_else(|| {
        project
            .ancestors()
            .find(|path| path.join(".git").exists())
            .map(Path::to_path_buf)
    })?;
    let inside = project.strip_prefix(&root).ok()?.to_str()?.to_owned();
    (!inside.is_empty()).then_some(inside)
}
