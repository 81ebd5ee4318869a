//! `loadproof explain`: its arguments.

use clap::{Args, ValueEnum};

/// What to explain.
#[derive(Debug, Args)]
pub struct Explain {
    /// A cause's id, such as `symbol-missing-other`; or a file with an error text or a whole log; `-` or nothing reads
    /// standard input
    pub subject: Option<String>,
    /// How to write what the text says
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Terminal)]
    pub report: Format,
}

/// The forms of an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a person
    Terminal,
    /// JSON, schema version 1
    Json,
}
