//! A source that does not compile, for no reason that a narrower rule knows.

use super::{Finding, Inspect, Rule, Scene, rank, wording};
use crate::build::{Build, BuildFault, FaultKind};
use crate::diagnosis::Severity;

pub(super) const RULE: Rule = Rule {
    id: "compile-error",
    summary: "a source does not compile",
    severity: Severity::Error,
    rank: rank::BUILD,
    explanation: "## What it means

The compiler read a source and refused it.

## Why it breaks

The compiler's sentence says it. Where the line is not the project's but in a header of torch or of the system, the
project most often uses that header as an older or newer version wants it.

## How to fix

- Read the first error only: those after it are often its echoes.
- An identifier that torch no longer has (`CHECK_LT`, `AT_CHECK`, `tensor.type()`): replace it by its successor
  (`TORCH_CHECK_LT`, `TORCH_CHECK`, `tensor.scalar_type()`), or pin torch to the version that the sources were written for.
- An error in a header: look at the lines that start with `In file included from`; they lead to the project's own.
- A source that is not there: correct `sources=[...]`; paths are relative to setup.py.

## How loadproof knows

It is the first error that the compiler printed, with its file, line and column.
",
    inspect: &[Inspect::Build(refused)],
};

fn refused(scene: &Scene<'_>, _build: &Build, fault: Option<&BuildFault>) -> Option<Finding> {
    let fault = fault?;
    let finding = match &fault.kind {
        FaultKind::CompileError { message } => {
            let file = fault.file.as_deref().unwrap_or("a source");
            let file = file.rsplit('/').next().unwrap_or(file);
            Finding::new(
                format!("`{file}` does not compile: {message}"),
                "Correct the line that the compiler names; later errors are often echoes of the first.",
            )
            .fact("error", message)
        }
        FaultKind::SourceMissing { file } => Finding::new(
            format!("the compiler is given `{file}`, which is not there"),
            "Correct its path in `sources=[...]`, relative to setup.py; a source distribution also needs it in \
             `MANIFEST.in`.",
        )
        .subject(file)
        .fact("file", file),
        _ => return None,
    };
    Some(wording::with_complaint(finding, scene, fault))
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Case, id, said};

    #[test]
    fn the_first_error_is_quoted_with_its_place() {
        let log = "ext.c:8:5: error: unknown type name 'fwrite'\next.c:9:1: error: expected ';'";
        let finding = said(Case::linux().failed_build(log), "compile-error");
        assert_eq!(
            finding.message,
            "`ext.c` does not compile: unknown type name 'fwrite'"
        );
        assert_eq!(finding.place.expect("a place").to_string(), "ext.c:8:5");
    }

    #[test]
    fn a_python_error_with_a_line_is_not_the_compilers() {
        let log = "  File \"setup.py\", line 3\nSyntaxError: invalid syntax";
        assert_eq!(id(&Case::linux().failed_build(log)), Some("build-failed"));
    }
}
