//! A program that the build starts is not installed.

use super::{Finding, Inspect, Rule, Scene, rank, wording};
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
    let remedy = match tool.as_str() {
        "pip" => format!("Install it into that environment: `{python} -m ensurepip`."),
        "wheel" => format!(
            "Install it into the environment of the build: `{python} -m pip install wheel`, or a setuptools from 70.1 \
             on, which does not need it: `{python} -m pip install -U setuptools`."
        ),
        "ninja" | "cmake" | "meson" | "cython" | "swig" => {
            format!(
                "Install it into the environment of the build: `{python} -m pip install {tool}`."
            )
        }
        _ if scene.on_macos() == Some(true) => format!("Install it: `brew install {tool}`."),
        _ => format!("Install it with the system's package manager: `apt install {tool}`."),
    };
    let finding = Finding::new(
        format!("the build needs `{tool}`, which is not installed"),
        remedy,
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
