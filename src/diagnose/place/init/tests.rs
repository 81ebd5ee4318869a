//! Variations of a recorded module whose function has another name: its sources and what it exports are exchanged.

use serde_json::{Value, json};

use crate::diagnose::diagnose;
use crate::diagnosis::{Diagnosis, Place};
use crate::facts::Facts;

const RECORDED: &[u8] = include_bytes!("../../../../fixtures/recorded/wrong-init-name.json");
const SETUP: &str = "from setuptools import Extension, setup\n\
                     setup(ext_modules=[Extension(\"wrong_init_name\", [\"a.cpp\"])])\n";

/// The cause in a project of these files, whose library exports these functions beside what else it does.
fn cause(files: &[(&str, &str)], exported: &[&str]) -> Diagnosis {
    let mut facts: Value = serde_json::from_slice(RECORDED).expect("a recording");
    let texts = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), json!({"known": text})));
    facts["sources"]["texts"] = texts.collect::<serde_json::Map<_, _>>().into();
    let mut names: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
    names.sort_unstable();
    facts["sources"]["files"] = json!(names);
    let own = "/build/loadproof/overlay/wrong_init_name.cpython-311-x86_64-linux-gnu.so#0";
    assert_eq!(
        facts["files"]["exports"][own]["PyInit_wrong_init_name"],
        "absent"
    );
    for name in exported {
        facts["files"]["exports"][own][name] = json!({"defined": {"weak": false}});
    }
    let facts = Facts::from_json(&serde_json::to_vec(&facts).expect("JSON")).expect("facts");
    let mut causes = diagnose(&facts, &facts.files).report.causes;
    assert_eq!(causes.len(), 1, "{causes:#?}");
    let cause = causes.remove(0);
    assert_eq!(cause.rule, "module-init-missing");
    cause
}

/// Where it is and what stands there, then the same of what belongs to it; `-` where no line is named.
fn told(files: &[(&str, &str)], exported: &[&str]) -> Vec<String> {
    let cause = cause(files, exported);
    let Place::Source(place) = &cause.place else {
        return vec!["-".to_owned()];
    };
    let first = format!("{place} {}", cause.label.as_deref().unwrap_or("?"));
    let related = cause
        .related
        .iter()
        .map(|it| format!("{} {}", it.place, it.label));
    std::iter::once(first).chain(related).collect()
}

const ASKED: &str = "setup.py:2:30 asks for `PyInit_wrong_init_name`";

#[test]
fn a_name_that_a_macro_of_a_header_gives_is_told_with_the_macro() {
    let files = [
        ("setup.py", SETUP),
        (
            "a.cpp",
            "#include \"names.h\"\nPYBIND11_MODULE(NAME, m) {}\n",
        ),
        ("names.h", "#pragma once\n#define NAME _core\n"),
    ];
    let expected = [
        "a.cpp:2:17 defines `PyInit__core`",
        ASKED,
        "names.h:2:8 `NAME` is `_core` here",
    ];
    assert_eq!(told(&files, &[]), expected);
    assert_eq!(told(&files, &["PyInit__core"]), expected);
}

#[test]
fn a_name_that_the_declaration_gives_is_told_with_its_entry() {
    let setup = SETUP.replace(
        "[\"a.cpp\"]",
        "[\"a.cpp\"], define_macros=[(\"NAME\", \"_core\")]",
    );
    let files = [("setup.py", &*setup), ("a.cpp", "NB_MODULE(NAME, m) {}\n")];
    let expected = [
        "a.cpp:1:11 defines `PyInit__core`",
        ASKED,
        "setup.py:2:75 `NAME` is `_core` here",
    ];
    assert_eq!(told(&files, &[]), expected);
}

#[test]
fn of_two_definitions_the_one_that_the_file_exports_is_meant() {
    let text = "#ifdef A\nPYBIND11_MODULE(_a, m) {}\n#else\nPYBIND11_MODULE(_b, m) {}\n#endif\n";
    let files = [("setup.py", SETUP), ("a.cpp", text)];
    assert_eq!(told(&files, &[]), ["-"]);
    assert_eq!(
        told(&files, &["PyInit__b"]),
        ["a.cpp:4:17 defines `PyInit__b`", ASKED]
    );
    assert_eq!(told(&files, &["PyInit__a", "PyInit__b"]), ["-"]);
}

#[test]
fn torchs_macro_is_a_wrong_name_only_where_the_file_exports_it() {
    let files = [
        ("setup.py", SETUP),
        ("a.cpp", "PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) {}\n"),
    ];
    assert_eq!(told(&files, &[]), ["-"]);
    let expected = ["a.cpp:1:17 defines `PyInit_TORCH_EXTENSION_NAME`", ASKED];
    assert_eq!(told(&files, &["PyInit_TORCH_EXTENSION_NAME"]), expected);
}

#[test]
fn a_library_of_operators_says_so_at_its_line() {
    let text = "#include <torch/library.h>\nTORCH_LIBRARY(ops, m) {\n}\n";
    let files = [("setup.py", SETUP), ("a.cpp", text)];
    let label = "registers operators of torch, and defines no module to import";
    assert_eq!(
        told(&files, &[]),
        [format!("a.cpp:2:1 {label}"), ASKED.to_owned()]
    );
    // With a module of a name that cannot be told, it may be anything.
    let both = format!("{text}SOME_MODULE(m) {{}}\n");
    let files = [("setup.py", SETUP), ("a.cpp", &*both)];
    assert_eq!(told(&files, &[]), ["-"]);
}

#[test]
fn where_not_every_source_was_read_nothing_is_said_of_all() {
    let files = [("setup.py", SETUP), ("a.cpp", "int x;\n")];
    let label = "asks for `PyInit_wrong_init_name`, which none of its sources defines";
    assert_eq!(told(&files, &[]), [format!("setup.py:2:30 {label}")]);
    assert_eq!(told(&files[..1], &[]), ["-"]);
    // What Cython makes of a source is not in it.
    let setup = SETUP.replace("\"a.cpp\"", "\"a.cpp\", \"b.pyx\"");
    let files = [
        ("setup.py", &*setup),
        ("a.cpp", "int x;\n"),
        ("b.pyx", "x = 1\n"),
    ];
    assert_eq!(told(&files, &[]), ["-"]);
}

#[test]
fn a_function_that_is_there_and_hidden_is_told() {
    let text = "static PyObject *PyInit_wrong_init_name(void) { return 0; }\n";
    let files = [("setup.py", SETUP), ("a.cpp", text)];
    let label = "defines `PyInit_wrong_init_name`, and does not export it";
    assert_eq!(told(&files, &[]), [format!("a.cpp:1:18 {label}")]);
}

#[test]
fn a_library_of_operators_that_a_package_imports_is_told_from_the_import() {
    let recorded = include_bytes!("../../../../fixtures/recorded/operators.json");
    let mut facts: Value = serde_json::from_slice(recorded).expect("a recording");
    let message = "dynamic module does not define module export function (PyInit__C)";
    facts["imports"][0]["outcome"] =
        json!({"raised": {"exception": "ImportError", "message": message, "traceback": ""}});
    let text = include_str!("../../../../fixtures/extensions/operators/operators.cpp");
    let setup = include_str!("../../../../fixtures/extensions/operators/setup.py");
    facts["sources"] = json!({
        "texts": {"operators.cpp": {"known": text}, "setup.py": {"known": setup}},
        "files": ["operators.cpp", "setup.py"],
    });
    let facts = Facts::from_json(&serde_json::to_vec(&facts).expect("JSON")).expect("facts");
    let report = diagnose(&facts, &facts.files).report;
    let [cause] = report.causes.as_slice() else {
        panic!("one cause: {:#?}", report.causes);
    };
    assert_eq!(cause.rule, "module-init-missing");
    assert!(
        cause.message.contains("registers operators of torch"),
        "{}",
        cause.message
    );
    let places: Vec<String> = std::iter::once(cause.place.to_string())
        .chain(cause.related.iter().map(|it| it.place.to_string()))
        .collect();
    assert_eq!(places, ["operators.cpp:13:1", "setup.py:8:31"]);
    assert_eq!(report.disagreements.len(), 0);
}
