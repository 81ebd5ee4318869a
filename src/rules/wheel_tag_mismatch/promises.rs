//! What the tags promise, and what the wheel's own files keep of it.

use crate::diagnosis::{Place, Severity};
use crate::image::{Arch, Platform, Version};
use crate::rules::wheel_case::{WheelSlice, listed};
use crate::rules::{Finding, WheelCase};
use crate::wheel::{Tag, expand_tags};

/// The tags in the file's name against those in WHEEL.
pub(super) fn other_tags(case: &WheelCase<'_>) -> Vec<Finding> {
    let wheel = case.wheel;
    let (Some(name), Some(dist_info)) = (&wheel.name, &wheel.dist_info) else {
        return Vec::new();
    };
    let stated: Vec<Tag> = wheel.wheel.all("Tag").flat_map(expand_tags).collect();
    if wheel.wheel.is_empty() {
        return Vec::new();
    }
    let missing = |from: &[Tag], of: &[Tag]| -> Vec<String> {
        let missing = from.iter().filter(|tag| !of.contains(tag));
        missing.map(Tag::to_string).collect()
    };
    let only_named = missing(&name.tags, &stated);
    let only_stated = missing(&stated, &name.tags);
    let message = match (only_named.as_slice(), only_stated.as_slice()) {
        ([], []) => return Vec::new(),
        (named, []) => format!(
            "the file's name has the tag {}, and WHEEL has not",
            listed(named)
        ),
        ([], stated) => format!(
            "WHEEL has the tag {}, and the file's name has not",
            listed(stated)
        ),
        (named, stated) => format!(
            "the file's name has the tag {}, and WHEEL has {}",
            listed(named),
            listed(stated)
        ),
    };
    let remedy = "Change tags with `wheel tags`, which writes both: \
                  `python -m wheel tags --remove --platform-tag macosx_11_0_arm64 WHEEL`.";
    let subject = only_named
        .first()
        .or(only_stated.first())
        .cloned()
        .unwrap_or_default();
    let path = format!("{dist_info}/WHEEL");
    let finding = Finding::new(message, remedy)
        .subject(subject)
        // Installers go by the name; PyPI and others compare.
        .only(Severity::Warning)
        .place(Place::Artifact { path, arch: None });
    vec![finding]
}

/// Files without a slice for a processor that the tags promise.
pub(super) fn missing_slices(case: &WheelCase<'_>) -> Vec<Finding> {
    let claims = case.claims();
    let promised = claims
        .iter()
        .filter_map(|(arch, _)| missing_slice(case, *arch));
    promised.collect()
}

fn missing_slice(case: &WheelCase<'_>, arch: Arch) -> Option<Finding> {
    let fits = |have: Arch| match arch {
        Arch::Arm64 => matches!(have, Arch::Arm64 | Arch::Arm64e),
        _ => matches!(have, Arch::X86_64 | Arch::X86_64h),
    };
    let is_first = |slice: &WheelSlice<'_>| slice.index == 0;
    let lacks = |slice: &WheelSlice<'_>| {
        let mut slices = slice.native.slices().iter();
        !slices.any(|image| fits(image.arch))
    };
    let mut without: Vec<WheelSlice<'_>> = case.slices().filter(is_first).filter(lacks).collect();
    without.retain(|slice| slice.is_loaded() || slice.is_extension());
    let first = without.first()?;
    let modules = without.iter().any(WheelSlice::is_extension);
    let paths: Vec<String> = without
        .iter()
        .map(|slice| slice.file.path.clone())
        .collect();
    let have = first.image.arch;
    let message = format!(
        "the tags promise {arch}, and {} is for {have} only",
        listed(&paths)
    );
    let remedy = format!(
        "Build for {arch}, too (`ARCHFLAGS`, `CIBW_ARCHS_MACOS`, `CMAKE_OSX_ARCHITECTURES`), and join the two with \
         `lipo -create` or `delocate-merge`; or take {arch} out of the tag."
    );
    let finding = Finding::new(message, remedy)
        .subject(&first.file.path)
        .fact("need_arch", arch.to_string())
        .fact("have_arch", have.to_string())
        .place(first.place());
    Some(if modules {
        finding
    } else {
        finding.only(Severity::Warning)
    })
}

/// Slices for a newer macOS than the tags claim: dyld does not look at that, so it is a risk.
pub(super) fn newer_slices(case: &WheelCase<'_>) -> Vec<Finding> {
    let claims = case.claims();
    let newer = claims
        .iter()
        .filter_map(|(arch, claimed)| newer(case, *arch, *claimed));
    newer.collect()
}

fn newer(case: &WheelCase<'_>, arch: Arch, claimed: Version) -> Option<Finding> {
    let of_arch = |slice: &WheelSlice<'_>| {
        let have = slice.image.arch;
        have == arch
            || matches!(
                (have, arch),
                (Arch::X86_64h, Arch::X86_64) | (Arch::Arm64e, Arch::Arm64)
            )
    };
    let mut found: Vec<(Version, WheelSlice<'_>)> = case
        .slices()
        .filter(|slice| of_arch(slice) && slice.is_loaded())
        .filter_map(|slice| Some((needed(&slice)?, slice)))
        .filter(|(needed, _)| *needed > claimed)
        .collect();
    // The newest first, so that it is named; the order of the archive among equals.
    found.sort_by_key(|(needed, _)| std::cmp::Reverse(*needed));
    let (newest, first) = found.first()?;
    let paths: Vec<String> = found
        .iter()
        .map(|(_, slice)| slice.file.path.clone())
        .collect();
    let chained = stated(first).is_none_or(|stated| stated < *newest);
    let why = if chained {
        "needs (its fixups are chained)"
    } else {
        "is built for"
    };
    let message = format!(
        "the tags claim macOS {claimed} on {arch}, and {} {why} macOS {newest} or newer",
        listed(&paths)
    );
    let remedy = format!(
        "Build all that goes into the wheel with `MACOSX_DEPLOYMENT_TARGET={claimed}`, libraries of Homebrew or conda \
         included, or give the wheel the tag `macosx_{}_{}_{arch}`.",
        newest.major,
        if newest.major > 10 { 0 } else { newest.minor }
    );
    let finding = Finding::new(message, remedy)
        .only(Severity::Warning)
        .subject(&first.file.path)
        .fact("min_os", newest.to_string())
        .fact("claimed_os", claimed.to_string())
        .place(first.place());
    Some(finding)
}

/// The minimum macOS that a slice states.
fn stated(slice: &WheelSlice<'_>) -> Option<Version> {
    let versions = slice.macho.build_versions.iter();
    let macos = versions.filter(|built| built.platform == Platform::MacOs);
    macos.map(|built| built.minos).max()
}

/// The minimum macOS that a slice states, or that its form asks for: dyld knows chained fixups since macOS 11.
fn needed(slice: &WheelSlice<'_>) -> Option<Version> {
    let implied = slice
        .macho
        .build
        .chained_fixups
        .then_some(Version::new(11, 0, 0));
    stated(slice).max(implied)
}
