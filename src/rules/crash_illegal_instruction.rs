//! The import died of an instruction that the processor does not have.

use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank};
use crate::diagnosis::Severity;
use crate::python::{ImportAttempt, ImportOutcome};

pub(super) const RULE: Rule = Rule {
    id: "crash-illegal-instruction",
    summary: "the import died of an illegal instruction (SIGILL)",
    severity: Severity::Error,
    rank: rank::PYTHON,
    explanation: "## What it means

The process executed an instruction that this processor does not know, and was killed by SIGILL.

## Why it breaks

The code was compiled for a newer processor: `-march=native` or `-mavx2` on a build machine that has AVX2 or AVX-512,
and run on one that has not. Rosetta on Apple Silicon has no AVX before macOS 15. CI machines of one label may have
different processors, so that the same job fails now and then. More rarely it is a deliberate trap: compilers put an
illegal instruction where code must never arrive (`__builtin_trap`, `__builtin_unreachable`, a function without return).

## How to fix

- Remove `-march=native`, `-mcpu=native` and `-mavx...` from what is shipped; compile the fast parts apart and choose at
  run time (`__builtin_cpu_supports`).
- Clear compiler caches between machines, or put the processor into their key.
- On Apple Silicon use an arm64 Python rather than one under Rosetta.
- A trap: compile with `-g -fsanitize=undefined` and import again.

## How loadproof knows

The process was killed by SIGILL. Flags that choose a processor are taken from the build log.
",
    inspect: &[Inspect::Ending(killed)],
};

const SIGILL: i32 = 4;

fn killed(scene: &Scene<'_>, _module: &Module<'_>, attempt: &ImportAttempt) -> Option<Finding> {
    let ImportOutcome::Killed { signal: SIGILL } = attempt.outcome else {
        return None;
    };
    let message = format!(
        "importing `{}` was killed by SIGILL: an illegal instruction",
        attempt.module
    );
    let flag = scene.compile_commands.iter().find_map(|command| {
        let mut arguments = command.arguments.iter();
        arguments.find(|argument| chooses_processor(argument))
    });
    let translated = scene.interpreter().is_some_and(|python| python.translated);
    let names = [
        ("flag", flag.unwrap_or_default()),
        ("translated", if translated { "yes" } else { "no" }),
        ("system", scene.system()),
        ("own", "yes"),
    ];
    let remedy = of_case(&RULE, &names);
    Some(
        Finding::new(message, remedy)
            .subject("SIGILL")
            .fact("signal", "SIGILL")
            .fact("module", &attempt.module)
            .fact_if("flag", flag),
    )
}

fn chooses_processor(argument: &str) -> bool {
    ["-march=", "-mcpu=", "-mavx", "-mfma", "-msse4", "-mbmi"]
        .iter()
        .any(|prefix| argument.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use crate::build::Ending;
    use crate::python::ImportOutcome;
    use crate::rules::testing::{Case, attempt, id, said};

    #[test]
    fn the_flag_that_chose_the_processor_is_named() {
        let case = Case::linux().built("gcc -I/x -march=native -c a.c", Ending::Exited { code: 0 });
        let finding = said(
            case.ends(&attempt(ImportOutcome::Killed { signal: 4 })),
            "crash-illegal-instruction",
        );
        assert!(
            finding.remedy.starts_with("Remove `-march=native`"),
            "{}",
            finding.remedy
        );
    }

    #[test]
    fn another_signal_is_another_crash() {
        let spoken = Case::linux().ends(&attempt(ImportOutcome::Killed { signal: 5 }));
        assert_eq!(id(&spoken), Some("crash-at-import"));
    }
}
