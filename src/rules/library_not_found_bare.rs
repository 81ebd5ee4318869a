//! A library asked for by a name without a directory, which no search finds.

use super::{Finding, Inspect, Module, Rule, Scene, rank};
use crate::diagnosis::Severity;
use crate::load::{LoadFailure, Reason};

pub(super) const RULE: Rule = Rule {
    id: "library-not-found-bare",
    summary: "a library asked for by its bare name is in no directory that the loader searches",
    severity: Severity::Error,
    rank: rank::LIBRARY,
    explanation: "## What it means

The module is linked to a library by name alone (`libfoo.so.1`, `libfoo.dylib`), and the loader finds no such file.

## Why it breaks

The linker found the library at build time in a directory given by `-L`. That directory is not stored in the module,
so at run time only the module's rpaths, the environment's search paths and the system's directories are searched.

## How to fix

- Ship the library in the package and give the module an rpath beside itself:
  `runtime_library_dirs` or `extra_link_args=[\"-Wl,-rpath,$ORIGIN\"]` on Linux,
  `extra_link_args=[\"-Wl,-rpath,@loader_path\"]` on macOS.
- On macOS also give the library an install name that starts with `@rpath/`.
- A library of another package (such as torch): import that package first.

## How loadproof knows

It tries every directory in the loader's order; the evidence lists them all.
",
    inspect: &[Inspect::Failure(missing_library)],
};

fn missing_library(
    _scene: &Scene<'_>,
    module: &Module<'_>,
    failure: &LoadFailure,
) -> Option<Finding> {
    if failure.reason != Reason::LibraryNotFound || failure.subject.contains('/') {
        return None;
    }
    let library = &failure.subject;
    let needer = failure
        .referenced_from
        .as_deref()
        .filter(|image| *image != module.artifact.installed);
    let needer = needer.unwrap_or(&module.artifact.path);
    let macho = module.image().is_some_and(|image| image.macho().is_some());
    let beside = if macho { "@loader_path" } else { "$ORIGIN" };
    let remedy = format!(
        "Put `{library}` into the package and link with `extra_link_args=[\"-Wl,-rpath,{beside}\"]`, \
         or link the library statically."
    );
    let mut finding = Finding::new(
        format!("`{needer}` needs `{library}`, which is in no searched directory"),
        remedy,
    )
    .subject(library)
    .fact("library", library)
    .fact_if("referenced_from", failure.referenced_from.as_ref());
    if !failure.tried.is_empty() {
        let tried: Vec<String> = failure
            .tried
            .iter()
            .map(|attempt| format!("{} ({})", attempt.path, attempt.why))
            .collect();
        finding = finding.evidence("tried, in this order", tried.join("\n"));
    }
    Some(finding)
}
