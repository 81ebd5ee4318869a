//! Options of `doctor`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The Python to look at [default: the active virtual environment's, else python3]
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,
    /// The longest time for one answer of the Python, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    pub timeout: u64,
    /// How to write it
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Terminal)]
    pub report: Format,
}

/// The forms of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a person
    Terminal,
    /// JSON, schema version 1
    Json,
}
