//! A library asked for by a fixed path at which it is not.

use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank, wording};
use crate::diagnosis::Severity;
use crate::load::{LoadFailure, Reason};

pub(super) const RULE: Rule = Rule {
    id: "library-not-found-absolute",
    summary: "a library asked for by a fixed path is not there",
    severity: Severity::Error,
    rank: rank::LIBRARY,
    explanation: "## What it means

The path of the library is written into the module, and there is no such file on this machine.

## Why it breaks

On macOS a module remembers the install name of every library it was linked to, and libraries of Homebrew, MacPorts
and most CMake builds have their own full path as install name. The path works on the machine that built it until the
library is upgraded or moved. Homebrew is in `/opt/homebrew` on Apple Silicon and in `/usr/local` on Intel.

## How to fix

- For a wheel: `delocate-wheel -w fixed dist/*.whl` on macOS, `auditwheel repair dist/*.whl` on Linux: they copy the
  library into the wheel and rewrite the name.
- A library that you build: give it an install name that can move, `-install_name @rpath/libfoo.dylib`
  (CMake: `set(CMAKE_MACOSX_RPATH ON)`), and give the module an rpath.
- Or link it statically.
- On your own machine only: install the library, `brew install foo`, or rebuild against the one that is there now.

## How loadproof knows

It looks for the file where the module says it is, and where dyld or ld.so look next.
",
    inspect: &[Inspect::Failure(missing)],
};

fn missing(scene: &Scene<'_>, module: &Module<'_>, failure: &LoadFailure) -> Option<Finding> {
    let library = &failure.subject;
    let has_directory = library.contains('/') && !library.starts_with('@');
    if failure.reason != Reason::LibraryNotFound || !has_directory {
        return None;
    }
    // The opened file itself is no library that somebody asks for.
    if failure.referenced_from.is_none() && *library == module.artifact.installed {
        return None;
    }
    let needer = wording::needer(scene, module, failure);
    let fixed = if library.starts_with('/') {
        ""
    } else {
        ", a path that depends on the working directory"
    };
    let message = format!(
        "`{needer}` needs `{library}`{fixed}, which is {}not there",
        wording::likely(failure)
    );
    let names = [
        ("library", library.as_str()),
        ("referenced_from", needer),
        ("format", module.format()),
    ];
    let finding = Finding::new(message, of_case(&RULE, &names))
        .subject(library)
        .fact("library", library);
    let finding = wording::with_origin(finding, scene, failure);
    Some(wording::with_tried(finding, failure))
}

#[cfg(test)]
mod tests {
    use crate::load::Reason;
    use crate::rules::testing::{Case, failure, id, said};

    #[test]
    fn a_library_of_homebrew_is_named_with_its_formula() {
        let missing = failure(
            Reason::LibraryNotFound,
            "/opt/homebrew/opt/libomp/lib/libomp.dylib",
        );
        let finding = said(Case::macos().load(&missing), "library-not-found-absolute");
        assert!(
            finding.remedy.contains("brew install libomp"),
            "{}",
            finding.remedy
        );
    }

    #[test]
    fn a_bare_name_and_the_opened_file_itself_are_others() {
        let case = Case::linux();
        let bare = failure(Reason::LibraryNotFound, "libtallybook.so");
        assert_eq!(id(&case.load(&bare)), Some("library-not-found-bare"));
        let opened = failure(Reason::LibraryNotFound, &case.facts.artifacts[0].installed);
        assert_eq!(id(&case.load(&opened)), None);
    }
}
