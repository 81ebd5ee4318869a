//! `loadproof torch-symbols add`: reads the libraries of torch's wheels into the table.

use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;

use super::table;
use super::wheel::Wheel;
use crate::cli::torch_symbols::AddArgs;
use crate::exit_code;
use crate::host::Failure;
use crate::image::Image;
use crate::load::Content;
use crate::macho::{self, PageHashes};
use crate::torch_symbols::{Build, Export, Family, Library, TorchSymbols};

/// Runs the command; the result is the exit code.
pub(super) fn run(args: &AddArgs, file: Option<&Path>) -> Result<u8, Failure> {
    let file = match file {
        Some(file) => file.to_path_buf(),
        None => table::default_file().ok_or_else(|| {
            let why =
                "you have no home directory to keep the table in: name a file with `--table FILE`";
            Failure::Usage(why.to_owned())
        })?,
    };
    let mut table: Option<TorchSymbols> = match file.exists() {
        true => Some(table::read(&file).map_err(|why| Failure::Usage(format!("{why:#}")))?),
        false => None,
    };
    let mut said = Vec::new();
    for wheel in &args.wheels {
        for read in builds(wheel)? {
            let build = read
                .builds()
                .first()
                .context("a table of one wheel has one")?;
            let exports = read.exports_of(build.arch, &build.version);
            let counts: Vec<String> = exports
                .iter()
                .map(|(library, count)| format!("{library} {count}"))
                .collect();
            said.push(format!(
                "torch {} {} ({}): {}",
                build.version,
                build.arch,
                build.python,
                counts.join(", ")
            ));
            table = Some(match table {
                None => read,
                Some(table) => table.merged(&read).map_err(|why| {
                    Failure::Usage(format!("`{}` cannot be added: {why}", wheel.display()))
                })?,
            });
        }
    }
    if let Some(table) = &table {
        table::write(&file, table)?;
    }
    said.push(format!("Written to {}", file.display()));
    let mut out = io::stdout().lock();
    super::written(said.iter().try_for_each(|line| writeln!(out, "{line}")))?;
    Ok(exit_code::CLEAN)
}

/// One table for each processor that the wheel is for.
fn builds(path: &Path) -> Result<Vec<TorchSymbols>, Failure> {
    let shown = path.display();
    let mut wheel = Wheel::open(path)?;
    let metadata = wheel.metadata()?;
    let (Some("torch"), Some(version)) = (metadata.first("Name"), metadata.first("Version")) else {
        return Err(Failure::Usage(format!("`{shown}` is not a wheel of torch")));
    };
    let python = path.file_name().and_then(|name| {
        let name = name.to_str()?;
        name.rsplit('-').nth(2).map(str::to_owned)
    });
    let mut parts: Vec<(Build, Vec<Export>)> = Vec::new();
    let mut stable = Vec::new();
    for name in wheel.names() {
        if let Some(family) = Family::of_header(&name) {
            stable.extend(family.declared(&String::from_utf8_lossy(&wheel.read(&name)?)));
        }
        let library = name
            .strip_prefix("torch/lib/")
            .filter(|leaf| leaf.ends_with(".dylib"))
            .and_then(Library::of_install_name);
        let Some(library) = library else { continue };
        let bytes = wheel.read(&name)?;
        let Content::MachO { slices } = macho::read(&bytes, PageHashes::Sampled) else {
            return Err(Failure::Usage(format!(
                "`{name}` of `{shown}` is no Mach-O image"
            )));
        };
        for slice in &slices {
            let damaged =
                |why| Failure::Usage(format!("`{name}` of `{shown}` cannot be read: {why}"));
            let part = part_of(
                &mut parts,
                slice,
                version,
                python.as_deref().unwrap_or_default(),
            );
            add_library(part, library, slice, &bytes).map_err(damaged)?;
        }
    }
    if parts.is_empty() {
        return Err(Failure::Usage(format!(
            "`{shown}` is not a wheel for macOS: it has no torch/lib/*.dylib"
        )));
    }
    let table = |(build, exports)| {
        TorchSymbols::of_build(build, exports, &stable).ok_or_else(|| {
            Failure::Usage(format!(
                "`{shown}` is not for arm64 or x86_64, or `{version}` is no release: nightlies and pre-releases change daily"
            ))
        })
    };
    parts.into_iter().map(table).collect()
}

fn part_of<'a>(
    parts: &'a mut Vec<(Build, Vec<Export>)>,
    slice: &Image,
    version: &str,
    python: &str,
) -> &'a mut (Build, Vec<Export>) {
    let at = match parts.iter().position(|(build, _)| build.arch == slice.arch) {
        Some(at) => at,
        None => {
            let build = Build {
                version: version.to_owned(),
                arch: slice.arch,
                python: python.to_owned(),
                minos: String::new(),
                uuids: Vec::new(),
            };
            parts.push((build, Vec::new()));
            parts.len().saturating_sub(1)
        }
    };
    parts.get_mut(at).expect("found or added above")
}

fn add_library(
    (build, exports): &mut (Build, Vec<Export>),
    library: Library,
    slice: &Image,
    bytes: &[u8],
) -> Result<(), String> {
    let names = macho::exports_of(bytes, slice)?.into_iter();
    exports.extend(names.map(|export| Export {
        symbol: export.symbol,
        library,
    }));
    if let Some(uuid) = slice
        .uuid
        .as_deref()
        .and_then(crate::torch_symbols::uuid_bytes)
    {
        build.uuids.push((library, uuid));
    }
    let platform = slice.macho().and_then(|part| part.build_versions.first());
    if library == Library::TorchCpu {
        build.minos = platform.map_or(String::new(), |known| known.minos.to_string());
    }
    Ok(())
}
