//! A file that is built for a newer system than the one that loads it.

use super::symbol::{Origin, SymbolName};
use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank, wording};
use crate::diagnosis::Severity;
use crate::image::{Image, Platform, Version};
use crate::load::{LoadFailure, Reason};

pub(super) const RULE: Rule = Rule {
    id: "min-os-too-new",
    summary: "a file is built for a newer system than the one that loads it",
    severity: Severity::Error,
    rank: rank::SYMBOL,
    explanation: "## What it means

The file uses functions of a newer macOS, or of a newer glibc on Linux, than the running system has.

## Why it breaks

A file remembers the system it was built for: the deployment target (minos) on macOS, the versions of glibc's symbols
on Linux. On macOS the loader does not refuse a file for its minos; it fails when a library or a symbol that only the
newer system has is looked for. So a newer minos alone is a warning, and the missing symbol is an error. Without
`MACOSX_DEPLOYMENT_TARGET`, compilers take the version of the machine that builds.

## How to fix

- macOS: build with `MACOSX_DEPLOYMENT_TARGET` set to the oldest macOS that must work, and the same for every library
  that goes into the wheel; `vtool -show-build FILE` shows what a file says.
- Linux: build in a manylinux container, whose glibc is old on purpose; `auditwheel show WHEEL` names the oldest
  system that would do.
- Or use the module on a newer system.

## How loadproof knows

It compares minos with the interpreter's macOS, and reads the loader's complaint: a symbol expected in a library of
the system, a version of glibc that is not found, or the remark `newer than running OS`.
",
    inspect: &[
        Inspect::Failure(missing_from_system),
        Inspect::Module(newer_deployment_target),
    ],
};

fn missing_from_system(
    scene: &Scene<'_>,
    module: &Module<'_>,
    failure: &LoadFailure,
) -> Option<Finding> {
    if let Some(version) = wording::missing_version(failure) {
        let of_libc = version.starts_with("GLIBC_") && version != "GLIBC_PRIVATE";
        return of_libc.then(|| newer_libc(scene, module, failure, version));
    }
    let unknown_command = wording::refused_because(failure, "cannot load '");
    let unknown_command = unknown_command.as_deref().and_then(unknown_command_of);
    if unknown_command.is_none() && !lacks_symbol(module, failure) {
        return None;
    }
    let needer = wording::needer(scene, module, failure);
    let likely = wording::likely(failure);
    let system = system(scene);
    let file = scene.shown_file(wording::refused_file(failure));
    let message = if let Some(command) = &unknown_command {
        format!(
            "`{file}` is {likely}built for a newer macOS than {system}, whose dyld does not know its load command {command}"
        )
    } else {
        let name = SymbolName::of(module, failure).readable(&failure.subject);
        let library = failure
            .expected_in
            .as_deref()
            .filter(|path| is_of_system(path));
        let of = library.map_or_else(String::new, |library| format!(" of `{library}`"));
        format!("`{needer}` {likely}needs {name}{of}, which {system} does not have")
    };
    let finding = Finding::new(message, remedy(scene))
        .subject(if unknown_command.is_some() {
            &file
        } else {
            &failure.subject
        })
        .fact_if(
            "symbol",
            unknown_command.is_none().then_some(&failure.subject),
        )
        .fact_if("load_command", unknown_command)
        .fact_if(
            "min_os",
            module
                .image()
                .and_then(min_os)
                .map(|version| version.to_string()),
        );
    Some(wording::with_origin(finding, scene, failure))
}

/// `cannot load 'x.dylib' (load command 0x80000034 is unknown)`: the command, by its name in `<mach-o/loader.h>` if it is
/// one of those that came with the linker of macOS 11 or 12.
fn unknown_command_of(text: &str) -> Option<String> {
    let (_, rest) = text.rsplit_once(" (load command ")?;
    let number = rest.trim_end_matches(')').strip_suffix(" is unknown")?;
    Some(match number.to_ascii_lowercase().as_str() {
        "0x80000033" => "LC_DYLD_EXPORTS_TRIE".to_owned(),
        "0x80000034" => "LC_DYLD_CHAINED_FIXUPS".to_owned(),
        _ => number.to_owned(),
    })
}

/// A symbol that the running macOS lacks: it belongs to a library of the system, or is nobody else's and the loader
/// remarks that the file is too new.
fn lacks_symbol(module: &Module<'_>, failure: &LoadFailure) -> bool {
    if failure.reason != Reason::SymbolNotFound || !module.is_macho() {
        return false;
    }
    let origin = SymbolName::of(module, failure).origin();
    match failure.expected_in.as_deref() {
        Some(library) if is_of_system(library) => {
            origin != Origin::CxxStandard && !library.starts_with("/usr/lib/libc++")
        }
        Some(library) if library.starts_with('/') => false,
        _ => origin == Origin::Unknown && remarked_as_newer(failure),
    }
}

/// `  Referenced from: <UUID> /x/_C.so (built for macOS 15.0 which is newer than running OS)`; up to macOS 11
/// `  Referenced from: /x/_C.so (which was built for Mac OS X 12.0)`.
fn remarked_as_newer(failure: &LoadFailure) -> bool {
    let mut lines = failure.message.lines().map(str::trim);
    lines.any(|line| {
        line.starts_with("Referenced from: ")
            && (line.ends_with(" which is newer than running OS)")
                || (line.contains(" (which was built for Mac OS X ") && line.ends_with(')')))
    })
}

fn is_of_system(library: &str) -> bool {
    library.starts_with("/usr/lib/") || library.starts_with("/System/Library/")
}

fn newer_libc(
    scene: &Scene<'_>,
    module: &Module<'_>,
    failure: &LoadFailure,
    version: &str,
) -> Finding {
    let message = format!(
        "`{}` is {}built for a newer system: the glibc here has no `{version}`",
        wording::needer(scene, module, failure),
        wording::likely(failure)
    );
    let remedy = of_case(&RULE, &[("symbol_version", version), ("format", "elf")]);
    let finding = Finding::new(message, remedy)
        .subject(version)
        .fact("symbol_version", version);
    wording::with_origin(finding, scene, failure)
}

fn newer_deployment_target(scene: &Scene<'_>, module: &Module<'_>) -> Option<Finding> {
    let running = macos_version(scene)?;
    let wanted = module.image().and_then(min_os)?;
    if wanted <= running {
        return None;
    }
    let path = &module.artifact.path;
    let message = format!(
        "`{path}` is built for macOS {wanted} and newer, this is {running}: it loads only if it uses nothing new"
    );
    Some(
        Finding::new(message, remedy(scene))
            .only(Severity::Warning)
            .subject(path)
            .fact("min_os", wanted.to_string())
            .fact("running_os", running.to_string()),
    )
}

fn min_os(image: &Image) -> Option<Version> {
    let versions = image.macho()?.build_versions.iter();
    versions
        .filter(|built| built.platform == Platform::MacOs)
        .map(|built| built.minos)
        .max()
}

/// The running macOS, if the interpreter can know it: to programs built with an older SDK, macOS 11 says `10.16` and
/// macOS 26 says `16`.
fn macos_version(scene: &Scene<'_>) -> Option<Version> {
    let interpreter = scene
        .interpreter()
        .filter(|interpreter| interpreter.on_macos())?;
    let version: Version = interpreter.system_version.parse().ok()?;
    let disguised = (version.major, version.minor) == (10, 16) || (16..26).contains(&version.major);
    (!disguised).then_some(version)
}

fn system(scene: &Scene<'_>) -> String {
    match macos_version(scene) {
        Some(version) => format!("macOS {version}"),
        None => "this macOS".to_owned(),
    }
}

fn remedy(scene: &Scene<'_>) -> String {
    let running = macos_version(scene).map(|version| version.to_string());
    of_case(
        &RULE,
        &[("running_os", running.as_deref().unwrap_or_default())],
    )
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::Severity;
    use crate::image::{Format, Version};
    use crate::load::Reason;
    use crate::rules::testing::{Case, failure, id, said};

    const RULE: &str = "min-os-too-new";

    fn built_for(minos: Version) -> Case {
        let mut case = Case::macos();
        if let Format::MachO(macho) = &mut case.image().format {
            macho.build_versions[0].minos = minos;
        }
        case
    }

    #[test]
    fn a_newer_deployment_target_alone_is_a_warning() {
        let finding = said(built_for(Version::new(15, 0, 0)).module(), RULE);
        assert_eq!(finding.severity, Some(Severity::Warning));
        assert_eq!(id(&built_for(Version::new(14, 5, 0)).module()), None);
    }

    #[test]
    fn a_macos_in_disguise_is_not_compared() {
        let mut case = built_for(Version::new(15, 0, 0));
        case.interpreter().system_version = "10.16".to_owned();
        assert_eq!(id(&case.module()), None);
    }

    #[test]
    fn a_load_command_that_the_loader_does_not_know_is_the_reason() {
        let mut refused = failure(Reason::Malformed, "/o/pkg/_C.so");
        refused.message = "cannot load '_C.so' (load command 0x80000034 is unknown)".to_owned();
        let finding = said(Case::macos().load(&refused), RULE);
        assert!(
            finding
                .message
                .ends_with("whose dyld does not know its load command LC_DYLD_CHAINED_FIXUPS"),
            "{}",
            finding.message
        );
        refused.message = "cannot load '_C.so' (load command 0x12 is too small)".to_owned();
        assert_ne!(id(&Case::macos().load(&refused)), Some(RULE));
    }

    #[test]
    fn a_symbol_that_the_system_lacks_is_an_error() {
        let mut missing = failure(Reason::SymbolNotFound, "_futimens");
        missing.expected_in = Some("/usr/lib/libSystem.B.dylib".to_owned());
        let finding = said(Case::macos().load(&missing), RULE);
        assert_eq!(finding.severity, None);
        missing.expected_in = Some("/opt/lib/libother.dylib".to_owned());
        assert_eq!(
            id(&Case::macos().load(&missing)),
            Some("symbol-missing-other")
        );
    }

    #[test]
    fn the_loaders_remark_is_believed_at_the_end_of_its_line_only() {
        let mut missing = failure(Reason::SymbolNotFound, "_new_thing");
        missing.message = "symbol not found\n  Referenced from: <X> /o/_C.so (built for macOS 15.0 which is newer than running OS)"
            .to_owned();
        assert_eq!(id(&Case::macos().load(&missing)), Some(RULE));
        missing.message =
            "symbol not found in '/x which is newer than running OS)/_C.so'".to_owned();
        assert_eq!(
            id(&Case::macos().load(&missing)),
            Some("symbol-missing-other")
        );
    }
}
