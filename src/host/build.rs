//! Runs the build: pip for a project, or a command of the user's.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::Context;

use super::command::run;
use super::progress::Progress;
use super::verify::Request;
use super::work::Work;
use super::written;

use crate::build::Build;

/// Asks CMake for `compile_commands.json`.
const COMMANDS: &str = "CMAKE_EXPORT_COMPILE_COMMANDS";

/// What to build, and how.
#[derive(Debug, Clone)]
pub(super) enum Recipe {
    /// `pip wheel` on a project with setup.py or pyproject.toml.
    Pip {
        /// In an environment of its own, with what pyproject.toml requires, instead of this one.
        isolated: bool,
    },
    /// A shell command, and patterns for the files that it makes.
    Command {
        /// For `sh -c`, in the project's directory.
        shell: String,
        /// Globs relative to the project's directory: wheels, or native files.
        artifacts: Vec<String>,
    },
}

/// A finished build and the files it made.
pub(super) struct Built {
    /// What is told about it.
    pub(super) build: Build,
    /// The wheels or native files, absolute.
    pub(super) files: Vec<PathBuf>,
}

/// Runs the build to its end.
pub(super) fn build(
    request: &Request,
    project: &Path,
    python: &Path,
    work: &Work,
    progress: &Progress,
) -> anyhow::Result<Built> {
    let recipe = &request.recipe;
    let wheels = work.directory("wheel")?;
    let mut command = match recipe {
        Recipe::Pip { isolated } => pip_wheel(project, python, &wheels, *isolated, work)?,
        Recipe::Command { shell, .. } => {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", shell]).env("PYTHON", python);
            prefer_scripts_of(python, &mut command);
            command
        }
    };
    command.current_dir(project);
    command.envs(request.variables.iter().map(|(name, value)| (name, value)));
    // A build that prints in another language cannot be read.
    command
        .env("LC_ALL", "C.UTF-8")
        .env("PYTHONUNBUFFERED", "1");
    let words = match recipe {
        Recipe::Pip { .. } => std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(lossy)
            .collect(),
        Recipe::Command { shell, .. } => vec![shell.clone()],
    };
    ask_for_commands(request, &mut command);
    let started = SystemTime::now();
    let ended = run(command, request.build_limit, &mut |bytes| {
        progress.output(bytes)
    });
    let files = match recipe {
        Recipe::Pip { .. } => matching(&wheels, &["*.whl".to_owned()])?,
        Recipe::Command { artifacts, .. } => matching(project, artifacts)?,
    };
    let (log, log_bytes_left_out) = ended.output.into_text();
    let produced = files.iter().map(|file| shown(file, project)).collect();
    let milliseconds = u64::try_from(ended.elapsed.as_millis()).unwrap_or(u64::MAX);
    let directory = project.display().to_string();
    let ending = ended.ending;
    let build = Build {
        command: words,
        directory,
        started: written::nanoseconds(started),
        ending,
        log,
        log_bytes_left_out,
        written: written::since(started, project, &work.directory("build")?),
        produced,
        milliseconds,
    };
    Ok(Built { build, files })
}

fn pip_wheel(
    project: &Path,
    python: &Path,
    wheels: &Path,
    isolated: bool,
    work: &Work,
) -> anyhow::Result<Command> {
    let mut command = Command::new(python);
    command.args([
        "-m",
        "pip",
        "wheel",
        "--verbose",
        "--no-deps",
        "--no-cache-dir",
        "--disable-pip-version-check",
    ]);
    command.arg("--no-input");
    if !isolated {
        command.arg("--no-build-isolation");
    }
    command.arg("--wheel-dir").arg(wheels).arg(project);
    prefer_scripts_of(python, &mut command);
    // setuptools builds in the source tree unless told otherwise: objects of an earlier run would be taken for new
    // ones, and the tree would not be as we found it. A configuration of the user's own is left alone.
    if std::env::var_os("DIST_EXTRA_CONFIG").is_none() {
        let base = work.directory("build")?;
        let config = base.join("setup.cfg");
        let text = format!(
            "[build]\nbuild_base = {0}\n[egg_info]\negg_base = {0}\n",
            base.display()
        );
        std::fs::write(&config, text)
            .with_context(|| format!("cannot write `{}`", config.display()))?;
        command.env("DIST_EXTRA_CONFIG", config);
    }
    Ok(command)
}

/// CMake writes its commands down where it is asked to, by the environment since 3.17.
fn ask_for_commands(request: &Request, command: &mut Command) {
    let is_set = request.variables.iter().any(|(name, _)| name == COMMANDS);
    if !is_set && std::env::var_os(COMMANDS).is_none() {
        command.env(COMMANDS, "ON");
    }
}

/// ninja, cmake and the like of this Python's environment come first on PATH, as if it were activated.
fn prefer_scripts_of(python: &Path, command: &mut Command) {
    let Some(scripts) = python.parent() else {
        return;
    };
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let entries = std::iter::once(scripts.to_path_buf()).chain(std::env::split_paths(&rest));
    if let Ok(path) = std::env::join_paths(entries) {
        command.env("PATH", path);
    }
}

/// The files that the patterns match, sorted.
fn matching(directory: &Path, patterns: &[String]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for pattern in patterns {
        let whole = format!(
            "{}/{pattern}",
            glob::Pattern::escape(&directory.display().to_string())
        );
        let paths = glob::glob(&whole)
            .with_context(|| format!("`{pattern}` is not a pattern for files"))?;
        found.extend(paths.flatten().filter(|path| path.is_file()));
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn shown(file: &Path, project: &Path) -> String {
    let inside = file.strip_prefix(project).ok().map(lossy);
    inside
        .or_else(|| file.file_name().map(lossy))
        .unwrap_or_default()
}

fn lossy(text: impl AsRef<std::ffi::OsStr>) -> String {
    text.as_ref().to_string_lossy().into_owned()
}
