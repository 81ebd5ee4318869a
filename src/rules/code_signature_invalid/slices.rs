//! The signatures of a wheel's slices, whoever will open them.

use super::super::remedy::{command, sign};
use crate::diagnosis::Severity;
use crate::image::{Arch, Signature};
use crate::rules::wheel_case::{WheelSlice, listed, number};
use crate::rules::{Finding, WheelCase};

/// What is wrong with a signature.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Absent,
    Malformed,
    /// It ends before the signature itself begins: something was put in between.
    Short,
    /// A page is not what was signed.
    Stale(u32),
}

/// Of one file, and of several.
type Words = [&'static str; 2];

type IsKind = fn(Fault) -> bool;

pub(super) fn faults(case: &WheelCase<'_>) -> Vec<Finding> {
    let mut found: Vec<(Fault, WheelSlice<'_>)> = Vec::new();
    for slice in case.slices() {
        if let Some(fault) = fault(&slice) {
            found.push((fault, slice));
        }
    }
    let arm = |slice: &WheelSlice<'_>| matches!(slice.image.arch, Arch::Arm64 | Arch::Arm64e);
    let claims = case.claims();
    // What such a wheel has for Apple Silicon, no installer puts there.
    let is_for_intel = !claims.is_empty() && claims.iter().all(|(arch, _)| *arch != Arch::Arm64);
    let mut findings = Vec::new();
    for on_arm in [true, false] {
        let mut of_arch: Vec<(Fault, WheelSlice<'_>)> = found.clone();
        of_arch.retain(|(_, slice)| arm(slice) == on_arm);
        let kinds: [(Words, IsKind); 4] = [
            (
                ["has no code signature", "have no code signature"],
                |fault| fault == Fault::Absent,
            ),
            (
                [
                    "has a damaged code signature",
                    "have damaged code signatures",
                ],
                |fault| fault == Fault::Malformed,
            ),
            (
                [
                    "has a code signature that covers too little",
                    "have code signatures that cover too little",
                ],
                |fault| fault == Fault::Short,
            ),
            (
                [
                    "was changed after it was signed",
                    "were changed after they were signed",
                ],
                |fault| matches!(fault, Fault::Stale(_)),
            ),
        ];
        for (words, is_kind) in kinds {
            let of_kind = of_arch.iter().filter(|(fault, _)| is_kind(*fault));
            let of_kind: Vec<&(Fault, WheelSlice<'_>)> = of_kind.collect();
            let found = finding(&of_kind, words, on_arm);
            findings.extend(found.map(|found| match is_for_intel {
                true => found.only(Severity::Warning),
                false => found,
            }));
        }
    }
    findings
}

fn fault(slice: &WheelSlice<'_>) -> Option<Fault> {
    let on_arm = matches!(slice.image.arch, Arch::Arm64 | Arch::Arm64e);
    match &slice.macho.signature {
        // Intel asks for none.
        Signature::Absent => on_arm.then_some(Fault::Absent),
        Signature::Malformed { .. } => Some(Fault::Malformed),
        Signature::Present(directory) if directory.covered < directory.offset => Some(Fault::Short),
        Signature::Present(directory) => directory.stale_page.map(Fault::Stale),
    }
}

/// Object files and the like, which no process maps, are signed by nobody.
fn finding(
    found: &[&(Fault, WheelSlice<'_>)],
    [one, several]: Words,
    on_arm: bool,
) -> Option<Finding> {
    let mapped =
        |slice: &WheelSlice<'_>| !matches!(slice.image.file_type, crate::image::FileType::Other(_));
    let mapped: Vec<&(Fault, WheelSlice<'_>)> = found
        .iter()
        .copied()
        .filter(|(_, slice)| mapped(slice))
        .collect();
    let (fault, first) = mapped.first()?;
    let paths: Vec<String> = mapped.iter().map(|(_, slice)| slice.shown()).collect();
    let ends = if on_arm {
        "Apple Silicon does not run that"
    } else {
        "a Python with the hardened runtime, such as python.org's, may be killed"
    };
    let what = number(&paths, one, several);
    let message = format!("{} {what}: {ends}", listed(&paths));
    let file = &first.file.path;
    let remedy = format!(
        "Sign after the last change and before the wheel is made: {}; on Linux {}.",
        sign(file),
        command(&["rcodesign", "sign", file])
    );
    let mut finding = Finding::new(message, remedy)
        .subject(file)
        .fact("library", file)
        .place(first.place());
    if let Fault::Stale(page) = fault {
        finding = finding.fact("page", page.to_string());
    }
    Some(if on_arm {
        finding
    } else {
        finding.only(Severity::Warning)
    })
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::Severity;
    use crate::rules::testing::wheels::{MachoFile, module, wheel};

    const ID: &str = "code-signature-invalid";

    fn with(file: MachoFile) -> crate::rules::testing::wheels::WheelFiles {
        wheel(vec![("x/_C.cpython-311-darwin.so", file)])
    }

    #[test]
    fn an_unsigned_or_changed_slice_for_apple_silicon_is_an_error() {
        let unsigned = MachoFile {
            signed: false,
            ..module()
        };
        let (severity, finding) = with(unsigned).one(ID);
        assert_eq!(severity, Severity::Error);
        assert!(
            finding.message.contains("has no code signature"),
            "{}",
            finding.message
        );
        let stale = MachoFile {
            stale: true,
            ..module()
        };
        let (severity, finding) = with(stale).one(ID);
        assert_eq!(severity, Severity::Error);
        assert_eq!(finding.facts.get("page").map(String::as_str), Some("0"));
    }

    #[test]
    fn a_slice_for_apple_silicon_in_a_wheel_for_intel_is_a_risk() {
        let mut unsigned = with(MachoFile {
            signed: false,
            ..module()
        });
        unsigned.name = "x-1.0-cp311-cp311-macosx_10_9_x86_64.whl";
        let said = unsigned.said();
        let mut severities = said.iter().filter(|(id, ..)| *id == ID);
        let severity = severities.next().map(|(_, severity, _)| *severity);
        assert_eq!(severity, Some(Severity::Warning));
    }

    #[test]
    fn intel_asks_for_none_and_a_stale_one_is_a_risk() {
        let intel = MachoFile {
            arm: false,
            minos: (10, 9),
            ..module()
        };
        let mut unsigned = with(MachoFile {
            signed: false,
            ..intel.clone()
        });
        unsigned.name = "x-1.0-cp311-cp311-macosx_10_9_x86_64.whl";
        assert!(unsigned.said().iter().all(|(id, ..)| *id != ID));
        let mut stale = with(MachoFile {
            stale: true,
            ..intel
        });
        stale.name = "x-1.0-cp311-cp311-macosx_10_9_x86_64.whl";
        let said = stale.said();
        let severity = said
            .iter()
            .find(|(id, ..)| *id == ID)
            .map(|(_, severity, _)| *severity);
        assert_eq!(severity, Some(Severity::Warning));
    }
}
