//! A relative path in a program that allows none.

use super::{Inspect, Rule, rank};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "sip-restricted-relative-path",
    summary: "a relative library path is not allowed in a protected program",
    severity: Severity::Error,
    rank: rank::REFUSED,
    explanation: "## What it means

The program is protected (SIP, hardened runtime), and the library was asked for by a path relative to the working directory.

## Why it breaks

For protected programs dyld refuses every path that depends on the working directory or on `DYLD_` variables: anyone
could put another library there. `/usr/bin/python3` and programs that start through `/bin/sh` or `/usr/bin/env` are such
programs.

## How to fix

- Give the library an install name with `@rpath/` or `@loader_path/`: `install_name_tool -id @rpath/libNAME.dylib FILE`,
  and `install_name_tool -change libNAME.dylib @loader_path/libNAME.dylib MODULE`; then `codesign -f -s - MODULE`.
- Open it by its absolute path.
- Use a Python of your own (python.org, Homebrew, conda), not the system's.

## How loadproof knows

dyld's words: `unsafe use of relative rpath`, `relative path not allowed in hardened program`.
",
    inspect: &[Inspect::Text],
};
