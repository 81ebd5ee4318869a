//! A library that is older than what was linked against.

use super::{Inspect, Rule, rank};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "dylib-version-incompatible",
    summary: "a library is older than the version that the module was linked against",
    severity: Severity::Error,
    rank: rank::REFUSED,
    explanation: "## What it means

The module was linked against a library with a higher compatibility version than the one that was found has.

## Why it breaks

A Mach-O file records the compatibility version of each library that it was linked to. dyld (before macOS 12) refused a
library with a lower one: another build of it stands earlier in the search path.

## How to fix

- Update the library, or remove the older copy that is found first: `otool -L MODULE` shows the version asked for,
  `otool -D LIBRARY` and `otool -L LIBRARY` the one that is there.
- Build the module against the library that will be used.
- Built the library yourself: set its `-compatibility_version`, and `-current_version`.

## How loadproof knows

dyld's words: `Incompatible library version: A requires version x or later, but B provides version y`.
",
    inspect: &[Inspect::Text],
};
