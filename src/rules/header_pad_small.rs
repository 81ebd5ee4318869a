//! Files that tools cannot edit.

use super::wheel_case::{WheelSlice, listed, number};
use super::{Finding, Inspect, Rule, WheelCase, rank};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "header-pad-small",
    summary: "a file has no room for a change of its load commands",
    severity: Severity::Note,
    rank: rank::FALLBACK,
    explanation: "## What it means

Between the load commands of a file and its first section there is next to no room.

## Why it breaks

Nothing breaks until somebody edits the file: `install_name_tool`, and `delocate` with it, can then neither add an rpath nor
write a longer install name, and says `larger updated load commands do not fit`. The one to come is whoever repairs the
wheel.

## How to fix

- Link with `-Wl,-headerpad_max_install_names` (setuptools does where Python was built so; CMake does).
- lld leaves little room by default: `-Wl,-headerpad,0x1000`.

## How loadproof knows

It compares the end of the load commands with the start of the first section, in files that ask for libraries beyond
the system's; an rpath needs at least 32 bytes.
",
    inspect: &[Inspect::Wheel(without_room)],
};

/// An LC_RPATH with `@loader_path/../lib`, the shortest that is of use, takes 32 bytes.
const LEAST: u64 = 32;

fn without_room(case: &WheelCase<'_>) -> Vec<Finding> {
    let cramped = |slice: &WheelSlice<'_>| {
        slice
            .macho
            .build
            .header_pad
            .is_some_and(|room| room < LEAST)
    };
    let slices = case.slices().filter(WheelSlice::is_loaded);
    let found: Vec<WheelSlice<'_>> = slices.filter(cramped).filter(may_be_edited).collect();
    let Some(first) = found.first() else {
        return Vec::new();
    };
    let paths: Vec<String> = found.iter().map(WheelSlice::shown).collect();
    let room = first.macho.build.header_pad.unwrap_or_default();
    let message = format!(
        "{} {} {room} bytes of room for more load commands, too few for most edits",
        listed(&paths),
        number(&paths, "has", "have")
    );
    let remedy = "Link with `-Wl,-headerpad_max_install_names`.";
    vec![
        Finding::new(message, remedy)
            .subject(&first.file.path)
            .place(first.place()),
    ]
}

/// Whoever repairs a wheel changes the names of libraries that are not the system's.
fn may_be_edited(slice: &WheelSlice<'_>) -> bool {
    let mut names = slice
        .image
        .dependents
        .iter()
        .map(|dependent| dependent.install_name.as_str());
    names.any(|name| !name.starts_with("/usr/lib/") && !name.starts_with("/System/"))
}

#[cfg(test)]
mod tests;
