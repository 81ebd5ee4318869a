//! An image that is damaged.

use super::{Finding, Inspect, Module, Rule, Scene, not_a_macho, of_case, rank, wording};
use crate::diagnosis::Severity;
use crate::load::{Content, LoadFailure, Reason};
use crate::python::{ImportAttempt, ImportOutcome};

pub(super) const RULE: Rule = Rule {
    id: "malformed-macho",
    summary: "the file is a damaged image",
    severity: Severity::Error,
    rank: rank::REFUSED,
    explanation: "## What it means

The file starts as an image should, and then contradicts itself: a part that it announces is missing or not where it
should be.

## Why it breaks

A download or copy that stopped early, a full disk, or a tool that edited the file and knew only half of the format:
packers, obfuscators, old versions of `strip`, `patchelf` or `install_name_tool`. dyld became stricter with macOS 15.4
and again with 26, so that a file which was always wrong may fail only now. A cut-off file can also kill the process
(SIGBUS) rather than be refused, on Linux above all.

## How to fix

- Build again into an empty directory, with enough free space: `rm -rf build dist`.
- Compare the size with the file in the wheel: `unzip -lv dist/*.whl`.
- Leave out the step that edits the file (`strip`, a packer) and see whether it loads then; update that tool.

## How loadproof knows

It reads headers, load commands or program headers, and tables, and names the first one that does not fit.
",
    inspect: &[Inspect::Failure(damaged), Inspect::Ending(killed_by_it)],
};

fn damaged(scene: &Scene<'_>, module: &Module<'_>, failure: &LoadFailure) -> Option<Finding> {
    if failure.reason != Reason::Malformed {
        return None;
    }
    let content = not_a_macho::content(scene, module, failure);
    let other_rule = not_a_macho::is_no_image(scene, &content, failure)
        || wording::refused_because(failure, "duplicate LC_RPATH '").is_some()
        || wording::refused_because(failure, "cannot load '").is_some();
    if other_rule {
        return None;
    }
    let file = scene.shown(&failure.subject);
    let finding = finding(file, wording::likely(failure), why(&content));
    Some(wording::with_origin(finding, scene, failure))
}

/// The process died while it loaded a file that is known to be damaged.
fn killed_by_it(
    scene: &Scene<'_>,
    module: &Module<'_>,
    attempt: &ImportAttempt,
) -> Option<Finding> {
    let ImportOutcome::Killed { signal } = attempt.outcome else {
        return None;
    };
    let Content::Malformed { .. } = &*module.content else {
        return None;
    };
    // Touching a page past the end of the file: SIGBUS (7 on Linux, 10 on macOS), or SIGSEGV.
    if ![7, 10, 11].contains(&signal) {
        return None;
    }
    let path = scene.shown(&module.artifact.path);
    Some(finding(path, "", why(&module.content)).fact("signal", signal.to_string()))
}

fn finding(file: &str, likely: &str, why: Option<&str>) -> Finding {
    let detail = why.map_or_else(String::new, |why| format!(": {why}"));
    Finding::new(
        format!("`{file}` is {likely}a damaged image{detail}"),
        of_case(&RULE, &[("library", file)]),
    )
    .subject(file)
    .fact("library", file)
    .fact_if("damage", why)
}

fn why(content: &Content) -> Option<&str> {
    match content {
        Content::Malformed { why } => Some(why),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::load::{Content, Reason};
    use crate::python::ImportOutcome;
    use crate::rules::testing::{Case, attempt, failure, id, said};

    fn cut_off() -> Case {
        let mut case = Case::linux();
        case.content = Content::Malformed {
            why: "section headers end past the file".to_owned(),
        };
        case
    }

    #[test]
    fn the_damaged_structure_is_named() {
        let case = cut_off();
        let refused = failure(Reason::Malformed, &case.facts.artifacts[0].installed);
        let finding = said(case.load(&refused), "malformed-macho");
        assert!(
            finding
                .message
                .ends_with("a damaged image: section headers end past the file")
        );
        assert_eq!(
            finding.subject.as_deref(),
            Some("pkg/_C.cpython-311-x86_64-linux-gnu.so")
        );
    }

    #[test]
    fn a_process_that_dies_of_it_has_the_same_cause() {
        let killed = attempt(ImportOutcome::Killed { signal: 7 });
        assert_eq!(id(&cut_off().ends(&killed)), Some("malformed-macho"));
        assert_eq!(id(&Case::linux().ends(&killed)), Some("crash-at-import"));
        let aborted = attempt(ImportOutcome::Killed { signal: 6 });
        assert_eq!(id(&cut_off().ends(&aborted)), Some("crash-at-import"));
    }
}
