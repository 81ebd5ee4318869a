//! numpy's advice, without the error.

use super::{Inspect, Rule, rank};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "numpy-import-failed",
    summary: "numpy itself cannot be imported, and its advice hides the reason",
    severity: Severity::Error,
    rank: rank::PYTHON,
    explanation: "## What it means

numpy's compiled core did not load. numpy replaces the error by advice.

## Why it breaks

The installation is incomplete, is for another Python or architecture, or Python runs inside numpy's source tree. The
original error stands below the advice, if the text was not cut there.

## How to fix

- Read the line `Original error was:`; give that to `loadproof explain`.
- `python -m pip install --force-reinstall --no-cache-dir numpy`, with the interpreter that fails.
- Start Python in another directory.

## How loadproof knows

numpy's own words, where the text holds no original error.
",
    inspect: &[Inspect::Text],
};
