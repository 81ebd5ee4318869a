//! The build did not end within its limit.

use super::{Finding, Inspect, Rule, Scene, rank};
use crate::build::{Build, BuildFault, Ending};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "build-timed-out",
    summary: "the build did not end within its time limit",
    severity: Severity::Error,
    // Before any complaint: the log of a build that was cut off has none that ended it.
    rank: rank::BUILD - 2,
    explanation: "## What it means

loadproof ended the build, and every process that it had started, at the limit.

## Why it breaks

Either the build is slower than the limit (a source that includes `torch/extension.h` takes a minute on a small
machine, and without ninja the sources are compiled one after the other), or it waits: for a question on the terminal,
a download, a lock.

## How to fix

- Give it longer: `--build-timeout SECONDS`.
- Make it faster: `pip install ninja`; include `torch/library.h` or single `ATen` headers instead of
  `torch/extension.h`; `MAX_JOBS` sets how many compilers run at once (too many for the memory are slower).
- Look at the last lines of the log, in the evidence: what it was doing is what it waits for.

## How loadproof knows

It measured the time, and ended the build itself.
",
    inspect: &[Inspect::Build(cut_off)],
};

fn cut_off(_scene: &Scene<'_>, build: &Build, _fault: Option<&BuildFault>) -> Option<Finding> {
    let Ending::TimedOut { after } = build.ending else {
        return None;
    };
    let last: Vec<&str> = build
        .log
        .lines()
        .rev()
        .filter(|line| !line.trim().is_empty())
        .take(3)
        .collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    Some(
        Finding::new(
            format!("the build did not end within {after} s"),
            "Allow it more time with `--build-timeout SECONDS`, or see in its last lines what it waits for.",
        )
        .fact("limit_seconds", after.to_string())
        .evidence("last lines of the build log", last.join("\n")),
    )
}

#[cfg(test)]
mod tests {
    use crate::build::Ending;
    use crate::rules::testing::{Case, id, said};

    #[test]
    fn the_limit_is_the_cause_whatever_the_log_says() {
        let log = "checking\na.c:1:1: error: probe\n\ncompiling b.cpp";
        let case = Case::linux().built(log, Ending::TimedOut { after: 60 });
        let finding = said(case.build(), "build-timed-out");
        assert!(finding.evidence[0].text.ends_with("compiling b.cpp"));
    }

    #[test]
    fn a_build_that_was_killed_did_not_time_out() {
        let case = Case::linux().built("compiling", Ending::Killed { signal: 9 });
        assert_eq!(id(&case.build()), Some("build-failed"));
    }
}
