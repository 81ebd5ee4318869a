//! What the tags promise, and what the wheel's own files keep of it.

use crate::diagnosis::{Place, Severity};
use crate::image::{Arch, Platform, Version};
use crate::rules::wheel_case::{WheelSlice, listed, number};
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
        "the tags promise {arch}, and {} {} for {have} only",
        listed(&paths),
        number(&paths, "is", "are")
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
    let chained = stated(first).is_none_or(|stated| stated < *newest);
    let why = if chained {
        "needs (its fixups are chained)"
    } else {
        "is built for"
    };
    let file = &first.file.path;
    let others = match found.len().saturating_sub(1) {
        0 => String::new(),
        1 => ", and another file for a newer one than that, too".to_owned(),
        more => format!(", and {more} others for newer ones than that, too"),
    };
    let message = format!(
        "the tags claim macOS {claimed} on {arch}, and `{file}` {why} macOS {newest}{others}"
    );
    // Tags have no minor versions since macOS 11, so that nothing better can be claimed.
    let only_minor = claimed.major > 10 && newest.major == claimed.major;
    let tag = match (newest.major, only_minor) {
        (_, true) => String::new(),
        (10, false) => format!(
            ", or give the wheel the tag `macosx_10_{}_{arch}`",
            newest.minor
        ),
        (major, false) => format!(", or give the wheel the tag `macosx_{major}_0_{arch}`"),
    };
    let remedy = format!(
        "Build all that goes into the wheel with `MACOSX_DEPLOYMENT_TARGET={claimed}`, libraries of Homebrew or conda \
         included{tag}."
    );
    let severity = if only_minor {
        Severity::Note
    } else {
        Severity::Warning
    };
    let finding = Finding::new(message, remedy)
        .only(severity)
        .subject(file)
        .fact("min_os", newest.to_string())
        .fact("claimed_os", claimed.to_string())
        .fact("files", found.len().to_string())
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

#[cfg(test)]
mod tests {
    use crate::diagnosis::Severity;
    use crate::rules::testing::wheels::{MachoFile, WheelFiles, module, wheel};

    const ID: &str = "wheel-tag-mismatch";
    const MODULE: &str = "x/_C.cpython-311-darwin.so";

    fn with(name: &'static str, file: MachoFile) -> WheelFiles {
        let mut case = wheel(vec![(MODULE, file)]);
        case.name = name;
        case
    }

    #[test]
    fn a_module_without_a_promised_slice_is_an_error() {
        let case = with("x-1.0-cp311-cp311-macosx_11_0_universal2.whl", module());
        let (severity, finding) = case.one(ID);
        assert_eq!(severity, Severity::Error);
        assert_eq!(finding.subject.as_deref(), Some(MODULE));
        assert_eq!(
            finding.facts.get("need_arch").map(String::as_str),
            Some("x86_64")
        );
    }

    #[test]
    fn a_newer_file_than_the_tag_is_a_risk_and_a_newer_minor_a_note() {
        let name = "x-1.0-cp311-cp311-macosx_12_0_arm64.whl";
        let (severity, finding) = with(
            name,
            MachoFile {
                minos: (14, 5),
                ..module()
            },
        )
        .one(ID);
        assert_eq!(severity, Severity::Warning);
        assert!(
            finding.remedy.contains("macosx_14_0_arm64"),
            "{}",
            finding.remedy
        );
        let (severity, finding) = with(
            name,
            MachoFile {
                minos: (12, 3),
                ..module()
            },
        )
        .one(ID);
        assert_eq!(severity, Severity::Note);
        assert!(!finding.remedy.contains("tag"), "{}", finding.remedy);
        assert!(
            with(
                name,
                MachoFile {
                    minos: (12, 0),
                    ..module()
                }
            )
            .only(ID)
            .is_empty()
        );
    }

    #[test]
    fn the_tags_in_wheel_are_compared_as_sets() {
        let mut case = with(
            "x-1.0-cp311-cp311-macosx_10_9_universal2.macosx_11_0_arm64.whl",
            module(),
        );
        case.files.clear();
        case.tags = Some(vec![
            "cp311-cp311-macosx_11_0_arm64",
            "cp311-cp311-macosx_10_9_universal2",
        ]);
        assert!(case.said().is_empty(), "{:?}", case.said());
        case.tags = Some(vec!["cp310-cp310-macosx_11_0_arm64"]);
        let said = case.said();
        assert_eq!(said.len(), 1, "{said:?}");
        assert_eq!((said[0].0, said[0].1), (ID, Severity::Warning));
    }
}
