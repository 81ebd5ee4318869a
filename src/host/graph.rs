//! `loadproof graph`: the load graph of one image, or a listing of many.

use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;

use super::Failure;
use super::dlopen::simulate;
use super::listing::{self, Listing};
use crate::cli::graph::{Format, Graph};
use crate::dyld::Request;
use crate::exit_code;
use crate::load::LoadVerdict;
use crate::render;

/// Runs the command; the result is the exit code.
pub(super) fn run(args: &Graph) -> Result<u8, Failure> {
    let path = &args.path;
    let place = match &args.machine.root {
        Some(root) => root.join(path.strip_prefix("/").unwrap_or(path)),
        None => path.clone(),
    };
    let kind = std::fs::metadata(&place)
        .map_err(|why| Failure::Usage(format!("cannot open `{}`: {why}", path.display())))?;
    if kind.is_dir() {
        return listed(&listing::of_directory(&place), args);
    }
    let is_wheel = path.extension().is_some_and(|ending| ending == "whl");
    if is_wheel {
        let listing = listing::of_wheel(&place).map_err(Failure::Nothing)?;
        return listed(&listing, args);
    }
    let own = listing::of_file(&place)?;
    if own.files.is_empty() {
        let why = format!("`{}` is no Mach-O file", path.display());
        return Err(Failure::Nothing(why));
    }
    loaded(path, &own, args)
}

fn listed(listing: &Listing, args: &Graph) -> Result<u8, Failure> {
    for sentence in &listing.unread {
        eprintln!("loadproof: warning: {sentence}");
    }
    if listing.files.is_empty() {
        let why = format!("`{}` holds no Mach-O file", args.path.display());
        return Err(Failure::Nothing(why));
    }
    let files = &listing.files;
    write(|out| match args.report {
        Format::Terminal => render::listing::terminal(files, out),
        Format::Json => render::listing::json(files, out),
        Format::Dot => render::listing::dot(files, args.system, out),
        Format::Mermaid => render::listing::mermaid(files, args.system, out),
    })?;
    Ok(exit_code::CLEAN)
}

fn loaded(path: &Path, own: &Listing, args: &Graph) -> Result<u8, Failure> {
    let request = Request {
        path: path.to_string_lossy().into_owned(),
        lazy: false,
        local: false,
        caller: None,
    };
    let (process, load) = simulate(&args.machine, &request)?;
    write(|out| match args.report {
        Format::Terminal => render::graph::terminal(&process, &request.path, &load, out),
        Format::Json => render::graph::json(&process, &own.files, &load, out),
        Format::Dot => render::graph::dot(&load, args.system, out),
        Format::Mermaid => render::graph::mermaid(&load, args.system, out),
    })?;
    Ok(match load.verdict() {
        LoadVerdict::Loads => exit_code::CLEAN,
        LoadVerdict::Fails | LoadVerdict::Unknown => exit_code::FINDINGS,
    })
}

/// One write: a listing is small, and a reader that has seen enough (`| head`) is not our failure.
fn write(render: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    render(&mut bytes).context("cannot render the graph")?;
    match io::stdout().lock().write_all(&bytes) {
        Err(why) if why.kind() != io::ErrorKind::BrokenPipe => {
            Err(why).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}
