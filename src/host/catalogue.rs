//! `loadproof catalogue`: shows what is known of macOS's libraries, and reads an SDK or a shared cache of the user's.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use memmap2::Mmap;
use serde::Deserialize;

use super::{Failure, running_system};
use crate::catalogue::{Catalogue, Observed, Origin, shared_cache, stub};
use crate::cli::catalogue::CatalogueArgs;
use crate::exit_code;
use crate::image::{Arch, Version};

/// Where the libraries of an SDK are that extensions may bind to.
const PUBLIC: [&str; 2] = ["usr/lib", "System/Library/Frameworks"];

/// Runs the subcommand: 0 if something is known of what was asked for, else 1.
pub(super) fn run(args: &CatalogueArgs) -> Result<u8, Failure> {
    let mut out = Vec::new();
    let known = catalogue(args, &mut out)?;
    match io::stdout().write_all(&out) {
        // Whoever listens has heard enough, as `head` does.
        Err(why) if why.kind() == ErrorKind::BrokenPipe => {}
        written => written.context("cannot write to standard output")?,
    }
    Ok(if known {
        exit_code::CLEAN
    } else {
        exit_code::FINDINGS
    })
}

/// What the subcommand says, and whether it knew anything.
fn catalogue(args: &CatalogueArgs, out: &mut Vec<u8>) -> Result<bool, Failure> {
    let mut observed = Vec::new();
    for file in &args.observed {
        observed.push(read_observed(file).map_err(unreadable)?);
    }
    let fresh = match (&args.sdk, &args.cache) {
        (Some(sdk), _) => Some(read_sdk(sdk).map_err(unreadable)?),
        (None, Some(cache)) => {
            let file = match cache {
                Some(file) => file.clone(),
                None => running_cache_file()?,
            };
            Some(read_cache(&file).map_err(unreadable)?)
        }
        (None, None) => None,
    };
    match (&args.output, &fresh) {
        (Some(file), Some(fresh)) => save(fresh, file)?,
        (Some(_), None) => {
            let why = "`--output` needs something to save: add `--sdk` or `--cache`";
            return Err(Failure::Usage(why.to_owned()));
        }
        (None, _) => {}
    }
    observed.extend(fresh);
    Ok(describe(args, observed, out).context("cannot put the answer together")?)
}

/// A source that cannot be read is the command line's fault, not ours.
fn unreadable(why: anyhow::Error) -> Failure {
    Failure::Usage(format!("{why:#}"))
}

fn describe(args: &CatalogueArgs, observed: Vec<Observed>, out: &mut Vec<u8>) -> Result<bool> {
    for source in &observed {
        let symbols = source.libraries.iter().flat_map(|library| &library.exports);
        writeln!(
            out,
            "Read from {}: {} libraries of macOS {}, {} exports.",
            match source.origin {
                Origin::Sdk => "linker stubs",
                Origin::SharedCache => "a shared cache",
            },
            source.libraries.len(),
            source.macos,
            symbols.map(|group| group.symbols.len()).sum::<usize>(),
        )?;
    }
    let catalogue = Catalogue::with_observed(observed);
    match &args.library {
        Some(library) => show(&catalogue, library, args, out),
        None => {
            write!(out, "{}", catalogue.summary())?;
            Ok(true)
        }
    }
}

/// One library, or one symbol of it.
fn show(
    catalogue: &Catalogue,
    library: &str,
    args: &CatalogueArgs,
    out: &mut Vec<u8>,
) -> Result<bool> {
    let matching = if library.contains('/') {
        vec![library]
    } else {
        catalogue.matching(library)
    };
    let [name] = matching.as_slice() else {
        writeln!(out, "`{library}` could be {} libraries:", matching.len())?;
        for name in &matching {
            writeln!(out, "  {name}")?;
        }
        return Ok(false);
    };
    let entry = catalogue.entry(name);
    let known = match (&entry, &args.symbol) {
        (None, _) => {
            writeln!(out, "`{name}` is not in the table that is built in")?;
            false
        }
        (Some(entry), None) if args.macos.is_none() => {
            write!(out, "{entry}")?;
            true
        }
        (Some(entry), None) => {
            writeln!(out, "{}", entry.install_name)?;
            true
        }
        (Some(entry), Some(symbol)) => {
            writeln!(out, "{symbol} of {}", entry.install_name)?;
            let listed = entry.symbols.iter().find(|(name, _)| name == symbol);
            for interval in listed.map(|(_, intervals)| intervals).into_iter().flatten() {
                writeln!(out, "  {interval}")?;
            }
            if listed.is_none() {
                writeln!(out, "  not in the table that is built in")?;
            }
            listed.is_some()
        }
    };
    if let Some(macos) = args.macos {
        for arch in [Arch::Arm64, Arch::X86_64] {
            let judged = match &args.symbol {
                Some(symbol) => catalogue.symbol(name, symbol, arch, macos),
                None => catalogue.library(name, arch, macos),
            };
            writeln!(out, "  on macOS {macos} {arch}: {judged}")?;
        }
    }
    Ok(known)
}

/// Reads a file that `--output` wrote.
pub(super) fn read_observed(file: &Path) -> Result<Observed> {
    let text = fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let observed: Observed = serde_json::from_slice(&text)
        .with_context(|| format!("`{}` is not what `--output` writes", file.display()))?;
    if observed.schema != Observed::SCHEMA {
        bail!(
            "`{}` has format {}, and this loadproof reads {}",
            file.display(),
            observed.schema,
            Observed::SCHEMA
        );
    }
    Ok(observed.normalised())
}

fn save(observed: &Observed, file: &Path) -> Result<()> {
    let write = || -> Result<()> {
        let mut out = BufWriter::new(File::create(file)?);
        serde_json::to_writer(&mut out, observed)?;
        Ok(out.flush()?)
    };
    write().with_context(|| format!("cannot write `{}`", file.display()))
}

/// Reads all stubs of an SDK's public libraries.
fn read_sdk(sdk: &Path) -> Result<Observed> {
    let macos = sdk_version(sdk)?;
    let mut files = Vec::new();
    for part in PUBLIC {
        let folder = sdk.join(part);
        if folder.is_dir() {
            find_stubs(&folder, &mut files)?;
        }
    }
    if files.is_empty() {
        bail!("there is no linker stub (.tbd) in `{}`", sdk.display());
    }
    files.sort();
    let mut stubs = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file)
            .with_context(|| format!("cannot read `{}`", file.display()))?;
        let read =
            stub::read(&text).with_context(|| format!("cannot read `{}`", file.display()))?;
        stubs.extend(read);
    }
    let libraries = stub::under_umbrellas(stubs);
    Ok(Observed::new(Origin::Sdk, macos, libraries))
}

/// The part of `SDKSettings.json` that matters.
#[derive(Deserialize)]
struct SdkSettings {
    #[serde(rename = "Version")]
    version: String,
}

fn sdk_version(sdk: &Path) -> Result<Version> {
    let file = sdk.join("SDKSettings.json");
    let text = fs::read(&file).with_context(|| {
        format!(
            "cannot read `{}`: `--sdk` takes a folder such as MacOSX14.sdk",
            file.display()
        )
    })?;
    let settings: SdkSettings = serde_json::from_slice(&text)
        .with_context(|| format!("`{}` does not tell the SDK's version", file.display()))?;
    let version = settings.version.parse();
    version.with_context(|| format!("`{}` does not tell the SDK's version", file.display()))
}

/// Collects `.tbd` files below a folder. Links are left alone: they lead to stubs that are found anyway.
fn find_stubs(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let cannot = || format!("cannot read the folder `{}`", folder.display());
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        let kind = entry.file_type().with_context(cannot)?;
        let path = entry.path();
        if kind.is_dir() {
            find_stubs(&path, found)?;
        } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "tbd") {
            found.push(path);
        }
    }
    Ok(())
}

/// The file that `--cache` alone means.
fn running_cache_file() -> Result<PathBuf, Failure> {
    running_system::cache_file(running_system::arch()).ok_or_else(|| {
        let why = if running_system::version().is_some() {
            "the shared cache of this system is not where macOS keeps it"
        } else {
            "`--cache` alone means the shared cache of the running system, and this is not macOS"
        };
        Failure::Usage(format!("{why}: name a file, as in `--cache FILE`"))
    })
}

fn read_cache(main: &Path) -> Result<Observed> {
    let cannot = |file: &Path| format!("cannot read `{}`", file.display());
    let mapped = map(main)?;
    let suffixes = shared_cache::suffixes(&mapped).with_context(|| cannot(main))?;
    let mut others = Vec::new();
    for suffix in suffixes {
        let mut name = main.as_os_str().to_owned();
        name.push(suffix);
        others.push(map(Path::new(&name))?);
    }
    let others: Vec<&[u8]> = others.iter().map(|map| &map[..]).collect();
    shared_cache::read(&mapped, &others).with_context(|| cannot(main))
}

#[expect(
    unsafe_code,
    reason = "a shared cache has gigabytes, of which a small part is read"
)]
pub(super) fn map(path: &Path) -> Result<Mmap> {
    let cannot = || format!("cannot read `{}`", path.display());
    let file = File::open(path).with_context(cannot)?;
    // SAFETY: the system replaces its caches by new files and never writes into one; a user who cuts a copy short
    // while it is read ends this process with a signal, and no other harm.
    unsafe { Mmap::map(&file) }.with_context(cannot)
}

#[cfg(test)]
mod tests;
