//! `loadproof check` on wheels made here of files of the corpus.

mod opened;

use std::io::Write;

use serde_json::Value;

use crate::run::{Place, finished, root};

/// A thin bundle for Intel, without an init function.
const BUNDLE: &str = "36fcd3ee18051d71";

pub(crate) const WHEEL: &str = "x-1.0-cp311-cp311-macosx_11_0_x86_64.whl";
pub(crate) const MODULE: &str = "x/_C.cpython-311-darwin.so";

/// A wheel that holds the bundle as a module.
pub(crate) fn wheel(place: &Place) {
    let bundle = std::fs::read(root().join("fixtures/dyld/files").join(BUNDLE))
        .expect("a file of the corpus");
    let metadata = b"Metadata-Version: 2.1\nName: x\nVersion: 1.0\n".to_vec();
    let about =
        b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-macosx_11_0_x86_64\n"
            .to_vec();
    let files = [
        (MODULE.to_owned(), bundle),
        ("x-1.0.dist-info/METADATA".to_owned(), metadata),
        ("x-1.0.dist-info/WHEEL".to_owned(), about),
        ("x-1.0.dist-info/RECORD".to_owned(), Vec::new()),
    ];
    place.write(WHEEL, zipped(&files));
}

/// An archive of these files.
fn zipped(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(&mut bytes));
    let options = zip::write::SimpleFileOptions::default();
    for (name, content) in files {
        archive.start_file(name, options).expect("a member");
        archive.write_all(content).expect("its bytes");
    }
    archive.finish().expect("a wheel");
    bytes
}

/// The JSON of a check of the wheel with these options.
fn checked(options: &[&str]) -> (Value, i32) {
    let place = Place::new();
    wheel(&place);
    let mut words = vec!["check", WHEEL, "--report", "json"];
    words.extend(options);
    let ran = place.run(&words);
    let json = serde_json::from_str(&ran.out).unwrap_or_else(|why| panic!("{why}: {}", ran.err));
    (json, ran.code)
}

fn ids(causes: &Value) -> Vec<&str> {
    let causes = causes.as_array().expect("a list of causes").iter();
    causes.filter_map(|cause| cause["id"].as_str()).collect()
}

#[test]
fn a_module_of_the_other_processor_fails_and_the_wheel_is_refused() {
    let (json, code) = checked(&["--macos", "14.5", "--arch", "arm64", "--python", "3.11"]);
    assert_eq!(code, 1);
    assert_eq!(json["schema"], 1);
    let target = &json["targets"][0];
    assert_eq!(
        (&target["macos"], &target["arch"], &target["python"]),
        (&"14.5".into(), &"arm64".into(), &"3.11".into())
    );
    let module = &target["modules"][0];
    assert_eq!(
        (&module["path"], &module["verdict"]),
        (&MODULE.into(), &"fails".into())
    );
    assert!(
        ids(&module["causes"]).contains(&"arch-mismatch"),
        "{module}"
    );
    assert!(ids(&json["wheels"][0]["causes"]).contains(&"wheel-tag-mismatch"));
}

#[test]
fn a_macos_older_than_the_tag_does_not_take_the_wheel() {
    let tag = |macos| {
        let (json, _) = checked(&["--macos", macos, "--arch", "x86_64", "--python", "3.11"]);
        ids(&json["wheels"][0]["causes"]).contains(&"wheel-tag-mismatch")
    };
    assert!(tag("10.15"));
    assert!(!tag("11.0"));
}

#[test]
fn what_cannot_be_checked_says_what_to_do() {
    let place = Place::new();
    place.write("x-1.0.tar.gz", b"no archive");
    let source = place.run(&["check", "x-1.0.tar.gz"]);
    assert_eq!(source.code, 2);
    assert!(source.err.contains("build a wheel of it"), "{}", source.err);
    place.write("y-1.0-py3-none-any.whl", b"no archive");
    let broken = place.run(&["check", "y-1.0-py3-none-any.whl"]);
    assert_ne!(broken.code, 0);
    assert!(
        broken.err.contains("y-1.0-py3-none-any.whl")
            || broken.out.contains("y-1.0-py3-none-any.whl")
    );
    wheel(&place);
    let beside = place.run(&["check", WHEEL, "--with", "./absent.whl"]);
    assert_eq!(beside.code, 2);
    assert!(beside.err.contains("absent.whl"), "{}", beside.err);
}

#[test]
fn one_broken_wheel_does_not_end_the_run() {
    let place = Place::new();
    wheel(&place);
    place.write("y-1.0-py3-none-any.whl", b"no archive");
    let ran = place.run(&["check", ".", "--report", "json", "--arch", "x86_64"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let json: Value = serde_json::from_str(&ran.out).expect("JSON");
    let wheels = json["wheels"].as_array().expect("a list of wheels");
    let names: Vec<&str> = wheels
        .iter()
        .filter_map(|wheel| wheel["file"].as_str())
        .collect();
    assert_eq!(names, [WHEEL, "y-1.0-py3-none-any.whl"]);
    assert_eq!(ids(&wheels[1]["causes"]), ["wheel-malformed"]);
    let modules = json["targets"][0]["modules"].as_array();
    assert!(modules.is_some_and(|modules| !modules.is_empty()), "{json}");
}

#[test]
fn a_requirement_that_nobody_can_fetch_is_said_to_be() {
    let place = Place::new();
    wheel(&place);
    let ran = place
        .command(&["check", WHEEL, "--with", "surely-no-such-distribution==1"])
        .env("PIP_NO_INDEX", "1")
        .env("UV_OFFLINE", "1")
        .env("XDG_CACHE_HOME", place.path().join("cache"))
        .output()
        .expect("loadproof runs");
    let ran = finished(&ran);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(
        ran.err.contains("surely-no-such-distribution==1") && ran.err.contains("name a wheel file"),
        "{}",
        ran.err
    );
}

#[test]
fn machines_share_the_wheels_and_an_empty_part_is_no_failure() {
    let (json, code) = checked(&["--shard", "1/2"]);
    assert_eq!(code, 1);
    assert_eq!(json["wheels"].as_array().map(Vec::len), Some(1));
    let (json, code) = checked(&["--shard", "2/2"]);
    assert_eq!(code, 0);
    assert_eq!(json["wheels"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_loose_file_is_tried_where_it_says_that_it_belongs() {
    let place = Place::new();
    let bundle = std::fs::read(root().join("fixtures/dyld/files").join(BUNDLE))
        .expect("a file of the corpus");
    place.write("_C.cpython-311-darwin.so", bundle);
    let ran = place.run(&["check", "_C.cpython-311-darwin.so", "--report", "json"]);
    let json: Value = serde_json::from_str(&ran.out).expect("a report");
    let targets = json["targets"].as_array().expect("targets");
    assert_eq!(targets.len(), 2, "{}", ran.out);
    for target in targets {
        assert_eq!(target["arch"], "x86_64");
        assert_eq!(target["python"], "3.11");
    }
    // The oldest macOS that it is built for, and the newest, which objects to how it is laid out; that it is for another
    // processor or Python is not true.
    assert_eq!(targets[0]["macos"], "11.0");
    assert_eq!(targets[1]["macos"], "26.0");
    let causes = &targets[1]["modules"][0]["causes"];
    assert_eq!(ids(causes), ["malformed-macho"]);
}

#[test]
fn each_of_several_loose_files_is_named_once_by_the_path_that_was_given() {
    let place = Place::new();
    let bundle = std::fs::read(root().join("fixtures/dyld/files").join(BUNDLE))
        .expect("a file of the corpus");
    let given = ["a/_C.cpython-311-darwin.so", "b/_C.cpython-311-darwin.so"];
    for path in given {
        place.write(path, &bundle);
    }
    let ran = place.run(&["check", given[0], given[1], "--report", "terminal"]);
    for path in given {
        assert!(
            ran.out.contains(&format!("\n  --> {path}\n")),
            "{}",
            ran.out
        );
        let rows = ran.out.matches(&format!("\n  {path}  ")).count();
        assert_eq!(rows, 1, "{}", ran.out);
    }
    assert!(!ran.out.contains("so/_C"), "{}", ran.out);
    assert!(
        ran.out.contains("FAILED: 2 errors; 0 of 2 files load"),
        "{}",
        ran.out
    );
}

/// A directory `site` with files of `fixtures/check` in a package.
fn package(place: &Place, modules: &[&str]) {
    for name in modules {
        let file = format!("{name}.cpython-311-darwin.so");
        let bytes = std::fs::read(root().join("fixtures/check").join(&file)).expect("a fixture");
        place.write(&format!("site/x/{file}"), bytes);
    }
}

#[test]
fn a_symbol_of_what_a_script_opens_for_everybody_is_not_called_missing() {
    let file = "flat.cpython-311-darwin.so";
    let module = std::fs::read(root().join("fixtures/check").join(file)).expect("a fixture");
    let script =
        b"import ctypes\nfrom kern import _kern\nctypes.CDLL(_kern.__file__, ctypes.RTLD_GLOBAL)\n";
    for (script, requires, expected) in [
        (&script[..], "kern", 0),
        (script, "other", 1),
        (b"from kern import _kern\n", "kern", 1),
    ] {
        let place = Place::new();
        let metadata =
            format!("Metadata-Version: 2.1\nName: x\nVersion: 1.0\nRequires-Dist: {requires}\n");
        let files = [
            (format!("x/{file}"), module.clone()),
            ("x/__init__.py".to_owned(), script.to_vec()),
            ("x-1.0.dist-info/METADATA".to_owned(), metadata.into_bytes()),
        ];
        place.write(WHEEL, zipped(&files));
        let ran = place.run(&["check", WHEEL, "--report", "json", "--arch", "x86_64"]);
        let json: Value = serde_json::from_str(&ran.out).expect("a report");
        let causes = &json["targets"][0]["modules"][0]["causes"];
        let errors = causes.as_array().expect("causes").iter();
        let errors = errors
            .filter(|cause| cause["severity"] == "error" && cause["id"] == "symbol-missing-other");
        assert_eq!(errors.count(), expected, "{requires}: {}", ran.out);
    }
}

/// A wheel of the bundle under each of these names, for every Python from 3.9 on.
fn stable(place: &Place, modules: &[(&str, Option<u32>)], requires_python: &str) -> &'static str {
    let bundle = std::fs::read(root().join("fixtures/dyld/files").join(BUNDLE))
        .expect("a file of the corpus");
    let metadata = format!(
        "Metadata-Version: 2.1\nName: x\nVersion: 1.0\nRequires-Python: {requires_python}\n"
    );
    let mut files = vec![("x-1.0.dist-info/METADATA".to_owned(), metadata.into_bytes())];
    for (path, file_type) in modules {
        let mut bytes = bundle.clone();
        if let Some(kind) = file_type {
            bytes[12..16].copy_from_slice(&kind.to_le_bytes());
        }
        files.push(((*path).to_owned(), bytes));
    }
    let name = "x-1.0-cp39-abi3-macosx_11_0_x86_64.whl";
    place.write(name, zipped(&files));
    name
}

#[test]
fn both_pythons_that_a_wheel_is_tried_with_are_ones_that_it_admits() {
    let pythons = |requires: &str| {
        let place = Place::new();
        let name = stable(&place, &[("x/_C.abi3.so", None)], requires);
        let ran = place.run(&["check", name, "--report", "json"]);
        let json: Value = serde_json::from_str(&ran.out).expect("a report");
        let targets = json["targets"].as_array().expect("targets").iter();
        let pythons = targets.filter_map(|target| target["python"].as_str());
        pythons.map(str::to_owned).collect::<Vec<String>>()
    };
    assert_eq!(pythons("<3.15,>=3.9"), ["3.9", "3.14"]);
    assert_eq!(pythons("~=3.10,!=3.10.*,<3.13"), ["3.11", "3.12"]);
    // Nothing fits: as if it said nothing.
    assert_eq!(pythons("<3.5")[0], "3.9");
}

#[test]
fn each_file_has_causes_of_its_own_and_a_reader_one_for_all() {
    let place = Place::new();
    let paths = ["x/_a.abi3.so", "x/_b.abi3.so"];
    let name = stable(&place, &paths.map(|path| (path, None)), ">=3.9");
    let target = ["--macos", "14.5", "--arch", "arm64", "--python", "3.11"];
    let run = |format| {
        let words = [&["check", name, "--report", format][..], &target].concat();
        place.run(&words).out
    };
    let json: Value = serde_json::from_str(&run("json")).expect("a report");
    let modules = json["targets"][0]["modules"].as_array().expect("modules");
    assert_eq!(modules.len(), 2);
    for (module, path) in modules.iter().zip(paths) {
        let cause = &module["causes"][0];
        assert_eq!(cause["id"], "arch-mismatch");
        assert_eq!(cause["subject"], path);
        assert_eq!(cause["place"]["path"], path, "{cause}");
        assert!(
            cause["message"]
                .as_str()
                .is_some_and(|text| text.contains(path)),
            "{cause}"
        );
    }
    let shown = run("terminal");
    assert_eq!(shown.matches("[arch-mismatch]").count(), 1, "{shown}");
    assert!(
        shown.contains("= breaks: x/_a.abi3.so, x/_b.abi3.so\n"),
        "{shown}"
    );
}

#[test]
fn a_program_for_the_other_processor_is_no_matter_of_the_interpreter() {
    const MH_EXECUTE: u32 = 2;
    let place = Place::new();
    let path = "x-1.0.data/scripts/tool";
    let name = stable(&place, &[(path, Some(MH_EXECUTE))], ">=3.9");
    let target = ["--macos", "14.5", "--arch", "arm64", "--python", "3.11"];
    let ran = place.run(&[&["check", name, "--report", "json"][..], &target].concat());
    let json: Value = serde_json::from_str(&ran.out).expect("a report");
    let module = &json["targets"][0]["modules"][0];
    let cause = &module["causes"][0];
    assert_eq!(
        (&cause["id"], &cause["severity"]),
        (&"arch-mismatch".into(), &"warning".into()),
        "{module}"
    );
    let message = cause["message"].as_str().expect("a message");
    assert!(
        message.contains("Rosetta") && !message.contains("interpreter"),
        "{message}"
    );
}
