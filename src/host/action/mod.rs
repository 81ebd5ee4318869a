//! `loadproof action`: what `action.yml` runs. Inputs come as environment variables, results go to GITHUB_OUTPUT.

use std::path::{Path, PathBuf};

use clap::Parser;

use super::actions::Runner;
use super::{Failure, run};
use crate::cli::Cli;
use crate::exit_code;
use crate::render;

mod inputs;
mod needs;
mod outputs;

use inputs::{Inputs, Job};
use outputs::Outputs;

/// Carries out what the inputs say; the result is the exit code of the command that they come to.
pub(super) fn act() -> u8 {
    let runner = Runner::read();
    let carried_out = carry_out(&runner);
    let (code, outputs) = match carried_out {
        Ok((code, outputs)) => (code, outputs),
        Err(why) => {
            complain(&why);
            (why.exit_code(), Outputs::default())
        }
    };
    let Err(why) = outputs.write(code, &runner) else {
        return code;
    };
    complain(&Failure::Own(why));
    // A verdict that was reached is worth more than the outputs that tell of it.
    if code == exit_code::CLEAN {
        exit_code::OWN_FAILURE
    } else {
        code
    }
}

fn carry_out(runner: &Runner) -> Result<(u8, Outputs), Failure> {
    let inputs = Inputs::read()?;
    let arguments = match inputs.job() {
        Job::Project => {
            let needs = needs::of(&inputs);
            inputs.verify(&needs, runner)?
        }
        Job::Wheels => inputs.check(runner)?,
        Job::Merge => inputs.merge(runner)?,
    };
    let cli = Cli::try_parse_from(&arguments)
        .map_err(|why| Failure::Usage(format!("the inputs do not fit: {}", first_line(&why))))?;
    let kept = kept(&arguments);
    forget(&kept)?;
    let code = run::command(cli).unwrap_or_else(|why| {
        complain(&why);
        why.exit_code()
    });
    Ok((code, Outputs::of(&inputs, &kept, runner)))
}

/// An annotation, because whoever looks at a failed job looks at those first.
fn complain(why: &Failure) {
    let text = render::workflow_command("error", "loadproof", &why.to_string());
    eprint!("{text}");
}

/// clap explains itself over many lines, of which the first says what is wrong.
fn first_line(why: &clap::Error) -> String {
    let text = why.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}

/// Where the command keeps its run: the last `--keep`, as clap takes it.
fn kept(arguments: &[String]) -> PathBuf {
    let mut kept = PathBuf::from(super::output::KEPT);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.strip_prefix("--keep=") {
            Some(directory) => kept = directory.into(),
            None if word == "--keep" => kept = words.next().map(PathBuf::from).unwrap_or(kept),
            None if word == "--" => break,
            None => {}
        }
    }
    kept
}

/// Results of an earlier step must not be taken for those of this one.
fn forget(kept: &Path) -> Result<(), Failure> {
    for name in outputs::FILES {
        let path = kept.join(name);
        match std::fs::remove_file(&path) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                let text = format!("cannot remove `{}`: {why}", path.display());
                return Err(Failure::Own(anyhow::anyhow!(text)));
            }
            _ => {}
        }
    }
    Ok(())
}
