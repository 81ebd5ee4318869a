//! Modules that bring or need a Python library of their own.

use super::wheel_case::{WheelSlice, is_python_library, listed, number};
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
        "{} {} linked to `{library}`, one Python's own library",
        listed(&paths),
        number(&paths, "is", "are")
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
    let found = dependents.find(|dependent| is_python_library(&dependent.install_name))?;
    Some(found.install_name.clone())
}

#[cfg(test)]
mod tests;
