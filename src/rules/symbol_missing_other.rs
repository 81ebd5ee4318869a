//! A symbol that no image provides, of no origin that a narrower rule knows.

use super::{Finding, Inspect, Module, Rule, Scene, rank};
use crate::diagnosis::Severity;
use crate::load::{LoadFailure, Reason};

pub(super) const RULE: Rule = Rule {
    id: "symbol-missing-other",
    summary: "a symbol that the module needs is in no library that it loads",
    severity: Severity::Error,
    rank: rank::ANY_SYMBOL,
    explanation: "## What it means

The module uses a function or variable that neither it nor any library it is linked to defines.

## Why it breaks

Shared libraries may be linked with open symbols (`-undefined dynamic_lookup` on macOS, the default on Linux), so the
build succeeds. The loader looks for every symbol when Python imports the module, finds none, and refuses it.

## How to fix

- A function of your own: add the source file that defines it to `sources=[...]` of the extension. Check that its
  declaration and its definition agree in namespace, arguments and `extern \"C\"`.
- A function of a library: add the library to `libraries=[...]`, or update it to a version that has the function.

## How loadproof knows

It asks every image of the load for the symbol, in the loader's order and by the loader's rules, and compares the
answer with the message of a real import.
",
    inspect: &[Inspect::Failure(missing_symbol)],
};

fn missing_symbol(
    _scene: &Scene<'_>,
    module: &Module<'_>,
    failure: &LoadFailure,
) -> Option<Finding> {
    if failure.reason != Reason::SymbolNotFound {
        return None;
    }
    let symbol = &failure.subject;
    let own = failure
        .referenced_from
        .as_deref()
        .is_none_or(|image| image == module.artifact.installed);
    let needer = match &failure.referenced_from {
        Some(image) if !own => format!("`{image}`"),
        _ => format!("`{}`", module.artifact.path),
    };
    let remedy = "Add the source that defines it to `sources=[...]`, or the library that has it to `libraries=[...]`.";
    let finding = Finding::new(
        format!("{needer} needs `{symbol}`, which no library that it loads provides"),
        remedy,
    )
    .subject(symbol)
    .fact("symbol", symbol)
    .fact_if("referenced_from", failure.referenced_from.as_ref())
    .fact_if("expected_in", failure.expected_in.as_ref());
    Some(finding)
}
