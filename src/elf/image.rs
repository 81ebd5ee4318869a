//! An [`Image`] from a 64-bit little-endian file.

use object::LittleEndian;
use object::elf;
use object::read::elf::ProgramHeader as _;

use crate::image::{Arch, Dependent, Elf, FileType, Format, Image, SymbolVersion};

use super::dynamic::Dynamic;
use super::header::{self, Header};
use super::segments::{Segments, string_at};
use super::{imports, versions};

/// An image of which only the architecture and the type are known.
pub(super) fn bare(arch: Arch, file_type: FileType) -> Image {
    Image {
        arch,
        file_type,
        install_name: None,
        uuid: None,
        dependents: Vec::new(),
        rpaths: Vec::new(),
        imports: Vec::new(),
        format: Format::Elf(Elf::default()),
    }
}

/// The image, or the reason why ld.so refuses the file.
pub(super) fn read(data: &[u8], header: &Header) -> Result<Image, &'static str> {
    let arch = header::arch(header);
    let file_type = match header.e_type.get(LittleEndian) {
        elf::ET_DYN => FileType::Dylib,
        elf::ET_EXEC => FileType::Execute,
        other => return Ok(bare(arch, FileType::Other(other.0.into()))),
    };
    let segments = Segments::read(data, header)?;
    segments.check()?;
    let mut image = bare(arch, file_type);
    let mut part = Elf {
        interpreter: interpreter(&segments),
        unversioned: true,
        executable_stack: executable_stack(&segments, arch),
        ..Elf::default()
    };
    image.uuid = build_id(&segments);
    match Dynamic::read(&segments)? {
        Some(dynamic) => fill(&mut image, &mut part, &segments, &dynamic)?,
        None if file_type == FileType::Dylib => return Err("object file has no dynamic section"),
        None => {}
    }
    image.format = Format::Elf(part);
    Ok(image)
}

fn fill(
    image: &mut Image,
    part: &mut Elf,
    segments: &Segments<'_>,
    dynamic: &Dynamic,
) -> Result<(), &'static str> {
    let flag = |bit: u64| dynamic.flags_1 & bit != 0;
    part.nodeflib = flag(elf::DF_1_NODEFLIB.0);
    part.noopen = flag(elf::DF_1_NOOPEN.0);
    part.pie = flag(elf::DF_1_PIE.0);
    if part.pie {
        image.file_type = FileType::Execute;
    }
    let Some(strings) = dynamic
        .strings
        .and_then(|address| segments.bytes_at(address))
    else {
        return if dynamic.needed.is_empty() {
            Ok(())
        } else {
            Err("dynamic section without a string table")
        };
    };
    image.install_name = dynamic.soname.and_then(|offset| string_at(strings, offset));
    image.dependents = dependents(dynamic, strings)?;
    // DT_RPATH is ignored where DT_RUNPATH exists (elf_get_dynamic_info).
    part.runpath = dynamic.runpath.is_some();
    image.rpaths = dynamic
        .runpath
        .or(dynamic.rpath)
        .and_then(|offset| string_at(strings, offset))
        .filter(|text| !text.is_empty())
        .map(|text| text.split(':').map(str::to_owned).collect())
        .unwrap_or_default();
    fill_versions(part, segments, dynamic, strings);
    image.imports = imports::read(segments, dynamic);
    Ok(())
}

fn fill_versions(part: &mut Elf, segments: &Segments<'_>, dynamic: &Dynamic, strings: &[u8]) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    part.unversioned = dynamic.verdef.is_none() && dynamic.verneed.is_none();
    if let Some(table) = dynamic.verneed.and_then(|it| segments.bytes_at(it)) {
        part.needed_versions = versions::requirements(table, strings)
            .filter(|version| !version.weak)
            .map(|version| SymbolVersion {
                name: text(version.name),
                library: text(version.library),
            })
            .collect();
    }
    if let Some(table) = dynamic.verdef.and_then(|it| segments.bytes_at(it)) {
        // The base version counts here: a whole-library requirement may name it (match_symbol in elf/dl-version.c).
        part.defined_versions = versions::definitions(table, strings)
            .map(|version| text(version.name))
            .collect();
    }
}

fn dependents(dynamic: &Dynamic, strings: &[u8]) -> Result<Vec<Dependent>, &'static str> {
    dynamic
        .needed
        .iter()
        .map(|offset| {
            Ok(Dependent {
                install_name: string_at(strings, *offset)
                    .ok_or("DT_NEEDED outside of the string table")?,
                weak: false,
                reexport: false,
                upward: false,
                delay_init: false,
                current_version: None,
                compatibility_version: None,
            })
        })
        .collect()
}

/// DEFAULT_STACK_PERMS of glibc (sysdeps/x86_64/stackinfo.h, sysdeps/aarch64/stackinfo.h): on x86_64 what says nothing
/// asks for an executable stack.
fn executable_stack(segments: &Segments<'_>, arch: Arch) -> bool {
    match segments.of_type(elf::PT_GNU_STACK).last() {
        Some(header) => header.p_flags(LittleEndian).contains(elf::PF_X),
        None => arch == Arch::X86_64,
    }
}

fn interpreter(segments: &Segments<'_>) -> Option<String> {
    let header = segments.of_type(elf::PT_INTERP).next()?;
    string_at(segments.contents(header), 0)
}

fn build_id(segments: &Segments<'_>) -> Option<String> {
    segments
        .of_type(elf::PT_NOTE)
        .filter_map(|header| {
            let align = header.p_align(LittleEndian);
            object::read::elf::NoteIterator::<Header>::new(
                LittleEndian,
                align,
                segments.contents(header),
            )
            .ok()
        })
        .flat_map(|notes| notes.map_while(Result::ok))
        .find(|note| {
            note.name() == elf::ELF_NOTE_GNU && note.n_type(LittleEndian) == elf::NT_GNU_BUILD_ID
        })
        .map(|note| {
            note.desc()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect()
        })
}
