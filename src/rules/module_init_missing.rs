//! The file does not define the function that Python looks for under the module's name.

use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank};
use crate::diagnosis::Severity;
use crate::purpose::ModuleKind;
use crate::python::{ImportAttempt, ImportOutcome};

pub(super) const RULE: Rule = Rule {
    id: "module-init-missing",
    summary: "the file does not define the PyInit_ function of its module name",
    severity: Severity::Error,
    rank: rank::PYTHON,
    explanation: "## What it means

Python found and loaded the file, but it has no `PyInit_<name>` function for the name under which it is imported.

## Why it breaks

The name comes from the file name; the function comes from the C++ source. They are written in two places and differ:
a `PYBIND11_MODULE(other, m)` instead of `TORCH_EXTENSION_NAME`, a renamed extension in setup.py, a file that was
renamed after the build, or a function hidden by `-fvisibility=hidden`. A library that only registers operators
(`TORCH_LIBRARY`) has no such function at all: it is no module, and `from . import _C` cannot import it.

## How to fix

- With torch: `PYBIND11_MODULE(TORCH_EXTENSION_NAME, m)`.
- Else: give `Extension(\"pkg.name\", ...)` the name that `PYBIND11_MODULE(name, m)` or `PyInit_name` uses.
- Declare the function with `PyMODINIT_FUNC`, which exports it.
- A library of operators: `torch.ops.load_library(PATH)` instead of the import.

## How loadproof knows

It asks the image for the export (PEP 489 says which) and compares with a real import.
",
    inspect: &[Inspect::Module(no_export), Inspect::Ending(python_says_so)],
};

fn no_export(scene: &Scene<'_>, module: &Module<'_>) -> Option<Finding> {
    let function = module.extension()?.module.init_function();
    (module.exports(scene, &function) == Some(false))
        .then(|| finding(module, &function))
        .flatten()
}

fn python_says_so(
    _scene: &Scene<'_>,
    module: &Module<'_>,
    attempt: &ImportAttempt,
) -> Option<Finding> {
    let ImportOutcome::Raised { message, .. } = &attempt.outcome else {
        return None;
    };
    // ImportError: dynamic module does not define module export function (PyInit_hello)
    let rest = message.strip_prefix("dynamic module does not define module export function (")?;
    finding(module, rest.lines().next()?.strip_suffix(')')?)
}

fn finding(module: &Module<'_>, function: &str) -> Option<Finding> {
    let name = &module.kind.file()?.module;
    let path = &module.artifact.path;
    let (message, remedy) = if matches!(module.kind, ModuleKind::Operators(_)) {
        let message = format!(
            "`{path}` registers operators of torch and defines no `{function}`, which importing `{name}` needs"
        );
        let remedy = "Open the library by `torch.ops.load_library(PATH)` where the package imports it. Or let it be a \
                      module, too: define that function beside the operators.";
        (message, remedy.to_owned())
    } else {
        let message =
            format!("`{path}` does not define `{function}`, which importing `{name}` needs");
        (message, of_case(&RULE, &[("init_function", function)]))
    };
    let underscore = if module.is_macho() { "_" } else { "" };
    Some(
        Finding::new(message, remedy)
            .subject(function)
            .fact("module", name.as_str())
            .fact("symbol", format!("{underscore}{function}"))
            .fact("init_function", function),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Case, id, said};

    #[test]
    fn the_function_that_python_asks_for_is_named() {
        let message = "dynamic module does not define module export function (PyInit__C)";
        let finding = said(
            Case::linux().raises("ImportError", message),
            "module-init-missing",
        );
        assert_eq!(finding.subject.as_deref(), Some("PyInit__C"));
        assert_eq!(
            finding.facts.get("module").map(String::as_str),
            Some("pkg._C")
        );
    }

    #[test]
    fn a_name_whose_function_is_absent_is_predicted() {
        let mut case = Case::linux();
        case.exports_init = false;
        assert_eq!(id(&case.module()), Some("module-init-missing"));
        assert_eq!(id(&Case::linux().module()), None);
    }

    #[test]
    fn the_words_inside_another_message_are_not_pythons() {
        let message = "note: dynamic module does not define module export function (PyInit__C)";
        assert_eq!(
            id(&Case::linux().raises("ValueError", message)),
            Some("import-raised")
        );
    }
}
