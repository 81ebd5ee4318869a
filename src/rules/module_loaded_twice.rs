//! Code that may be initialised once was to be initialised again.

use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank};
use crate::diagnosis::Severity;
use crate::python::{ImportAttempt, ImportOutcome};

pub(super) const RULE: Rule = Rule {
    id: "module-loaded-twice",
    summary: "two copies of the same code came into one process",
    severity: Severity::Error,
    rank: rank::PYTHON,
    explanation: "## What it means

Something registers itself once per process (a module, a C++ type with pybind11, a namespace of torch operators) and
found itself registered already.

## Why it breaks

The same code is in two files that both get loaded: an extension that was installed under two names, a source tree
beside the installed package, a static library linked into two modules, or a module that is removed from `sys.modules`
and imported again. numpy and many Cython modules refuse a second interpreter in the process.

## How to fix

- Look for copies: `find $(python -c 'import site; print(site.getsitepackages()[0])') -name '_C*.so'`.
- `pip uninstall` the package until pip says it is not installed, then install it once.
- Code that two modules share: put it into one shared library, or bind the type as `py::module_local()`.
- `TORCH_LIBRARY(ns, m)` once per namespace; further definitions go into `TORCH_LIBRARY_FRAGMENT`.
- Do not reload extension modules; start a new process.

## How loadproof knows

The exception is that registry's own.
",
    inspect: &[Inspect::Ending(refused)],
};

fn refused(_scene: &Scene<'_>, _module: &Module<'_>, attempt: &ImportAttempt) -> Option<Finding> {
    let ImportOutcome::Raised { message, .. } = &attempt.outcome else {
        return None;
    };
    let what = registered(message)?;
    let finding = Finding::new(
        format!(
            "importing `{}` initialises {what} a second time",
            attempt.module
        ),
        of_case(&RULE, &[]),
    );
    let first = message.lines().next().unwrap_or_default();
    Some(
        finding
            .subject(what.trim_matches('`'))
            .fact("module", &attempt.module)
            .evidence(format!("import of {}", attempt.module), first),
    )
}

fn registered(message: &str) -> Option<String> {
    // pybind11: `generic_type: type "Tensor" is already registered!`
    if let Some(rest) = message.strip_prefix("generic_type: type \"") {
        let (name, _) = rest.split_once("\" is already registered!")?;
        return Some(format!("`{name}`"));
    }
    // torch: `Only a single TORCH_LIBRARY can be used to register the namespace stone; please put all of your
    // definitions in a single TORCH_LIBRARY block. ...`
    if let Some(rest) =
        message.strip_prefix("Only a single TORCH_LIBRARY can be used to register the namespace ")
    {
        return Some(format!("`{}`", rest.split(';').next()?));
    }
    // numpy: `cannot load module more than once per process`, `CPU dispatcher tracer already initlized`
    // Cython: `Interpreter change detected - this module can only be loaded into one interpreter per process.`
    let whole = [
        "cannot load module more than once per process",
        "CPU dispatcher tracer already init",
        "Interpreter change detected - this module can only be loaded into one interpreter per process.",
    ];
    whole
        .iter()
        .any(|words| message.starts_with(words))
        .then(|| "code that may run once".to_owned())
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Case, id, said};

    #[test]
    fn what_is_registered_twice_is_named() {
        let message = "generic_type: type \"Stone\" is already registered!";
        let finding = said(
            Case::linux().raises("ImportError", message),
            "module-loaded-twice",
        );
        assert_eq!(finding.subject.as_deref(), Some("Stone"));
        let message = "CPU dispatcher tracer already initlized";
        said(
            Case::linux().raises("RuntimeError", message),
            "module-loaded-twice",
        );
    }

    #[test]
    fn a_name_that_is_taken_elsewhere_is_another_matter() {
        let spoken = Case::linux().raises("ValueError", "codec \"x\" is already registered!");
        assert_eq!(id(&spoken), Some("import-raised"));
    }
}
