//! Real files, whole and damaged. The files are described in `fixtures/elf/README.md`.

use super::{PAST_END, export, read};
use crate::image::{Arch, FileType, Image};
use crate::load::{Content, Export, Question};

const VERSIONS: &[u8] = include_bytes!("../../fixtures/elf/libversions.so");
const SYSV: &[u8] = include_bytes!("../../fixtures/elf/libsysv.so");
const PROGRAM: &[u8] = include_bytes!("../../fixtures/elf/program");

fn image(data: &[u8]) -> Image {
    match read(data) {
        Content::Elf { image } => *image,
        other => panic!("{other:?}"),
    }
}

fn ask(data: &[u8], symbol: &str, version: Option<&str>) -> Export {
    export(data, &Question { symbol, version })
}

fn why(data: &[u8]) -> String {
    match read(data) {
        Content::Malformed { why } => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_library_is_read_as_readelf_shows_it() {
    let image = image(VERSIONS);
    assert_eq!(
        (image.arch, image.file_type),
        (Arch::X86_64, FileType::Dylib)
    );
    assert_eq!(image.install_name.as_deref(), Some("libversions.so.2"));
    assert_eq!(image.uuid.as_deref(), Some("0123456789abcdef"));
    assert_eq!(image.dependents.len(), 1);
    assert_eq!(image.dependents[0].install_name, "libdependent.so.1");
    assert_eq!(image.rpaths, ["$ORIGIN/lib", "/opt/lib"]);
    let part = image.elf().unwrap();
    assert!(part.runpath && !part.unversioned && !part.pie && !part.executable_stack);
    assert_eq!(part.defined_versions, ["libversions.so.2", "V_1", "V_2"]);
    assert_eq!(part.needed_versions.len(), 1);
    assert_eq!(part.needed_versions[0].name, "D_1");
    assert_eq!(part.needed_versions[0].library, "libdependent.so.1");
}

#[test]
fn imports_stand_in_the_order_of_relocation() {
    let image = image(VERSIONS);
    let imports: Vec<_> = image
        .imports
        .iter()
        .map(|it| {
            let version = it.version.as_ref().map(|version| version.name.as_str());
            (it.symbol.as_str(), version, it.weak, it.lazy)
        })
        .collect();
    assert_eq!(
        imports,
        [
            ("perhaps", None, true, false),
            ("dependent_data", Some("D_1"), false, false),
            ("__tls_get_addr", None, false, true),
            ("dependent", Some("D_1"), false, true),
        ]
    );
}

#[test]
fn rpath_without_runpath_and_no_versions() {
    let image = image(SYSV);
    let part = image.elf().unwrap();
    assert_eq!(image.rpaths, ["$ORIGIN"]);
    assert!(!part.runpath && part.unversioned);
    assert!(image.imports.is_empty() && image.dependents.is_empty());
}

#[test]
fn a_position_independent_program_is_no_library() {
    let image = image(PROGRAM);
    let part = image.elf().unwrap();
    assert_eq!(image.file_type, FileType::Execute);
    assert!(part.pie);
    assert_eq!(
        part.interpreter.as_deref(),
        Some("/lib64/ld-linux-x86-64.so.2")
    );
}

#[test]
fn versioned_symbols_match_as_in_check_match() {
    let strong = Export::Defined { weak: false };
    let weak = Export::Defined { weak: true };
    let other = |versions: &[&str]| Export::OtherVersion {
        versions: versions.iter().map(|&it| it.to_owned()).collect(),
    };
    for (symbol, version, expected) in [
        ("first", Some("V_1"), strong.clone()),
        ("first", Some("V_2"), other(&["V_1"])),
        ("first", None, strong.clone()),
        ("second", Some("V_2"), weak.clone()),
        ("second", None, weak),
        ("counter", Some("V_2"), strong.clone()),
        ("use", Some("V_1"), strong.clone()),
        ("hidden", None, Export::Absent),
        ("dependent", Some("D_1"), Export::Absent),
        ("", None, Export::Absent),
    ] {
        assert_eq!(ask(VERSIONS, symbol, version), expected, "{symbol}");
    }
    assert_eq!(ask(VERSIONS, "both", Some("V_1")), strong);
}

#[test]
fn without_versions_the_name_alone_decides() {
    let found = Export::Defined { weak: false };
    assert_eq!(ask(SYSV, "dependent", None), found);
    assert_eq!(ask(SYSV, "dependent", Some("ANY")), found);
    assert_eq!(ask(SYSV, "dependant", None), Export::Absent);
}

#[test]
fn foreign_files_show_their_architecture_and_nothing_else() {
    let mut data = VERSIONS.to_vec();
    data[18] = 183;
    assert_eq!(image(&data).arch, Arch::Aarch64);
    (data[4], data[18]) = (1, 3);
    assert_eq!(image(&data).arch, Arch::Elf(3, 1));
    (data[4], data[5], data[18], data[19]) = (2, 2, 0, 22);
    let big = image(&data);
    assert_eq!(big.arch, Arch::Elf(22, 2));
    assert!(big.dependents.is_empty() && big.imports.is_empty());
}

#[test]
fn damage_is_told_in_the_words_of_ld_so() {
    let cut = |length: usize| why(VERSIONS.get(..length).unwrap());
    assert_eq!(cut(63), "file too short");
    assert_eq!(cut(64), "cannot read file data");
    assert_eq!(cut(4000), PAST_END);
    let mut data = VERSIONS.to_vec();
    data[7] = 9;
    assert_eq!(why(&data), "ELF file OS ABI invalid");
    let text = Content::NotAnImage {
        first_bytes: "23212f62696e2f73".to_owned(),
        size: 9,
    };
    assert_eq!(read(b"#!/bin/sh"), text);
}

/// Asks everything of the bytes; nothing may panic or take long.
fn exercise(data: &[u8]) {
    read(data);
    for version in [None, Some("V_2")] {
        ask(data, "second", version);
        ask(data, "dependent", version);
    }
}

#[test]
fn files_cut_at_every_length_are_read_without_panic() {
    for whole in [VERSIONS, SYSV, PROGRAM] {
        for length in 0..whole.len() {
            exercise(whole.get(..length).unwrap());
        }
    }
}

#[test]
fn files_with_any_byte_changed_are_read_without_panic() {
    for whole in [VERSIONS, SYSV] {
        let mut data = whole.to_vec();
        for at in 0..data.len() {
            for value in [0, 0x7f, 0xff] {
                let kept = std::mem::replace(&mut data[at], value);
                exercise(&data);
                data[at] = kept;
            }
        }
    }
}

#[test]
fn files_with_any_word_at_its_largest_are_read_without_panic() {
    for whole in [VERSIONS, SYSV] {
        for at in (0..whole.len().saturating_sub(8)).step_by(4) {
            let mut data = whole.to_vec();
            data[at..at + 8].fill(0xff);
            exercise(&data);
        }
    }
}
