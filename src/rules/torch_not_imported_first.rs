//! torch was not in the process when the module was loaded.

use super::{Inspect, Rule, rank};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "torch-not-imported-first",
    summary: "the module was loaded before torch was imported",
    severity: Severity::Error,
    rank: rank::SYMBOL,
    explanation: "## What it means

The module uses names of torch's Python binding, and no torch was loaded in the process when dyld looked for them.

## Why it breaks

An extension that is linked with `-undefined dynamic_lookup` names no library for its symbols: they must be in the
process already. `import torch` brings them; whoever imports the extension first finds none.

## How to fix

- `import torch` before the module: best in the package's own `__init__.py`, so that no user has to know.
- Declare the extension with `CppExtension`: it links torch's libraries.
- An operator library: `torch.ops.load_library(path)`, after `import torch`.

## How loadproof knows

dyld says `flat namespace` and a C name that every version of libtorch_python exports: then there is no libtorch_python.
",
    inspect: &[Inspect::Text],
};
