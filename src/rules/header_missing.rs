//! A header that the compiler does not find.

use super::{Finding, Inspect, Rule, Scene, of_case, rank, wording};
use crate::build::{Build, BuildFault, FaultKind};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "header-missing",
    summary: "a header is on no include path of the compiler",
    severity: Severity::Error,
    rank: rank::BUILD,
    explanation: "## What it means

A source includes a header that is in none of the directories which the compiler searches.

## Why it breaks

The package that brings the header is not installed, or it is and its include directory is not passed on. Installing
a library does not make the compiler look there: only a few system directories are searched without a `-I`.

## How to fix

- A header of the project: `include_dirs=[\"include\"]` in the extension, relative to setup.py; list it in `MANIFEST.in`
  too, else a source distribution is built without it.
- `torch/...`, `ATen/...`, `c10/...`: `CppExtension` with `BuildExtension`, or
  `include_dirs=torch.utils.cpp_extension.include_paths()`.
- `Python.h`: `apt install python3-dev`, `dnf install python3-devel`; on macOS take a Python that ships its headers.
- `numpy/...`: `include_dirs=[numpy.get_include()]`.
- A library's header: install its development package (`libfoo-dev`, `foo-devel`), or `brew install foo` with
  `CPPFLAGS=-I$(brew --prefix foo)/include`.
- Standard headers on macOS (`string.h`, `atomic`): `xcode-select --install`.

## How loadproof knows

The compiler's first complaint names the header, with the file and line that include it. The include directories in
the evidence are those of the compiler command above the complaint.
",
    inspect: &[Inspect::Build(missing)],
};

fn missing(scene: &Scene<'_>, _build: &Build, fault: Option<&BuildFault>) -> Option<Finding> {
    let fault = fault?;
    let FaultKind::HeaderMissing { header } = &fault.kind else {
        return None;
    };
    let finding = Finding::new(
        format!("the header `{header}` is in no directory that the compiler searches"),
        of_case(
            &RULE,
            &[("header", header.as_str()), ("system", scene.system())],
        ),
    )
    .subject(header)
    .fact("header", header);
    let finding = wording::with_complaint(finding, scene, fault);
    let Some(command) = wording::command_before(scene, fault.log_line, fault.file.as_deref())
    else {
        return Some(finding);
    };
    let searched = command.include_directories().join("\n");
    Some(finding.evidence(format!("include directories, {}", command.told), searched))
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Case, id, said};

    #[test]
    fn the_header_and_its_line_are_named() {
        let log = "gcc -I/py/include/python3.11 -c ext.c -o ext.o\n\
                   /src/project/ext.c:5:10: fatal error: stonemason/arch.h: No such file or directory";
        let finding = said(Case::linux().failed_build(log), "header-missing");
        assert_eq!(finding.subject.as_deref(), Some("stonemason/arch.h"));
        let place = finding.place.expect("a place").to_string();
        assert_eq!(place, "ext.c:5:10");
        assert_eq!(
            finding.evidence.last().expect("directories").text,
            "/py/include/python3.11"
        );
    }

    #[test]
    fn a_source_that_is_not_there_is_no_header() {
        let log = "cc1plus: fatal error: gone.h.cpp: No such file or directory";
        assert_eq!(id(&Case::linux().failed_build(log)), Some("compile-error"));
    }
}
