//! Where a build that stops by itself is placed: what setuptools refuses, what a linker finds twice.

use loadproof::diagnose::diagnose;
use loadproof::diagnosis::{Diagnosis, Place};
use loadproof::facts::Facts;
use serde_json::Value;

use crate::run::root;

/// The one cause of a sample's recording, where the log is another.
fn cause(sample: &str, change: impl FnOnce(&str) -> String, texts: &[(&str, &str)]) -> Diagnosis {
    let path = root().join(format!("fixtures/recorded/{sample}.json"));
    let text = std::fs::read_to_string(path).expect("a recording");
    let mut recording: Value = serde_json::from_str(&text).expect("JSON");
    let log = change(recording["build"]["log"].as_str().expect("a log"));
    recording["build"]["log"] = log.into();
    for (path, text) in texts {
        recording["sources"]["texts"][path]["known"] = (*text).into();
    }
    let facts = Facts::from_json(recording.to_string().as_bytes()).expect("a recording of ours");
    let report = diagnose(&facts, &facts.files).report;
    let [cause] = report.causes.try_into().expect("one cause");
    cause
}

/// Its file, and the line with it if there is one; `?` behind what is only likely.
fn place(cause: &Diagnosis) -> String {
    let Place::Source(source) = &cause.place else {
        return "the project".to_owned();
    };
    let line = source.line.map(|line| format!(":{line}"));
    let guess = if source.likely { "?" } else { "" };
    format!("{}{}{guess}", source.file, line.unwrap_or_default())
}

#[test]
fn a_second_definition_is_sought_in_the_sources_of_the_link_that_failed() {
    let twice = |change: fn(&str) -> String| place(&cause("defined-twice", change, &[]));
    assert_eq!(twice(str::to_owned), "ledger.c:4");
    // Without debug information the linker names the objects alone, and a source may leave a part of itself out.
    let bare = |log: &str| {
        let log = log.replace(
            "/build/loadproof/samples/defined-twice/ledger.c:5",
            "b/ledger.o:(.text+0x0)",
        );
        log.replace(
            ":/build/loadproof/samples/defined-twice/defined_twice.c:6: first",
            ":(.text+0x0): first",
        )
    };
    assert_eq!(twice(bare), "ledger.c:4?");
    // The object of another module: what its source defines is not what this link has twice.
    let other = |log: &str| {
        let (before, link) = log.split_once("gcc -shared").expect("a link");
        format!(
            "{before}gcc -shared{}",
            link.replace("/ledger.o", "/vendored.o")
        )
    };
    assert_eq!(twice(other), "ledger.c");
}

#[test]
fn a_configuration_is_refused_by_the_exception_that_ended_the_build() {
    let broken = |change: fn(&str) -> String| place(&cause("broken-setup-cfg", change, &[]));
    assert_eq!(broken(str::to_owned), "setup.cfg:5");
    // It was caught, and the build ended of something else.
    let caught = |log: &str| {
        format!(
            "{log}Traceback (most recent call last):\n  File \"/env/lib/tool.py\", line 3, in run\n    \
             raise ValueError(1)\nValueError: 1\n"
        )
    };
    assert_eq!(broken(caught), "setup.py");
}

#[test]
fn a_value_of_pyproject_that_setuptools_refuses_is_its_place() {
    let toml = "[project]\nname = \"x\"\nversion = 1\n\n[tool.setuptools]\npackagez = [\"x\"]\n";
    let refused = |complaint: &str| {
        let change = |_: &str| {
            format!(
                "Traceback (most recent call last):\n  File \"/env/validate.py\", line 61, in validate\n    raise it\n\
                 ValueError: invalid pyproject.toml config: `x`.\nconfiguration error: {complaint}\n"
            )
        };
        place(&cause(
            "broken-setup-cfg",
            change,
            &[("pyproject.toml", toml)],
        ))
    };
    assert_eq!(
        refused("`project.version` must be string"),
        "pyproject.toml:3"
    );
    let unknown = "`tool.setuptools` must not contain {'packagez'} properties";
    assert_eq!(refused(unknown), "pyproject.toml:6");
    // What is not there has no line.
    let missing = "`project` must contain ['readme'] properties";
    assert_eq!(refused(missing), "pyproject.toml");
}
