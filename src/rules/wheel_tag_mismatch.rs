//! A wheel whose tags do not let it be installed where it is to run.

mod promises;

use super::{Finding, Inspect, Rule, WheelCase, rank};
use crate::diagnosis::Severity;
use crate::site::Target;
use crate::wheel::{Tag, WheelName};

pub(super) const RULE: Rule = Rule {
    id: "wheel-tag-mismatch",
    summary: "the wheel's tags do not say for whom it is",
    severity: Severity::Error,
    rank: rank::ENVIRONMENT,
    explanation: "## What it means

The tags at the end of a wheel's name (`cp311-cp311-macosx_11_0_arm64`) are not those of the Python, the macOS or the
processor that it is to be installed on; or its files do not keep what the tags promise.

## Why it breaks

Installers go by the tags alone: they skip a wheel with another one, and then build from source or find nothing. Since
macOS 11 they know major versions only, so that nobody can install `macosx_13_3`. Where the tags let a wheel in, its
files must do: each for every processor that is promised, and for the oldest macOS that is promised. dyld does not refuse
a file that is built for a newer macOS; it fails at the first thing that the older one lacks, so that is a warning.

## How to fix

- Tag the wheel for what it was built for: `MACOSX_DEPLOYMENT_TARGET` decides the macOS of the tag, `ARCHFLAGS` or
  `CIBW_ARCHS_MACOS` the processor, the Python that builds the rest.
- `wheel tags --platform-tag macosx_11_0_arm64 WHEEL` changes a name that is wrong; the files must then keep the
  promise.
- Or give the right target: `--macos`, `--arch`, `--python`.

## How loadproof knows

It compares the tags with those that an installer on the target takes (PEP 425), with the `Tag` lines of WHEEL, and with
the processors and the minimum macOS of every slice of every file.
",
    inspect: &[
        Inspect::Wheel(not_installable),
        Inspect::Wheel(promises::missing_slices),
        Inspect::Wheel(promises::newer_slices),
        Inspect::Wheel(promises::other_tags),
    ],
};

fn not_installable(case: &WheelCase<'_>) -> Vec<Finding> {
    let Some(name) = &case.wheel.name else {
        return Vec::new();
    };
    let refusing = case
        .targets
        .iter()
        .filter(|target| !name.tags.iter().any(|tag| target.accepts(tag)));
    refusing
        .map(|target| refused(&case.wheel.file, name, target))
        .collect()
}

/// The part of the tags that the target does not take.
fn refused(file: &str, name: &WheelName, target: &Target) -> Finding {
    let platform_fits = |tag: &&Tag| target.accepts_platform(&tag.platform);
    let (subject, what) = if name.tags.iter().any(|tag| platform_fits(&tag)) {
        let tag = name.tags.iter().find(platform_fits);
        let python = tag.map_or(String::new(), |tag| format!("{}-{}", tag.python, tag.abi));
        (python, format!("Python {}", target.python))
    } else {
        let platforms = name.platforms().join(".");
        (
            platforms,
            format!("macOS {} on {}", target.macos, target.arch),
        )
    };
    let message = format!("`{file}` is not for {what}: installers refuse its tag `{subject}`");
    let remedy =
        format!("Give it the tag of what it was built for, or build a wheel for {target} too.");
    Finding::new(message, remedy)
        .subject(&subject)
        .fact("tag", subject)
        .fact("target", target.to_string())
}
