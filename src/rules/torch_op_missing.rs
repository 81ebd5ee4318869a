//! An operator that nobody registered.

use super::{Inspect, Rule, rank};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "torch-op-missing",
    summary: "an operator is not registered with torch: the library that has it did not load",
    severity: Severity::Error,
    rank: rank::PYTHON,
    explanation: "## What it means

torch was asked for an operator that no loaded library has registered.

## Why it breaks

Operators come from a package's own library (`torchvision/_C.so`, `libtorchaudio.so`). The package caught the error when
that library did not load, most often since it was built for another torch version, and failed later, at the first use.

## How to fix

- Install the pair that belongs together, in one command: `python -m pip install --force-reinstall torch torchvision`;
  the release notes of the package name the torch that it was built for.
- See the error that was swallowed: `python -c \"import torch; torch.ops.load_library('PATH/TO/_C.so')\"`.
- Start Python outside the package's source tree: a source checkout has no library.

## How loadproof knows

torch's words: `operator x::y does not exist`, or those of the package that looks for its operators.
",
    inspect: &[Inspect::Text],
};
