//! `loadproof check`: the flags.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::{Colour, FailOn, PolicyArgs};
use crate::image::Version;

/// Options of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Wheels, directories of wheels, site-packages directories, or single native files
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Only the I-th of N parts of the wheels, so that N machines share them; the same paths give the same parts
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
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

/// One of the parts into which the wheels are split over machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl Shard {
    /// The part that is this shard's: every `count`-th, so that large neighbours are spread.
    #[must_use]
    pub fn of<T>(self, all: Vec<T>) -> Vec<T> {
        let own = all.into_iter().skip(self.index - 1).step_by(self.count);
        own.collect()
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let numbers = text.split_once('/').and_then(|(index, count)| {
            Some((index.parse::<usize>().ok()?, count.parse::<usize>().ok()?))
        });
        match numbers {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Shard { index, count }),
            _ => Err("expected I/N with I from 1 to N, such as 2/4".to_owned()),
        }
    }
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
    /// What else stands in site-packages: a wheel, a directory, or a requirement such as torch==2.8.0, whose wheel pip
    /// fetches for each target (repeatable)
    #[arg(long, value_name = "PATH|REQUIREMENT")]
    pub with: Vec<String>,
    /// Releases of torch that a wheel which requires torch is judged beside, each fetched as by --with; `claimed`: the
    /// oldest and the newest that its requirement lets in
    #[arg(long, value_name = "VERSION,...", value_delimiter = ',')]
    pub torch_versions: Vec<String>,
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
    /// Where the reports are kept, for `merge` and as an artifact [default: nowhere]
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// What this run is called in check runs and in merged reports [default: system, processor and Python]
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

#[cfg(test)]
mod tests {
    use super::Shard;

    #[test]
    fn every_wheel_is_in_one_part() {
        for count in 1..6 {
            let parts = (1..=count).map(|index| format!("{index}/{count}"));
            let shards = parts.map(|part| part.parse::<Shard>().expect("a shard"));
            let mut all: Vec<u32> = shards
                .flat_map(|shard| shard.of((0..4).collect()))
                .collect();
            all.sort_unstable();
            assert_eq!(all, [0, 1, 2, 3], "{count} parts");
        }
    }

    #[test]
    fn a_part_that_is_not_there_is_refused() {
        for text in ["", "1", "0/2", "3/2", "1/0", "a/b", "-1/2", "1/2/3"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
