//! The object files of a build: who refers to a symbol, and from which line.
//!
//! A shared library says only that it needs a symbol. The object files that it was linked from say which instruction
//! does (their relocations), in which function, and, with debug information, on which line of which source.

mod lines;
mod stabs;

use object::read::archive::ArchiveFile;
use object::read::{
    File, Object, ObjectSection, ObjectSymbol, RelocationTarget, Section, SymbolIndex,
};
use object::{ObjectKind, SectionKind, SymbolKind};

pub use stabs::debug_map;

use crate::source::Reference;
use lines::Lines;

/// References that are told of one object file.
const LIMIT: usize = 64;
/// Distance between the addresses that sections get here: in an object file each begins at 0.
const SECTION: u64 = 1 << 40;

/// The places of an object file, or of the members of an archive, that refer to a symbol for which `is_wanted` holds, in
/// the order of the file. Empty where it is no file for a linker, or is damaged.
///
/// A member of an archive counts as one that is linked; that another one defines the symbol makes no difference here.
pub fn references(bytes: &[u8], is_wanted: &dyn Fn(&str) -> bool) -> Vec<Reference> {
    match ArchiveFile::parse(bytes) {
        Ok(archive) => of_members(&archive, bytes, is_wanted),
        Err(_) => File::parse(bytes).map_or_else(|_| Vec::new(), |file| of_file(&file, is_wanted)),
    }
}

fn of_members(
    archive: &ArchiveFile<'_>,
    bytes: &[u8],
    is_wanted: &dyn Fn(&str) -> bool,
) -> Vec<Reference> {
    let mut found = Vec::new();
    for member in archive.members().map_while(Result::ok) {
        // A thin archive holds no more than the names of its members.
        let Ok(data) = member.data(bytes) else {
            continue;
        };
        let Ok(file) = File::parse(data) else {
            continue;
        };
        let name = String::from_utf8_lossy(member.name()).into_owned();
        for mut reference in of_file(&file, is_wanted) {
            reference.member = Some(name.clone());
            found.push(reference);
        }
        if found.len() >= LIMIT {
            found.truncate(LIMIT);
            break;
        }
    }
    found
}

fn of_file(file: &File<'_>, is_wanted: &dyn Fn(&str) -> bool) -> Vec<Reference> {
    if file.kind() != ObjectKind::Relocatable {
        return Vec::new();
    }
    let wanted: Vec<SymbolIndex> = file
        .symbols()
        .filter(|symbol| symbol.is_undefined())
        .filter(|symbol| symbol.name().is_ok_and(is_wanted))
        .map(|symbol| symbol.index())
        .collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut lines = None;
    for section in file.sections() {
        if is_of_debugger(&section) {
            continue;
        }
        for (offset, relocation) in section.relocations() {
            let RelocationTarget::Symbol(target) = relocation.target() else {
                continue;
            };
            // A place outside of its section is damage.
            if !wanted.contains(&target) || offset >= section.size() {
                continue;
            }
            // Mach-O counts from the section's beginning as ELF does; symbols count from the file's.
            let address = base(file, &section).wrapping_add(offset);
            let lines = lines.get_or_insert_with(|| Lines::read(file));
            let reference = Reference {
                function: enclosing(file, &section, offset),
                source: source_name(file),
                member: None,
                line: lines.at(address),
            };
            if !found.contains(&reference) {
                found.push(reference);
            }
            if found.len() == LIMIT {
                return found;
            }
        }
    }
    found
}

/// What an object file, or an archive by its members, has to do with a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mentions {
    /// It defines the symbol for others.
    pub defines: bool,
    /// It needs the symbol.
    pub needs: bool,
    /// The processor that it is for.
    pub architecture: object::Architecture,
}

/// What an object file or an archive has to do with a symbol for which `is_wanted` holds. `None` where it is no file for a
/// linker, or is damaged.
pub fn mentions(bytes: &[u8], is_wanted: &dyn Fn(&str) -> bool) -> Option<Mentions> {
    let Ok(archive) = ArchiveFile::parse(bytes) else {
        return of_object(&File::parse(bytes).ok()?, is_wanted);
    };
    let members = archive.members().map_while(Result::ok);
    let objects = members.filter_map(|member| File::parse(member.data(bytes).ok()?).ok());
    let all = objects.filter_map(|object| of_object(&object, is_wanted));
    all.reduce(|one, other| Mentions {
        defines: one.defines || other.defines,
        needs: one.needs || other.needs,
        architecture: one.architecture,
    })
}

fn of_object(file: &File<'_>, is_wanted: &dyn Fn(&str) -> bool) -> Option<Mentions> {
    if file.kind() != ObjectKind::Relocatable {
        return None;
    }
    let named = || {
        let symbols = file.symbols();
        symbols.filter(|symbol| symbol.name().is_ok_and(is_wanted))
    };
    Some(Mentions {
        defines: named().any(|symbol| symbol.is_definition() && symbol.is_global()),
        needs: named().any(|symbol| symbol.is_undefined()),
        architecture: file.architecture(),
    })
}

/// What is told about the code, rather than code or data that is loaded: debug information, unwinding tables.
fn is_of_debugger(section: &Section<'_, '_>) -> bool {
    let of_kind = matches!(
        section.kind(),
        SectionKind::Debug
            | SectionKind::DebugString
            | SectionKind::Metadata
            | SectionKind::OtherString
    );
    let unwinding = ["__eh_frame", ".eh_frame", "__compact_unwind"];
    of_kind || section.name().is_ok_and(|name| unwinding.contains(&name))
}

/// The address of a section's first byte: its own in Mach-O, one made up in ELF, where all are 0.
fn base(file: &File<'_>, section: &Section<'_, '_>) -> u64 {
    if file.format() == object::BinaryFormat::MachO {
        return section.address();
    }
    let index = u64::try_from(section.index().0).unwrap_or_default();
    index.saturating_mul(SECTION)
}

/// The last function that begins in the section at or before the byte, by its name in C: without Mach-O's underscore.
fn enclosing(file: &File<'_>, section: &Section<'_, '_>, offset: u64) -> Option<String> {
    if section.kind() != SectionKind::Text {
        return None;
    }
    let macho = file.format() == object::BinaryFormat::MachO;
    let at = section.address().wrapping_add(offset);
    let begins = |symbol: &object::read::Symbol<'_, '_>| {
        symbol.section_index() == Some(section.index())
            && symbol.address() <= at
            && (macho || symbol.kind() == SymbolKind::Text)
    };
    let name = |symbol: object::read::Symbol<'_, '_>| {
        let name = symbol.name().ok()?;
        // Labels of the compiler are no functions.
        let is_label = name.is_empty() || name.starts_with("ltmp") || name.starts_with(".L");
        let linkage = name.strip_prefix('_').filter(|_| macho).unwrap_or(name);
        (!is_label).then(|| (symbol.address(), linkage.to_owned()))
    };
    let named = file.symbols().filter(begins).filter_map(name);
    named
        .max_by_key(|(address, _)| *address)
        .map(|(_, name)| name)
}

/// The name of the source, where the compiler wrote it down: GCC and clang do for ELF.
fn source_name(file: &File<'_>) -> Option<String> {
    let is_file = |symbol: &object::read::Symbol<'_, '_>| symbol.kind() == SymbolKind::File;
    let name = file.symbols().find(is_file)?.name().ok()?.to_owned();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests;
