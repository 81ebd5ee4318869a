//! The `loadproof` executable: parse arguments, run, return an exit code.

use std::process::ExitCode;

use clap::Parser;
use loadproof::cli::Cli;

fn main() -> ExitCode {
    ExitCode::from(loadproof::host::run(Cli::parse()))
}
