//! The command line: clap types only.

pub mod catalogue;
pub mod check;
pub mod dlopen;
pub mod doctor;
pub mod explain;
pub mod graph;
pub mod image;
pub mod manual;
pub mod merge;
pub mod reproduce;
pub mod sources;
pub mod torch_symbols;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::diagnosis::Severity;

/// Proves that a native Python extension builds, loads and imports, and names the cause when it does not.
#[derive(Debug, Parser)]
#[command(name = "loadproof", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build a project, check what it made, import it, and say what is wrong and where
    Verify(VerifyArgs),
    /// Prove on any system that wheels load on the Macs they are meant for, without running anything
    Check(check::CheckArgs),
    /// Give the report of a recorded run again, on any machine
    Replay(ReplayArgs),
    /// Say whether a file would load, and what dyld would say if not: on any system, without running anything
    Dlopen(dlopen::Dlopen),
    /// Show what an image loads and from where, or list every Mach-O file of a directory or a wheel
    Graph(graph::Graph),
    /// Show what a Mach-O or ELF file says of itself: what it needs, from where, for which systems
    Image(image::ImageArgs),
    /// Build and judge the samples that loadproof carries: a test of this machine and of loadproof
    Selftest(SelftestArgs),
    /// Show which macOS has which system library and symbol, and extend that from an SDK or a shared cache
    Catalogue(catalogue::CatalogueArgs),
    /// Read which extension modules a project's files declare, with what, and on which line; nothing of it is run
    Sources(sources::Sources),
    /// Say which releases of torch an extension fits, or which have a symbol: without any torch, on any system
    TorchSymbols(torch_symbols::TorchSymbolsArgs),
    /// Look at this environment without a project, and name the one thing to mend first
    Doctor(doctor::DoctorArgs),
    /// List every cause that loadproof knows
    Rules,
    /// Explain one cause; or find the cause in an error text or a log
    Explain(explain::Explain),
    /// Print completions for a shell
    #[command(hide = true)]
    Completions(manual::CompletionsArgs),
    /// Print a manual page
    #[command(hide = true)]
    Man(manual::ManArgs),
    /// Make one report of the reports of all legs of a matrix
    Merge(merge::Merge),
    /// Show the commands of a recorded run and what differs here; with --run, repeat it in a fresh environment
    Reproduce(reproduce::Reproduce),
    /// Do what the inputs of the GitHub Action say, which come as LOADPROOF_INPUT_* in the environment
    #[command(hide = true)]
    Action,
}

/// Options of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The project's directory, or a wheel that is built already; several are verified one after the other, and each is kept
    /// in a directory of its own
    #[arg(required = true, value_name = "PROJECT")]
    pub projects: Vec<PathBuf>,
    /// Only the I-th of N parts of them, so that N machines share them; the same paths give the same parts
    #[arg(long, value_name = "I/N")]
    pub shard: Option<check::Shard>,
    /// The interpreter.
    #[command(flatten)]
    pub python: PythonArgs,
    /// The build.
    #[command(flatten)]
    pub build: BuildArgs,
    /// The import.
    #[command(flatten)]
    pub import: ImportArgs,
    /// The policy.
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// The report.
    #[command(flatten)]
    pub report: ReportArgs,
    /// Save all that was seen to FILE, for `loadproof replay`
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub record: Option<PathBuf>,
}

/// Which interpreter.
#[derive(Debug, Args)]
#[command(next_help_heading = "Interpreter")]
pub struct PythonArgs {
    /// The Python to build with and to import into [default: the active virtual environment's, else python3]
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,
    /// Use an environment that holds WHAT, made in the user's cache directory and used again next time
    #[arg(long, value_name = "WHAT", value_enum)]
    pub provision: Option<Provision>,
}

/// What a provisioned environment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Provision {
    /// torch (CPU), setuptools, wheel and ninja
    Torch,
}

/// How to build.
#[derive(Debug, Args)]
#[command(next_help_heading = "Build")]
pub struct BuildArgs {
    /// Build in an isolated environment with what pyproject.toml requires, not against this environment's packages
    #[arg(long, conflicts_with = "build_command")]
    pub build_isolation: bool,
    /// A shell command that builds the project, in place of pip; needs --artifact; PYTHON names the interpreter
    #[arg(long, value_name = "COMMAND", requires = "artifact")]
    pub build_command: Option<String>,
    /// What the build command makes: wheels or native files, relative to the project (repeatable)
    #[arg(long, value_name = "GLOB", requires = "build_command")]
    pub artifact: Vec<String>,
    /// The longest time for the build, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    pub build_timeout: u64,
}

/// How to import.
#[derive(Debug, Args)]
#[command(next_help_heading = "Import")]
pub struct ImportArgs {
    /// The longest time for one import, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub import_timeout: u64,
    /// Do not import anything: predict only
    #[arg(long)]
    pub no_import: bool,
}

/// What to write.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Report")]
pub struct ReportArgs {
    /// A report to write: terminal, json, junit, github, summary, html, check-run or sarif; to standard output (check-run: to GitHub), or to PATH; `none` as PATH switches it off (repeatable)
    #[arg(long, value_name = "FORMAT[=PATH]")]
    pub report: Vec<String>,
    /// Where the last run's reports and its recording are kept; `none` keeps nothing
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Exit with code 1 if there is a finding of this severity or worse [default: the policy's, else error]
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub fail_on: Option<FailOn>,
    /// What this run is called in check runs and in merged reports [default: system, processor and Python]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Colour in terminal reports
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Colour::Auto)]
    pub color: Colour,
    /// Show no progress
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Show the build's output as it comes
    #[arg(long, short, action = ArgAction::SetTrue)]
    pub verbose: bool,
}

/// What the project has decided (docs/configuration.md).
#[derive(Debug, Args)]
#[command(next_help_heading = "Policy")]
pub struct PolicyArgs {
    /// The policy's file [default: the nearest loadproof.toml, or pyproject.toml with [tool.loadproof]]; `none` reads
    /// none
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A file of findings that are no news: only others count
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write what is found to FILE, to be the baseline from now on
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<PathBuf>,
}

/// A severity, as an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Any finding
    Note,
    /// Warnings and errors
    Warning,
    /// Errors only
    Error,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// If standard output is a terminal and NO_COLOR is not set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl ReportArgs {
    /// The severity of `--fail-on`, where no policy can say otherwise.
    pub fn failing_on(&self) -> Severity {
        self.fail_on.map_or(Severity::Error, Severity::from)
    }
}

impl From<FailOn> for Severity {
    fn from(level: FailOn) -> Severity {
        match level {
            FailOn::Note => Severity::Note,
            FailOn::Warning => Severity::Warning,
            FailOn::Error => Severity::Error,
        }
    }
}

/// Options of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The recording that `--record` wrote
    pub facts: PathBuf,
    /// The report.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// Options of `selftest`.
#[derive(Debug, Args)]
pub struct SelftestArgs {
    /// Only the samples whose name contains one of these
    pub samples: Vec<String>,
    /// The interpreter.
    #[command(flatten)]
    pub python: PythonArgs,
    /// The report.
    #[command(flatten)]
    pub report: ReportArgs,
    /// Save every sample's recording to DIR
    #[arg(long, value_name = "DIR", help_heading = "Report")]
    pub record: Option<PathBuf>,
}
