//! A library that the linker does not find.

use super::{Finding, Inspect, Rule, Scene, rank, wording};
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
            remedy(scene, library),
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

fn remedy(scene: &Scene<'_>, library: &str) -> String {
    let macos = scene.on_macos() == Some(true);
    if matches!(library, "c10" | "torch" | "torch_cpu" | "torch_python") {
        return "Declare the extension with `CppExtension`, which adds torch's libraries and their directory.".to_owned();
    }
    if library.contains('/') || library.ends_with(".a") {
        return format!(
            "Build or install `{library}` first, or correct its path in the link arguments."
        );
    }
    match library {
        "gomp" | "omp" | "iomp5" if macos => {
            "Apple's compiler brings no OpenMP: `brew install libomp`, then \
             `LDFLAGS=-L$(brew --prefix libomp)/lib` and `-lomp`."
                .to_owned()
        }
        "stdc++fs" | "rt" | "dl" | "cuda" | "cudart" if macos => {
            format!(
                "macOS has no `{library}`: add it for Linux only (`sys.platform == \"linux\"` in setup.py)."
            )
        }
        _ if macos => format!(
            "Add the directory that holds `lib{library}.dylib` to `library_dirs=[...]` of the extension, or install \
             it: `brew install` the package, then `LDFLAGS=-L$(brew --prefix PACKAGE)/lib`."
        ),
        _ => format!(
            "Add the directory that holds `lib{library}.so` to `library_dirs=[...]` of the extension, or install the \
             library's development package (`-dev` or `-devel`)."
        ),
    }
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
