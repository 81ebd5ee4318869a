//! `loadproof graph`: the flags.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::dlopen::Machine;

/// Show what an image loads: who asks for whom, found where and by which rule, or every path that was tried.
///
/// Of a directory or a wheel: every Mach-O file in it, with its slices, what they ask for, their rpaths, minimum macOS
/// and SDK; nothing is loaded then, and only headers are read.
#[derive(Debug, Args)]
pub struct Graph {
    /// A Mach-O file, a directory or a wheel.
    pub path: PathBuf,

    /// The files and the process.
    #[command(flatten)]
    pub machine: Machine,

    /// Also draw the system's own libraries in `dot` and `mermaid`.
    #[arg(long)]
    pub system: bool,

    /// The format of the answer.
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub report: Format,
}

/// How the graph is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A tree for people.
    Terminal,
    /// The language of Graphviz.
    Dot,
    /// A diagram that GitHub draws in Markdown.
    Mermaid,
    /// For programs.
    Json,
}
