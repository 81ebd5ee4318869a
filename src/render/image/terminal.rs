//! The text for people: one block per slice; symbols are counted by where they come from, or listed.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Given, Imported, One, Shown, one};
use crate::load::Content;
use crate::render::text::{counted, one_line};

/// Writes what the file says of itself.
pub fn terminal(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    let path = one_line(shown.path);
    let images = match shown.content {
        Content::MachO { slices } => slices.as_slice(),
        Content::Elf { image } => std::slice::from_ref(image.as_ref()),
        Content::Malformed { why } => return writeln!(out, "{path}: malformed: {}", one_line(why)),
        Content::NotAnImage { .. } | Content::Unreadable { .. } | Content::NotRecorded => {
            return writeln!(out, "{path}: no image");
        }
    };
    let format = match shown.content {
        Content::Elf { .. } => "ELF",
        _ => "Mach-O",
    };
    writeln!(out, "{path}: {format}, {}", counted(images.len(), "image"))?;
    for (index, image) in images.iter().enumerate() {
        writeln!(out)?;
        show(
            &one(image, shown.exports.get(index)),
            shown.symbols,
            &mut *out,
        )?;
    }
    Ok(())
}

fn show(image: &One<'_>, symbols: bool, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{} {}", image.arch, image.file_type)?;
    for system in &image.systems {
        let (platform, minos, sdk) = (&system.platform, system.minos, system.sdk);
        write!(out, ", {platform} {minos} or newer (SDK {sdk})")?;
    }
    writeln!(out)?;
    if let Some(name) = image.install_name {
        writeln!(out, "  install name  {}", one_line(name))?;
    }
    if let Some(uuid) = image.uuid {
        writeln!(out, "  uuid          {uuid}")?;
    }
    if !image.systems.is_empty() || image.signature.is_some() {
        writeln!(out, "  signature     {}", signature(image))?;
    }
    for flaw in &image.flaws {
        writeln!(out, "  flaw          {}", one_line(flaw))?;
    }
    for rpath in image.rpaths {
        writeln!(out, "  rpath         {}", one_line(rpath))?;
    }
    dependents(image, out)?;
    imports(image, symbols, out)?;
    exports(image, symbols, out)
}

fn signature(image: &One<'_>) -> String {
    let Some(signed) = &image.signature else {
        return "none".to_owned();
    };
    let mut text = match signed.kind {
        "linker" => "ad hoc, made by the linker".to_owned(),
        "ad-hoc" => "ad hoc".to_owned(),
        "malformed" => "malformed".to_owned(),
        _ => "by an identity".to_owned(),
    };
    if let Some(team) = signed.team_id {
        text.push_str(&format!(" of team {}", one_line(team)));
    }
    if let Some(why) = signed.malformed {
        text.push_str(&format!(": {}", one_line(why)));
    }
    if let Some(page) = signed.stale_page {
        text.push_str(&format!("; page {page} is not what was signed"));
    }
    text
}

fn dependents(image: &One<'_>, out: &mut dyn Write) -> io::Result<()> {
    for dependent in &image.dependents {
        let (ordinal, name) = (dependent.ordinal, one_line(dependent.install_name));
        let flags = [
            (dependent.weak, "weak"),
            (dependent.reexport, "re-exported"),
            (dependent.upward, "upward"),
            (dependent.delay_init, "delayed"),
        ];
        let mut notes: Vec<String> = flags
            .iter()
            .filter(|(set, _)| *set)
            .map(|(_, word)| (*word).to_owned())
            .collect();
        if let (Some(compatible), Some(current)) =
            (dependent.compatibility_version, dependent.current_version)
        {
            notes.push(format!("compatibility {compatible}, current {current}"));
        }
        let notes = if notes.is_empty() {
            String::new()
        } else {
            format!(" ({})", notes.join(", "))
        };
        writeln!(out, "  needs {ordinal:>3}     {name}{notes}")?;
    }
    Ok(())
}

/// Where an import comes from, in words.
fn origin(import: &Imported<'_>) -> String {
    match (import.from, import.library, import.ordinal) {
        ("library", Some(library), _) => one_line(library),
        ("library", None, Some(ordinal)) => format!("library {ordinal}, which it does not name"),
        ("this-image", ..) => "this image".to_owned(),
        ("main-executable", ..) => "the main executable".to_owned(),
        ("weak-lookup", ..) => "whichever image has it first (weak)".to_owned(),
        ("unknown", _, Some(ordinal)) => format!("unknown ordinal {ordinal}"),
        _ => match (import.library, import.version) {
            (Some(library), Some(version)) => {
                format!("{} ({})", one_line(library), one_line(version))
            }
            _ => "any image".to_owned(),
        },
    }
}

fn imports(image: &One<'_>, symbols: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut by_origin: BTreeMap<String, Vec<&Imported<'_>>> = BTreeMap::new();
    for import in &image.imports {
        by_origin.entry(origin(import)).or_default().push(import);
    }
    writeln!(out, "  imports       {}", image.imports.len())?;
    for (origin, imports) in by_origin {
        writeln!(out, "    {:>6} from {origin}", imports.len())?;
        for import in imports.iter().filter(|_| symbols) {
            let weak = if import.weak { " (may be missing)" } else { "" };
            writeln!(out, "           {}{weak}", one_line(import.symbol))?;
        }
    }
    if let Some(why) = image.imports_damaged {
        writeln!(out, "    damaged: {}", one_line(why))?;
    }
    Ok(())
}

fn exports(image: &One<'_>, symbols: bool, out: &mut dyn Write) -> io::Result<()> {
    if let Some(why) = image.exports_damaged {
        return writeln!(out, "  exports       damaged: {}", one_line(why));
    }
    let Some(exports) = &image.exports else {
        return Ok(());
    };
    writeln!(out, "  exports       {}", exports.len())?;
    for export in exports.iter().filter(|_| symbols) {
        writeln!(
            out,
            "           {}{}",
            one_line(export.symbol),
            note(export)
        )?;
    }
    Ok(())
}

fn note(export: &Given<'_>) -> String {
    match (export.reexported_from, export.reexported_as) {
        (Some(library), Some(name)) => {
            format!(" ({} of {})", one_line(name), one_line(library))
        }
        (Some(library), None) => format!(" (of {})", one_line(library)),
        (None, _) if export.weak => " (weak)".to_owned(),
        (None, _) => String::new(),
    }
}
