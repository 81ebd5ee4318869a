//! Wheels made here, good and bad.

use std::io::Write;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{Archive, ArchiveError, MemberError, Refusal, Wheel};

/// A wheel of these files.
fn wheel(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (index, (path, content)) in files.iter().enumerate() {
        let method = if index % 2 == 0 {
            CompressionMethod::Deflated
        } else {
            CompressionMethod::Stored
        };
        let options = SimpleFileOptions::default().compression_method(method);
        zip.start_file(*path, options).expect("a new member");
        zip.write_all(content).expect("written to memory");
    }
    zip.finish().expect("an archive").into_inner()
}

fn good() -> Vec<u8> {
    wheel(&[
        ("pkg/__init__.py", b"import pkg._C\n"),
        ("pkg/data.bin", &[7; 300_000]),
        ("pkg-1.data/scripts/tool", b"#!python\n"),
        (
            "pkg-1.dist-info/METADATA",
            b"Name: pkg\nRequires-Dist: torch>=2.3\n\nText",
        ),
        (
            "pkg-1.dist-info/WHEEL",
            b"Root-Is-Purelib: false\nTag: cp311-cp311-macosx_11_0_arm64\n",
        ),
        ("pkg-1.dist-info/RECORD", b"pkg/__init__.py,sha256=x,14\n"),
    ])
}

fn open(bytes: Vec<u8>) -> Result<Archive, ArchiveError> {
    Archive::open(Arc::new(bytes))
}

fn read(bytes: Vec<u8>) -> Result<Wheel, ArchiveError> {
    Wheel::read("pkg-1-cp311-cp311-macosx_11_0_arm64.whl", Arc::new(bytes))
}

#[test]
fn one_pass_gives_hashes_places_and_texts() {
    let wheel = read(good()).expect("a wheel");
    let file = wheel.files.get(1).expect("the second file");
    let expected: [u8; 32] = Sha256::digest([7; 300_000]).into();
    assert_eq!((file.size, file.sha256), (300_000, Some(expected)));
    let tool = wheel.files.get(2).expect("the third file");
    assert_eq!(tool.place.to_string(), "PFX/bin/tool");
    assert_eq!(wheel.metadata.requirements().count(), 1);
    assert_eq!(
        wheel.wheel.first("Tag"),
        Some("cp311-cp311-macosx_11_0_arm64")
    );
    assert_eq!(wheel.record.expect("a record").entries.len(), 1);
    assert!(wheel.refused.is_empty());
}

#[test]
fn every_cut_of_a_wheel_is_no_archive() {
    let bytes = good();
    for end in (0..bytes.len()).step_by(bytes.len() / 100) {
        let cut = bytes.get(..end).unwrap_or_default().to_vec();
        assert_eq!(open(cut).err(), Some(ArchiveError::NotAnArchive), "{end}");
    }
}

#[test]
fn a_flipped_byte_of_a_member_is_its_error() {
    let mut bytes = good();
    // The second member is stored; its bytes are the only sevens in a row.
    let at = bytes
        .windows(9)
        .position(|window| window == [7; 9])
        .expect("the stored member");
    if let Some(byte) = bytes.get_mut(at) {
        *byte = 8;
    }
    let wheel = read(bytes).expect("an archive");
    let broken: Vec<_> = wheel
        .files
        .iter()
        .filter(|file| file.error.is_some())
        .collect();
    let [file] = broken.as_slice() else {
        panic!("one file is broken")
    };
    assert_eq!(file.path, "pkg/data.bin");
    assert_eq!(file.error, Some(MemberError::Checksum));
}

/// The wheel with `from` replaced by `to`, of the same length, in both headers.
fn renamed(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = good();
    let places: Vec<usize> = bytes
        .windows(from.len())
        .enumerate()
        .filter(|(_, window)| *window == from.as_bytes())
        .map(|(at, _)| at)
        .collect();
    for at in places {
        let end = at + from.len();
        bytes
            .get_mut(at..end)
            .expect("found there")
            .copy_from_slice(to.as_bytes());
    }
    bytes
}

#[test]
fn entries_that_point_elsewhere_are_refused_by_name() {
    let refused = |from: &str, to: &str| {
        let archive = open(renamed(from, to)).expect("an archive");
        let first = archive.refused().first().expect("a refused entry");
        assert_eq!(first.path, to);
        first.why
    };
    assert_eq!(refused("pkg/data.bin", "../data.binx"), Refusal::Outside);
    assert_eq!(refused("pkg/data.bin", "/etc/passwdx"), Refusal::Outside);
    assert_eq!(refused("pkg/data.bin", "pkg/../../xx"), Refusal::Outside);
    assert_eq!(refused("pkg/data.bin", "pkg//data.in"), Refusal::OddPath);
    assert_eq!(
        refused("pkg-1.dist-info/WHEEL", "pkg-1.dist-info/WHE\0L"),
        Refusal::OddPath
    );
}

#[test]
fn a_name_that_ends_with_a_slash_is_a_directory_whatever_its_attributes_say() {
    let archive = open(renamed("pkg/data.bin", "pkg/data.bi/")).expect("an archive");
    assert!(archive.refused().is_empty(), "{:?}", archive.refused());
    let data = |path: &str| path.starts_with("pkg/data");
    assert!(!archive.members().iter().any(|member| data(&member.path)));
}

#[test]
fn a_second_entry_of_a_path_is_refused() {
    let bytes = wheel(&[("a", b"1"), ("b", b"2")]);
    let twice: Vec<u8> = bytes
        .iter()
        .map(|byte| if *byte == b'b' { b'a' } else { *byte })
        .collect();
    let archive = open(twice).expect("an archive");
    assert_eq!(archive.members().len(), 1);
    let refused = archive.refused().first().expect("a refused entry");
    assert_eq!(
        (refused.path.as_str(), refused.why),
        ("a", Refusal::Duplicate)
    );
}

#[test]
fn a_link_is_refused() {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.add_symlink("pkg/link", "/etc/passwd", SimpleFileOptions::default())
        .expect("a link");
    let archive = open(zip.finish().expect("an archive").into_inner()).expect("an archive");
    assert!(archive.members().is_empty());
    assert_eq!(
        archive.refused().first().map(|refused| refused.why),
        Some(Refusal::Link)
    );
}

#[test]
fn a_size_that_lies_is_found_out() {
    // The size of the deflated first member, 14, stands in both headers.
    let bytes = good();
    let central = bytes
        .windows(4)
        .position(|window| window == b"PK\x01\x02")
        .expect("the directory");
    for (claimed, counted) in [(15_u32, 14_u64), (13, 14)] {
        let mut lying = bytes.clone();
        let at = central + 24;
        lying
            .get_mut(at..at + 4)
            .expect("the size")
            .copy_from_slice(&claimed.to_le_bytes());
        let wheel = read(lying).expect("an archive");
        let claimed = u64::from(claimed);
        let error = wheel.files.first().and_then(|file| file.error.clone());
        assert_eq!(error, Some(MemberError::Size { claimed, counted }));
    }
    let mut lying = bytes;
    let at = central + 24;
    lying
        .get_mut(at..at + 4)
        .expect("the size")
        .copy_from_slice(&u32::MAX.to_le_bytes()[..]);
    let archive = open(lying).expect("an archive");
    assert!(!archive.refused().is_empty());
}
