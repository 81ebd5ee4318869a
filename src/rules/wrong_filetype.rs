//! An image that cannot be loaded the way it is asked for.

use super::{Finding, Inspect, Module, Rule, Scene, rank, wording};
use crate::diagnosis::Severity;
use crate::load::{LoadFailure, Reason};

pub(super) const RULE: Rule = Rule {
    id: "wrong-filetype",
    summary: "a file is an image of a kind that cannot be loaded this way",
    severity: Severity::Error,
    rank: rank::REFUSED,
    explanation: "## What it means

The file is a proper image, but not one that may be loaded here: a program, an object file, or on macOS a bundle that
another image is linked to.

## Why it breaks

A loader takes shared libraries. On macOS an extension module is a *bundle*, which may be opened and never be linked
to; a library that others link to must be a *dylib*. A module that is linked to another extension module therefore
loads on Linux and not on macOS. An object file or a program under a module's name comes from a build that stopped
before the link, or linked the wrong way.

## How to fix

- Code that two modules share: put it into a library of its own (CMake: `add_library(core SHARED ...)`) and link both
  to it; or pass a `PyCapsule` from one to the other.
- A module: link with `-bundle` on macOS (setuptools does) or `-shared` on Linux; CMake: `python_add_library(... MODULE)`.
- A program: do not install it under a module's name.

## How loadproof knows

It reads the file type in the header, and by what it is asked for.
",
    inspect: &[Inspect::Failure(wrong_kind)],
};

fn wrong_kind(scene: &Scene<'_>, module: &Module<'_>, failure: &LoadFailure) -> Option<Finding> {
    if failure.reason != Reason::WrongFiletype {
        return None;
    }
    let file = scene.shown(&failure.subject);
    let likely = wording::likely(failure);
    let own = failure.subject == module.artifact.installed;
    let bundle = wording::refused_because(failure, "cannot link against bundle").is_some();
    let message = if bundle {
        format!("`{file}` is a bundle, to which no image can {likely}be linked")
    } else {
        format!("`{file}` is an image of a kind that is {likely}not loadable as a library")
    };
    let remedy = if own {
        "Link it as a module: `-bundle` on macOS, `-shared` on Linux; setuptools' `Extension` does both.".to_owned()
    } else {
        format!("Build `{file}` as a shared library, and link the module to that.")
    };
    let finding = Finding::new(message, remedy)
        .subject(file)
        .fact("library", file);
    Some(wording::with_origin(finding, scene, failure))
}

#[cfg(test)]
mod tests {
    use crate::load::{Attempt, Reason};
    use crate::rules::testing::{Case, failure, id, said};

    #[test]
    fn a_bundle_that_another_image_is_linked_to_is_named() {
        let mut refused = failure(
            Reason::WrongFiletype,
            "/overlay/pkg/_core.cpython-311-darwin.so",
        );
        refused.tried = vec![Attempt {
            path: "/overlay/pkg/_core.cpython-311-darwin.so".to_owned(),
            why: "cannot link against bundle '/overlay/pkg/_core.cpython-311-darwin.so'".to_owned(),
        }];
        let finding = said(Case::macos().load(&refused), "wrong-filetype");
        assert_eq!(
            finding.message,
            "`pkg/_core.cpython-311-darwin.so` is a bundle, to which no image can be linked"
        );
    }

    #[test]
    fn a_damaged_file_is_not_of_the_wrong_kind() {
        let spoken = Case::macos().load(&failure(Reason::Malformed, "/overlay/pkg/_core.so"));
        assert_ne!(id(&spoken), Some("wrong-filetype"));
    }
}
