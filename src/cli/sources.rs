//! `loadproof sources`: its arguments.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::explain::Format;

/// Which project, and for which machine.
#[derive(Debug, Args)]
pub struct Sources {
    /// The project's directory
    pub project: PathBuf,
    /// Read it as it is built there [default: this machine]
    #[arg(long, value_name = "SYSTEM", value_enum)]
    pub platform: Option<Platform>,
    /// The processor that `platform.machine()` names, such as arm64 [default: this machine's]
    #[arg(long, value_name = "NAME")]
    pub machine: Option<String>,
    /// The Python that builds it [default: the active virtual environment's, else python3]
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,
    /// How to write it
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Terminal)]
    pub report: Format,
}

/// Where a project is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Platform {
    /// macOS
    Darwin,
    /// Linux
    Linux,
}
