//! A program that the build starts is not installed.

use super::{Finding, Inspect, Rule, Scene, of_case, rank, wording};
use crate::build::{Build, BuildFault, FaultKind};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "build-tool-missing",
    summary: "a program that the build starts is not installed",
    severity: Severity::Error,
    rank: rank::BUILD,
    explanation: "## What it means

The build starts a program other than the compiler (ninja, CMake, SWIG), and there is none of that name.

## Why it breaks

Without build isolation nothing installs what `build-system.requires` lists: the build sees the environment as it is.
With isolation the list must be complete.

## How to fix

- ninja and CMake come as Python packages: `python -m pip install ninja cmake`.
- List them in `pyproject.toml` under `build-system.requires`, for those who build with isolation.
- Others come from the system: `apt install swig`, `brew install swig`.

## How loadproof knows

The build's complaint, in the evidence, names the program.
",
    inspect: &[Inspect::Build(missing)],
};

fn missing(scene: &Scene<'_>, _build: &Build, fault: Option<&BuildFault>) -> Option<Finding> {
    let fault = fault?;
    let FaultKind::BuildToolMissing { tool } = &fault.kind else {
        return None;
    };
    let python = scene
        .interpreter()
        .map_or("python", |interpreter| &interpreter.executable);
    let names = [
        ("identifier", tool.as_str()),
        ("interpreter", python),
        ("system", scene.system()),
    ];
    let finding = Finding::new(
        format!("the build needs `{tool}`, which is not installed"),
        of_case(&RULE, &names),
    )
    .subject(tool)
    .fact("tool", tool);
    Some(wording::with_complaint(finding, scene, fault))
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Case, id, said};

    #[test]
    fn the_tool_is_named() {
        let log =
            "RuntimeError: Ninja is required to load C++ extensions (pip install ninja to get it)";
        let finding = said(Case::linux().failed_build(log), "build-tool-missing");
        assert_eq!(finding.subject.as_deref(), Some("ninja"));
    }

    #[test]
    fn a_compiler_is_not_a_build_tool() {
        let log = "/bin/sh: 1: g++: not found";
        assert_eq!(
            id(&Case::linux().failed_build(log)),
            Some("compiler-missing-or-clt")
        );
    }
}
