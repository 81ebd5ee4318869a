//! Wheels that are named by a requirement: fetched for the target, never for this machine, by the user's own pip or
//! uv, and kept in the user's cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use etcetera::BaseStrategy;

use super::{Failure, probe};
use crate::site::Target;

/// The wheel of a requirement for a target.
pub(super) fn wheel(requirement: &str, target: &Target) -> Result<PathBuf, Failure> {
    let directory = directory(requirement, target)?;
    if let Some(kept) = wheel_in(&directory) {
        return Ok(kept);
    }
    let parent = directory.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)
        .with_context(|| format!("cannot make the directory `{}`", parent.display()))?;
    let fresh = tempfile::tempdir_in(parent)
        .with_context(|| format!("cannot write to `{}`", parent.display()))?;
    let mut reasons = Vec::new();
    for program in programs() {
        match download(program, requirement, target, fresh.path()) {
            Ok(()) => break,
            Err(why) => reasons.push(why),
        }
    }
    let Some(fetched) = wheel_in(fresh.path()) else {
        return Err(Failure::Usage(format!(
            "`--with {requirement}`: no wheel of it could be fetched for {target}: {}; offline, name a wheel file",
            reasons.join("; ")
        )));
    };
    // Whole or not at all: a run beside this one may have been faster.
    let name = fetched.file_name().unwrap_or_default().to_owned();
    let _ = fs::rename(fresh.path(), &directory);
    wheel_in(&directory).ok_or_else(|| {
        Failure::Usage(format!(
            "`{}` cannot be kept in `{}`",
            name.to_string_lossy(),
            directory.display()
        ))
    })
}

/// Where the wheel is kept: by requirement, processor, macOS and Python.
fn directory(requirement: &str, target: &Target) -> Result<PathBuf, Failure> {
    let strategy =
        etcetera::choose_base_strategy().context("cannot tell the user's cache directory")?;
    let key = format!(
        "{requirement} {} {} {}",
        target.arch, target.macos, target.python
    );
    let safe = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    // Specifiers differ in signs alone, so that these stay apart as numbers.
    let signs: Vec<String> = requirement
        .chars()
        .filter(|c| !c.is_ascii_alphanumeric())
        .map(|c| format!("{:x}", u32::from(c)))
        .collect();
    let name = format!(
        "{}-{}",
        key.chars().map(safe).collect::<String>(),
        signs.concat()
    );
    Ok(strategy
        .cache_dir()
        .join("loadproof")
        .join("wheels")
        .join(name))
}

fn wheel_in(directory: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(directory).ok()?;
    let mut paths = entries.flatten().map(|entry| entry.path());
    paths.find(|path| path.extension().is_some_and(|extension| extension == "whl"))
}

/// pip of the Python at hand, then pip as uv runs it.
fn programs() -> [Vec<String>; 2] {
    let python = probe::default_python().display().to_string();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    [words(&[&python, "-m", "pip"]), words(&["uvx", "pip"])]
}

fn download(
    program: Vec<String>,
    requirement: &str,
    target: &Target,
    to: &Path,
) -> Result<(), String> {
    let Some((first, rest)) = program.split_first() else {
        return Err("no program".to_owned());
    };
    let abi = format!("cp{}", target.python.soabi());
    let macos = target.macos;
    // pip adds the older systems itself; since macOS 11 tags have no minor version.
    let minor = if macos.major > 10 { 0 } else { macos.minor };
    let platforms = ["universal2".to_owned(), target.arch.to_string()];
    let mut command = Command::new(first);
    command.args(rest).args([
        "download",
        "--quiet",
        "--no-deps",
        "--disable-pip-version-check",
    ]);
    command.args(["--only-binary", ":all:", "--implementation", "cp"]);
    for format in platforms {
        command.args([
            "--platform",
            &format!("macosx_{}_{minor}_{format}", macos.major),
        ]);
    }
    for abi in [abi.as_str(), "abi3", "none"] {
        command.args(["--abi", abi]);
    }
    let version = format!("{}.{}", target.python.major, target.python.minor);
    command
        .args(["--python-version", &version, "--dest"])
        .arg(to)
        .arg("--")
        .arg(requirement);
    let output = command
        .output()
        .map_err(|why| format!("`{first}` does not start: {why}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = text
        .lines()
        .rfind(|line| !line.trim().is_empty())
        .unwrap_or("it failed without a word");
    Err(format!("`{}` says: {}", program.join(" "), last.trim()))
}
