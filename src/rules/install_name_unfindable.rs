//! Libraries whose own name leads nowhere.

use super::build_place::build_place;
use super::remedy::{command, sign};
use super::wheel_case::{WheelSlice, listed, number};
use super::{Finding, Inspect, Rule, WheelCase, rank};
use crate::diagnosis::Severity;
use crate::image::FileType;

pub(super) const RULE: Rule = Rule {
    id: "install-name-unfindable",
    summary: "a library is named by a path that no other machine has",
    severity: Severity::Warning,
    rank: rank::LIBRARY,
    explanation: "## What it means

A library of the wheel names itself (LC_ID_DYLIB) by a path of the machine that built it, or by no path at all. Whoever
links with it records that name.

## Why it breaks

dyld looks a library up by the name that was recorded at link time. The files of the wheel itself may have been pointed to
the right place, and load; what others build against the wheel's library asks for a path that is not there. It is a
warning where the wheel ships headers, which invite others to link, and a note elsewhere.

## How to fix

- Link the library with `-install_name @rpath/libx.dylib`; CMake does so with `MACOSX_RPATH ON`.
- A finished file: `install_name_tool -id @rpath/libx.dylib FILE`, then `codesign --force --sign - FILE`.

## How loadproof knows

It reads the install name of every library; `/DLC/...`, which delocate writes on purpose, is no path of a machine.
",
    inspect: &[Inspect::Wheel(unfindable)],
};

fn unfindable(case: &WheelCase<'_>) -> Vec<Finding> {
    let mut found: Vec<(String, WheelSlice<'_>)> = Vec::new();
    for slice in case
        .slices()
        .filter(|slice| slice.image.file_type == FileType::Dylib)
    {
        // An extension module that was linked as a library is opened by its path.
        let Some(name) = slice
            .image
            .install_name
            .as_deref()
            .filter(|_| !slice.is_extension())
        else {
            continue;
        };
        if build_place(name).is_some() || !name.starts_with(['/', '@']) {
            found.push((name.to_owned(), slice));
        }
    }
    let Some((name, first)) = found.first() else {
        return Vec::new();
    };
    let is_header = |path: &str| {
        [".h", ".hpp", ".hh"]
            .iter()
            .any(|ending| path.ends_with(ending))
    };
    let ships_headers = case.wheel.files.iter().any(|file| is_header(&file.path));
    let paths: Vec<String> = found.iter().map(|(_, slice)| slice.shown()).collect();
    let leaf = first.file.path.rsplit('/').next().unwrap_or_default();
    let what = match build_place(name) {
        Some(place) => format!("`{name}`, {place}"),
        None => format!("`{name}`, which dyld looks up in the working directory"),
    };
    let message = format!(
        "{} {} named {what}: whoever links with it will ask for that",
        listed(&paths),
        number(&paths, "is", "are")
    );
    let file = &first.file.path;
    let new_name = format!("@rpath/{leaf}");
    let remedy = format!(
        "Link it with {}, or change the finished file: {}, then {}.",
        command(&["-install_name", &new_name]),
        command(&["install_name_tool", "-id", &new_name, file]),
        sign(file)
    );
    let finding = Finding::new(message, remedy)
        .subject(name)
        .fact("install_name", name)
        .place(first.place());
    vec![if ships_headers {
        finding
    } else {
        finding.only(Severity::Note)
    }]
}

#[cfg(test)]
mod tests;
