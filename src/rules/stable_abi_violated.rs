//! Modules with `abi3` that leave the stable ABI.

use super::wheel_case::{WheelSlice, is_python_library, listed};
use super::{Finding, Inspect, Rule, WheelCase, rank};
use crate::diagnosis::Severity;
use crate::image::ImportFrom;
use crate::python::is_c_api;
use crate::site::stable_abi;

pub(super) const RULE: Rule = Rule {
    id: "stable-abi-violated",
    summary: "a module for every later Python uses what only some Pythons promise",
    severity: Severity::Warning,
    rank: rank::SYMBOL,
    explanation: "## What it means

The wheel or the file's name says `abi3`: it is for this Python and every later one. But the module calls functions that
are not in the stable ABI, or came into it later than the oldest Python of the tag.

## Why it breaks

The stable ABI is a promise for the functions on its list only. Others may change or vanish with any Python: the import then
fails with `symbol not found`, or the module reads memory that is laid out in another way. A function that joined the list
after the tag's Python is missing in the older ones that the tag claims.

## How to fix

- Define `Py_LIMITED_API` to the oldest version (`0x03090000`) for every source of the module, before Python.h;
  setuptools: `define_macros` and `py_limited_api=True`, and `--py-limited-api cp39` for bdist_wheel.
- Raise the tag (`cp311-abi3`) to the Python whose stable ABI has all that is used.
- PyO3: feature `abi3-py39`; nanobind: `STABLE_ABI`; pybind11 has no stable ABI.

## How loadproof knows

It compares the module's imports with the list of the stable ABI (`abi3info`).
",
    inspect: &[Inspect::Wheel(violated)],
};

fn violated(case: &WheelCase<'_>) -> Vec<Finding> {
    let claimed = claimed(case);
    // Slices of one file say the same.
    let modules = case
        .slices()
        .filter(|slice| slice.index == 0 && slice.is_extension());
    modules
        .filter_map(|slice| finding(&slice, claimed))
        .collect()
}

/// The oldest Python of the tags with `abi3`.
fn claimed(case: &WheelCase<'_>) -> Option<u8> {
    let tags = case.wheel.name.iter().flat_map(|name| &name.tags);
    let stable = tags.filter(|tag| tag.abi == "abi3");
    stable
        .filter_map(|tag| tag.python.strip_prefix("cp3")?.parse().ok())
        .min()
}

fn finding(slice: &WheelSlice<'_>, claimed: Option<u8>) -> Option<Finding> {
    let named = slice
        .extension()
        .is_some_and(|file| file.suffix == ".abi3.so");
    // A module without a tag in its name is for the Python of the wheel's tag.
    let plain = slice.extension().is_some_and(|file| file.suffix == ".so");
    if !(named || plain && claimed.is_some()) {
        return None;
    }
    let mut outside: Vec<String> = Vec::new();
    let mut later: Vec<(u8, String)> = Vec::new();
    let functions = slice.image.imports.iter();
    let functions = functions.filter(|import| !import.weak && is_from_python(slice, import.from));
    for name in functions.filter_map(|import| import.symbol.strip_prefix('_')) {
        match stable_abi(name) {
            Some(minor) if claimed.is_some_and(|claimed| minor > claimed) => {
                later.push((minor, name.to_owned()))
            }
            Some(_) => {}
            None if is_c_api(name) => outside.push(name.to_owned()),
            None => {}
        }
    }
    later.sort_unstable();
    outside.sort_unstable();
    let path = &slice.file.path;
    let (message, subject) = if let Some(first) = outside.first() {
        let what = listed(&outside);
        (
            format!("`{path}` claims the stable ABI and uses {what}, which it does not have"),
            first.clone(),
        )
    } else {
        let (newest, subject) = later.last()?;
        let names: Vec<String> = later.iter().map(|(_, name)| name.clone()).collect();
        let what = listed(&names);
        let claimed = claimed.unwrap_or_default();
        let says = format!("uses {what} of Python 3.{newest}'s");
        (
            format!("`{path}` claims the stable ABI of Python 3.{claimed} and {says}"),
            subject.clone(),
        )
    };
    let remedy = "Compile every source with `Py_LIMITED_API` set to the oldest Python of the tag, or raise the tag.";
    let finding = Finding::new(message, remedy)
        .subject(&subject)
        .fact("symbol", &subject);
    Some(finding.place(slice.place()))
}

/// A name that another library provides is that library's, whatever it looks like: shiboken has a `PyDateTime_Get`.
fn is_from_python(slice: &WheelSlice<'_>, from: ImportFrom) -> bool {
    match from {
        ImportFrom::Flat | ImportFrom::MainExecutable => true,
        ImportFrom::Ordinal(ordinal) => {
            let index = usize::try_from(ordinal).unwrap_or(0).wrapping_sub(1);
            let dependent = slice.image.dependents.get(index);
            dependent.is_some_and(|dependent| is_python_library(&dependent.install_name))
        }
        ImportFrom::ThisImage | ImportFrom::WeakLookup | ImportFrom::Unknown(_) => false,
    }
}

#[cfg(test)]
mod tests;
