//! Debugging information in a wheel.

use super::remedy::{command, sign};
use super::wheel_case::{WheelSlice, listed, number};
use super::{Finding, Inspect, Rule, WheelCase, rank};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "not-stripped",
    summary: "files carry what only a debugger needs",
    severity: Severity::Note,
    rank: rank::FALLBACK,
    explanation: "## What it means

A file holds symbols or DWARF that no loader reads.

## Why it breaks

Nothing breaks: the wheel is larger than it need be, and shows paths and names of the build.

## How to fix

- Link with `-Wl,-x` and `-Wl,-S`, or `-Wl,-dead_strip`; Rust: `strip = true` in the profile.
- A finished file: `strip -x FILE`, then `codesign --force --sign - FILE`, and RECORD anew.

## How loadproof knows

It counts the local symbols (LC_DYSYMTAB) and the bytes of `__DWARF` of every slice; less than a twentieth of a file, or
less than 64 KiB, is not worth a word.
",
    inspect: &[Inspect::Wheel(debuggable)],
};

const LEAST: u64 = 64 << 10;

fn debuggable(case: &WheelCase<'_>) -> Vec<Finding> {
    let found: Vec<(u64, WheelSlice<'_>)> = case
        .slices()
        .map(|slice| (removable(&slice), slice))
        .filter(|(bytes, slice)| *bytes >= LEAST && *bytes >= size(slice) / 20)
        .collect();
    let Some((_, first)) = found.iter().max_by_key(|(bytes, _)| *bytes) else {
        return Vec::new();
    };
    let total = found
        .iter()
        .fold(0_u64, |sum, (bytes, _)| sum.saturating_add(*bytes));
    let mut paths: Vec<String> = found.iter().map(|(_, slice)| slice.shown()).collect();
    paths.dedup();
    let message = format!(
        "{} {} {} kB of symbols that only a debugger needs",
        listed(&paths),
        number(&paths, "carries", "carry"),
        total / 1000
    );
    let file = &first.file.path;
    let remedy = format!(
        "{}, then {}, before the wheel is made.",
        command(&["strip", "-x", file]),
        sign(file)
    );
    vec![
        Finding::new(message, remedy)
            .subject(file)
            .place(first.place()),
    ]
}

fn size(slice: &WheelSlice<'_>) -> u64 {
    slice
        .macho
        .slice
        .map_or(slice.file.size, |slice| slice.size)
}

fn removable(slice: &WheelSlice<'_>) -> u64 {
    let build = slice.macho.build;
    build.local_symbol_bytes.saturating_add(build.dwarf_bytes)
}

#[cfg(test)]
mod tests;
