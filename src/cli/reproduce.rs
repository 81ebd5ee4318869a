//! Options of `reproduce`.

use std::path::PathBuf;

use clap::Args;

use super::ReportArgs;

/// Options of `reproduce`.
#[derive(Debug, Args)]
pub struct Reproduce {
    /// The recording of the run
    pub facts: PathBuf,
    /// Where the project, or the wheel, is here [default: the path in the recording, else the current directory]
    #[arg(long, value_name = "PATH")]
    pub project: Option<PathBuf>,
    /// Make the environment and run the commands, which come from the recording: read them first
    #[arg(long)]
    pub run: bool,
    /// The Python to make the environment with [default: the recorded version, else python3]
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,
    /// The report.
    #[command(flatten)]
    pub report: ReportArgs,
}
