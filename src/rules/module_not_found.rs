//! A Python module that the import or the build needs is not there.

use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank, wording};
use crate::build::{Build, BuildFault, FaultKind};
use crate::diagnosis::Severity;
use crate::python::{ImportAttempt, ImportOutcome};

pub(super) const RULE: Rule = Rule {
    id: "module-not-found",
    summary: "a Python module that the import or the build needs is not installed",
    severity: Severity::Error,
    // After the rules that know why a module which is there is not found.
    rank: rank::PYTHON + 1,
    explanation: "## What it means

Python code imports a module that this environment does not have.

## Why it breaks

The project does not declare what it needs, or it is installed in another environment. pip builds in an isolated
environment unless told otherwise: there `import torch` in setup.py fails although torch is installed, because
`build-system.requires` does not list it. Without isolation nothing is installed for the build.

## How to fix

- At import: list the package in `dependencies` of `pyproject.toml` (`install_requires` in setup.py), and install it.
- In the build: `python -m pip install` what `build-system.requires` lists and build with `--no-build-isolation`; that
  is the right way where torch is needed, as the build must see the torch that will be used.
- A module of the standard library (`_ctypes`, `_lzma`, `_sqlite3`): this Python was built without it; install the
  system's library and build Python again, or take another Python.
- The module itself, though its file is in the wheel: look whether its package was left out of `packages=[...]`.

## How loadproof knows

The exception names the module.
",
    inspect: &[Inspect::Ending(at_import), Inspect::Build(in_build)],
};

fn at_import(scene: &Scene<'_>, module: &Module<'_>, attempt: &ImportAttempt) -> Option<Finding> {
    let ImportOutcome::Raised {
        exception,
        message,
        traceback,
    } = &attempt.outcome
    else {
        return None;
    };
    if exception != "ModuleNotFoundError" {
        return None;
    }
    // ModuleNotFoundError: No module named 'numpy'
    let missing = message
        .strip_prefix("No module named '")?
        .split('\'')
        .next()?;
    let own = module
        .extension()
        .is_some_and(|file| file.module.as_str() == missing);
    let finding = if own {
        Finding::new(
            format!(
                "importing does not find `{missing}`, although `{}` is installed",
                module.artifact.path
            ),
            of_case(&RULE, &[("module", missing), ("own", "yes")]),
        )
    } else {
        Finding::new(
            format!(
                "importing `{}` needs the module `{missing}`, which is not installed",
                attempt.module
            ),
            of_case(
                &RULE,
                &[("module", missing), ("interpreter", scene.python())],
            ),
        )
    };
    let finding = finding.subject(missing).fact("module", missing);
    Some(if traceback.is_empty() {
        finding
    } else {
        finding.evidence("traceback", traceback)
    })
}

fn in_build(scene: &Scene<'_>, build: &Build, fault: Option<&BuildFault>) -> Option<Finding> {
    let fault = fault?;
    let FaultKind::BuildModuleMissing { module } = &fault.kind else {
        return None;
    };
    let top = module.split('.').next().unwrap_or(module);
    let installed = scene.interpreter().is_some_and(|python| {
        python.packages.contains_key(top) || (top == "torch" && python.torch.is_some())
    });
    let isolated = build.log.contains("/pip-build-env-")
        || !build
            .command
            .iter()
            .any(|argument| argument == "--no-build-isolation");
    let hidden = installed && isolated;
    let message = if hidden {
        format!("the build needs the module `{module}`, which pip's build isolation hides")
    } else {
        format!("the build needs the module `{module}`, which is not installed")
    };
    let names = [
        ("module", module.as_str()),
        ("interpreter", scene.python()),
        ("stage", if hidden { "isolated" } else { "build" }),
    ];
    let remedy = of_case(&RULE, &names);
    let finding = Finding::new(message, remedy)
        .subject(module)
        .fact("module", module);
    Some(wording::with_complaint(finding, scene, fault))
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Case, id, said};

    #[test]
    fn the_missing_module_is_named() {
        let spoken = Case::linux().raises("ModuleNotFoundError", "No module named 'numpy.core'");
        let finding = said(spoken, "module-not-found");
        assert_eq!(finding.subject.as_deref(), Some("numpy.core"));
        assert!(
            finding.remedy.contains("pip install numpy`"),
            "{}",
            finding.remedy
        );
    }

    #[test]
    fn a_torch_that_isolation_hides_is_not_missing() {
        let log = "  ModuleNotFoundError: No module named 'torch'";
        let finding = said(Case::linux().failed_build(log), "module-not-found");
        assert!(
            finding
                .message
                .ends_with("which pip's build isolation hides"),
            "{}",
            finding.message
        );
        let finding = said(
            Case::linux().failed_build("  ModuleNotFoundError: No module named 'skbuild'"),
            "module-not-found",
        );
        assert!(
            finding.remedy.contains("pip install scikit-build`"),
            "{}",
            finding.remedy
        );
    }

    #[test]
    fn an_exception_that_talks_about_modules_is_another() {
        let spoken = Case::linux().raises("RuntimeError", "No module named 'numpy'");
        assert_eq!(id(&spoken), Some("import-raised"));
    }
}
