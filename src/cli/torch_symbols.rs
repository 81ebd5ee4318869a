//! Options of `torch-symbols`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Options of `torch-symbols`.
#[derive(Debug, Args)]
pub struct TorchSymbolsArgs {
    /// What to ask.
    #[command(subcommand)]
    pub question: Question,
    /// A table to lay over the one that is built in, and that `add` writes [default: the one in your data directory]
    #[arg(long, value_name = "FILE", global = true)]
    pub table: Option<PathBuf>,
}

/// What to ask the table.
#[derive(Debug, Subcommand)]
pub enum Question {
    /// Say which releases of torch have every symbol that an extension needs
    Fits(FitsArgs),
    /// Say which releases have a symbol, and in which library; or which release a library's UUID is of
    Which(WhichArgs),
    /// List the releases that are known
    List,
    /// Learn the releases of torch's macOS wheels: for when a torch came out
    Add(AddArgs),
}

/// Options of `torch-symbols fits`.
#[derive(Debug, Args)]
pub struct FitsArgs {
    /// Extension modules, libraries, or wheels
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Hold them against this release, and exit with 1 if it lacks a symbol
    #[arg(long, value_name = "VERSION")]
    pub torch: Option<String>,
    /// How to write it
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Terminal)]
    pub report: Format,
}

/// Options of `torch-symbols which`.
#[derive(Debug, Args)]
pub struct WhichArgs {
    /// A symbol as a file, a linker or a message spells it; a part of one; or a UUID
    pub symbol: String,
}

/// Options of `torch-symbols add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Wheels of torch for macOS
    #[arg(required = true)]
    pub wheels: Vec<PathBuf>,
}

/// The forms of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a person
    Terminal,
    /// JSON, schema version 1
    Json,
}
