//! `loadproof sources`: what a project's files say about its extension modules, without running them.

use std::io::Write;

use super::project::{DiskProject, target};
use super::work::Work;
use super::{Failure, clean_up_on_signals, probe, verify};
use crate::cli::explain::Format;
use crate::cli::sources::{Platform, Sources};
use crate::exit_code;
use crate::python::InterpreterProbe;
use crate::render;
use crate::source;

/// Runs the command; the result is the exit code.
pub(super) fn run(args: &Sources, out: &mut dyn Write) -> Result<u8, Failure> {
    clean_up_on_signals()?;
    let shown = args.project.display();
    let root = args
        .project
        .canonicalize()
        .map_err(|why| Failure::Usage(format!("cannot open `{shown}`: {why}")))?;
    if !root.is_dir() {
        return Err(Failure::Usage(format!("`{shown}` is no directory")));
    }
    let python = verify::find_python(args.python.as_deref())?;
    let work = Work::new()?;
    let probed = probe::interpreter(&python, &work.directory("probe")?, &[]);
    let interpreter = match &probed {
        InterpreterProbe::Answered(interpreter) => Some(&**interpreter),
        InterpreterProbe::Failed { .. } => None,
    };
    let mut target = target(interpreter, &root);
    if let Some(platform) = args.platform {
        target.platform = Some(match platform {
            Platform::Darwin => "darwin".to_owned(),
            Platform::Linux => "linux".to_owned(),
        });
    }
    if let Some(machine) = &args.machine {
        target.machine = Some(machine.clone());
    }
    let project = DiskProject::new(&root, interpreter, &[]);
    let definition = source::read(&project, &target);
    let written = match args.report {
        Format::Json => render::sources::json(&definition, out),
        Format::Terminal => render::sources::terminal(&definition, out),
    };
    match written {
        Err(why) if why.kind() != std::io::ErrorKind::BrokenPipe => Err(anyhow::Error::new(why)
            .context("cannot write to standard output")
            .into()),
        _ if definition.modules.is_empty() => Ok(exit_code::NOTHING_TO_CHECK),
        _ => Ok(exit_code::CLEAN),
    }
}
