//! The same rpath twice, which newer versions of dyld refuse.

use super::{Finding, Inspect, Module, Rule, Scene, rank, wording};
use crate::diagnosis::Severity;
use crate::load::{LoadFailure, Reason};

pub(super) const RULE: Rule = Rule {
    id: "duplicate-rpath",
    summary: "an image has the same rpath twice",
    severity: Severity::Error,
    rank: rank::REFUSED,
    explanation: "## What it means

The image has two LC_RPATH load commands with the same path, and this dyld refuses such an image.

## Why it breaks

Until macOS 15.3 a second rpath was ignored. macOS 15.4 refuses images that have one and are linked with the SDK of
15.4 or newer; macOS 26 those with the SDK of 26 or newer. The second one comes from two places that both pass
`-Wl,-rpath`: setup.py and `LDFLAGS`, conda's compiler and the project, or a tool that adds rpaths to finished files.

## How to fix

- Pass the rpath once: look for it in `extra_link_args`, `runtime_library_dirs`, `LDFLAGS` and the CMake variables
  `CMAKE_INSTALL_RPATH` and `INSTALL_RPATH`.
- Apple's ld since Xcode 15 warns: `ld: warning: duplicate -rpath '...' ignored`; older ones and lld keep both.
- A finished file: `install_name_tool -delete_rpath PATH FILE` removes one of the two, then
  `codesign --force --sign - FILE`.

## How loadproof knows

It reads the load commands and applies the rule of the running macOS, or reads dyld's complaint.
",
    inspect: &[Inspect::Failure(twice)],
};

fn twice(scene: &Scene<'_>, module: &Module<'_>, failure: &LoadFailure) -> Option<Finding> {
    if failure.reason != Reason::Malformed {
        return None;
    }
    // dlopen(/x.so, 0x0002): tried: '/x.so' (duplicate LC_RPATH '@loader_path')
    let why = wording::refused_because(failure, "duplicate LC_RPATH '")?;
    let rpath = why
        .strip_prefix("duplicate LC_RPATH '")?
        .split('\'')
        .next()?;
    let file = scene.shown(&failure.subject);
    let message = format!(
        "`{file}` has the rpath `{rpath}` twice, which this macOS {}refuses",
        wording::likely(failure)
    );
    let own = failure.subject == module.artifact.installed;
    let remedy = if own {
        format!(
            "Pass `-Wl,-rpath,{rpath}` once: it is in two of `extra_link_args`, `runtime_library_dirs` and `LDFLAGS`."
        )
    } else {
        let path = scene.shown(wording::refused_file(failure));
        format!(
            "Update the package that brings `{file}`, or remove one of the two: \
             `install_name_tool -delete_rpath {rpath} {path}`, then `codesign --force --sign - {path}`."
        )
    };
    let finding = Finding::new(message, remedy)
        .subject(file)
        .fact("rpath", rpath)
        .fact("library", file);
    Some(wording::with_origin(finding, scene, failure))
}

#[cfg(test)]
mod tests {
    use crate::load::Reason;
    use crate::rules::testing::{Case, failure, id, said};

    #[test]
    fn the_rpath_is_read_from_dylds_complaint() {
        let case = Case::macos();
        let installed = case.facts.artifacts[0].installed.clone();
        let mut refused = failure(Reason::Malformed, &installed);
        refused.message = format!(
            "dlopen({installed}, 0x0002): tried: '{installed}' (duplicate LC_RPATH '@loader_path')"
        );
        let finding = said(case.load(&refused), "duplicate-rpath");
        assert_eq!(
            finding.facts.get("rpath").map(String::as_str),
            Some("@loader_path")
        );
    }

    #[test]
    fn a_duplicate_of_something_else_is_plain_damage() {
        let case = Case::macos();
        let mut refused = failure(Reason::Malformed, &case.facts.artifacts[0].installed);
        refused.message = "duplicate segment name '__DATA'".to_owned();
        assert_eq!(id(&case.load(&refused)), Some("malformed-macho"));
    }
}
