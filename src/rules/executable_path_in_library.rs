//! `@executable_path` in something that is not the program.

use super::remedy::{command, sign};
use super::wheel_case::{WheelSlice, listed, number};
use super::{Finding, Inspect, Rule, WheelCase, rank};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "executable-path-in-library",
    summary: "a module or library asks for a library beside the program",
    severity: Severity::Warning,
    rank: rank::LIBRARY,
    explanation: "## What it means

A module or a library asks for another by `@executable_path/...`, or has such an rpath: dyld puts the directory of the
Python that runs there.

## Why it breaks

The program is Python, and its directory is `bin` of an installation, or a framework's `Resources/Python.app`: never the
package's. So the library is found in the application that the file was first made for, and nowhere else.

## How to fix

- `install_name_tool -change @executable_path/libx.dylib @loader_path/libx.dylib FILE`, then
  `codesign --force --sign - FILE`: `@loader_path` is the directory of the file itself.
- Link with `-Wl,-rpath,@loader_path/...`.

## How loadproof knows

It reads the dependents and rpaths of every module and library.
",
    inspect: &[Inspect::Wheel(beside_the_program)],
};

const START: &str = "@executable_path";

fn beside_the_program(case: &WheelCase<'_>) -> Vec<Finding> {
    let loaded = || case.slices().filter(WheelSlice::is_loaded);
    let asks = loaded().filter_map(|slice| Some((dependent(&slice)?, slice)));
    let asks: Vec<(String, WheelSlice<'_>)> = asks.collect();
    let rpaths = loaded().filter_map(|slice| Some((rpath(&slice)?, slice)));
    let rpaths: Vec<(String, WheelSlice<'_>)> = rpaths.collect();
    let asks = finding(&asks, ["asks for", "ask for"], "-change").into_iter();
    asks.chain(finding(
        &rpaths,
        ["searches libraries in", "search libraries in"],
        "-rpath",
    ))
    .collect()
}

fn dependent(slice: &WheelSlice<'_>) -> Option<String> {
    let mut names = slice
        .image
        .dependents
        .iter()
        .filter(|dependent| !dependent.weak);
    let name = names.find(|dependent| dependent.install_name.starts_with(START))?;
    Some(name.install_name.clone())
}

/// An rpath matters to those who ask for something by `@rpath` and have no other.
fn rpath(slice: &WheelSlice<'_>) -> Option<String> {
    let image = slice.image;
    let mut names = image.dependents.iter();
    let searched = names.any(|dependent| dependent.install_name.starts_with("@rpath/"));
    let only = image.rpaths.iter().all(|rpath| rpath.starts_with(START));
    image.rpaths.first().filter(|_| searched && only).cloned()
}

fn finding(
    found: &[(String, WheelSlice<'_>)],
    [one, several]: [&str; 2],
    flag: &str,
) -> Option<Finding> {
    let (path, first) = found.first()?;
    let paths: Vec<String> = found.iter().map(|(_, slice)| slice.shown()).collect();
    let message = format!(
        "{} {} `{path}`, which is beside the Python that runs",
        listed(&paths),
        number(&paths, one, several)
    );
    let file = &first.file.path;
    let other = path.replacen(START, "@loader_path", 1);
    let remedy = format!(
        "Make it relative to the file: {}, with the right way from there, then {}.",
        command(&["install_name_tool", flag, path, &other, file]),
        sign(file)
    );
    let finding = Finding::new(message, remedy);
    Some(
        finding
            .subject(path)
            .fact("library", path)
            .place(first.place()),
    )
}

#[cfg(test)]
mod tests;
