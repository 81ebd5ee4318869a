//! The deployment target contradicts what is compiled or linked.

use super::warned::{self, Group};
use super::{Finding, Inspect, Rule, Scene, of_case, rank};
use crate::build::{BuildWarning, WarningKind};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "deployment-target-conflict",
    summary: "the deployment target does not fit what is compiled or linked",
    severity: Severity::Error,
    rank: rank::BUILD,
    explanation: "## What it means

The oldest macOS to build for (`MACOSX_DEPLOYMENT_TARGET`) contradicts Python, a library, or the C++ standard library.

## Why it breaks

Python's own target is the floor for extensions. A library that was built for a newer macOS makes the result need that
one, whatever the target says. A target before 10.9 chooses a C++ library that has no C++11 headers (`atomic`,
`unordered_map`). Functions newer than the target are refused as unavailable.

## How to fix

- Set one value for everything, at least Python's and that of every library:
  `export MACOSX_DEPLOYMENT_TARGET=11.0` (`python -c \"import sysconfig; print(sysconfig.get_platform())\"` shows Python's).
- A C++ header is not found: `export MACOSX_DEPLOYMENT_TARGET=10.9` or newer, or `-stdlib=libc++`.
- Libraries of Homebrew are built for the macOS that runs: for older systems build them yourself.
- `11` instead of `12.3` is written into old Pythons: give the target as a string in quotes.

## How loadproof knows

The words of distutils, of clang and of the linker; of a text, a linker's warning counts only where nothing else is said. In
the log of a build that loadproof runs, a linker's warning is a warning.
",
    inspect: &[Inspect::Text, Inspect::Warnings(newer)],
};

/// The module asks for an older macOS than a library that it is linked with runs on.
fn newer(_scene: &Scene<'_>, warnings: &[BuildWarning]) -> Vec<Finding> {
    let by_versions = |kind: &WarningKind| match kind {
        WarningKind::NewerSystem { minimum, target } => Some((minimum.clone(), target.clone())),
        _ => None,
    };
    let groups = warned::groups(warnings, by_versions).into_iter();
    let say = |group: Group| {
        let (minimum, target) = &group.values;
        let message = format!(
            "{} is built for macOS {minimum} and linked into what is built for {target}",
            group.shown()
        );
        let names = [
            ("min_os", minimum.as_str()),
            ("deployment_target", target.as_str()),
            ("file", group.file()),
        ];
        let remedy = of_case(&RULE, &names);
        group
            .finding(message, remedy)
            .fact("min_os", minimum)
            .fact("deployment_target", target)
    };
    groups.map(say).collect()
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::Case;

    #[test]
    fn a_library_for_a_newer_system_is_a_warning_and_one_that_is_left_out_is_none() {
        let log = "ld: warning: dylib (/o/libz.dylib) was built for newer macOS version (14.0) than being linked (11.0)";
        let [(id, finding)] = Case::macos().warned(log).try_into().expect("one");
        assert_eq!(id, "deployment-target-conflict");
        assert_eq!(finding.subject.as_deref(), Some("/o/libz.dylib"));
        assert_eq!(finding.facts["deployment_target"], "11.0");
        let log = "ld: warning: ignoring file '/o/libz.dylib': found architecture 'x86_64', required architecture 'arm64'";
        let [(id, _)] = Case::macos().warned(log).try_into().expect("one");
        assert_eq!(id, "arch-mismatch");
    }
}
