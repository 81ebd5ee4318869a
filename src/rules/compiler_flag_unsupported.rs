//! A flag that the compiler refuses.

use super::{Finding, Inspect, Rule, Scene, of_case, rank, wording};
use crate::build::{Build, BuildFault, FaultKind};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "compiler-flag-unsupported",
    summary: "the compiler refuses a flag that the build passes",
    severity: Severity::Error,
    rank: rank::BUILD,
    explanation: "## What it means

The build passes a flag that this compiler does not know, or not for this processor.

## Why it breaks

Flags in setup.py are often written for one system. Apple's clang has no `-fopenmp`; `-march=native` and `-mavx2` mean
nothing for arm64; `-arch` is Apple's only. Flags also come from `CFLAGS` and `ARCHFLAGS`, and from the Python itself,
which repeats those that it was built with.

## How to fix

- Pass the flag only where it is understood: `if sys.platform == \"darwin\"` or `platform.machine()` in setup.py.
- `-fopenmp` on macOS: `brew install libomp`, then `-Xpreprocessor -fopenmp`, `-I$(brew --prefix libomp)/include` and
  `-L$(brew --prefix libomp)/lib -lomp`. Beware of a second OpenMP beside torch's: see `duplicate-openmp-runtime`.
- `-march=native`: drop it from what you publish; the wheel would not run on older processors.
- A flag of the environment: `env | grep FLAGS` shows it, `unset CFLAGS` removes it.

## How loadproof knows

The compiler names the flag.
",
    inspect: &[Inspect::Build(refused)],
};

fn refused(scene: &Scene<'_>, _build: &Build, fault: Option<&BuildFault>) -> Option<Finding> {
    let fault = fault?;
    let FaultKind::FlagUnsupported { flag } = &fault.kind else {
        return None;
    };
    let remedy = of_case(
        &RULE,
        &[("flag", flag.as_str()), ("system", scene.system())],
    );
    let from_environment = scene.interpreter().and_then(|interpreter| {
        let mut variables = interpreter.variables.iter();
        variables.find(|(name, value)| {
            name.ends_with("FLAGS") && value.split_whitespace().any(|word| word == flag)
        })
    });
    let finding = Finding::new(format!("the compiler refuses the flag `{flag}`"), remedy)
        .subject(flag)
        .fact("flag", flag);
    let finding = wording::with_complaint(finding, scene, fault);
    Some(match from_environment {
        Some((name, value)) => finding.evidence(format!("environment variable {name}"), value),
        None => finding,
    })
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Case, id, said};

    #[test]
    fn the_flag_is_named_with_the_variable_it_comes_from() {
        let mut case = Case::macos();
        let variables = &mut case.interpreter().variables;
        variables.insert("CFLAGS".to_owned(), "-O2 -fopenmp".to_owned());
        let finding = said(
            case.failed_build("clang: error: unsupported option '-fopenmp'"),
            "compiler-flag-unsupported",
        );
        assert_eq!(finding.subject.as_deref(), Some("-fopenmp"));
        assert_eq!(
            finding.evidence.last().expect("the variable").text,
            "-O2 -fopenmp"
        );
    }

    #[test]
    fn a_warning_about_a_flag_is_no_refusal() {
        let log =
            "clang: warning: argument unused during compilation: '-fopenmp'\nerror: it failed";
        assert_eq!(id(&Case::macos().failed_build(log)), Some("build-failed"));
    }
}
