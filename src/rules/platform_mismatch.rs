//! A Mach-O file of another of Apple's platforms.

use super::{Finding, Inspect, Module, Rule, Scene, not_a_macho, rank, wording};
use crate::diagnosis::Severity;
use crate::image::Platform;
use crate::load::{Content, LoadFailure, Reason};

pub(super) const RULE: Rule = Rule {
    id: "platform-mismatch",
    summary: "a file is built for another of Apple's platforms than macOS",
    severity: Severity::Error,
    rank: rank::REFUSED,
    explanation: "## What it means

The file is for iOS, a simulator or Mac Catalyst. The processor may be right; the platform is not.

## Why it breaks

dyld loads an image into a macOS process only if the image says that it is for macOS. A library from an `.xcframework`
has one variant per platform, and CMake with `CMAKE_SYSTEM_NAME=iOS` or a compiler with `-target arm64-apple-ios`
builds for another one.

## How to fix

- Build with the macOS SDK: unset `SDKROOT`, or `SDKROOT=$(xcrun --sdk macosx --show-sdk-path)`.
- Of an `.xcframework`, take the `macos-arm64_x86_64` variant.
- `vtool -show-build FILE` prints the platform of a file.

## How loadproof knows

It reads LC_BUILD_VERSION of the slice that the process would take, as dyld does.
",
    inspect: &[Inspect::Failure(other_platform)],
};

fn other_platform(
    scene: &Scene<'_>,
    module: &Module<'_>,
    failure: &LoadFailure,
) -> Option<Finding> {
    if failure.reason != Reason::PlatformMismatch {
        return None;
    }
    let file = scene.shown(&failure.subject);
    let have = platform(scene, module, failure).unwrap_or_else(|| "another platform".to_owned());
    let message = format!(
        "`{file}` is {}built for {have}, not for macOS",
        wording::likely(failure)
    );
    let own = failure.subject == module.artifact.installed;
    let remedy = if own {
        "Build with the macOS SDK: `SDKROOT=$(xcrun --sdk macosx --show-sdk-path)`, without `-target` for another \
         platform."
            .to_owned()
    } else {
        format!("Use the variant of `{file}` that is built for macOS.")
    };
    let finding = Finding::new(message, remedy)
        .subject(file)
        .fact("library", file)
        .fact("platform", have);
    Some(wording::with_origin(finding, scene, failure))
}

fn platform(scene: &Scene<'_>, module: &Module<'_>, failure: &LoadFailure) -> Option<String> {
    let content = not_a_macho::content(scene, module, failure);
    let Content::MachO { slices } = &*content else {
        return None;
    };
    let mut built = slices
        .iter()
        .filter_map(|slice| slice.macho()?.build_versions.first());
    let platform = built.find(|built| built.platform != Platform::MacOs)?;
    Some(platform.platform.to_string())
}

#[cfg(test)]
mod tests {
    use crate::image::{Format, Platform};
    use crate::load::Reason;
    use crate::rules::testing::{Case, failure, id, said};

    #[test]
    fn the_platform_is_named() {
        let mut case = Case::macos();
        if let Format::MachO(macho) = &mut case.image().format {
            macho.build_versions[0].platform = Platform::IosSimulator;
        }
        let installed = case.facts.artifacts[0].installed.clone();
        let finding = said(
            case.load(&failure(Reason::PlatformMismatch, &installed)),
            "platform-mismatch",
        );
        assert!(
            finding.message.contains("iOS-simulator"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn a_file_of_another_system_is_not_of_another_platform() {
        let spoken = Case::macos().load(&failure(Reason::Malformed, "/opt/lib/libstone.so"));
        assert_ne!(id(&spoken), Some("platform-mismatch"));
    }
}
