//! The answers of `loadproof torch-symbols`.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::symbol::demangled;
use super::text::clean;
use crate::image::Arch;
use crate::rules::SymbolName;
use crate::torch_symbols::{Break, BreakKind, FileFit, Fit, History, Source, TorchSymbols};

/// Names that are listed where a question has many answers.
const MOST: usize = 20;

/// What files fit, for a person. `torch`: hold them against that release.
pub fn fits(files: &[FileFit], torch: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    for file in files {
        let name = clean(&file.name);
        match &file.declares {
            Some(declares) => writeln!(out, "{name} (declares {})", clean(declares))?,
            None => writeln!(out, "{name}")?,
        }
        if file.images.is_empty() {
            writeln!(out, "  no macOS image in it needs torch")?;
        }
        for image in &file.images {
            let path = clean(&image.path);
            writeln!(out, "  {path} ({}): {}", image.fit.arch, range(&image.fit))?;
            details(&image.fit, torch, out)?;
        }
        for arch in file.archs() {
            let images = file.images.iter().filter(|image| image.fit.arch == arch);
            let Some(together) = file.together(arch).filter(|_| images.count() > 1) else {
                continue;
            };
            if together.is_empty() {
                let why = "no torch fits all of them: the wheel carries one library for each torch, or it is broken";
                writeln!(out, "  together ({arch}): {why}")?;
            } else {
                writeln!(out, "  together ({arch}): fits torch {together}")?;
            }
        }
    }
    Ok(())
}

fn range(fit: &Fit) -> String {
    let symbols = format!("{} of torch's symbols", fit.used);
    if fit.used == 0 {
        "needs only symbols that no known torch has".to_owned()
    } else if fit.releases.is_empty() {
        format!("fits no release of torch as a whole ({symbols})")
    } else if fit.releases.is_every() {
        format!("fits every known torch, {} ({symbols})", fit.releases)
    } else {
        format!("fits torch {} ({symbols})", fit.releases)
    }
}

fn details(fit: &Fit, torch: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    if !fit.only_some_builds.is_empty() {
        let some = &fit.only_some_builds;
        writeln!(out, "    of {some}, only some builds have all of them")?;
    }
    if let Some(first) = fit.stable.as_ref().and_then(|stable| stable.first()) {
        let only = if fit.unstable == 0 { "only " } else { "" };
        writeln!(out, "    uses {only}torch's stable ABI as of {first}")?;
    }
    for symbol in fit.in_no_release.iter().take(MOST) {
        writeln!(out, "    in no release: {}", named(symbol))?;
    }
    let more = fit.in_no_release.len().saturating_sub(MOST);
    if more > 0 {
        writeln!(out, "    in no release: {more} more")?;
    }
    let (after, before) = match torch {
        Some(torch) => (Some(torch), None),
        None => fit.neighbours(),
    };
    for version in [after, before].into_iter().flatten() {
        match fit.broken_by(version) {
            Some(broken) => writeln!(out, "    {}", lacks(version, &broken))?,
            None if torch.is_some() && !fit.knows(version) => {
                writeln!(out, "    torch {version} is not in the table")?;
            }
            None => {}
        }
    }
    Ok(())
}

/// `torch 2.4.0 lacks f(int) (last in 2.3.1), and 2 more`.
fn lacks(version: &str, broken: &Break<'_>) -> String {
    let when = match broken.kind {
        BreakKind::EndedAfter(last) => format!("last in {last}"),
        BreakKind::BeginsAt(first) => format!("first in {first}"),
        BreakKind::Between => format!("it is in {}", broken.need.releases),
        BreakKind::NeverThere => "that library never had it".to_owned(),
    };
    let more = match broken.missing.saturating_sub(1) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let symbol = named(&broken.need.symbol);
    format!("torch {version} lacks {symbol} ({when}){more}")
}

/// A symbol as people read it, in backticks.
fn named(symbol: &str) -> String {
    clean(&SymbolName::new(symbol, true).readable(symbol))
}

/// The same as JSON, schema version 1.
pub fn fits_json(files: &[FileFit], torch: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    let files: Vec<Value> = files.iter().map(|file| file_json(file, torch)).collect();
    writeln!(out, "{:#}", json!({"schema": 1, "files": files}))
}

fn file_json(file: &FileFit, torch: Option<&str>) -> Value {
    let images: Vec<Value> = file
        .images
        .iter()
        .map(|image| {
            let fit = &image.fit;
            let (after, before) = fit.neighbours();
            let at = |version: Option<&str>| version.and_then(|version| break_json(fit, version));
            json!({
                "path": image.path,
                "arch": fit.arch.to_string(),
                "range": fit.releases.to_string(),
                "releases": fit.releases.iter().collect::<Vec<_>>(),
                "only_some_builds": fit.only_some_builds.iter().collect::<Vec<_>>(),
                "symbols": fit.used,
                "in_no_release": fit.in_no_release,
                "stable_abi_from": fit.stable.as_ref().and_then(|stable| stable.first()),
                "stable_abi_only": fit.unstable == 0 && fit.used > 0,
                "after": at(after),
                "before": at(before),
                "torch": at(torch),
            })
        })
        .collect();
    json!({"file": file.name, "declares": file.declares, "images": images})
}

fn break_json(fit: &Fit, version: &str) -> Option<Value> {
    let broken = fit.broken_by(version)?;
    let source = match broken.need.source {
        Source::Library(library) => Some(library.name()),
        Source::Flat => None,
    };
    Some(json!({
        "version": version,
        "missing": broken.missing,
        "symbol": broken.need.symbol,
        "library": source,
        "releases": broken.need.releases.iter().collect::<Vec<_>>(),
    }))
}

/// The history of a symbol, or what a UUID is of; false if nothing is known of it.
pub fn which(table: &TorchSymbols, asked: &str, out: &mut dyn Write) -> io::Result<bool> {
    if let Some(found) = table.identify(asked) {
        let (library, arch) = (found.library, found.arch);
        writeln!(out, "{library}.dylib of torch {} ({arch})", found.releases)?;
        return Ok(true);
    }
    if let Some(symbol) = table.spelled(asked) {
        writeln!(out, "{symbol}")?;
        if let Some(readable) = demangled(&symbol) {
            writeln!(out, "{}", clean(&readable))?;
        }
        for arch in TorchSymbols::archs() {
            let history = table.history(arch, &symbol).unwrap_or_default();
            if history.is_empty() {
                writeln!(out, "  {arch}: in no release")?;
            }
            for of in &history {
                writeln!(out, "  {arch}: {}", history_line(of))?;
            }
        }
        if let Some(stable) = table.stable(Arch::Arm64, &symbol) {
            writeln!(out, "  part of the stable ABI: {}", stable.family.header())?;
        }
        return Ok(true);
    }
    let matching = if asked.len() < 4 {
        Vec::new()
    } else {
        table.matching(asked, MOST + 1)
    };
    if matching.is_empty() {
        writeln!(out, "`{}` is in no known release of torch", clean(asked))?;
        return Ok(false);
    }
    writeln!(
        out,
        "No symbol is called `{}`; it is part of:",
        clean(asked)
    )?;
    for symbol in matching.iter().take(MOST) {
        writeln!(out, "  {symbol}")?;
    }
    if matching.len() > MOST {
        writeln!(out, "  and more")?;
    }
    Ok(false)
}

fn history_line(history: &History) -> String {
    let some = match history.only_some_builds.is_empty() {
        true => String::new(),
        false => format!(" (of {}, some builds only)", history.only_some_builds),
    };
    format!("{}: torch {}{some}", history.library, history.releases)
}

/// Every release that is known, with the wheels that were read.
pub fn list(table: &TorchSymbols, out: &mut dyn Write) -> io::Result<()> {
    for arch in TorchSymbols::archs() {
        let releases = table.releases(arch);
        let Some(releases) = releases.filter(|releases| !releases.is_empty()) else {
            continue;
        };
        let builds: Vec<_> = table
            .builds()
            .iter()
            .filter(|build| build.arch == arch)
            .collect();
        writeln!(
            out,
            "{arch}: {} releases, {} wheels read",
            releases.len(),
            builds.len()
        )?;
        for version in releases.iter() {
            let own = builds.iter().filter(|build| build.version == version);
            let own: Vec<String> = own
                .map(|build| format!("{} (macOS {})", build.python, build.minos))
                .collect();
            writeln!(out, "  {version:<8} {}", own.join(", "))?;
        }
    }
    writeln!(out, "{} symbols", table.symbols())
}
