//! A library that the linker does not find.

use super::{Finding, Inspect, Rule, Scene, of_case, rank, wording};
use crate::build::{Build, BuildFault, FaultKind};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "link-library-missing",
    summary: "the linker finds a library or framework in none of its directories",
    severity: Severity::Error,
    rank: rank::BUILD,
    explanation: "## What it means

The sources compiled. The link asks for a library by name (`-lfoo`), and no directory that the linker searches has a
`libfoo.so`, `libfoo.dylib` or `libfoo.a`.

## Why it breaks

The library is not installed, only its run-time part is (`libfoo.so.1` without `libfoo.so`), its directory is not
passed as `-L`, or a name copied from another system means nothing here (`-lstdc++fs`, `-lgomp`, `-lrt` on macOS).

## How to fix

- In the project: `library_dirs=[...]` beside `libraries=[\"foo\"]` in the extension, absolute or relative to setup.py.
- Install the development package: `apt install libfoo-dev`, `dnf install foo-devel`, `brew install foo` with
  `LDFLAGS=-L$(brew --prefix foo)/lib`. Homebrew's directory is not searched by itself on Apple Silicon.
- torch's libraries: `CppExtension` passes them; do not name them in `libraries`.
- A framework: frameworks exist on macOS only, and are named `-framework Accelerate`.
- A name for one system only: put it behind `sys.platform` in setup.py.

What is found here must also be found when Python imports the module: see `library-not-found-bare`.

## How loadproof knows

The linker names the library.
",
    inspect: &[Inspect::Build(missing)],
};

fn missing(scene: &Scene<'_>, _build: &Build, fault: Option<&BuildFault>) -> Option<Finding> {
    let fault = fault?;
    let finding = match &fault.kind {
        FaultKind::LinkLibraryMissing { library } => Finding::new(
            format!("the linker finds no library `{library}`"),
            of_case(&RULE, &[("link_library", library.as_str()), ("system", scene.system())]),
        )
        .subject(library)
        .fact("link_library", library),
        FaultKind::LinkFrameworkMissing { framework } => Finding::new(
            format!("the linker finds no framework `{framework}`"),
            format!(
                "Remove `-framework {framework}` from the link arguments, or select an SDK that has it \
                 (`xcode-select -p` shows which one is used)."
            ),
        )
        .subject(framework)
        .fact("link_framework", framework),
        _ => return None,
    };
    Some(wording::with_complaint(finding, scene, fault))
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Case, id, said};

    #[test]
    fn libraries_and_frameworks_are_named() {
        let log = "/usr/bin/ld: cannot find -lstonemason: No such file or directory\n\
                   collect2: error: ld returned 1 exit status";
        let finding = said(Case::linux().failed_build(log), "link-library-missing");
        assert_eq!(
            finding.facts.get("link_library").map(String::as_str),
            Some("stonemason")
        );
        let log = "ld: framework 'Nowhere' not found";
        let finding = said(Case::macos().failed_build(log), "link-library-missing");
        assert_eq!(
            finding.facts.get("link_framework").map(String::as_str),
            Some("Nowhere")
        );
    }

    #[test]
    fn a_warning_about_a_library_directory_is_not_a_missing_library() {
        let log = "ld: warning: directory not found for option '-L/nowhere'\nld: exit 1";
        assert_eq!(id(&Case::macos().failed_build(log)), Some("build-failed"));
    }
}
