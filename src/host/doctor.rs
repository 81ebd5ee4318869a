//! `loadproof doctor`: looks at the environment without a project.

mod look;
mod shell;

use std::io::{self, ErrorKind, Write};

use anyhow::Context;

use super::Failure;
use super::clean_up_on_signals;
use crate::cli::doctor::{DoctorArgs, Format};
use crate::doctor::examine;
use crate::exit_code;
use crate::render::doctor as render;

/// Runs the command: 1 if something must be mended.
pub(super) fn run(args: &DoctorArgs) -> Result<u8, Failure> {
    clean_up_on_signals()?;
    if let Some(named) = &args.python
        && named.symlink_metadata().is_err()
        && named.components().count() > 1
    {
        return Err(Failure::Usage(format!(
            "there is no Python at `{}`; give the path of an interpreter, such as `--python .venv/bin/python`",
            named.display()
        )));
    }
    let seen = look::around(args)?;
    let checkup = examine(&seen);
    let mut out = Vec::new();
    match args.report {
        Format::Terminal => render::terminal(&checkup, &mut out),
        Format::Json => render::json(&checkup, &mut out),
    }
    .context("cannot put the report together")?;
    match io::stdout().write_all(&out) {
        Err(why) if why.kind() != ErrorKind::BrokenPipe => {
            return Err(why).context("cannot write to standard output")?;
        }
        _ => {}
    }
    Ok(match checkup.first() {
        Some(_) => exit_code::FINDINGS,
        None => exit_code::CLEAN,
    })
}
