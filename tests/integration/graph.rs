//! `loadproof graph` on files, directories and wheels.

use std::io::Write;

use serde_json::Value;

use crate::run::{Place, root};

/// A universal bundle of the corpus, with slices for both processors.
const UNIVERSAL: &str = "57c87757f31cd4a7";

/// A thin bundle for Intel.
const BUNDLE: &str = "36fcd3ee18051d71";

fn corpus(name: &str) -> Vec<u8> {
    std::fs::read(root().join("fixtures/dyld/files").join(name)).expect("a file of the corpus")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn a_directory_and_the_wheel_of_it_list_the_same() {
    let place = Place::new();
    place.write("tree/x/_C.so", corpus(UNIVERSAL));
    place.write("tree/x/data.bin", b"\xca\xfe\xba\xbe but no image");
    place.write("tree/x/notes.py", corpus(UNIVERSAL));
    let mut wheel = Vec::new();
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(&mut wheel));
    let options = zip::write::SimpleFileOptions::default();
    for (name, bytes) in [
        ("x/_C.so", corpus(UNIVERSAL)),
        ("x/__init__.py", Vec::new()),
    ] {
        archive.start_file(name, options).expect("a member");
        archive.write_all(&bytes).expect("its bytes");
    }
    archive.finish().expect("a wheel");
    place.write("x-1.0-py3-none-any.whl", wheel);
    let of_tree = place.run(&["graph", "tree", "--report", "json"]);
    let of_wheel = place.run(&["graph", "x-1.0-py3-none-any.whl", "--report", "json"]);
    assert_eq!(of_tree.code, 0, "{}", of_tree.err);
    assert_eq!(of_tree.out, of_wheel.out);
    let listed = json(&of_tree.out);
    let images = listed["images"].as_array().expect("images");
    assert_eq!(images.len(), 1, "{}", of_tree.out);
    assert_eq!(images[0]["path"], "x/_C.so");
    assert_eq!(images[0]["slices"].as_array().map(Vec::len), Some(2));
}

#[test]
fn one_image_is_opened_and_its_failure_stands_in_the_tree() {
    let place = Place::new();
    place.write("x/_C.so", corpus(BUNDLE));
    let ran = place.run(&["graph", "x/_C.so", "--macos", "14.5", "--arch", "x86_64"]);
    assert!(
        ran.out.contains("/x/_C.so x86_64\n"),
        "{}{}",
        ran.out,
        ran.err
    );
    let dot = place.run(&["graph", "x/_C.so", "--report", "dot"]);
    assert!(dot.out.starts_with("digraph load {"), "{}", dot.out);
}

#[test]
fn what_is_not_there_or_no_image_ends_in_one_line() {
    let place = Place::new();
    place.write("notes.txt", "nothing");
    let absent = place.run(&["graph", "absent"]);
    assert_eq!(
        (absent.code, absent.err.lines().count()),
        (2, 1),
        "{}",
        absent.err
    );
    let text = place.run(&["graph", "notes.txt"]);
    assert_eq!(
        (text.code, text.err.lines().count()),
        (3, 1),
        "{}",
        text.err
    );
    place.write("broken.whl", "no archive");
    let broken = place.run(&["graph", "broken.whl"]);
    assert_eq!(
        (broken.code, broken.err.lines().count()),
        (3, 1),
        "{}",
        broken.err
    );
}
