//! The sources are compiled as an older C++ than torch's headers need.

use super::{Finding, Inspect, Rule, Scene, rank, wording};
use crate::build::{Build, BuildFault, CompileCommand, FaultKind};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "cxx-standard-too-low",
    summary: "the sources are compiled as an older C++ than torch's headers need",
    severity: Severity::Error,
    // Before `compile-error`: the same complaint may be told by a header that does not check the standard.
    rank: rank::BUILD - 1,
    explanation: "## What it means

torch's headers are written in a newer C++ than the one that the compiler is told to read.

## Why it breaks

torch raised the standard over time (C++14, C++17, C++20). `BuildExtension` passes the right `-std=`, unless setup.py
passes one of its own: the project's flag wins and keeps the age of the day it was written. Without torch's check the
same fault shows as strange errors deep in its headers (`is_enum_v is not a member of std`).

## How to fix

- Remove `-std=...` from `extra_compile_args` and let `BuildExtension` choose.
- CMake: `set_property(TARGET ext PROPERTY CXX_STANDARD 17)`, or what the message asks for.
- A compiler that does not know the standard: use a newer one, `CXX=g++-13`.

## How loadproof knows

torch's header says which standard it needs, or one of torch's headers does not compile while the command above the
complaint asks for C++14 or older.
",
    inspect: &[Inspect::Build(too_old)],
};

fn too_old(scene: &Scene<'_>, _build: &Build, fault: Option<&BuildFault>) -> Option<Finding> {
    let fault = fault?;
    let command = wording::command_before(scene, fault);
    let flag = command.and_then(standard_flag);
    let needed = match &fault.kind {
        FaultKind::CxxStandardTooLow { needed } => Some(needed.as_str()),
        FaultKind::CompileError { .. } if in_torch(fault) => {
            let told = scene
                .build_faults
                .iter()
                .find_map(|fault| match &fault.kind {
                    FaultKind::CxxStandardTooLow { needed } => Some(needed.as_str()),
                    _ => None,
                });
            if told.is_none() && !flag.is_some_and(is_before_cxx17) {
                return None;
            }
            told
        }
        _ => return None,
    };
    let needs = needed.unwrap_or("a newer C++");
    let (message, remedy) = match flag {
        Some(flag) => (
            format!("torch's headers need {needs}, and the compiler is given `{flag}`"),
            format!(
                "Remove `{flag}` from `extra_compile_args`: `BuildExtension` passes the standard that torch needs."
            ),
        ),
        None => (
            format!("torch's headers need {needs}, and the compiler is not told to use it"),
            format!(
                "Build with `BuildExtension`, which passes the standard that torch needs, or pass `-std={}` yourself.",
                needed.map_or("c++17".to_owned(), str::to_lowercase)
            ),
        ),
    };
    let finding = Finding::new(message, remedy)
        .subject(flag.unwrap_or(needs))
        .fact_if("flag", flag)
        .fact_if("required", needed);
    Some(wording::with_complaint(finding, scene, fault))
}

fn in_torch(fault: &BuildFault) -> bool {
    let file = fault.file.as_deref();
    file.is_some_and(|file| file.contains("/site-packages/torch/include/"))
}

/// The last one wins.
fn standard_flag(command: &CompileCommand) -> Option<&str> {
    let mut arguments = command.arguments.iter().rev();
    let flag = arguments.find(|argument| argument.starts_with("-std="))?;
    Some(flag)
}

fn is_before_cxx17(flag: &str) -> bool {
    let name = flag.trim_start_matches("-std=");
    let year = name.trim_start_matches("gnu++").trim_start_matches("c++");
    matches!(year, "98" | "03" | "0x" | "11" | "1y" | "14")
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Case, id, said};

    const TORCH: &str = "/env/lib/python3.11/site-packages/torch/include";

    #[test]
    fn torch_says_which_standard_it_needs() {
        let log = format!(
            "{TORCH}/torch/all.h:4:2: error: #error C++17 or later compatible compiler is required to use PyTorch."
        );
        let finding = said(Case::linux().failed_build(&log), "cxx-standard-too-low");
        assert_eq!(
            finding.facts.get("required").map(String::as_str),
            Some("C++17")
        );
    }

    #[test]
    fn an_error_in_torchs_headers_under_an_old_standard_is_the_standard() {
        let log = format!(
            "g++ -I{TORCH} -c ext.cpp -o ext.o -std=c++14\n\
             {TORCH}/c10/util/StringUtil.h:65:22: error: 'is_enum_v' is not a member of 'std'"
        );
        let finding = said(Case::linux().failed_build(&log), "cxx-standard-too-low");
        assert_eq!(finding.subject.as_deref(), Some("-std=c++14"));
        let newer = log.replace("-std=c++14", "-std=c++20");
        assert_eq!(
            id(&Case::linux().failed_build(&newer)),
            Some("compile-error")
        );
    }
}
