//! Which native files of a wheel `loadproof check` opens, and how.

use serde_json::Value;

use super::{BUNDLE, MODULE, WHEEL, checked, ids, package, zipped};
use crate::run::{Place, root};

#[test]
fn how_a_file_is_opened_decides_what_is_asked_of_it() {
    let opened = |how| {
        let target = ["--macos", "14.5", "--arch", "x86_64", "--python", "3.11"];
        let mut options = vec!["--module", MODULE, "--open-as", how];
        options.extend(target);
        let (json, _) = checked(&options);
        let module = json["targets"][0]["modules"][0].clone();
        ids(&module["causes"]).contains(&"module-init-missing")
    };
    assert!(opened("import"));
    assert!(!opened("ctypes"));
}

#[test]
fn a_library_that_others_are_linked_to_is_no_module_whatever_its_name() {
    let place = Place::new();
    package(&place, &["m", "lib_l"]);
    let ran = place.run(&["check", "site", "--report", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    // Nobody is linked to it here: it was meant to be one.
    let place = Place::new();
    package(&place, &["lib_l"]);
    let ran = place.run(&["check", "site", "--report", "json"]);
    let json: Value = serde_json::from_str(&ran.out).expect("a report");
    let causes = &json["targets"][0]["modules"][0]["causes"];
    assert_eq!(ids(causes), ["module-init-missing"]);
}

#[test]
fn an_object_file_under_a_modules_name_is_no_module() {
    let place = Place::new();
    let mut object = std::fs::read(root().join("fixtures/dyld/files").join(BUNDLE))
        .expect("a file of the corpus");
    object[12..16].copy_from_slice(&1_u32.to_le_bytes());
    place.write("_C.cpython-311-darwin.so", object);
    let ran = place.run(&["check", "_C.cpython-311-darwin.so", "--report", "json"]);
    let json: Value = serde_json::from_str(&ran.out).expect("a report");
    let causes = &json["targets"][0]["modules"][0]["causes"];
    assert_eq!(ids(causes)[0], "wrong-filetype", "{}", ran.out);
}

#[test]
fn what_a_loader_of_the_packages_own_opens_is_opened_and_not_called_misnamed() {
    let place = Place::new();
    let bytes = std::fs::read(root().join("fixtures/check/m.cpython-311-darwin.so"));
    let bytes = bytes.expect("a fixture");
    let library = place.write("site/x/lib_l.cpython-311-darwin.so", {
        let library = "fixtures/check/lib_l.cpython-311-darwin.so";
        std::fs::read(root().join(library)).expect("a fixture")
    });
    place.write("site/x/m.fast.cpython-311-darwin.so", &bytes);
    let options = ["--arch", "x86_64", "--python", "3.11", "--report", "json"];
    let ran = place.run(&[&["check", "site"][..], &options].concat());
    let json: Value = serde_json::from_str(&ran.out).expect("a report");
    let modules = json["targets"][0]["modules"].as_array().expect("modules");
    let variant = modules
        .iter()
        .find(|module| module["path"] == "x/m.fast.cpython-311-darwin.so")
        .expect("the variant");
    assert_eq!(variant["opened"], true, "{}", ran.out);
    assert_eq!(ids(&variant["causes"]), [""; 0], "{}", ran.out);
    // Of one build there is nothing to choose, nor of a library with its version: what they lack breaks the package.
    std::fs::remove_file(library).expect("the library is there");
    place.write("site/x/libm.1.2.so", &bytes);
    let severities = |place: &Place| {
        let ran = place.run(&[&["check", "site"][..], &options].concat());
        let json: Value = serde_json::from_str(&ran.out).expect("a report");
        let modules = json["targets"][0]["modules"].as_array();
        let modules = modules.expect("modules").iter();
        let severity = |module: &Value| module["causes"][0]["severity"].to_string();
        modules.map(severity).collect::<Vec<_>>()
    };
    assert_eq!(severities(&place), ["\"error\"", "\"error\""]);
    // Of two the package may never choose the one that lacks something.
    std::fs::remove_file(place.path().join("site/x/libm.1.2.so")).expect("it is there");
    place.write("site/x/m.slow.cpython-311-darwin.so", &bytes);
    assert_eq!(severities(&place), ["\"warning\"", "\"warning\""]);
}

/// ctypes opens it, or cffi: what it lacks breaks the package. Beside a module it may be that module's plugin, and of
/// several it is one that a script names.
#[test]
fn a_library_is_opened_although_its_name_could_be_a_modules() {
    let bytes = |name: &str| {
        let file = root().join("fixtures/check").join(name);
        std::fs::read(file).expect("a fixture")
    };
    let severity = |beside: &[(&str, Vec<u8>)]| {
        let place = Place::new();
        let library = bytes("flat.cpython-311-darwin.so");
        let metadata = b"Metadata-Version: 2.1\nName: x\nVersion: 1.0\n".to_vec();
        let mut files = vec![
            ("x/libflat.so".to_owned(), library),
            ("x-1.0.dist-info/METADATA".to_owned(), metadata),
        ];
        let more = beside.iter();
        files.extend(more.map(|(path, bytes)| ((*path).to_owned(), bytes.clone())));
        place.write(WHEEL, zipped(&files));
        let ran = place.run(&["check", WHEEL, "--report", "json", "--arch", "x86_64"]);
        let json: Value = serde_json::from_str(&ran.out).expect("a report");
        let modules = json["targets"][0]["modules"].as_array();
        let mut modules = modules.expect("modules").iter();
        let library = modules.find(|module| module["path"] == "x/libflat.so");
        let library = library.expect("the library").clone();
        assert_eq!(library["opened"], true, "{library}");
        assert_eq!(ids(&library["causes"])[0], "symbol-missing-other");
        library["causes"][0]["severity"].clone()
    };
    assert_eq!(severity(&[]), "error");
    let module = bytes("m.cpython-311-darwin.so");
    let name = "x/m.cpython-311-darwin.so";
    assert_eq!(severity(&[(name, module.clone())]), "warning");
    // What another library is linked to is no module, and nothing that somebody chooses from.
    let needed = (
        "x/lib_l.cpython-311-darwin.so",
        bytes("lib_l.cpython-311-darwin.so"),
    );
    let other = ("x/libm.dylib", module);
    assert_eq!(severity(&[other.clone(), needed.clone()]), "warning");
    let script = b"import ctypes\nctypes.CDLL(f'{here}/libflat.so')\n".to_vec();
    let script = ("x/__init__.py", script);
    assert_eq!(severity(&[other, needed, script]), "error");
}

/// A plugin of a library that the module is linked to, as a database client has them.
#[test]
fn a_bundle_that_never_calls_python_is_a_plugin() {
    let place = Place::new();
    let mut bundle =
        std::fs::read(root().join("fixtures/check/flat.cpython-311-darwin.so")).expect("a fixture");
    bundle[12..16].copy_from_slice(&8_u32.to_le_bytes());
    let module = std::fs::read(root().join("fixtures/check/m.cpython-311-darwin.so"));
    place.write("site/x/plugins/auth.so", bundle);
    place.write("site/x/lib_l.cpython-311-darwin.so", {
        let library = "fixtures/check/lib_l.cpython-311-darwin.so";
        std::fs::read(root().join(library)).expect("a fixture")
    });
    place.write("site/x/m.cpython-311-darwin.so", module.expect("a fixture"));
    let options = ["--arch", "x86_64", "--python", "3.11", "--report", "json"];
    let ran = place.run(&[&["check", "site"][..], &options].concat());
    let json: Value = serde_json::from_str(&ran.out).expect("a report");
    let modules = json["targets"][0]["modules"].as_array();
    let mut modules = modules.expect("modules").iter();
    let plugin = modules.find(|module| module["path"] == "x/plugins/auth.so");
    let causes = &plugin.expect("the plugin")["causes"];
    assert_eq!(ids(causes), ["symbol-missing-other"], "{}", ran.out);
    assert_eq!(causes[0]["severity"], "warning", "{}", ran.out);
}

/// A package that brings a build for each release of something opens one of them.
#[test]
fn of_several_builds_of_one_library_one_must_load() {
    let severity = |good: &str, bad: &[&str]| {
        let bytes = |name: &str| {
            let file = root().join("fixtures/check").join(name);
            std::fs::read(file).expect("a fixture")
        };
        let place = Place::new();
        let metadata = b"Metadata-Version: 2.1\nName: x\nVersion: 1.0\n".to_vec();
        let script = b"import ctypes\nctypes.CDLL(f'{here}/{version}/libflat.so')\n".to_vec();
        let mut files = vec![
            ("x-1.0.dist-info/METADATA".to_owned(), metadata),
            ("x/__init__.py".to_owned(), script),
            (good.to_owned(), bytes("lib_l.cpython-311-darwin.so")),
        ];
        let flat = bytes("flat.cpython-311-darwin.so");
        files.extend(bad.iter().map(|path| ((*path).to_owned(), flat.clone())));
        place.write(WHEEL, zipped(&files));
        let ran = place.run(&["check", WHEEL, "--report", "json", "--arch", "x86_64"]);
        let json: Value = serde_json::from_str(&ran.out).expect("a report");
        let modules = json["targets"][0]["modules"].as_array();
        let mut modules = modules.expect("modules").iter();
        let broken = modules.find(|module| module["path"] == bad[0]);
        let broken = broken.expect("the build").clone();
        assert_eq!(ids(&broken["causes"])[0], "symbol-missing-other");
        broken["causes"][0]["severity"].clone()
    };
    assert_eq!(
        severity("x/dep-1.9/libflat.so", &["x/dep-1.10/libflat.so"]),
        "note"
    );
    let both = ["x/dep-1.9/libflat.so", "x/dep-1.10/libflat.so"];
    assert_eq!(severity("x/libother.so", &both), "error");
}
