//! A file that was downloaded by a browser and that Gatekeeper does not let in.

use super::{
    Finding, Inspect, Module, Rule, Scene, code_signature_invalid, of_case, rank, wording,
};
use crate::diagnosis::Severity;
use crate::load::{LoadFailure, Reason};

pub(super) const RULE: Rule = Rule {
    id: "gatekeeper-quarantine",
    summary: "macOS has put the file into quarantine",
    severity: Severity::Error,
    rank: rank::REFUSED,
    explanation: "## What it means

The file carries the attribute `com.apple.quarantine`, and Gatekeeper refuses to load what carries it and is not
notarised by Apple.

## Why it breaks

Browsers, mail programs and AirDrop mark what they download, and unpacking an archive in the Finder passes the mark on
to every file in it. `pip`, `curl` and `git` set no mark. A compiler's output has none either: the mark comes with
files that were copied into the project.

## How to fix

- Remove the mark: `xattr -d com.apple.quarantine FILE`, or `xattr -dr com.apple.quarantine DIRECTORY`.
- Download with `curl -LO` or `pip download` rather than with a browser.
- For those who get your files by a browser: have them notarised (`xcrun notarytool submit`).

## How loadproof knows

It reads the attribute of the installed file. Whether Gatekeeper lets a marked file in cannot be told beforehand, so
the attribute alone is a warning; dyld's `library load disallowed by system policy` is an error.
",
    inspect: &[Inspect::Failure(refused), Inspect::Module(marked)],
};

fn refused(scene: &Scene<'_>, _module: &Module<'_>, failure: &LoadFailure) -> Option<Finding> {
    if failure.reason != Reason::Codesign || !code_signature_invalid::by_policy(failure) {
        return None;
    }
    let file = scene.shown(&failure.subject);
    let message = format!(
        "macOS {}refuses `{file}` by its policy for downloaded files",
        wording::likely(failure)
    );
    let path = scene.shown(wording::refused_file(failure));
    let finding = Finding::new(message, of_case(&RULE, &[("signed_file", path)]))
        .subject(file)
        .fact("library", file);
    Some(wording::with_origin(finding, scene, failure))
}

fn marked(scene: &Scene<'_>, module: &Module<'_>) -> Option<Finding> {
    let quarantine = module.artifact.quarantine.as_ref()?;
    if scene.on_macos() != Some(true) {
        return None;
    }
    let file = &module.artifact.path;
    Some(
        Finding::new(
            format!("`{file}` is in quarantine: macOS may refuse to load it"),
            of_case(&RULE, &[("signed_file", file.as_str())]),
        )
        .only(Severity::Warning)
        .subject(file)
        .fact("library", file)
        .evidence("attribute com.apple.quarantine", quarantine),
    )
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::Severity;
    use crate::rules::testing::{Case, id, said};

    #[test]
    fn the_mark_alone_is_a_warning_on_macos() {
        let mut case = Case::macos();
        case.facts.artifacts[0].quarantine = Some("0081;0;Safari;".to_owned());
        let finding = said(case.module(), "gatekeeper-quarantine");
        assert_eq!(finding.severity, Some(Severity::Warning));
        case.interpreter().system = "Linux".to_owned();
        assert_eq!(id(&case.module()), None);
    }
}
