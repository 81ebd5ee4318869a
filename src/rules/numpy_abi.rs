//! The module was compiled for another numpy.

use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank};
use crate::diagnosis::Severity;
use crate::python::{ImportAttempt, ImportOutcome};

pub(super) const RULE: Rule = Rule {
    id: "numpy-abi",
    summary: "the module was compiled for another numpy than the one that is installed",
    severity: Severity::Error,
    rank: rank::PYTHON,
    explanation: "## What it means

numpy's C interface carries a version. The module, or one that it imports, was compiled for a newer one than the
installed numpy has, or for numpy 1 while numpy 2 is installed.

## Why it breaks

What is compiled against numpy 1 cannot run with numpy 2. What is compiled against numpy 2 runs with both, and with no
numpy that is older than the interface it asks for. The size of numpy's objects (`numpy.ndarray size changed`) is part
of it.

## How to fix

- Build against numpy 2: `build-system.requires = [\"numpy>=2\"]`; the result runs with numpy 1.19 and newer too.
- The installed numpy is older than what was built against: `python -m pip install --upgrade numpy`.
- A package of others that was built for numpy 1: update it, or for the time being `pip install 'numpy<2'`.

## How loadproof knows

numpy compares the versions itself, and says so in the exception or on stderr.
",
    inspect: &[Inspect::Ending(refused)],
};

fn refused(scene: &Scene<'_>, _module: &Module<'_>, attempt: &ImportAttempt) -> Option<Finding> {
    let ImportOutcome::Raised { message, .. } = &attempt.outcome else {
        return None;
    };
    // numpy prints its reason to stderr and lets `numpy.core.multiarray failed to import` be raised.
    let lines = message.lines().chain(attempt.output.lines());
    let (line, mismatch) = lines
        .map(str::trim)
        .find_map(|line| Some((line, mismatch(line)?)))?;
    let what = match mismatch {
        Mismatch::Interface { compiled, runtime } => {
            format!(
                "was compiled for version {compiled} of numpy's C interface, and the installed numpy has {runtime}"
            )
        }
        Mismatch::Size { expected, got } => {
            format!(
                "was compiled for another numpy: an object has {got} bytes where it expects {expected}"
            )
        }
        Mismatch::Major => {
            "uses a module that was compiled for numpy 1, and numpy 2 is installed".to_owned()
        }
    };
    let python = ("interpreter", scene.python());
    let remedy = match mismatch {
        Mismatch::Interface { compiled, runtime } => of_case(
            &RULE,
            &[("api_compiled", compiled), ("api_runtime", runtime), python],
        ),
        Mismatch::Size { expected, got } => of_case(
            &RULE,
            &[("size_expected", expected), ("size_got", got), python],
        ),
        Mismatch::Major => of_case(&RULE, &[python]),
    };
    let finding = Finding::new(format!("`{}` {what}", attempt.module), remedy)
        .subject("numpy")
        .evidence(format!("import of {}", attempt.module), line);
    Some(match mismatch {
        Mismatch::Interface { compiled, runtime } => finding
            .fact("api_compiled", compiled)
            .fact("api_runtime", runtime),
        Mismatch::Size { expected, got } => finding
            .fact("size_expected", expected)
            .fact("size_got", got),
        Mismatch::Major => finding,
    })
}

#[derive(Clone, Copy)]
enum Mismatch<'a> {
    Interface { compiled: &'a str, runtime: &'a str },
    Size { expected: &'a str, got: &'a str },
    Major,
}

fn mismatch(line: &str) -> Option<Mismatch<'_>> {
    let line = line.strip_prefix("RuntimeError: ").unwrap_or(line);
    let number = |text: &'_ str| text.split([' ', '.', ',']).next().unwrap_or_default().len();
    // module compiled against API version 0xb but this version of numpy is 0xa
    // module compiled against ABI version 0x1000009 but this version of numpy is 0x2000000
    for before in [
        "module compiled against API version ",
        "module compiled against ABI version ",
    ] {
        if let Some(rest) = line.strip_prefix(before) {
            let (compiled, runtime) = rest.split_once(" but this version of numpy is ")?;
            return Some(Mismatch::Interface {
                compiled,
                runtime: runtime.get(..number(runtime))?,
            });
        }
    }
    // module was compiled against NumPy C-API version 0x10 (NumPy 1.23) but the running NumPy has C-API version 0xf. ...
    if let Some(rest) = line.strip_prefix("module was compiled against NumPy C-API version ") {
        let (compiled, rest) = rest.split_once(" but the running NumPy has C-API version ")?;
        return Some(Mismatch::Interface {
            compiled: compiled.get(..number(compiled))?,
            runtime: rest.get(..number(rest))?,
        });
    }
    // A module that was compiled using NumPy 1.x cannot be run in
    if line.starts_with("A module that was compiled using NumPy 1.x cannot be run in") {
        return Some(Mismatch::Major);
    }
    // numpy.ndarray size changed, may indicate binary incompatibility. Expected 88 from C header, got 80 from PyObject
    let (name, rest) =
        line.split_once(" size changed, may indicate binary incompatibility. Expected ")?;
    let name = name.strip_prefix("ValueError: ").unwrap_or(name);
    let (expected, rest) = rest.split_once(" from C header, got ")?;
    let got = rest.strip_suffix(" from PyObject").unwrap_or(rest);
    name.starts_with("numpy.")
        .then_some(Mismatch::Size { expected, got })
}

#[cfg(test)]
mod tests {
    use crate::python::ImportOutcome;
    use crate::rules::testing::{Case, attempt, id, said};

    #[test]
    fn the_versions_are_read_from_every_wording() {
        for (message, compiled, runtime) in [
            (
                "module compiled against API version 0xb but this version of numpy is 0xa",
                "0xb",
                "0xa",
            ),
            (
                "module was compiled against NumPy C-API version 0x10 (NumPy 1.23) but the running NumPy has C-API \
                 version 0xf. Check the section C-API",
                "0x10",
                "0xf",
            ),
        ] {
            let finding = said(Case::linux().raises("RuntimeError", message), "numpy-abi");
            assert_eq!(
                finding.facts.get("api_compiled").map(String::as_str),
                Some(compiled)
            );
            assert_eq!(
                finding.facts.get("api_runtime").map(String::as_str),
                Some(runtime)
            );
        }
    }

    #[test]
    fn what_numpy_printed_explains_what_it_raised() {
        let mut import = attempt(ImportOutcome::Raised {
            exception: "ImportError".to_owned(),
            message: "numpy.core.multiarray failed to import".to_owned(),
            traceback: String::new(),
        });
        assert_eq!(id(&Case::linux().ends(&import)), Some("import-raised"));
        import.output = "\nA module that was compiled using NumPy 1.x cannot be run in\nNumPy 2.0.0 as it may crash.".to_owned();
        assert_eq!(id(&Case::linux().ends(&import)), Some("numpy-abi"));
    }

    #[test]
    fn the_size_of_anothers_object_is_not_numpys() {
        let message = "stone.Array size changed, may indicate binary incompatibility. Expected 88 from C header, got 80 from PyObject";
        assert_eq!(
            id(&Case::linux().raises("ValueError", message)),
            Some("import-raised")
        );
        let spoken = Case::linux().raises(
            "ValueError",
            &message.replace("stone.Array", "numpy.ndarray"),
        );
        assert_eq!(id(&spoken), Some("numpy-abi"));
    }
}
