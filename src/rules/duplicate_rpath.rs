//! The same rpath twice, which newer versions of dyld refuse.

use std::collections::BTreeSet;

use super::wheel_case::{WheelSlice, listed, number};
use super::{Finding, Inspect, Module, Rule, Scene, WheelCase, of_case, rank, wording};
use crate::diagnosis::Severity;
use crate::image::{Platform, Version};
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
    inspect: &[Inspect::Failure(twice), Inspect::Wheel(in_slices)],
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
    let path = scene.shown(wording::refused_file(failure));
    let mut names = vec![("rpath", rpath), ("library", path)];
    if failure.subject != module.artifact.installed {
        names.push(("brought", file));
    }
    let finding = Finding::new(message, of_case(&RULE, &names))
        .subject(file)
        .fact("rpath", rpath)
        .fact("library", file);
    Some(wording::with_origin(finding, scene, failure))
}

/// Every slice with the same rpath twice, by what its SDK makes of it: macOS 15.4 to 15.6 refuse it from the SDK of 15.4
/// on, macOS 26 from its own on.
fn in_slices(case: &WheelCase<'_>) -> Vec<Finding> {
    let twice = case.slices().filter_map(|slice| {
        let rpath = repeated(&slice.image.rpaths)?.to_owned();
        Some((rpath, slice))
    });
    let is_fatal = |(_, slice): &(String, WheelSlice<'_>)| sdk(slice) >= Version::new(15, 4, 0);
    let (fatal, harmless): (Vec<_>, Vec<_>) = twice.partition(is_fatal);
    let findings = [finding(&fatal, true), finding(&harmless, false)];
    findings.into_iter().flatten().collect()
}

fn finding(found: &[(String, WheelSlice<'_>)], fatal: bool) -> Option<Finding> {
    let (rpath, first) = found.first()?;
    let paths: Vec<String> = found.iter().map(|(_, slice)| slice.shown()).collect();
    let sdk = sdk(first);
    let refuses = match (fatal, sdk >= Version::new(26, 0, 0)) {
        (true, true) => "macOS 15.4 and newer refuse it".to_owned(),
        (true, false) => format!("macOS 15.4 to 15.6 refuse it, because its SDK is {sdk}"),
        (false, _) => format!("dyld bears it because its SDK is {sdk}, older than 15.4"),
    };
    let message = format!(
        "{} {} the rpath `{rpath}` twice: {refuses}",
        listed(&paths),
        number(&paths, "has", "have")
    );
    let file = &first.file.path;
    let names = [("rpath", rpath.as_str()), ("library", file.as_str())];
    let finding = Finding::new(message, of_case(&RULE, &names))
        .subject(file)
        .fact("rpath", rpath)
        .fact("library", file)
        .place(first.place());
    Some(if fatal {
        finding
    } else {
        finding.only(Severity::Note)
    })
}

fn repeated(rpaths: &[String]) -> Option<&str> {
    let mut seen = BTreeSet::new();
    rpaths
        .iter()
        .map(String::as_str)
        .find(|rpath| !seen.insert(*rpath))
}

/// What dyld goes by: a slice that states none counts as old.
fn sdk(slice: &WheelSlice<'_>) -> Version {
    let versions = &slice.macho.build_versions;
    let macos = versions
        .iter()
        .find(|built| built.platform == Platform::MacOs);
    macos
        .or(versions.first())
        .map_or(Version::new(10, 5, 0), |built| built.sdk)
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

    fn twice(sdk: (u32, u32)) -> crate::rules::testing::wheels::WheelFiles {
        use crate::rules::testing::wheels::{MachoFile, module, wheel};
        let rpaths = vec!["@loader_path", "@loader_path/lib", "@loader_path"];
        let module = MachoFile {
            rpaths,
            sdk,
            ..module()
        };
        wheel(vec![("x/_C.cpython-311-darwin.so", module)])
    }

    #[test]
    fn the_sdk_decides_which_macos_refuses_a_wheels_slice() {
        use crate::diagnosis::Severity;
        let (severity, finding) = twice((26, 0)).one("duplicate-rpath");
        assert_eq!(severity, Severity::Error);
        assert!(
            finding.message.contains("macOS 15.4 and newer refuse it"),
            "{}",
            finding.message
        );
        let (severity, finding) = twice((15, 5)).one("duplicate-rpath");
        assert_eq!(severity, Severity::Error);
        assert!(
            finding.message.contains("macOS 15.4 to 15.6"),
            "{}",
            finding.message
        );
        assert_eq!(twice((15, 2)).one("duplicate-rpath").0, Severity::Note);
    }
}
