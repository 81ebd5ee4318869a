//! pip finds nothing that fits.

use super::{Inspect, Rule, rank};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "no-matching-wheel",
    summary: "pip finds no distribution that fits this Python, system and architecture",
    severity: Severity::Error,
    rank: rank::BUILD,
    explanation: "## What it means

Of the files that the index or directory has, none fits: Python version, macOS version, or architecture.

## Why it breaks

A wheel's name ends in its tag (`cp311-cp311-macosx_11_0_arm64`). pip takes only tags that the running interpreter
supports, and falls back to a source distribution if there is one.

## How to fix

- `python -m pip debug --verbose` lists the tags that fit; compare them with the file's name.
- Update pip: old ones do not know newer macOS tags. `python -m pip install --upgrade pip`.
- Use a Python version and architecture for which there are wheels: `python -c \"import platform; print(platform.machine())\"`.
- Of your own wheel: build it with the interpreter that will use it, with `MACOSX_DEPLOYMENT_TARGET` low enough.

## How loadproof knows

pip's words.
",
    inspect: &[Inspect::Text],
};
