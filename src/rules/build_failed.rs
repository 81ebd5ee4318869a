//! The build failed and nothing in its log is understood.

use super::{Finding, Inspect, Rule, Scene, rank, wording};
use crate::build::{Build, BuildFault, Ending, FaultKind};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "build-failed",
    summary: "the build failed for a reason that no other rule knows",
    severity: Severity::Error,
    rank: rank::FALLBACK,
    explanation: "## What it means

The build ended with an error, and no complaint in its log is one that another rule knows.

## Why it breaks

The lines in the evidence are the last ones that look like a reason: an exception of setup.py, a message of CMake or
of the build backend.

## How to fix

- Read those lines, then the log from there upwards. The first complaint counts, not the last.
- Run the build command of the report by hand, in the project's directory.
- Killed by SIGKILL: most often the memory ran out. `MAX_JOBS=1` compiles one source at a time.

## How loadproof knows

It ran the build, and it did not end with exit code 0.
",
    inspect: &[Inspect::Build(failed)],
};

/// Lines that are quoted.
const QUOTED: usize = 8;

fn failed(scene: &Scene<'_>, build: &Build, fault: Option<&BuildFault>) -> Option<Finding> {
    let killed = matches!(build.ending, Ending::Killed { signal: 9 })
        || fault.is_some_and(|fault| fault.kind == FaultKind::CompilerKilled);
    if let Some(fault) = fault
        && let FaultKind::SymbolDefinedTwice { symbol } = &fault.kind
    {
        return Some(defined_twice(scene, fault, symbol));
    }
    let finding = if killed {
        Finding::new(
            "the build was killed, most likely because the memory ran out",
            "Compile fewer sources at once: `MAX_JOBS=1`, or give the machine more memory.",
        )
    } else {
        let ending = match &build.ending {
            Ending::Exited { code } => format!("with exit code {code}"),
            Ending::Killed { .. } | Ending::TimedOut { .. } => build.ending.describe(),
            Ending::NotStarted { why } => return Some(not_started(build, why)),
        };
        Finding::new(
            format!("the build failed ({ending})"),
            "Read the quoted lines, and from there upwards in the log: the first complaint counts.",
        )
    };
    let finding = match &build.ending {
        Ending::Exited { code } => finding.fact("exit_code", code.to_string()),
        Ending::Killed { signal } => finding.fact("signal", signal.to_string()),
        Ending::TimedOut { .. } | Ending::NotStarted { .. } => finding,
    };
    if let Some(fault) = fault {
        return Some(wording::with_complaint(finding, scene, fault));
    }
    Some(finding.evidence("build log", telling_lines(&build.log)))
}

fn defined_twice(scene: &Scene<'_>, fault: &BuildFault, symbol: &str) -> Finding {
    let finding = Finding::new(
        format!("two of the linked files define `{symbol}`"),
        "List each source once; keep a function of one source to itself (`static`), and write `inline` before one that a \
         header defines.",
    );
    let finding = wording::complaint(finding.subject(symbol), fault);
    // The line that a linker names is one of the function's, not where it begins.
    match &fault.file {
        Some(file) => finding.place(scene.source_place(file, None, None)),
        None => finding,
    }
}

fn not_started(build: &Build, why: &str) -> Finding {
    let program = build.command.first().map_or("", String::as_str);
    Finding::new(
        format!("the build did not start: {why}"),
        "Check that the interpreter of `--python` has pip, or that `--build-command` names a program that is there.",
    )
    .subject(program)
}

/// The last lines that look like a reason, else the last lines at all. What pip says about the fact that the build
/// failed tells nothing.
fn telling_lines(log: &str) -> String {
    const OF_PIP: [&str; 8] = [
        "note: This error originates from a subprocess",
        "note: This is an issue with the package",
        "hint: See above",
        "[end of output]",
        "ERROR: Failed building wheel",
        "ERROR: Failed to build",
        "Failed to build",
        "error: subprocess-exited-with-error",
    ];
    // pip's word that the build's own output is over; all that follows is about pip.
    let own = log
        .split("error: subprocess-exited-with-error")
        .next()
        .unwrap_or(log);
    let lines = own
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !OF_PIP.iter().any(|words| line.starts_with(words)));
    let lines: Vec<&str> = lines.collect();
    let is_reason = |line: &&str| {
        let lower = line.to_lowercase();
        ["error", "failed", "fatal", "exception", "not found"]
            .iter()
            .any(|mark| lower.contains(mark))
    };
    let last = lines
        .iter()
        .rposition(is_reason)
        .map_or(lines.len(), |at| at + 1);
    let first = last.saturating_sub(QUOTED);
    lines.get(first..last).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use crate::build::Ending;
    use crate::rules::testing::{Case, id, said};

    #[test]
    fn the_lines_that_tell_something_are_quoted() {
        let log = "running\nTraceback (most recent call last):\n  File \"setup.py\", line 3\n\
                   KeyError: 'CUDA_HOME'\n  [end of output]\nERROR: Failed building wheel for x\nFailed to build x\n";
        let finding = said(Case::linux().failed_build(log), "build-failed");
        assert!(
            finding.evidence[0].text.ends_with("KeyError: 'CUDA_HOME'"),
            "{:?}",
            finding.evidence
        );
        assert_eq!(
            finding.facts.get("exit_code").map(String::as_str),
            Some("1")
        );
    }

    #[test]
    fn a_compiler_that_was_killed_is_said_as_such() {
        let log = "c++: fatal error: Killed signal terminated program cc1plus";
        let finding = said(Case::linux().failed_build(log), "build-failed");
        assert!(finding.message.contains("memory"), "{}", finding.message);
        let silent = Case::linux().built("", Ending::Killed { signal: 9 });
        assert!(
            said(silent.build(), "build-failed")
                .message
                .contains("memory")
        );
    }

    #[test]
    fn two_definitions_are_said_as_such() {
        let log = "src/h.c:1: multiple definition of `twice'; b/g.o:src/g.c:4: first defined here";
        let finding = said(Case::linux().failed_build(log), "build-failed");
        assert_eq!(finding.message, "two of the linked files define `twice`");
        let place = finding.place.map(|place| place.to_string());
        assert_eq!(place.as_deref(), Some("src/h.c"));
    }

    #[test]
    fn a_complaint_that_is_understood_is_not_left_to_the_fallback() {
        let log = "a.c:1:10: fatal error: x.h: No such file or directory";
        assert_eq!(id(&Case::linux().failed_build(log)), Some("header-missing"));
    }
}
