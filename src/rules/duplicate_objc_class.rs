//! One Objective-C class, two images.

use super::{Inspect, Rule, rank};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "duplicate-objc-class",
    summary: "two libraries in one process define the same Objective-C class",
    severity: Severity::Warning,
    rank: rank::PYTHON,
    explanation: "## What it means

Two images that are both loaded define an Objective-C class of the same name.

## Why it breaks

Classes are process-wide: the runtime keeps one of the two, and code compiled for the other crashes or misbehaves. Two
wheels that each ship a copy of the same library (FFmpeg, Qt, SDL) do that.

## How to fix

- Use one of the two packages, or versions of both that share one copy of the library.
- Of your own package: do not ship the library, or give the classes a prefix of their own.
- Only the warning, and nothing fails: it may be harmless, the crash that follows it is not.

## How loadproof knows

The Objective-C runtime's words, `Class X is implemented in both A and B`: a warning, so only where nothing else is said.
",
    inspect: &[Inspect::Text],
};
