//! `import torch` fails by itself.

use super::{Finding, Inspect, Module, Rule, Scene, rank};
use crate::diagnosis::Severity;
use crate::python::{ImportAttempt, ImportOutcome, TorchImport};

pub(super) const RULE: Rule = Rule {
    id: "torch-import-failed",
    summary: "torch itself cannot be imported in this environment",
    severity: Severity::Error,
    rank: rank::ENVIRONMENT,
    explanation: "## What it means

`import torch` fails in a fresh process, without the module that is being verified.

## Why it breaks

The installation of torch is incomplete, is for another Python or another macOS, or one of the packages that it imports
(numpy, typing_extensions, the CUDA libraries) does not fit. Nothing that needs torch can work until this is mended, and
whatever the module itself would do is unknown.

## How to fix

- `python -c \"import torch\"` shows the whole error, which is also in the evidence.
- Install torch anew: `python -m pip install --force-reinstall torch`.
- numpy 2 beside a torch that was built for numpy 1: `pip install 'numpy<2'`, or a newer torch.
- conda and pip mixed: take torch from one of the two, in a new environment.

## How loadproof knows

It imports torch in a process of its own.
",
    inspect: &[Inspect::Environment(broken), Inspect::Ending(not_reached)],
};

fn broken(scene: &Scene<'_>) -> Option<Finding> {
    let TorchImport::Failed { why, output } = &scene.facts.torch.as_ref()?.outcome else {
        return None;
    };
    let needed = scene.modules.iter().any(Module::needs_torch) || build_failed_in_torch(scene);
    needed.then(|| {
        let finding = finding(scene, why);
        if output.trim().is_empty() {
            finding
        } else {
            finding.evidence("import of torch", output)
        }
    })
}

/// The build failed in Python code that imports torch.
fn build_failed_in_torch(scene: &Scene<'_>) -> bool {
    let Some(build) = scene
        .facts
        .build
        .as_ref()
        .filter(|build| !build.ending.is_success())
    else {
        return false;
    };
    let location = scene
        .interpreter()
        .and_then(|python| python.torch.as_ref())
        .map(|torch| &torch.location);
    // A frame of a traceback inside torch: setup.py is executed from a string, and its own lines are not shown.
    let frame = location.map(|location| format!("File \"{location}/"));
    if frame.is_some_and(|frame| {
        build
            .log
            .lines()
            .any(|line| line.trim_start().starts_with(&frame))
    }) {
        return true;
    }
    let mut lines = build.log.lines().map(str::trim);
    lines.any(|line| line == "Traceback (most recent call last):")
        && lines.any(|line| line.starts_with("import torch") || line.starts_with("from torch"))
}

fn not_reached(
    scene: &Scene<'_>,
    _module: &Module<'_>,
    attempt: &ImportAttempt,
) -> Option<Finding> {
    let ImportOutcome::NotReached { needed, why } = &attempt.outcome else {
        return None;
    };
    (needed == "torch").then(|| finding(scene, why))
}

fn finding(scene: &Scene<'_>, why: &str) -> Finding {
    let python = scene
        .interpreter()
        .map_or("python", |python| &python.executable);
    let why = why.trim().trim_end_matches('.');
    Finding::new(
        format!("`import torch` fails in this environment: {why}"),
        format!("Mend torch first: `{python} -m pip install --force-reinstall torch`."),
    )
    .subject("torch")
    .fact("module", "torch")
    .fact_if("torch_version", scene.torch_version())
}

#[cfg(test)]
mod tests {
    use crate::build::Ending;
    use crate::rules::testing::{Case, id, said};

    #[test]
    fn it_matters_to_a_module_that_needs_torch() {
        let mut case = Case::broken_torch();
        assert_eq!(id(&case.environment()), None);
        case.link("libtorch.so");
        let finding = said(case.environment(), "torch-import-failed");
        assert!(
            finding.message.contains("libcudart.so.12"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn it_matters_to_a_build_that_failed_importing_torch() {
        let log = "Traceback (most recent call last):\n  File \"setup.py\", line 2\n    from torch.utils import x\n";
        let case = Case::broken_torch().built(log, Ending::Exited { code: 1 });
        assert_eq!(id(&case.environment()), Some("torch-import-failed"));
        let case =
            Case::broken_torch().built("a.c:1:1: error: no torch", Ending::Exited { code: 1 });
        assert_eq!(id(&case.environment()), None);
    }
}
