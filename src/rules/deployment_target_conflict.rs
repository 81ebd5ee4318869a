//! The deployment target contradicts what is compiled or linked.

use super::{Inspect, Rule, rank};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "deployment-target-conflict",
    summary: "the deployment target does not fit what is compiled or linked",
    severity: Severity::Error,
    rank: rank::BUILD,
    explanation: "## What it means

The oldest macOS to build for (`MACOSX_DEPLOYMENT_TARGET`) contradicts Python, a library, or the C++ standard library.

## Why it breaks

Python's own target is the floor for extensions. A library that was built for a newer macOS makes the result need that
one, whatever the target says. A target before 10.9 chooses a C++ library that has no C++11 headers (`atomic`,
`unordered_map`). Functions newer than the target are refused as unavailable.

## How to fix

- Set one value for everything, at least Python's and that of every library:
  `export MACOSX_DEPLOYMENT_TARGET=11.0` (`python -c \"import sysconfig; print(sysconfig.get_platform())\"` shows Python's).
- A C++ header is not found: `export MACOSX_DEPLOYMENT_TARGET=10.9` or newer, or `-stdlib=libc++`.
- Libraries of Homebrew are built for the macOS that runs: for older systems build them yourself.
- `11` instead of `12.3` is written into old Pythons: give the target as a string in quotes.

## How loadproof knows

The words of distutils, of clang and of the linker; a linker's warning counts only where nothing else is said.
",
    inspect: &[Inspect::Text],
};
