//! `loadproof image`: its arguments.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What to show.
#[derive(Debug, Args)]
pub struct ImageArgs {
    /// A Mach-O or ELF file; every slice of a universal file is shown
    pub path: PathBuf,
    /// List every import and export, not only how many there are (JSON lists them anyway)
    #[arg(long)]
    pub symbols: bool,
    /// Compare every page of every signature, not only a sample of large images
    #[arg(long)]
    pub all_page_hashes: bool,
    /// The format of the answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Terminal)]
    pub report: Format,
}

/// How the answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Terminal,
    /// JSON, schema version 1
    Json,
}
