//! A library asked for by a name without a directory, which no search finds.

use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank, wording};
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
    scene: &Scene<'_>,
    module: &Module<'_>,
    failure: &LoadFailure,
) -> Option<Finding> {
    if failure.reason != Reason::LibraryNotFound || failure.subject.contains('/') {
        return None;
    }
    let library = &failure.subject;
    let needer = wording::needer(scene, module, failure);
    let names = [
        ("library", library.as_str()),
        ("referenced_from", needer),
        ("format", module.format()),
    ];
    let message = format!(
        "`{needer}` needs `{library}`, which is {}in no searched directory",
        wording::likely(failure)
    );
    let finding = Finding::new(message, of_case(&RULE, &names))
        .subject(library)
        .fact("library", library);
    let finding = wording::with_origin(finding, scene, failure);
    Some(wording::with_tried(finding, failure))
}

#[cfg(test)]
mod tests {
    use crate::load::{Likelihood, Reason};
    use crate::rules::testing::{Case, failure, id, said};

    #[test]
    fn the_library_and_the_way_to_ship_it_are_named() {
        let missing = failure(Reason::LibraryNotFound, "libtallybook.so");
        let finding = said(Case::linux().load(&missing), "library-not-found-bare");
        assert_eq!(finding.subject.as_deref(), Some("libtallybook.so"));
        assert!(finding.remedy.contains("$ORIGIN"), "{}", finding.remedy);
    }

    #[test]
    fn what_is_only_likely_is_said_so() {
        let mut missing = failure(Reason::LibraryNotFound, "libtallybook.dylib");
        missing.likelihood = Likelihood::Likely;
        let finding = said(Case::macos().load(&missing), "library-not-found-bare");
        assert!(
            finding
                .message
                .ends_with("is likely in no searched directory"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn a_missing_symbol_of_that_name_is_no_library() {
        let missing = failure(Reason::SymbolNotFound, "libtallybook");
        assert_eq!(
            id(&Case::linux().load(&missing)),
            Some("symbol-missing-other")
        );
    }
}
