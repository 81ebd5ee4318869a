//! Rpaths of the machine that built a file.

use super::build_place::{BuildPlace, build_place};
use super::remedy::{command, sign};
use super::wheel_case::{WheelSlice, listed, number};
use super::{Finding, Inspect, Rule, WheelCase, rank};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "build-path-in-rpath",
    summary: "an rpath leads to a directory of the machine that built the file",
    severity: Severity::Warning,
    rank: rank::LIBRARY,
    explanation: "## What it means

An image searches its libraries in a directory of the machine that built it: a home, a workspace of CI, a temporary
directory, Homebrew, MacPorts or conda.

## Why it breaks

On the user's machine the directory is not there, or holds something else: who has Homebrew gets Homebrew's library in
place of the wheel's, of whatever version. It works where the build works and fails, or misbehaves, elsewhere. An image
that asks for nothing by `@rpath` never looks there: then it is a note, that paths of the build leak.

## How to fix

- `delocate-wheel -w dist WHEEL` copies the libraries in and points to them; `--sanitize-rpaths` removes such rpaths.
- CMake: `CMAKE_BUILD_WITH_INSTALL_RPATH=ON` and `CMAKE_INSTALL_RPATH=@loader_path/...`, without
  `CMAKE_INSTALL_RPATH_USE_LINK_PATH`.
- A finished file: `install_name_tool -delete_rpath PATH FILE`, then `codesign --force --sign - FILE`.

## How loadproof knows

It reads the rpaths of every slice and knows the usual places of builds.
",
    inspect: &[Inspect::Wheel(leaked)],
};

fn leaked(case: &WheelCase<'_>) -> Vec<Finding> {
    let slices = || case.slices();
    let searched = |slice: &WheelSlice<'_>| {
        let mut dependents = slice.image.dependents.iter();
        dependents.any(|dependent| dependent.install_name.starts_with("@rpath/"))
    };
    let of = |wanted: bool| {
        let slices = slices().filter(move |slice| searched(slice) == wanted);
        slices
            .filter_map(|slice| Some((rpath(&slice)?, slice)))
            .collect::<Vec<_>>()
    };
    let harmful = finding(
        &of(true),
        ["searches libraries in", "search libraries in"],
        None,
    );
    let unused = "an rpath of the build, which nothing asks for,";
    let unused = [format!("has {unused}"), format!("have {unused}")];
    let harmless = finding(&of(false), [&unused[0], &unused[1]], Some(Severity::Note));
    harmful.into_iter().chain(harmless).collect()
}

/// The first rpath of the machine that built it.
fn rpath(slice: &WheelSlice<'_>) -> Option<(String, BuildPlace)> {
    let mut rpaths = slice.image.rpaths.iter();
    rpaths.find_map(|rpath| Some((rpath.clone(), build_place(rpath)?)))
}

fn finding(
    found: &[((String, BuildPlace), WheelSlice<'_>)],
    [one, several]: [&str; 2],
    only: Option<Severity>,
) -> Option<Finding> {
    let ((rpath, place), first) = found.first()?;
    let paths: Vec<String> = found.iter().map(|(_, slice)| slice.shown()).collect();
    let what = number(&paths, one, several);
    let message = format!("{} {what} `{rpath}`, {place}", listed(&paths));
    let file = &first.file.path;
    let remedy = format!(
        "Build without it, or remove it: {}, then {}.",
        command(&["install_name_tool", "-delete_rpath", rpath, file]),
        sign(file)
    );
    let finding = Finding::new(message, remedy)
        .subject(rpath)
        .fact("rpath", rpath)
        .place(first.place());
    Some(match only {
        Some(severity) => finding.only(severity),
        None => finding,
    })
}

#[cfg(test)]
mod tests;
