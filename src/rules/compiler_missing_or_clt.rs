//! There is no compiler.

use super::{Finding, Inspect, Rule, Scene, of_case, rank, wording};
use crate::build::{Build, BuildFault, FaultKind};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "compiler-missing-or-clt",
    summary: "the C++ compiler, or Apple's Command Line Tools, are not there",
    severity: Severity::Error,
    rank: rank::BUILD,
    explanation: "## What it means

The build calls a compiler that is not installed, or Apple's placeholder for one that is not.

## Why it breaks

`clang` and `gcc` in `/usr/bin` of macOS are shims that pass the call to the active developer directory. After a
system upgrade the Command Line Tools may be gone, or a new Xcode waits for its licence to be accepted. On Linux no
compiler is installed by default. `CC` and `CXX` may also name one that is not there, and so may the Python itself:
it remembers the compiler it was built with.

## How to fix

- macOS: `xcode-select --install`; after an upgrade of Xcode `sudo xcodebuild -license accept`; a wrong directory is
  reset by `sudo xcode-select --reset`.
- Debian, Ubuntu: `apt install build-essential`; Fedora: `dnf install gcc-c++`; Alpine: `apk add build-base`.
- Another compiler than Python remembers: `CC=clang CXX=clang++`.

## How loadproof knows

The complaint of the build, in the evidence, names the command that could not be started.
",
    inspect: &[Inspect::Build(missing)],
};

fn missing(scene: &Scene<'_>, _build: &Build, fault: Option<&BuildFault>) -> Option<Finding> {
    let fault = fault?;
    let FaultKind::CompilerMissing { what } = &fault.kind else {
        return None;
    };
    let of_xcode = what.contains(' ');
    let message = if what.contains("license") {
        "no compiler starts: Xcode's licence is not accepted".to_owned()
    } else if of_xcode {
        "no compiler starts: Apple's Command Line Tools are not there".to_owned()
    } else if what.starts_with("CMAKE_") {
        "there is no compiler that CMake finds".to_owned()
    } else {
        format!("there is no compiler `{what}`")
    };
    let path = what
        .split_once("invalid active developer path (")
        .map(|(_, rest)| rest.split(')').next().unwrap_or(rest));
    let names = [
        ("identifier", what.as_str()),
        ("developer_path", path.unwrap_or_default()),
        ("system", scene.system()),
    ];
    let remedy = of_case(&RULE, &names);
    let mut finding = Finding::new(message, remedy);
    if !of_xcode {
        finding = finding.subject(what);
    }
    if let Some(path) = path {
        finding = finding.subject(path).fact("developer_path", path);
    }
    Some(wording::with_complaint(finding, scene, fault))
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Case, id, said};

    #[test]
    fn a_compiler_and_the_developer_directory_are_named() {
        let log = "g++-99 -c a.cpp\nerror: [Errno 2] No such file or directory: 'g++-99'";
        let finding = said(Case::linux().failed_build(log), "compiler-missing-or-clt");
        assert_eq!(finding.subject.as_deref(), Some("g++-99"));
        let log = "xcrun: error: invalid active developer path (/Library/Developer/CommandLineTools), missing xcrun at: /x";
        let finding = said(Case::macos().failed_build(log), "compiler-missing-or-clt");
        assert_eq!(
            finding.subject.as_deref(),
            Some("/Library/Developer/CommandLineTools")
        );
    }

    #[test]
    fn a_missing_data_file_is_not_a_missing_compiler() {
        let log = "copying files\nerror: [Errno 2] No such file or directory: 'gcc'";
        assert_eq!(id(&Case::linux().failed_build(log)), Some("build-failed"));
    }
}
