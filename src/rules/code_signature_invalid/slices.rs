//! The signatures of a wheel's slices, whoever will open them.

use crate::diagnosis::Severity;
use crate::image::{Arch, Signature};
use crate::rules::wheel_case::{WheelSlice, listed};
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

pub(super) fn faults(case: &WheelCase<'_>) -> Vec<Finding> {
    let mut found: Vec<(Fault, WheelSlice<'_>)> = Vec::new();
    for slice in case.slices() {
        if let Some(fault) = fault(&slice) {
            found.push((fault, slice));
        }
    }
    let arm = |slice: &WheelSlice<'_>| matches!(slice.image.arch, Arch::Arm64 | Arch::Arm64e);
    let mut findings = Vec::new();
    for on_arm in [true, false] {
        let mut of_arch: Vec<(Fault, WheelSlice<'_>)> = found.clone();
        of_arch.retain(|(_, slice)| arm(slice) == on_arm);
        let kinds: [(&str, fn(Fault) -> bool); 4] = [
            ("has no code signature", |fault| fault == Fault::Absent),
            ("has a damaged code signature", |fault| {
                fault == Fault::Malformed
            }),
            (
                "has a code signature that covers too little of it",
                |fault| fault == Fault::Short,
            ),
            ("was changed after it was signed", |fault| {
                matches!(fault, Fault::Stale(_))
            }),
        ];
        for (what, is_kind) in kinds {
            let of_kind = of_arch.iter().filter(|(fault, _)| is_kind(*fault));
            let of_kind: Vec<&(Fault, WheelSlice<'_>)> = of_kind.collect();
            findings.extend(finding(&of_kind, what, on_arm));
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
fn finding(found: &[&(Fault, WheelSlice<'_>)], what: &str, on_arm: bool) -> Option<Finding> {
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
        "Apple Silicon does not run it"
    } else {
        "a Python with the hardened runtime, such as python.org's, may be killed"
    };
    let message = format!("{} {what}: {ends}", listed(&paths));
    let file = &first.file.path;
    let remedy = format!(
        "Sign after the last change and before the wheel is made: `codesign --force --sign - {file}`; \
         on Linux `rcodesign sign {file}`."
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
