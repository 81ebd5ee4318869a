//! The module checks the version of Python itself, and refuses this one.

use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank};
use crate::diagnosis::Severity;
use crate::python::{ImportAttempt, ImportOutcome};

pub(super) const RULE: Rule = Rule {
    id: "python-version-mismatch",
    summary: "the module refuses this Python because it was compiled for another version",
    severity: Severity::Error,
    rank: rank::PYTHON,
    explanation: "## What it means

The loader accepted the file. Its initialisation compares the Python that it was compiled for with the one that runs,
and refuses.

## Why it breaks

pybind11 and other binding generators check the minor version, because CPython's structures differ between them. The
module was built with the headers of another Python: a build directory of an earlier environment was reused, a CMake
cache remembers another interpreter, or the file was renamed to fit. `bad magic number` says the same of a `.pyc` file.

## How to fix

- Remove what was built (`rm -rf build dist *.egg-info`, `CMakeCache.txt`) and build with the Python that imports it:
  `python -m pip wheel --no-deps .`.
- CMake: `-DPython_EXECUTABLE=$(which python)`, `-DPYBIND11_FINDPYTHON=ON`.
- A `.pyc` with a bad magic number: delete it and its `__pycache__`.

## How loadproof knows

It imports the module, and the exception is that check's.
",
    inspect: &[Inspect::Ending(refused)],
};

fn refused(scene: &Scene<'_>, module: &Module<'_>, attempt: &ImportAttempt) -> Option<Finding> {
    let ImportOutcome::Raised { message, .. } = &attempt.outcome else {
        return None;
    };
    // ImportError: bad magic number in 'pkg': b'\x03\xf3\r\n'
    if let Some(rest) = message.strip_prefix("bad magic number in '") {
        let name = rest.split_once("': ")?.0;
        return Some(
            Finding::new(
                format!("the compiled file of `{name}` is made by another version of Python"),
                of_case(&RULE, &[("module", name), ("interpreter", scene.python())]),
            )
            .subject(name)
            .fact("module", name),
        );
    }
    let (compiled_for, running) = versions(message)?;
    let message = format!(
        "`{}` is compiled for Python {compiled_for}, and imported by Python {running}",
        module.artifact.path
    );
    let names = [
        ("compiled_for", compiled_for),
        ("running", running),
        ("interpreter", scene.python()),
    ];
    let remedy = of_case(&RULE, &names);
    Some(
        Finding::new(message, remedy)
            .subject(&module.artifact.path)
            .fact("module", &attempt.module)
            .fact("compiled_for", compiled_for)
            .fact("running", running),
    )
}

/// The versions that the check names: compiled for, running.
pub(super) fn versions(message: &str) -> Option<(&str, &str)> {
    // Python version mismatch: module was compiled for Python 3.10, but the interpreter version is incompatible: 3.9.10
    // (main, May 23 2023, 12:55:28)
    // Python version mismatch: module was compiled for version 2.7, while the interpreter is running version 3.6.
    let rest = message.strip_prefix("Python version mismatch: module was compiled for ")?;
    let (compiled_for, rest) = rest.split_once(", ")?;
    let compiled_for = compiled_for
        .trim_start_matches("Python ")
        .trim_start_matches("version ");
    let running = rest
        .strip_prefix("but the interpreter version is incompatible: ")
        .or_else(|| rest.strip_prefix("while the interpreter is running version "))?;
    let running = running.split_whitespace().next()?.trim_end_matches('.');
    Some((compiled_for, running))
}

#[cfg(test)]
mod tests {
    use super::versions;
    use crate::rules::testing::{Case, id, said};

    #[test]
    fn both_versions_are_read_from_both_wordings() {
        let new = "Python version mismatch: module was compiled for Python 3.10, but the interpreter version is \
                   incompatible: 3.9.10 (main, May 23 2023, 12:55:28) .";
        assert_eq!(versions(new), Some(("3.10", "3.9.10")));
        let old = "Python version mismatch: module was compiled for version 2.7, while the interpreter is running \
                   version 3.6.";
        assert_eq!(versions(old), Some(("2.7", "3.6")));
        said(
            Case::linux().raises("ImportError", new),
            "python-version-mismatch",
        );
    }

    #[test]
    fn a_message_that_quotes_the_check_is_not_the_check() {
        let message = "see FAQ: Python version mismatch: module was compiled for Python 3.8, but x";
        assert_eq!(
            id(&Case::linux().raises("ImportError", message)),
            Some("import-raised")
        );
    }
}
