//! Builds and judges the samples that the binary carries: a test of this machine, and of loadproof on it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Parser;
use flate2::read::ZlibDecoder;

use super::output::{Output, write_facts};
use super::progress::Progress;
use super::run::{provisioned, recipe};
use super::verify::{Request, Verified, find_python, now, verify};
use super::work::Work;
use super::{Failure, clean_up_on_signals, probe, provision};
use crate::cli::{Cli, Command, SelftestArgs, VerifyArgs};
use crate::exit_code;
use crate::python::{Interpreter, InterpreterProbe, TorchImport, TorchProbe};
use crate::render::SelfTest;
use crate::sample::{Expected, Judgement, Row, judge};

/// `fixtures/extensions` as build.rs packed it.
static SAMPLES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/samples.json.zlib"));

/// A sample's files by their paths in it.
type Sample = BTreeMap<String, Vec<u8>>;

/// Runs the samples that fit this machine.
pub(super) fn run(args: &SelftestArgs) -> Result<u8, Failure> {
    clean_up_on_signals()?;
    let output = Output::new(&args.report)?;
    let progress = Progress::new(args.report.quiet, args.report.verbose);
    let (python, _) = provisioned(&args.python, &progress)?;
    let python = find_python(python.as_deref())?;
    let work = Work::new()?;
    let machine = equipped(Machine::ask(&python, &work)?, &work, &progress)?;
    let started_at = now();
    let mut rows = Vec::new();
    for (name, sample) in samples()? {
        let chosen =
            args.samples.is_empty() || args.samples.iter().any(|part| name.contains(part.as_str()));
        if chosen {
            rows.push(run_sample(
                &name,
                &sample,
                &machine,
                &work,
                args.record.as_deref(),
                &progress,
            )?);
        }
    }
    progress.finish();
    if rows.is_empty() {
        return Err(Failure::Usage(format!(
            "no sample is named like {}",
            args.samples.join(" or ")
        )));
    }
    let system = if machine.interpreter.on_macos() {
        "macos"
    } else {
        "linux"
    };
    let host = format!("{system}-{}", machine.interpreter.machine);
    let run = SelfTest {
        host,
        started_at,
        rows,
    };
    output.write_selftest(&run)?;
    let any = |wanted: fn(&Judgement) -> bool| run.rows.iter().any(|row| wanted(&row.judgement));
    if any(|judgement| matches!(judgement, Judgement::Failed { .. })) {
        return Ok(exit_code::FINDINGS);
    }
    if !any(|judgement| matches!(judgement, Judgement::Passed)) {
        return Err(Failure::Nothing("every sample was skipped".to_owned()));
    }
    Ok(exit_code::CLEAN)
}

/// The carried samples by name.
fn samples() -> anyhow::Result<BTreeMap<String, Sample>> {
    let files: Sample =
        serde_json::from_reader(ZlibDecoder::new(SAMPLES)).context("the carried samples")?;
    let mut samples: BTreeMap<String, Sample> = BTreeMap::new();
    for (path, bytes) in files {
        // What lies beside the samples describes them.
        if let Some((name, inside)) = path.split_once('/') {
            let sample = samples.entry(name.to_owned()).or_default();
            sample.insert(inside.to_owned(), bytes);
        }
    }
    Ok(samples)
}

/// What the samples are built with.
const BUILD_TOOLS: [&str; 2] = ["setuptools", "wheel"];

/// The machine with an environment that can build: an empty one says nothing about loadproof or the machine. Where none
/// can be made, as without a network, the samples that need it are skipped.
fn equipped(machine: Machine, work: &Work, progress: &Progress) -> Result<Machine, Failure> {
    if machine.lacks_tool().is_none() {
        return Ok(machine);
    }
    let base = PathBuf::from(&machine.interpreter.executable);
    match provision::build_tools(&base, progress) {
        Ok(python) => Machine::ask(&python, work),
        Err(why) => {
            eprintln!("loadproof: warning: {why}");
            Ok(machine)
        }
    }
}

/// Builds and judges one sample, if it fits this machine.
fn run_sample(
    name: &str,
    sample: &Sample,
    machine: &Machine,
    work: &Work,
    record: Option<&Path>,
    progress: &Progress,
) -> Result<Row, Failure> {
    let expected = expectation(name, sample)?;
    if let Some(why) = machine.lacks(&expected) {
        return Ok(skipped(name, &expected, why));
    }
    let directory = work.directory(&format!("samples/{name}"))?;
    extract(sample, &directory)?;
    let started = Instant::now();
    let request = request(name, &expected, &directory, machine)?;
    let Verified { facts, report } = verify(&request, Vec::new(), progress)?;
    if let Some(record) = record {
        write_facts(&facts, &record.join(format!("{name}.json")))?;
    }
    Ok(judge(
        name,
        &expected,
        &report,
        started.elapsed().as_secs_f64(),
    ))
}

/// What the samples' needs are held against.
struct Machine {
    interpreter: Box<Interpreter>,
    torch: Option<TorchProbe>,
}

impl Machine {
    fn ask(python: &Path, work: &Work) -> Result<Machine, Failure> {
        let cwd = work.directory("probe")?;
        let interpreter = match probe::interpreter(python, &cwd, &[]) {
            InterpreterProbe::Answered(interpreter) => interpreter,
            InterpreterProbe::Failed {
                executable, why, ..
            } => {
                return Err(Failure::Usage(format!(
                    "`{executable}` cannot be used: {why}"
                )));
            }
        };
        // Once for all samples: importing torch takes longer than building most of them.
        let torch = interpreter
            .torch
            .as_ref()
            .map(|_| probe::torch(python, &cwd, Duration::from_secs(300)));
        Ok(Machine { interpreter, torch })
    }

    /// A package without which pip cannot build here.
    fn lacks_tool(&self) -> Option<&'static str> {
        let packages = &self.interpreter.packages;
        BUILD_TOOLS
            .into_iter()
            .find(|name| !packages.contains_key(*name))
    }

    /// Why a sample cannot be run here.
    fn lacks(&self, expected: &Expected) -> Option<String> {
        let system = if self.interpreter.on_macos() {
            "macos"
        } else {
            "linux"
        };
        if !expected.os.iter().any(|os| os == system) {
            return Some(format!("only on {}", expected.os.join(", ")));
        }
        if let Some(name) = self.lacks_tool() {
            return Some(format!("{name} is not there"));
        }
        let missing = |need: &&String| match need.as_str() {
            "torch" => !matches!(
                self.torch,
                Some(TorchProbe {
                    outcome: TorchImport::Imported { .. },
                    ..
                })
            ),
            "arm64" => self.interpreter.machine != "arm64",
            "cmake" => {
                probe::find_program(Path::new("cmake")).is_none() && !self.has_script("cmake")
            }
            "ninja" => {
                probe::find_program(Path::new("ninja")).is_none() && !self.has_script("ninja")
            }
            "ld64.lld" => ["ld64.lld", "ld64.lld-19"]
                .iter()
                .all(|name| probe::find_program(Path::new(name)).is_none()),
            package => !self.interpreter.packages.contains_key(package),
        };
        expected
            .needs
            .iter()
            .find(missing)
            .map(|need| format!("{need} is not there"))
    }

    fn has_script(&self, name: &str) -> bool {
        Path::new(&self.interpreter.executable)
            .with_file_name(name)
            .is_file()
    }
}

fn expectation(name: &str, sample: &Sample) -> anyhow::Result<Expected> {
    let bytes = sample
        .get("expected.json")
        .with_context(|| format!("the sample `{name}` lacks `expected.json`"))?;
    serde_json::from_slice(bytes).with_context(|| format!("`{name}/expected.json` cannot be read"))
}

fn skipped(name: &str, expected: &Expected, why: String) -> Row {
    Row {
        sample: name.to_owned(),
        expected: expected
            .cause
            .clone()
            .unwrap_or_else(|| "healthy".to_owned()),
        predicted: "-".to_owned(),
        observed: "-".to_owned(),
        judgement: Judgement::Skipped { why },
        seconds: 0.0,
    }
}

/// Writes a sample's files, without its name in front.
fn extract(sample: &Sample, directory: &Path) -> anyhow::Result<()> {
    for (inside, bytes) in sample {
        let target = directory.join(inside);
        let parent = target.parent().unwrap_or(directory);
        std::fs::create_dir_all(parent)
            .with_context(|| format!("cannot make `{}`", parent.display()))?;
        std::fs::write(&target, bytes)
            .with_context(|| format!("cannot write `{}`", target.display()))?;
    }
    Ok(())
}

/// The sample as `loadproof verify` would be asked for it.
fn request(
    name: &str,
    expected: &Expected,
    directory: &Path,
    machine: &Machine,
) -> anyhow::Result<Request> {
    let words = ["loadproof", "verify", "."]
        .into_iter()
        .chain(expected.verify.args.iter().map(String::as_str));
    let cli = Cli::try_parse_from(words)
        .with_context(|| format!("the arguments of sample `{name}` are wrong"))?;
    let Command::Verify(VerifyArgs { build, import, .. }) = cli.command else {
        anyhow::bail!("the arguments of sample `{name}` are not for `verify`");
    };
    let project = directory.display().to_string();
    let variable =
        |(name, value): (&String, &String)| (name.clone(), value.replace("{project}", &project));
    Ok(Request {
        target: PathBuf::from(directory),
        python: Some(PathBuf::from(&machine.interpreter.executable)),
        recipe: recipe(&build),
        build_limit: Duration::from_secs(build.build_timeout),
        import_limit: Duration::from_secs(import.import_timeout),
        no_import: None,
        variables: expected.verify.env.iter().map(variable).collect(),
        torch: machine.torch.clone(),
    })
}
