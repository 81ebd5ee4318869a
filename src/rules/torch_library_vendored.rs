//! Copies of torch's libraries in a wheel that requires torch.

use super::wheel_case::listed;
use super::{Finding, Inspect, Rule, WheelCase, rank};
use crate::diagnosis::{Place, Severity};

pub(super) const RULE: Rule = Rule {
    id: "torch-library-vendored",
    summary: "the wheel brings libraries of torch of its own, although it requires torch",
    severity: Severity::Warning,
    rank: rank::LIBRARY,
    explanation: "## What it means

The wheel holds libtorch or libc10, which torch brings in its own wheel.

## Why it breaks

A tool that repairs wheels copied them in, because it does not find torch's own. The copies are of the torch of the build:
in a process with another one, operators and types are registered twice, and objects of one torch reach the code of the
other. Where the copy has the install name under which torch's own is loaded already, dyld takes that one, and the copy
is mere weight.

## How to fix

- `delocate-wheel --exclude libtorch --exclude libc10 --exclude libomp -w dist WHEEL` leaves them out.
- Load torch first: `import torch` before the extension; its libraries are then found by their install names.

## How loadproof knows

It compares the names of the wheel's libraries with torch's, and reads what the metadata require.
",
    inspect: &[Inspect::Wheel(vendored)],
};

/// The libraries that every torch for macOS brings.
const LIBRARIES: [&str; 6] = [
    "libc10.dylib",
    "libshm.dylib",
    "libtorch.dylib",
    "libtorch_cpu.dylib",
    "libtorch_global_deps.dylib",
    "libtorch_python.dylib",
];

fn vendored(case: &WheelCase<'_>) -> Vec<Finding> {
    let paths = case.vendored_beside_torch(|name| LIBRARIES.contains(&name));
    let Some(first) = paths.first() else {
        return Vec::new();
    };
    let message = format!(
        "the wheel requires torch and brings torch's {} itself",
        listed(&paths)
    );
    let remedy = "Leave torch's libraries out of the wheel: `delocate-wheel --exclude libtorch --exclude libc10`.";
    let place = Place::Artifact {
        path: first.clone(),
        arch: None,
    };
    vec![Finding::new(message, remedy).subject(first).place(place)]
}

#[cfg(test)]
mod tests;
