//! A library asked for through `@rpath`, `@loader_path` or `@executable_path` that is at no place they lead to.

use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank, wording};
use crate::diagnosis::Severity;
use crate::load::{LoadFailure, Reason};

pub(super) const RULE: Rule = Rule {
    id: "library-not-found-rpath",
    summary: "a library asked for through @rpath or @loader_path is at no place they lead to",
    severity: Severity::Error,
    rank: rank::LIBRARY,
    explanation: "## What it means

The module's install name for the library starts with `@rpath`, `@loader_path` or `@executable_path`, and none of the
paths that this expands to has the file.

## Why it breaks

dyld replaces `@rpath` by every LC_RPATH of the module, then of the images that led to it. The file is not in any of
those directories: the wheel does not contain the library, an rpath points into the build directory or another
machine, or the module has no rpath at all. torch's libraries are found through `@rpath` only if torch is imported
first: dyld then takes the ones that are loaded.

## How to fix

- Ship the library in the package and point the rpath at it:
  `extra_link_args=[\"-Wl,-rpath,@loader_path\"]`, or `@loader_path/../lib`.
- For a wheel: `delocate-wheel -w fixed dist/*.whl` copies libraries in and rewrites the names.
- torch's libraries: `import torch` before the module.
- A name that starts with `@loader_path` or `@executable_path` leads to one place, and no rpath changes it: put the
  library there, or change the name with `install_name_tool -change`.
- A finished file, as a last resort: `install_name_tool -add_rpath @loader_path FILE`, then
  `codesign --force --sign - FILE`.

## How loadproof knows

It expands every rpath of the load chain as dyld does; the evidence lists each path that was tried.
",
    inspect: &[Inspect::Failure(missing)],
};

fn missing(scene: &Scene<'_>, module: &Module<'_>, failure: &LoadFailure) -> Option<Finding> {
    let library = &failure.subject;
    let starts = ["@rpath/", "@loader_path/", "@executable_path/"];
    if failure.reason != Reason::LibraryNotFound
        || !starts.iter().any(|start| library.starts_with(start))
    {
        return None;
    }
    let needer = wording::needer(scene, module, failure);
    let own = needer == module.artifact.path;
    let no_rpath = own
        && library.starts_with("@rpath/")
        && module.image().is_some_and(|image| image.rpaths.is_empty());
    let message = if no_rpath {
        format!(
            "`{needer}` {}needs `{library}`, and has no rpath to look for it",
            wording::likely(failure)
        )
    } else {
        let start = library.split('/').next().unwrap_or(library);
        format!(
            "`{needer}` needs `{library}`, which is {}at no place that `{start}` leads to",
            wording::likely(failure)
        )
    };
    let names = [("library", library.as_str()), ("referenced_from", needer)];
    let finding = Finding::new(message, of_case(&RULE, &names))
        .subject(library)
        .fact("library", library);
    let finding = wording::with_origin(finding, scene, failure);
    Some(wording::with_tried(finding, failure))
}

#[cfg(test)]
mod tests {
    use crate::load::{Attempt, Reason};
    use crate::rules::testing::{Case, failure, id, said};

    #[test]
    fn the_places_that_were_tried_are_shown() {
        let mut case = Case::macos();
        case.image().rpaths = vec!["@loader_path/lib".to_owned()];
        let mut missing = failure(Reason::LibraryNotFound, "@rpath/libstone.dylib");
        missing.tried = vec![Attempt {
            path: "/overlay/pkg/lib/libstone.dylib".to_owned(),
            why: "no such file".to_owned(),
        }];
        let finding = said(case.load(&missing), "library-not-found-rpath");
        assert_eq!(
            finding.evidence[0].text,
            "/overlay/pkg/lib/libstone.dylib (no such file)"
        );
        assert!(finding.remedy.contains("libstone.dylib"));
        assert!(
            finding.message.ends_with(
                "needs `@rpath/libstone.dylib`, which is at no place that `@rpath` leads to"
            ),
            "{}",
            finding.message
        );
    }

    #[test]
    fn torchs_own_libraries_are_a_matter_of_order() {
        let missing = failure(Reason::LibraryNotFound, "@rpath/libc10.dylib");
        let finding = said(Case::macos().load(&missing), "library-not-found-rpath");
        assert!(
            finding.message.ends_with("has no rpath to look for it"),
            "{}",
            finding.message
        );
        assert!(finding.remedy.starts_with("- Import torch"));
    }

    #[test]
    fn a_directory_that_is_named_like_it_is_none() {
        let missing = failure(Reason::LibraryNotFound, "/opt/@rpath/libstone.dylib");
        assert_eq!(
            id(&Case::macos().load(&missing)),
            Some("library-not-found-absolute")
        );
    }
}
