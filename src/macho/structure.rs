//! What dyld's structure checks of macOS 15.4 and later would say about the load commands, in dyld's order
//! (mach_o/UnsafeHeader.cpp:valid). Which of it counts is decided in [`crate::dyld`].

use object::LittleEndian as Little;
use object::macho;

use super::command::{Command, Commands};
use super::segments;
use crate::image::{Check, FileType, Flaw, Platform};

/// dyld compares only so many names.
const DYLIBS_COMPARED: usize = 256;
const RPATHS_COMPARED: usize = 64;

/// Everything that the checks would say. `file_size` is that of the whole file: dyld passes the mapping's size.
pub(super) fn flaws(commands: &Commands, file_size: usize) -> Vec<Flaw> {
    let mut flaws = commands.flaws.clone();
    if flaws.iter().any(|flaw| flaw.check == Check::Unwalkable) {
        return flaws;
    }
    let mut add = |check, text: &str| {
        let text = text.to_owned();
        flaws.push(Flaw { check, text });
    };
    if let Some(text) = platform_flaw(commands) {
        add(Check::Always, &text);
    }
    match commands.uuid_count {
        0 => add(Check::MissingUuid, "missing LC_UUID load command"),
        1 => {}
        _ => add(Check::Always, "too many LC_UUID load commands"),
    }
    if commands.id_count > 1 {
        add(Check::Always, "multiple LC_ID_DYLIB found");
    }
    let is_dylib = matches!(commands.file_type(), FileType::Dylib | FileType::Other(9));
    if is_dylib && commands.id_count == 0 {
        add(Check::Always, "MH_DYLIB is missing LC_ID_DYLIB");
    } else if !is_dylib && commands.id_count > 0 {
        add(Check::Always, "found LC_ID_DYLIB found in non-MH_DYLIB");
    }
    let names = commands
        .dependents
        .iter()
        .map(|dependent| dependent.install_name.as_str());
    if let Some(name) = first_repeated(names, DYLIBS_COMPARED) {
        add(
            Check::DuplicateDylib,
            &format!("duplicate linked dylib '{name}'"),
        );
    }
    if commands.dependents.is_empty() && is_dyld_managed(commands) && !is_libsystem(commands) {
        let text = "missing LC_LOAD_DYLIB (must link with at least libSystem.dylib)";
        add(Check::NoDylibs, text);
    }
    if let Some(path) = first_repeated(commands.rpaths.iter().map(String::as_str), RPATHS_COMPARED)
    {
        add(
            Check::DuplicateRpath,
            &format!("duplicate LC_RPATH '{path}'"),
        );
    }
    flaws.extend(segments::flaws(commands, file_size));
    flaws.extend(last_flaws(commands));
    flaws
}

/// One platform, or macOS and Mac Catalyst together (UnsafeHeader::validSemanticsPlatform).
fn platform_flaw(commands: &Commands) -> Option<String> {
    let platforms: Vec<Platform> = commands
        .build_versions
        .iter()
        .map(|version| version.platform)
        .collect();
    let unknown = platforms
        .iter()
        .any(|platform| matches!(platform, Platform::Other(0 | 25..)));
    if unknown {
        return Some("unknown platform".to_owned());
    }
    match platforms.as_slice() {
        [] | [_] => None,
        [Platform::MacOs, Platform::MacCatalyst] | [Platform::MacCatalyst, Platform::MacOs] => None,
        [first, second, ..] => Some(format!("incompatible platforms: {first} - {second}")),
    }
}

fn last_flaws(commands: &Commands) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let mut add = |text: &str| {
        let (check, text) = (Check::Always, text.to_owned());
        flaws.push(Flaw { check, text });
    };
    if commands.bad_linker_option {
        add("malformed LC_LINKER_OPTION command");
    }
    if commands.file_type() == FileType::Execute {
        if commands.main_count > 1 {
            add("multiple LC_MAIN load commands");
        }
        if commands.thread_count > 1 {
            add("multiple LC_UNIXTHREAD load commands");
        }
        match (commands.main_count, commands.thread_count) {
            (0, 0) => add("missing LC_MAIN or LC_UNIXTHREAD in main executable"),
            (0, _) | (_, 0) => {}
            (_, _) => add("can't have LC_MAIN and LC_UNIXTHREAD load commands"),
        }
    }
    flaws
}

/// Bundles, dylibs and executables that use dyld (UnsafeHeader::isDyldManaged).
pub(super) fn is_dyld_managed(commands: &Commands) -> bool {
    const MH_DYLDLINK: u32 = 4;
    match commands.file_type() {
        FileType::Dylib | FileType::Bundle => true,
        FileType::Execute => commands.flags & MH_DYLDLINK != 0,
        FileType::Other(_) => false,
    }
}

/// The dylibs that make up libSystem may link with nothing.
fn is_libsystem(commands: &Commands) -> bool {
    let name = commands.install_name.as_deref();
    name.is_some_and(|name| name.starts_with("/usr/lib/system/"))
}

fn first_repeated<'a>(names: impl Iterator<Item = &'a str>, compared: usize) -> Option<&'a str> {
    let mut seen = std::collections::HashSet::new();
    names.take(compared).find(|name| !seen.insert(*name))
}

/// What is wrong with one command (UnsafeHeader::validStructureLoadCommands); `index` counts from 1.
pub(super) fn command_flaw(command: &Command<'_>, index: u32) -> Option<String> {
    let kind = command.cmd();
    if let Some(flaw) = string_flaw(command, index) {
        return Some(flaw);
    }
    if kind == macho::LC_SEGMENT_64 {
        let raw = command.data::<macho::SegmentCommand64<Little>>().ok();
        let sections = raw.map_or(u64::MAX, |raw| u64::from(raw.nsects.get(Little)));
        let expected = sections.saturating_mul(80).saturating_add(72);
        let name = "LC_SEGMENT_64";
        return (u64::from(command.cmdsize()) != expected).then(|| {
            format!("load command #{index} {name} size does not match number of sections")
        });
    }
    let (name, size) = match kind {
        macho::LC_SYMTAB => ("LC_SYMTAB", 24),
        macho::LC_DYSYMTAB => ("LC_DYSYMTAB", 80),
        macho::LC_SEGMENT_SPLIT_INFO => ("LC_SEGMENT_SPLIT_INFO", 16),
        macho::LC_ATOM_INFO => ("LC_ATOM_INFO", 16),
        macho::LC_FUNCTION_STARTS => ("LC_FUNCTION_STARTS", 16),
        macho::LC_DYLD_EXPORTS_TRIE => ("LC_DYLD_EXPORTS_TRIE", 16),
        macho::LC_DYLD_CHAINED_FIXUPS => ("LC_DYLD_CHAINED_FIXUPS", 16),
        macho::LC_FUNCTION_VARIANTS => ("LC_FUNCTION_VARIANTS", 16),
        macho::LC_FUNCTION_VARIANT_FIXUPS => ("LC_FUNCTION_VARIANT_FIXUPS", 16),
        macho::LC_ENCRYPTION_INFO => ("LC_ENCRYPTION_INFO", 20),
        macho::LC_ENCRYPTION_INFO_64 => ("LC_ENCRYPTION_INFO_64", 24),
        macho::LC_DYLD_INFO | macho::LC_DYLD_INFO_ONLY => ("LC_DYLD_INFO_ONLY", 48),
        macho::LC_VERSION_MIN_MACOSX
        | macho::LC_VERSION_MIN_IPHONEOS
        | macho::LC_VERSION_MIN_TVOS
        | macho::LC_VERSION_MIN_WATCHOS => ("LC_VERSION_MIN_*", 16),
        macho::LC_UUID => ("LC_UUID", 24),
        macho::LC_MAIN => ("LC_MAIN", 24),
        macho::LC_BUILD_VERSION => ("LC_BUILD_VERSION", build_version_size(command)),
        _ => return unknown_required(command, index),
    };
    let right = command.cmdsize() == size;
    (!right).then(|| format!("load command #{index} {name} size wrong"))
}

fn build_version_size(command: &Command<'_>) -> u32 {
    let raw = command.data::<macho::BuildVersionCommand<Little>>().ok();
    let tools = raw.map_or(u32::MAX, |raw| raw.ntools.get(Little));
    tools.saturating_mul(8).saturating_add(24)
}

fn unknown_required(command: &Command<'_>, index: u32) -> Option<String> {
    let kind = command.cmd();
    let known = matches!(
        kind,
        macho::LC_LOAD_WEAK_DYLIB
            | macho::LC_REEXPORT_DYLIB
            | macho::LC_LOAD_UPWARD_DYLIB
            | macho::LC_RPATH
            | macho::LC_FILESET_ENTRY
    );
    let required = kind.0 & macho::LC_REQ_DYLD != 0;
    (required && !known).then(|| {
        format!(
            "load command #{index} unknown required load command 0x{:08X}",
            kind.0
        )
    })
}

/// stringOverflow(): for every command whose third word is the offset of a string.
fn string_flaw(command: &Command<'_>, index: u32) -> Option<String> {
    let at = match command.cmd() {
        macho::LC_ID_DYLIB
        | macho::LC_LOAD_DYLIB
        | macho::LC_LOAD_WEAK_DYLIB
        | macho::LC_REEXPORT_DYLIB
        | macho::LC_LOAD_UPWARD_DYLIB
        | macho::LC_RPATH
        | macho::LC_SUB_UMBRELLA
        | macho::LC_SUB_CLIENT
        | macho::LC_SUB_LIBRARY => 8,
        macho::LC_FILESET_ENTRY => 24,
        _ => return None,
    };
    let data = command.raw_data();
    let size = command.cmdsize();
    let word = data.get(at..).and_then(|rest| rest.first_chunk::<4>());
    let offset = word.map_or(u32::MAX, |word| u32::from_le_bytes(*word));
    if offset >= size {
        let text =
            format!("load command #{index} string offset ({offset}) outside its size ({size})");
        return Some(text);
    }
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let ends = data.get(start..).is_some_and(|rest| rest.contains(&0));
    (!ends).then(|| format!("load command #{index} string extends beyond end of load command"))
}

/// Fewer strings than LC_LINKER_OPTION counts.
pub(super) fn bad_linker_option(command: &Command<'_>) -> bool {
    let data = command.raw_data();
    let word = data.get(8..).and_then(|rest| rest.first_chunk::<4>());
    let count = word.map_or(0, |word| u32::from_le_bytes(*word));
    let strings = data.get(12..).unwrap_or_default();
    let ends = strings.iter().filter(|byte| **byte == 0).count();
    u64::try_from(ends).unwrap_or(u64::MAX) < u64::from(count)
}
