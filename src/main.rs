//! The `loadproof` executable: parse arguments, run, return an exit code.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use loadproof::{cli, host};

#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Dlopen(cli::dlopen::Dlopen),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Dlopen(args) => host::dlopen::run(&args, &mut std::io::stdout().lock()),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(4)
        }
    }
}
