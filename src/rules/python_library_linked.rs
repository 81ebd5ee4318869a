//! Modules that bring or need a Python library of their own.

use super::wheel_case::{WheelSlice, listed};
use super::{Finding, Inspect, Rule, WheelCase, rank};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "python-library-linked",
    summary: "a module is linked to one Python's own library",
    severity: Severity::Warning,
    rank: rank::LIBRARY,
    explanation: "## What it means

A module or a library asks for `libpython3.x.dylib` or `Python.framework`. Modules need not: the Python that imports them
has all of it.

## Why it breaks

The path is that of the Python of the build (Homebrew's, python.org's, conda's, pyenv's), which other machines have not;
and where it is there, a second Python comes into the process beside the one that runs: its types are other types, its
interpreter is not initialised, and the import crashes.

## How to fix

- Link modules with `-undefined dynamic_lookup` (setuptools does) and without `-lpython3.x` and
  `-framework Python`.
- CMake: `find_package(Python COMPONENTS Development.Module)` and `Python::Module`, never `Python::Python`.
- A finished file cannot be mended well: link it again.

## How loadproof knows

It reads the dependents of every module and library of the wheel; programs may embed Python.
",
    inspect: &[Inspect::Wheel(linked)],
};

fn linked(case: &WheelCase<'_>) -> Vec<Finding> {
    let loaded = case.slices().filter(WheelSlice::is_loaded);
    let found = loaded.filter_map(|slice| Some((library(&slice)?, slice)));
    let found: Vec<(String, WheelSlice<'_>)> = found.collect();
    let Some((library, first)) = found.first() else {
        return Vec::new();
    };
    let paths: Vec<String> = found.iter().map(|(_, slice)| slice.shown()).collect();
    let message = format!(
        "{} is linked to `{library}`, one Python's own library",
        listed(&paths)
    );
    let remedy = "Link it without Python's library: `-undefined dynamic_lookup` in place of `-lpython` or \
                  `-framework Python`; in CMake `Python::Module`.";
    let finding = Finding::new(message, remedy)
        .subject(library)
        .fact("library", library)
        .place(first.place());
    vec![finding]
}

fn library(slice: &WheelSlice<'_>) -> Option<String> {
    let mut dependents = slice
        .image
        .dependents
        .iter()
        .filter(|dependent| !dependent.weak);
    let found = dependents.find(|dependent| is_python(&dependent.install_name))?;
    Some(found.install_name.clone())
}

/// `libpython3.11.dylib`, `Python.framework/Versions/3.11/Python`, `Python3.framework/...`; not `libpython_x.dylib`,
/// which is somebody's own.
fn is_python(name: &str) -> bool {
    let leaf = name.rsplit('/').next().unwrap_or(name);
    let version = leaf.strip_prefix("libpython").unwrap_or_default();
    let is_library = version.starts_with(|c: char| c.is_ascii_digit()) && leaf.ends_with(".dylib");
    let is_framework = [
        "/Python.framework/",
        "/Python3.framework/",
        "/PythonT.framework/",
    ];
    let slashed = format!("/{name}");
    is_library || is_framework.iter().any(|part| slashed.contains(part))
}

#[cfg(test)]
mod tests;
