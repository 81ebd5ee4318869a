//! Wheels made to break whoever reads them: each ends in an error that names the member, and nothing is written.

use std::io::Write;

use zip::write::SimpleFileOptions;

use crate::run::{Place, Ran, root};

const NAME: &str = "x-1.0-cp311-cp311-macosx_11_0_arm64.whl";

/// A signed bundle of the corpus for Apple Silicon.
const BUNDLE: &str = "3fe7d4b4aa9035e5";

fn bundle() -> Vec<u8> {
    std::fs::read(root().join("fixtures/dyld/files").join(BUNDLE)).expect("a file of the corpus")
}

/// A wheel with these files besides its metadata.
fn wheel(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut all: Vec<(&str, &[u8])> = files.to_vec();
    all.push((
        "x-1.0.dist-info/WHEEL",
        b"Wheel-Version: 1.0\nTag: cp311-cp311-macosx_11_0_arm64\n",
    ));
    all.push((
        "x-1.0.dist-info/METADATA",
        b"Metadata-Version: 2.1\nName: x\nVersion: 1.0\n",
    ));
    let record: String = all
        .iter()
        .map(|(path, bytes)| record_line(path, bytes))
        .collect();
    let record = record + "x-1.0.dist-info/RECORD,,\n";
    all.push(("x-1.0.dist-info/RECORD", record.as_bytes()));
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, bytes) in all {
        zip.start_file(path, SimpleFileOptions::default())
            .expect("a member");
        zip.write_all(bytes).expect("its bytes");
    }
    zip.finish().expect("an archive").into_inner()
}

fn record_line(path: &str, bytes: &[u8]) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    let hash = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(bytes));
    format!("{path},sha256={hash},{}\n", bytes.len())
}

/// Every occurrence of `from` replaced by as many bytes.
fn patched(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places: Vec<usize> = bytes
        .windows(from.len())
        .enumerate()
        .filter(|(_, w)| *w == from)
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty(), "nothing to patch");
    for at in places {
        bytes[at..at + from.len()].copy_from_slice(to);
    }
    bytes
}

/// Changes the words of the directory's entry of a member: offset in the entry, new bytes.
fn entry(mut bytes: Vec<u8>, member: &str, changes: &[(usize, &[u8])]) -> Vec<u8> {
    let signature = b"PK\x01\x02";
    let at = bytes
        .windows(4)
        .enumerate()
        .filter(|(_, w)| w == signature)
        .map(|(at, _)| at);
    let at = at
        .into_iter()
        .find(|at| bytes[at + 46..].starts_with(member.as_bytes()))
        .expect("the entry");
    for (offset, new) in changes {
        bytes[at + offset..at + offset + new.len()].copy_from_slice(new);
    }
    bytes
}

fn check(bytes: &[u8]) -> Ran {
    let place = Place::new();
    place.write(NAME, bytes);
    let arguments = [
        "check", NAME, "--config", "none", "--quiet", "--report", "json",
    ];
    let ran = place.run(&arguments);
    let left: Vec<_> = std::fs::read_dir(place.path())
        .expect("the place")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert_eq!(left, [NAME], "something was written");
    assert!(
        !place.path().join("../evil.py").exists(),
        "something was written outside"
    );
    ran
}

#[test]
fn the_wheel_that_is_spoiled_below_is_read_to_its_end() {
    let ran = check(&wheel(&[("x/_C.cpython-311-darwin.so", &bundle())]));
    assert!(matches!(ran.code, 0 | 1), "{}{}", ran.out, ran.err);
    assert!(
        !ran.out.contains("wheel-malformed") && !ran.out.contains("record-mismatch"),
        "{}",
        ran.out
    );
}

#[test]
fn each_trick_is_an_error_that_names_the_member() {
    let evil: &[u8] = b"print('evil')\n";
    let good = || wheel(&[("x/fine.py", b""), ("x/evil.py", evil)]);
    let cases: [(&str, Vec<u8>, &str); 9] = [
        (
            "a path outside",
            patched(good(), b"x/evil.py", b"../evil.y"),
            "../evil.y",
        ),
        (
            "an absolute path",
            patched(good(), b"x/evil.py", b"/evil.pyx"),
            "/evil.pyx",
        ),
        (
            "the same path twice",
            patched(good(), b"x/evil.py", b"x/fine.py"),
            "x/fine.py",
        ),
        (
            "a path that is not UTF-8",
            patched(good(), b"x/evil.py", b"x/ev\xffl.py"),
            "x/ev",
        ),
        (
            "an encrypted member",
            entry(good(), "x/evil.py", &[(8, &[1, 0])]),
            "x/evil.py",
        ),
        (
            "a symbolic link",
            entry(good(), "x/evil.py", &[(5, &[3]), (38, &[0, 0, 0xff, 0xa1])]),
            "x/evil.py",
        ),
        (
            "a size that no data can have",
            entry(good(), "x/evil.py", &[(24, &[0, 0, 0, 0x70])]),
            "x/evil.py",
        ),
        (
            "a size that is too small",
            entry(good(), "x/evil.py", &[(24, &[3, 0, 0, 0])]),
            "x/evil.py",
        ),
        (
            "a wrong checksum",
            entry(good(), "x/evil.py", &[(16, &[1, 2, 3, 4])]),
            "x/evil.py",
        ),
    ];
    for (what, bytes, member) in cases {
        let ran = check(&bytes);
        assert_eq!(ran.code, 1, "{what}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains(member), "{what}: {}", ran.out);
        assert!(
            ran.out.contains("\"wheel-malformed\""),
            "{what}: {}",
            ran.out
        );
    }
}

#[test]
fn what_has_a_modules_name_and_holds_something_else_is_an_error() {
    let name = "x/_C.cpython-311-darwin.so";
    let pointer: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";
    for content in [&[][..], pointer] {
        let ran = check(&wheel(&[(name, content)]));
        assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
        assert!(ran.out.contains(name), "{}", ran.out);
        assert!(ran.out.contains("\"not-a-macho\""), "{}", ran.out);
    }
}

#[test]
fn a_member_that_calls_itself_a_directory_is_not_passed_over() {
    let name = "x/_C.cpython-311-darwin.so";
    let hidden: &[(usize, &[u8])] = &[(5, &[3]), (38, &[0, 0, 0xed, 0x41])];
    let ran = check(&entry(wheel(&[(name, &bundle())]), name, hidden));
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("\"wheel-malformed\""), "{}", ran.out);
    assert!(ran.out.contains(name), "{}", ran.out);
}

#[test]
fn what_follows_the_archive_is_an_error() {
    let mut bytes = wheel(&[("x/_C.cpython-311-darwin.so", &bundle())]);
    bytes.extend_from_slice(b"another archive");
    let ran = check(&bytes);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("15 bytes follow"), "{}", ran.out);
}

#[test]
fn entries_that_share_their_data_are_refused() {
    let bytes = wheel(&[("x/a.py", b"the same data"), ("x/b.py", b"the same data")]);
    // The second entry's data are those of the first.
    let bytes = entry(bytes, "x/b.py", &[(42, &[0, 0, 0, 0])]);
    let ran = check(&bytes);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("x/b.py"), "{}", ran.out);
}

#[test]
fn a_record_that_lies_is_an_error_with_the_member() {
    let bytes = wheel(&[("x/data.py", b"what is there")]);
    let record = record_line("x/data.py", b"what is there");
    let lies = [
        record.replace(",13\n", ",12\n"),
        record.replacen("=", "=A", 1),
        record.replace("x/data.py", "x/gone.py"),
    ];
    for lie in lies {
        // RECORD is stored anew: its own bytes change their length.
        let mut archive =
            zip::ZipArchive::new(std::io::Cursor::new(bytes.clone())).expect("an archive");
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for index in 0..archive.len() {
            let mut member = archive.by_index(index).expect("a member");
            let mut text = Vec::new();
            std::io::Read::read_to_end(&mut member, &mut text).expect("its bytes");
            let path = member.name().expect("a name").into_owned();
            if path.ends_with("RECORD") {
                let right = String::from_utf8(text).expect("text");
                text = right.replace(&record, &lie).into_bytes();
            }
            zip.start_file(path, SimpleFileOptions::default())
                .expect("a member");
            zip.write_all(&text).expect("its bytes");
        }
        let ran = check(&zip.finish().expect("an archive").into_inner());
        assert_eq!(ran.code, 1, "{lie}: {}{}", ran.out, ran.err);
        assert!(
            ran.out.contains("record-mismatch") && ran.out.contains("x/data.py"),
            "{lie}: {}",
            ran.out
        );
    }
}

#[test]
fn a_wheel_cut_at_every_hundredth_is_no_archive() {
    let bytes = wheel(&[("x/_C.cpython-311-darwin.so", &bundle())]);
    for part in 0..100 {
        let ran = check(&bytes[..bytes.len() * part / 100]);
        assert_eq!(ran.code, 3, "{part} %: {}{}", ran.out, ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{part} %: {}", ran.err);
        assert!(ran.err.contains(NAME), "{part} %: {}", ran.err);
    }
}

#[test]
fn a_module_cut_at_every_load_command_is_an_error_with_its_name() {
    let module = bundle();
    let word = |at: usize| {
        let bytes = module
            .get(at..at + 4)
            .and_then(|bytes| bytes.first_chunk::<4>());
        usize::try_from(u32::from_le_bytes(*bytes.expect("a word"))).expect("small")
    };
    let mut at = 32;
    for _ in 0..word(16) {
        let ran = check(&wheel(&[("x/_C.cpython-311-darwin.so", &module[..at])]));
        assert_eq!(ran.code, 1, "cut at {at}: {}{}", ran.out, ran.err);
        assert!(
            ran.out.contains("\"x/_C.cpython-311-darwin.so\""),
            "cut at {at}: {}",
            ran.out
        );
        assert!(ran.out.contains("\"fails\""), "cut at {at}: {}", ran.out);
        at += word(at + 4);
    }
}
