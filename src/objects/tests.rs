//! The committed object files, made by `fixtures/objects/make`, and damaged ones.

use object::read::{Object, ObjectSection};
use proptest::prelude::*;

use super::{debug_map, mentions, references};
use crate::source::Reference;

const MACHO_DEBUG: &[u8] = include_bytes!("../../fixtures/objects/macho-arm64-debug.o");
const MACHO_PLAIN: &[u8] = include_bytes!("../../fixtures/objects/macho-arm64-plain.o");
const MACHO_INTEL: &[u8] = include_bytes!("../../fixtures/objects/macho-x86_64-debug.o");
const MACHO_LINKED: &[u8] = include_bytes!("../../fixtures/objects/macho-arm64-linked.dylib");
const ELF_DEBUG: &[u8] = include_bytes!("../../fixtures/objects/elf-x86_64-debug.o");
const ELF_ARM: &[u8] = include_bytes!("../../fixtures/objects/elf-aarch64-debug.o");
const ELF_PLAIN: &[u8] = include_bytes!("../../fixtures/objects/elf-x86_64-plain.o");
const ELF_ZLIB: &[u8] = include_bytes!("../../fixtures/objects/elf-x86_64-zlib.o");
const ELF_ZLIB_GNU: &[u8] = include_bytes!("../../fixtures/objects/elf-x86_64-zlib-gnu.o");
const ELF_ZSTD: &[u8] = include_bytes!("../../fixtures/objects/elf-aarch64-zstd.o");
const ELF_ARCHIVE: &[u8] = include_bytes!("../../fixtures/objects/elf-x86_64.a");
const MACHO_ARCHIVE: &[u8] = include_bytes!("../../fixtures/objects/macho-arm64.a");

fn only(bytes: &[u8], symbol: &str) -> Reference {
    let mut found = references(bytes, &|name| name == symbol);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

#[test]
fn what_an_object_defines_and_needs_is_told_of_archives_too() {
    let of = |bytes, symbol: &str| {
        let seen = mentions(bytes, &|name| name == symbol).expect("object files");
        (seen.defines, seen.needs)
    };
    for bytes in [ELF_PLAIN, ELF_ARM, ELF_ARCHIVE] {
        assert_eq!(of(bytes, "measure"), (true, false));
        assert_eq!(of(bytes, "_ZN6shapes4areaEd"), (false, true));
        assert_eq!(of(bytes, "_ZN6shapes4areaEi"), (false, false));
    }
    let architecture = |bytes| mentions(bytes, &|_| false).map(|seen| seen.architecture);
    assert_ne!(architecture(ELF_ARM), architecture(ELF_ARCHIVE));
    // What is linked already is none of a link's files, and what is cut is none at all.
    assert_eq!(mentions(MACHO_LINKED, &|_| true), None);
    assert_eq!(mentions(&ELF_PLAIN[..40], &|_| true), None);
}

#[test]
fn the_line_of_a_use_is_told_for_both_formats_and_three_versions_of_dwarf() {
    let cases = [
        (MACHO_DEBUG, "__ZN6shapes4areaEd", "measure"),
        (MACHO_INTEL, "__ZN6shapes4areaEd", "measure"),
        (ELF_DEBUG, "_ZN6shapes4areaEd", "measure"),
        (ELF_ARM, "_ZN6shapes4areaEd", "measure"),
    ];
    for (bytes, symbol, function) in cases {
        let found = only(bytes, symbol);
        assert_eq!(found.function.as_deref(), Some(function));
        let line = found.line.expect("a line");
        assert_eq!(line.line, 9, "{line:?}");
        assert!(line.file.ends_with("use.cpp"), "{line:?}");
    }
}

#[test]
fn a_packed_line_table_is_unpacked() {
    for bytes in [ELF_ZLIB, ELF_ZLIB_GNU, ELF_ZSTD] {
        let found = only(bytes, "_ZN6shapes4areaEd");
        let told = found.line.map(|line| (line.file, line.line));
        let expected = Some(("/build/packed.cpp".to_owned(), 68));
        assert_eq!(
            (found.function.as_deref(), told),
            (Some("survey"), expected),
            "{} bytes",
            bytes.len()
        );
    }
}

#[test]
fn a_packed_section_that_lies_about_its_size_is_passed_over() {
    for bytes in [ELF_ZLIB, ELF_ZSTD] {
        let file = object::read::File::parse(bytes).expect("a file");
        let section = file.section_by_name(".debug_line").expect("a line table");
        let range = section.compressed_file_range().expect("a range");
        // The size unpacked is the second of the three words of 8 bytes that stand in front.
        let at = usize::try_from(range.offset).expect("a small file") - 16;
        assert_eq!(bytes[at..at + 8], range.uncompressed_size.to_le_bytes());
        for size in [0, 1, range.uncompressed_size + 1, 1 << 40, u64::MAX] {
            let mut damaged = bytes.to_vec();
            damaged[at..at + 8].copy_from_slice(&size.to_le_bytes());
            let found = only(&damaged, "_ZN6shapes4areaEd");
            assert_eq!(
                (found.function.as_deref(), found.line),
                (Some("survey"), None)
            );
        }
    }
}

#[test]
fn the_members_of_an_archive_are_told_by_their_names() {
    let found = only(ELF_ARCHIVE, "_ZN6shapes4areaEd");
    assert_eq!(found.member.as_deref(), Some("elf-x86_64-debug.o"));
    assert_eq!(
        (found.function.as_deref(), found.line.map(|it| it.line)),
        (Some("measure"), Some(9))
    );
    let found = only(MACHO_ARCHIVE, "__ZN6shapes4areaEd");
    assert_eq!(found.member.as_deref(), Some("macho-arm64-debug.o"));
    assert_eq!(found.line.map(|it| it.line), Some(9));
    assert_eq!(only(ELF_DEBUG, "_ZN6shapes4areaEd").member, None);
}

#[test]
fn without_debug_information_the_function_is_told() {
    let macho = only(MACHO_PLAIN, "__ZN6shapes4areaEd");
    assert_eq!(
        (macho.function.as_deref(), macho.line),
        (Some("measure"), None)
    );
    let elf = only(ELF_PLAIN, "_ZN6shapes4areaEd");
    assert_eq!((elf.function.as_deref(), elf.line), (Some("measure"), None));
    assert_eq!(elf.source.as_deref(), Some("use.cpp"));
}

#[test]
fn what_is_defined_or_not_used_is_no_reference() {
    assert_eq!(references(ELF_DEBUG, &|name| name == "measure"), []);
    assert_eq!(references(MACHO_DEBUG, &|name| name == "_measure"), []);
    assert_eq!(references(ELF_DEBUG, &|name| name == "nothing"), []);
    // A linked image has no places for a linker to fill in.
    assert_eq!(references(MACHO_LINKED, &|_| true), []);
}

#[test]
fn a_relocation_outside_of_its_section_is_passed_over() {
    let mut bytes = ELF_DEBUG.to_vec();
    // The second entry of .rela.text.measure, the use of `area`.
    let entry = 0x578 + 24;
    assert_eq!(bytes[entry..entry + 8], 0xd_u64.to_le_bytes());
    bytes[entry..entry + 8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert_eq!(references(&bytes, &|name| name.contains("area")), []);
}

#[test]
fn a_linked_image_names_its_object_files() {
    assert_eq!(debug_map(MACHO_LINKED), ["macho-arm64-debug.o"]);
    assert_eq!(debug_map(MACHO_DEBUG), Vec::<String>::new());
    assert_eq!(debug_map(ELF_DEBUG), Vec::<String>::new());
}

proptest! {
    #[test]
    fn no_damage_makes_it_panic(number in 0..12_usize, at in any::<prop::sample::Index>(), value: u8, end in any::<prop::sample::Index>()) {
        let files = [
            MACHO_DEBUG, MACHO_PLAIN, MACHO_INTEL, MACHO_LINKED, ELF_DEBUG, ELF_ARM, ELF_PLAIN, ELF_ZLIB,
            ELF_ZLIB_GNU, ELF_ZSTD, ELF_ARCHIVE, MACHO_ARCHIVE,
        ];
        let mut bytes = files[number].to_vec();
        let at = at.index(bytes.len());
        bytes[at] = value;
        references(&bytes, &|_| true);
        debug_map(&bytes);
        bytes.truncate(end.index(bytes.len()));
        references(&bytes, &|_| true);
        debug_map(&bytes);
    }
}
