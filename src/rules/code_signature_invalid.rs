//! A signature that is absent, stale or not acceptable here.

mod slices;

use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank, wording};
use crate::diagnosis::Severity;
use crate::load::{LoadFailure, Reason};

pub(super) const RULE: Rule = Rule {
    id: "code-signature-invalid",
    summary: "the code signature is absent, stale or not acceptable to this process",
    severity: Severity::Error,
    rank: rank::REFUSED,
    explanation: "## What it means

macOS does not accept the signature of the file, or misses one.

## Why it breaks

On Apple Silicon every image must be signed, if only ad hoc; the linker signs what it links. A signature covers every
page of the file, so each later change makes it stale: `install_name_tool`, `strip`, `lipo`, a copy over a file that is
loaded. dyld refuses a file without a valid signature; a page that is not what was signed kills the process
(SIGKILL, Code Signature Invalid). A Python with the hardened runtime and library validation also refuses files of
another team, which `pip install` always brings.

## How to fix

- Sign again, after the last change: `codesign --force --sign - FILE`; `codesign --verify --verbose FILE` checks.
- Let the tool do it: `delocate` 0.10 and newer, and `install_name_tool` of Xcode 12 and newer, sign again.
- Replace a file that may be in use by a new one (`rm`, then copy), never by writing into it.
- Different Team IDs: use a Python without library validation (python.org, Homebrew, uv), or sign it with the
  entitlement `com.apple.security.cs.disable-library-validation`.

## How loadproof knows

It reads the signature and compares the hashes of the pages, or reads what dyld and the kernel say.
",
    inspect: &[Inspect::Failure(refused), Inspect::Wheel(slices::faults)],
};

fn refused(scene: &Scene<'_>, module: &Module<'_>, failure: &LoadFailure) -> Option<Finding> {
    if failure.reason != Reason::Codesign || by_policy(failure) {
        return None;
    }
    let file = scene.shown(&failure.subject);
    let likely = wording::likely(failure);
    // code signature in <UUID> '/x.so' not valid for use in process: mapping process and mapped file
    // (non-platform) have different Team IDs
    let teams =
        says(failure, "have different Team IDs") || says(failure, "mapped file has no Team ID");
    let message = if teams {
        format!(
            "`{file}` is signed by another team than this Python accepts, which {likely}refuses it"
        )
    } else {
        format!("the code signature of `{file}` is {likely}absent or not valid")
    };
    let signed = scene.shown(wording::refused_file(failure));
    let reason = if teams { "different Team IDs" } else { "" };
    let remedy = of_case(&RULE, &[("signed_file", signed), ("reason", reason)]);
    let finding = Finding::new(message, remedy)
        .subject(file)
        .fact("library", file)
        .fact_if(
            "have_arch",
            module.image().map(|image| image.arch.to_string()),
        );
    Some(wording::with_origin(finding, scene, failure))
}

/// Gatekeeper refused it, whatever the signature: `... not valid for use in process: library load disallowed by
/// system policy`.
pub(super) fn by_policy(failure: &LoadFailure) -> bool {
    says(failure, "library load disallowed by system policy")
        || says(failure, "library load denied by system policy")
}

/// The kernel's words stand at the end of dyld's sentence: `not valid for use in process: {words}`, up to macOS 11
/// `not valid for use in process using Library Validation: {words}`.
fn says(failure: &LoadFailure, words: &str) -> bool {
    let whys = failure.tried.iter().map(|attempt| attempt.why.as_str());
    whys.chain([failure.message.as_str()]).any(|text| {
        let mut sentences = text.split(" not valid for use in process").skip(1);
        sentences.any(|rest| {
            let rest = rest
                .strip_prefix(" using Library Validation")
                .unwrap_or(rest);
            let reason = rest.strip_prefix(": ").unwrap_or_default();
            reason
                .split(['\'', '\n'])
                .next()
                .is_some_and(|reason| reason.contains(words))
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::load::{LoadFailure, Reason};
    use crate::rules::testing::{Case, failure, id, said};

    fn refused_for(why: &str) -> LoadFailure {
        let mut refused = failure(Reason::Codesign, "/overlay/pkg/_C.so");
        refused.message = format!(
            "tried: '/overlay/pkg/_C.so' (code signature in <U> '/overlay/pkg/_C.so' not valid for use in process: {why})"
        );
        refused
    }

    #[test]
    fn a_missing_signature_is_mended_by_signing() {
        let missing = refused_for(
            "mapped file has no cdhash, completely unsigned? Code has to be at least ad-hoc signed.",
        );
        let finding = said(Case::macos().load(&missing), "code-signature-invalid");
        assert!(
            finding
                .remedy
                .contains("codesign --force --sign - pkg/_C.so"),
            "{}",
            finding.remedy
        );
    }

    #[test]
    fn another_team_is_a_matter_of_the_python() {
        let teams =
            refused_for("mapping process and mapped file (non-platform) have different Team IDs");
        let finding = said(Case::macos().load(&teams), "code-signature-invalid");
        assert!(
            finding.message.contains("another team"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn gatekeepers_refusal_is_not_about_the_signature() {
        let policy = refused_for("library load disallowed by system policy");
        assert_eq!(
            id(&Case::macos().load(&policy)),
            Some("gatekeeper-quarantine")
        );
    }
}
