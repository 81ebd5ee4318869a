//! `loadproof check`: the flags.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Colour, FailOn, PolicyArgs};
use crate::image::Version;

/// Options of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Wheels, directories of wheels, site-packages directories, or single native files
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// For whom.
    #[command(flatten)]
    pub targets: TargetArgs,
    /// What stands beside it.
    #[command(flatten)]
    pub beside: BesideArgs,
    /// What is opened.
    #[command(flatten)]
    pub modules: ModuleArgs,
    /// The policy.
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// The report.
    #[command(flatten)]
    pub report: CheckReportArgs,
}

/// For whom.
#[derive(Debug, Args)]
#[command(next_help_heading = "Targets")]
pub struct TargetArgs {
    /// A target, such as macos=14.5,arch=arm64,python=3.12,flavor=homebrew; what is left out is taken from the options
    /// below (repeatable) [default: what the wheel's tags and metadata claim]
    #[arg(long, value_name = "KEY=VALUE,...")]
    pub target: Vec<String>,
    /// The macOS version (repeatable)
    #[arg(long, value_name = "VERSION")]
    pub macos: Vec<Version>,
    /// The processor (repeatable)
    #[arg(long, value_name = "ARCH", value_enum)]
    pub arch: Vec<TargetArch>,
    /// The Python, such as 3.12 or 3.13t (repeatable)
    #[arg(long, value_name = "VERSION")]
    pub python: Vec<String>,
    /// Who made the Python: some link libpython, others are it
    #[arg(long, value_name = "WHO", value_enum, default_value_t = PythonFlavor::Standalone)]
    pub python_flavor: PythonFlavor,
}

/// What stands beside it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Environment")]
pub struct BesideArgs {
    /// What else stands in site-packages: a wheel or a directory (repeatable)
    #[arg(long, value_name = "PATH")]
    pub with: Vec<String>,
}

/// What is opened.
#[derive(Debug, Args)]
#[command(next_help_heading = "Modules")]
pub struct ModuleArgs {
    /// Only this file, by its path as installed, such as pkg/_C.so, or PFX/bin/tool for a program (repeatable)
    #[arg(long, value_name = "PATH")]
    pub module: Vec<String>,
    /// How it is opened; nothing is then open before but what --preload names [default: as its kind asks for, after
    /// torch where it needs torch]
    #[arg(long, value_name = "HOW", value_enum)]
    pub open_as: Option<OpenAsArg>,
    /// A file opened before, by its path as installed (repeatable, in order)
    #[arg(long, value_name = "PATH")]
    pub preload: Vec<String>,
}

/// What to write.
#[derive(Debug, Args)]
#[command(next_help_heading = "Report")]
pub struct CheckReportArgs {
    /// A report to write: terminal, json, junit, github, summary, html, check-run or sarif; to standard output
    /// (check-run: to GitHub), or to PATH; `none` as PATH switches it off (repeatable)
    #[arg(long, value_name = "FORMAT[=PATH]")]
    pub report: Vec<String>,
    /// What this run is called in check runs [default: system, processor and Python]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Exit with code 1 if there is a finding of this severity or worse [default: the policy's, else error]
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub fail_on: Option<FailOn>,
    /// Colour in terminal reports
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Colour::Auto)]
    pub color: Colour,
    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,
}

/// A processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TargetArch {
    /// Apple Silicon
    Arm64,
    /// Intel, or Rosetta
    #[value(name = "x86_64")]
    X86_64,
}

/// Who made a Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PythonFlavor {
    /// uv, python-build-standalone, pyenv: the program exports the C API
    Standalone,
    /// python.org's installer, a framework
    #[value(name = "python.org", alias = "framework")]
    Framework,
    /// Homebrew, a framework in its prefix
    Homebrew,
    /// conda: the program exports the C API
    Conda,
}

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OpenAsArg {
    /// By Python's import
    Import,
    /// By ctypes
    Ctypes,
    /// Started as a program
    Exec,
}
