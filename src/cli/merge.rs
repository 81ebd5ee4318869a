//! Options of `merge`.

use std::path::PathBuf;

use clap::Args;

use super::ReportArgs;

/// Options of `merge`.
#[derive(Debug, Args)]
pub struct Merge {
    /// JSON reports of legs, or directories that hold them as `report.json`
    #[arg(required = true)]
    pub reports: Vec<PathBuf>,
    /// A leg that must have left a report (repeatable)
    #[arg(long, value_name = "NAME")]
    pub expect: Vec<String>,
    /// Write one comment on the pull request of this event, and keep it up to date
    #[arg(long)]
    pub comment: bool,
    /// The report.
    #[command(flatten)]
    pub report: ReportArgs,
}
