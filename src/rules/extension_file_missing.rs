//! The module's file is there under a name that this Python does not look for.

use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank};
use crate::diagnosis::Severity;
use crate::python::{ExtensionFile, ImportAttempt, ImportOutcome};

pub(super) const RULE: Rule = Rule {
    id: "extension-file-missing",
    summary: "the module's file is named for another Python than the one that imports it",
    severity: Severity::Error,
    rank: rank::PYTHON,
    explanation: "## What it means

The wheel holds the module, but its file name carries the tag of another Python, system or processor. For this
interpreter the file does not exist.

## Why it breaks

Python finds an extension module by its file name: `name` followed by one of `EXT_SUFFIX`es, such as
`.cpython-311-darwin.so`, `.abi3.so` or `.so`. A file for another version is passed over in silence, and the import
fails with `No module named`, or `cannot import name` from a package that is there.

## How to fix

- Build with the Python that will import it: `python -m pip wheel --no-deps .`.
- CMake: name the file with `python_add_library(name MODULE WITH_SOABI ...)`, and pass
  `-DPython_EXECUTABLE=$(which python)`.
- Cross-compiling: set `SETUPTOOLS_EXT_SUFFIX` to the suffix of the target.
- `python -c 'import importlib.machinery as m; print(m.EXTENSION_SUFFIXES)'` prints what is accepted.
- Never rename a wheel to make it installable.

## How loadproof knows

It compares the file's suffix, the longest at the end of the name that some Python looks for, with the list of the
interpreter. A file with more than a name before that suffix (`_C.fast.abi3.so`) is left to the package's own loader.
",
    inspect: &[Inspect::Module(other_suffix), Inspect::Ending(not_found)],
};

fn other_suffix(scene: &Scene<'_>, module: &Module<'_>) -> Option<Finding> {
    let file = module.extension()?;
    let accepted = &scene.interpreter()?.ext_suffixes;
    if accepted.is_empty() || file.is_accepted(accepted) {
        return None;
    }
    // One file per version side by side: the right one is there, too.
    let mut siblings = scene.modules.iter().filter_map(Module::extension);
    if siblings.any(|other| other.module == file.module && other.is_accepted(accepted)) {
        return None;
    }
    Some(finding(scene, module, file, accepted))
}

fn not_found(scene: &Scene<'_>, module: &Module<'_>, attempt: &ImportAttempt) -> Option<Finding> {
    let ImportOutcome::Raised {
        exception, message, ..
    } = &attempt.outcome
    else {
        return None;
    };
    let file = module.extension()?;
    let absent = format!("No module named '{}'", file.module);
    let name = format!("cannot import name '{}' from ", file.module.last());
    let says_so = match exception.as_str() {
        "ModuleNotFoundError" => *message == absent,
        "ImportError" => message.starts_with(&name),
        _ => false,
    };
    says_so.then(|| other_suffix(scene, module)).flatten()
}

fn finding(
    scene: &Scene<'_>,
    module: &Module<'_>,
    file: &ExtensionFile,
    accepted: &[String],
) -> Finding {
    let python = scene.interpreter();
    let version = python.map_or("this Python", |python| &python.version);
    let message = format!(
        "`{}` is not a file that Python {version} looks for: its suffix `{}` is of another one",
        module.artifact.path, file.suffix
    );
    let names = [("own", "yes"), ("interpreter", scene.python())];
    Finding::new(message, of_case(&RULE, &names))
        .subject(file.module.as_str())
        .fact("module", file.module.as_str())
        .fact("suffix", &file.suffix)
        .evidence("suffixes that are looked for", accepted.join("\n"))
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Case, id, said};

    #[test]
    fn a_suffix_of_another_python_is_predicted_and_observed() {
        let mut case = Case::linux();
        case.rename("pkg/_C.cpython-37m-x86_64-linux-gnu.so");
        let finding = said(case.module(), "extension-file-missing");
        assert_eq!(finding.subject.as_deref(), Some("pkg._C"));
        let told = case.raises("ModuleNotFoundError", "No module named 'pkg._C'");
        assert_eq!(
            said(told, "extension-file-missing").subject,
            finding.subject
        );
    }

    #[test]
    fn an_accepted_file_and_another_missing_module_are_others() {
        assert_eq!(id(&Case::linux().module()), None);
        let mut case = Case::linux();
        case.rename("pkg/_C.cpython-37m-x86_64-linux-gnu.so");
        let spoken = case.raises("ModuleNotFoundError", "No module named 'numpy'");
        assert_eq!(id(&spoken), Some("module-not-found"));
    }
}
