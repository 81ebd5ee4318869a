//! Makes virtual environments in the user's cache, once: with torch, or with no more than what builds extensions.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use etcetera::BaseStrategy;

use super::command::run;
use super::progress::Progress;
use super::{Failure, probe};
use crate::python::{Interpreter, InterpreterProbe};

/// torch with its CUDA libraries is some gigabytes.
const INSTALL_LIMIT: Duration = Duration::from_secs(3600);

/// PyTorch's own index of builds without CUDA: a tenth of the size of those on PyPI.
const CPU_INDEX: &str = "https://download.pytorch.org/whl/cpu";

/// What an environment holds.
#[derive(Clone, Copy, PartialEq)]
enum Holds {
    Torch,
    BuildTools,
}

impl Holds {
    /// What its name begins with.
    fn prefix(self) -> &'static str {
        match self {
            Holds::Torch => "torch",
            Holds::BuildTools => "build",
        }
    }

    /// What extensions are built with.
    fn tools(self) -> &'static [&'static str] {
        match self {
            Holds::Torch => &["setuptools", "wheel", "ninja", "numpy"],
            Holds::BuildTools => &["setuptools", "wheel"],
        }
    }
}

/// The Python of an environment with torch, made now or earlier.
pub(super) fn torch(base: Option<&Path>, progress: &Progress) -> Result<PathBuf, Failure> {
    environment(base, Holds::Torch, progress)
}

/// The Python of an environment with setuptools and wheel, made now or earlier.
pub(super) fn build_tools(base: &Path, progress: &Progress) -> Result<PathBuf, Failure> {
    environment(Some(base), Holds::BuildTools, progress)
}

fn environment(base: Option<&Path>, holds: Holds, progress: &Progress) -> Result<PathBuf, Failure> {
    let named = base.map_or_else(probe::default_python, Path::to_path_buf);
    let missing = || {
        Failure::Usage(format!(
            "there is no Python at `{}`; install Python 3 or name one",
            named.display()
        ))
    };
    let program = probe::find_program(&named).ok_or_else(missing)?;
    let interpreter = match probe::interpreter(&program, &std::env::temp_dir(), &[]) {
        InterpreterProbe::Answered(interpreter) => interpreter,
        InterpreterProbe::Failed { why, .. } => {
            return Err(Failure::Usage(format!(
                "`{}` cannot be used: {why}",
                program.display()
            )));
        }
    };
    if holds == Holds::Torch {
        need_compiler(&interpreter)?;
    }
    let environment = directory(&interpreter, holds)?;
    let python = environment.join("bin/python");
    let lock_path = environment.with_extension("lock");
    let lock = File::create(&lock_path)
        .with_context(|| format!("cannot write `{}`", lock_path.display()))?;
    // Two runs at once make one environment; the second waits.
    lock.lock()
        .with_context(|| format!("cannot lock `{}`", lock_path.display()))?;
    let complete = environment.join("loadproof-complete");
    if !complete.exists() {
        make(&interpreter, &environment, holds, progress)?;
        fs::write(&complete, "")
            .with_context(|| format!("cannot write `{}`", complete.display()))?;
    }
    Ok(python)
}

/// Asked before gigabytes are downloaded: without a compiler nothing will be built.
fn need_compiler(interpreter: &Interpreter) -> anyhow::Result<()> {
    let Some(compiler) = interpreter
        .compilers
        .iter()
        .find(|compiler| compiler.role == "CXX")
    else {
        return Ok(());
    };
    let Err(why) = &compiler.version else {
        return Ok(());
    };
    let install = if interpreter.on_macos() {
        "install Xcode's command line tools with `xcode-select --install`"
    } else {
        "install one (Debian, Ubuntu: `apt install g++`; Fedora: `dnf install gcc-c++`)"
    };
    bail!(
        "there is no working C++ compiler: `{}` {why}; {install}, or name one with CXX",
        compiler.command
    )
}

/// The environment's directory, named after what is in it.
fn directory(interpreter: &Interpreter, holds: Holds) -> anyhow::Result<PathBuf> {
    let strategy =
        etcetera::choose_base_strategy().context("cannot tell the user's cache directory")?;
    let cache = strategy.cache_dir().join("loadproof");
    fs::create_dir_all(&cache)
        .with_context(|| format!("cannot make the directory `{}`", cache.display()))?;
    let platform = interpreter.platform.replace(['.', '-'], "_");
    Ok(cache.join(format!(
        "{}_{}_{}_{platform}",
        holds.prefix(),
        interpreter.implementation,
        interpreter.version.replace('.', "_")
    )))
}

fn make(
    interpreter: &Interpreter,
    environment: &Path,
    holds: Holds,
    progress: &Progress,
) -> anyhow::Result<()> {
    if environment.exists() {
        // An earlier run was ended half-way.
        fs::remove_dir_all(environment)
            .with_context(|| format!("cannot remove `{}`", environment.display()))?;
    }
    progress.stage(&format!(
        "making an environment in {}",
        environment.display()
    ));
    let mut venv = Command::new(&interpreter.executable);
    venv.args(["-m", "venv"]).arg(environment);
    if let Err(why) = succeed(venv, progress) {
        let hint = if interpreter.on_macos() {
            "use a Python that has it, such as the one of python.org or Homebrew"
        } else {
            "install it (Debian, Ubuntu: `apt install python3-venv`)"
        };
        return Err(why.context(format!(
            "Python's `venv` module cannot make an environment; {hint}"
        )));
    }
    install(
        interpreter,
        &environment.join("bin/python"),
        holds,
        progress,
    )
}

fn install(
    interpreter: &Interpreter,
    python: &Path,
    holds: Holds,
    progress: &Progress,
) -> anyhow::Result<()> {
    let mut rest = pip_install(python);
    rest.args(holds.tools());
    if holds == Holds::BuildTools {
        progress.stage("installing setuptools and wheel (once)");
        return succeed(rest, progress).context("pip cannot install setuptools and wheel");
    }
    progress.stage("installing torch (once; some hundred megabytes, or gigabytes where only CUDA builds are to be had)");
    let own_index = std::env::var_os("PIP_INDEX_URL").is_some();
    let from_cpu_index = !interpreter.on_macos() && !own_index && {
        let mut quick = pip_install(python);
        quick.args([
            "--retries",
            "0",
            "--timeout",
            "15",
            "--index-url",
            CPU_INDEX,
            "torch",
        ]);
        succeed(quick, progress).is_ok()
    };
    if !from_cpu_index {
        rest.arg("torch");
    }
    succeed(rest, progress).context("pip cannot install torch and its build tools")
}

pub(super) fn pip_install(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.args([
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar",
        "off",
    ]);
    command
}

/// Runs the command; its last lines are in the error if it fails.
pub(super) fn succeed(command: Command, progress: &Progress) -> anyhow::Result<()> {
    let ended = run(command, INSTALL_LIMIT, &mut |bytes| progress.output(bytes));
    if ended.ending.is_success() {
        return Ok(());
    }
    let (output, _) = ended.output.into_text();
    let lines: Vec<&str> = output
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let last = lines
        .get(lines.len().saturating_sub(5)..)
        .unwrap_or_default()
        .join(" / ");
    Err(anyhow!("{}: {last}", ended.ending.describe()))
}
