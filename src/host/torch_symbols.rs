//! `loadproof torch-symbols`: asks the table of torch's symbols, and lets it grow.

mod add;
mod table;
mod wheel;

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use anyhow::Context;

use super::Failure;
use crate::cli::torch_symbols::{FitsArgs, Format, Question, TorchSymbolsArgs, WhichArgs};
use crate::exit_code;
use crate::load::Content;
use crate::macho::{self, PageHashes};
use crate::render::torch_symbols as render;
use crate::torch_symbols::{self, FileFit, ImageFit, TorchSymbols, needed_by};

pub(super) use table::added;

/// Runs the command; the result is the exit code.
pub(super) fn run(args: &TorchSymbolsArgs) -> Result<u8, Failure> {
    let own;
    let table = match (&args.question, &args.table) {
        (Question::Add(add), file) => return add::run(add, file.as_deref()),
        (_, None) => torch_symbols::known(),
        (_, Some(file)) => {
            own = table::laid_over(file)?;
            &own
        }
    };
    let mut out = Vec::new();
    let code = match &args.question {
        Question::Fits(args) => fits(table, args, &mut out)?,
        Question::Which(args) => which(table, args, &mut out)?,
        Question::List | Question::Add(_) => {
            render::list(table, &mut out).context("cannot put the answer together")?;
            exit_code::CLEAN
        }
    };
    written(io::stdout().write_all(&out))?;
    Ok(code)
}

fn written(done: io::Result<()>) -> Result<(), Failure> {
    match done {
        Err(why) if why.kind() != ErrorKind::BrokenPipe => Err(why)
            .context("cannot write to standard output")
            .map_err(Failure::from),
        _ => Ok(()),
    }
}

fn which(table: &TorchSymbols, args: &WhichArgs, out: &mut Vec<u8>) -> Result<u8, Failure> {
    let found =
        render::which(table, &args.symbol, out).context("cannot put the answer together")?;
    Ok(if found {
        exit_code::CLEAN
    } else {
        exit_code::FINDINGS
    })
}

fn fits(table: &TorchSymbols, args: &FitsArgs, out: &mut Vec<u8>) -> Result<u8, Failure> {
    let mut files = Vec::new();
    for path in &args.files {
        files.push(file_fit(table, path)?);
    }
    let torch = args.torch.as_deref();
    match args.report {
        Format::Terminal => render::fits(&files, torch, out),
        Format::Json => render::fits_json(&files, torch, out),
    }
    .context("cannot put the answer together")?;
    let images = || files.iter().flat_map(|file| &file.images);
    let lacks = |version: &str| images().any(|image| image.fit.broken_by(version).is_some());
    if images().next().is_none() {
        let named: Vec<String> = args
            .files
            .iter()
            .map(|path| format!("`{}`", path.display()))
            .collect();
        return Err(Failure::Nothing(format!(
            "nothing in {} is a macOS image that needs torch",
            named.join(", ")
        )));
    }
    Ok(match torch {
        Some(version) if lacks(version) => exit_code::FINDINGS,
        _ => exit_code::CLEAN,
    })
}

fn file_fit(table: &TorchSymbols, path: &Path) -> Result<FileFit, Failure> {
    let name = path.display().to_string();
    let mut file = FileFit {
        name: name.clone(),
        declares: None,
        images: Vec::new(),
    };
    if path.extension().is_some_and(|extension| extension == "whl") {
        file.declares = wheel::each_native(path, &mut |inside, bytes| {
            file.images.extend(image_fits(table, inside, bytes));
        })?;
    } else {
        let bytes = std::fs::read(path)
            .map_err(|why| Failure::Usage(format!("cannot read `{name}`: {why}")))?;
        file.images = image_fits(table, &name, &bytes);
    }
    Ok(file)
}

/// What each slice of a file needs of torch; nothing for what needs nothing of it.
fn image_fits(table: &TorchSymbols, path: &str, bytes: &[u8]) -> Vec<ImageFit> {
    let Content::MachO { slices } = macho::read(bytes, PageHashes::Sampled) else {
        return Vec::new();
    };
    let fits = slices.iter().filter_map(|slice| {
        let defines = |symbol: &str| {
            !matches!(
                macho::export(bytes, slice, symbol),
                crate::load::Export::Absent
            )
        };
        let fit = table.fits(slice.arch, needed_by(slice, defines))?;
        (fit.used > 0 || !fit.in_no_release.is_empty()).then(|| ImageFit {
            path: path.to_owned(),
            fit,
        })
    });
    fits.collect()
}
