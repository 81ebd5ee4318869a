//! Why a file is refused: structure, slices and signatures that no conformance case covers.

use loadproof::image::{
    Arch, Check, CodeDirectory, Flaw, Image, MachO, Platform, Signature, Version,
};
use loadproof::load::{Content, Reason};

use crate::synthetic::{Memory, dylib, failure, needs, open, part, process_on, version, world};

const EXT: &str = "/py/ext.so";

fn flawed(check: Check, sdk: Version) -> Memory {
    let mut memory = world();
    let mut ext = dylib(EXT);
    let text = "a flaw".to_owned();
    part(&mut ext).flaws.push(Flaw { check, text });
    part(&mut ext).build_versions[0].sdk = sdk;
    memory.add(EXT, ext, &[]);
    memory
}

/// Whether it is refused on each of these.
fn refused(check: Check, sdk: (u16, u8), systems: [&str; 3]) -> [bool; 3] {
    let memory = flawed(check, Version::new(sdk.0, sdk.1, 0));
    systems.map(|macos| failure(&open(&process_on(macos), &memory, EXT)).is_some())
}

#[test]
fn structure_checks_have_thresholds_that_moved_between_systems() {
    let systems = ["15.3", "15.5", "26.0"];
    assert_eq!(
        refused(Check::Always, (10, 6), systems),
        [false, true, true]
    );
    assert_eq!(
        refused(Check::DuplicateRpath, (15, 4), systems),
        [false, true, false]
    );
    assert_eq!(
        refused(Check::DuplicateRpath, (15, 3), systems),
        [false, false, false]
    );
    assert_eq!(
        refused(Check::DuplicateRpath, (26, 0), systems),
        [false, true, true]
    );
    assert_eq!(
        refused(Check::DuplicateDylib, (15, 0), systems),
        [false, true, false]
    );
    assert_eq!(
        refused(Check::DuplicateDylib, (14, 5), systems),
        [false, false, false]
    );
    assert_eq!(
        refused(Check::MissingUuid, (11, 3), systems),
        [false, false, false]
    );
    assert_eq!(
        refused(Check::MissingUuid, (12, 0), systems),
        [false, true, true]
    );
    assert_eq!(
        refused(Check::NoDylibs, (15, 4), systems),
        [false, true, true]
    );
    assert_eq!(
        refused(Check::DuplicateSegment, (26, 0), systems),
        [false, false, true]
    );
    assert_eq!(
        refused(Check::DataPermissions, (15, 5), systems),
        [false, false, false]
    );
    assert_eq!(
        refused(Check::DataPermissions, (26, 0), systems),
        [false, true, true]
    );
    assert_eq!(
        refused(Check::PageAlignment, (10, 6), systems),
        [true, true, true]
    );
}

#[test]
fn an_image_without_a_platform_counts_as_an_old_one_for_macos() {
    let mut memory = flawed(Check::TextPermissions, Version::default());
    let mut ext = dylib(EXT);
    part(&mut ext).build_versions.clear();
    part(&mut ext).flaws.push(Flaw {
        check: Check::TextPermissions,
        text: "a flaw".to_owned(),
    });
    memory.add(EXT, ext, &[]);
    assert_eq!(failure(&open(&process_on("26.0"), &memory, EXT)), None);
}

#[test]
fn zippered_images_load_and_catalyst_ones_do_not() {
    let mut memory = world();
    let mut ext = dylib(EXT);
    let mut catalyst = version(14);
    catalyst.platform = Platform::MacCatalyst;
    part(&mut ext).build_versions.push(catalyst.clone());
    memory.add(EXT, ext.clone(), &[]);
    assert_eq!(failure(&open(&process_on("14.5"), &memory, EXT)), None);
    part(&mut ext).build_versions = vec![catalyst];
    memory.add(EXT, ext, &[]);
    assert_eq!(
        failure(&open(&process_on("14.5"), &memory, EXT)),
        Some((Reason::PlatformMismatch, EXT))
    );
}

#[test]
fn a_haswell_slice_is_for_haswell_only() {
    let mut memory = world();
    let (plain, mut haswell) = (dylib(EXT), dylib(EXT));
    haswell.arch = Arch::X86_64h;
    haswell.dependents.push(needs("/gone.dylib"));
    let slices = vec![plain, haswell];
    memory.add_content(EXT, Content::MachO { slices }, &[]);
    let mut process = process_on("14.5");
    assert!(failure(&open(&process, &memory, EXT)).is_some());
    process.haswell = false;
    assert_eq!(failure(&open(&process, &memory, EXT)), None);
}

#[test]
fn images_closed_to_dlopen_are_refused_by_macos_26() {
    let mut memory = world();
    let mut ext = dylib(EXT);
    part(&mut ext).flags = MachO::NO_DYNAMIC_ACCESS;
    memory.add(EXT, ext, &[]);
    assert_eq!(failure(&open(&process_on("15.5"), &memory, EXT)), None);
    assert_eq!(
        failure(&open(&process_on("26.0"), &memory, EXT)),
        Some((Reason::WrongFiletype, EXT))
    );
}

fn signed(image: &mut Image, directory: CodeDirectory) {
    part(image).signature = Signature::Present(directory);
}

fn fresh() -> CodeDirectory {
    CodeDirectory {
        offset: 0x4000,
        covered: 0x4000,
        pages: 4,
        pages_checked: 4,
        ..CodeDirectory::default()
    }
}

/// The verdict on a signature, on Intel and on Apple Silicon.
fn judged(directory: Option<CodeDirectory>, hardened: bool) -> [Option<Reason>; 2] {
    [Arch::X86_64, Arch::Arm64].map(|arch| {
        let mut memory = Memory::default();
        let mut python = crate::synthetic::executable();
        python.arch = arch;
        memory.add("/py/bin/python3", python, &[]);
        let mut ext = dylib(EXT);
        ext.arch = arch;
        if let Some(directory) = directory.clone() {
            signed(&mut ext, directory);
        }
        memory.add(EXT, ext, &[]);
        let mut process = process_on("14.5");
        process.arch = arch;
        process.hardened = hardened;
        failure(&open(&process, &memory, EXT)).map(|(reason, _)| reason)
    })
}

#[test]
fn apple_silicon_wants_fresh_signatures_and_intel_does_not_mind() {
    let codesign = Some(Reason::Codesign);
    let stale = CodeDirectory {
        stale_page: Some(0),
        ..fresh()
    };
    assert_eq!(judged(None, false), [None, codesign]);
    assert_eq!(judged(Some(fresh()), false), [None, None]);
    assert_eq!(judged(Some(stale.clone()), false), [None, codesign]);
    assert_eq!(judged(Some(stale), true), [codesign, codesign]);
    let short = CodeDirectory {
        covered: 0x1000,
        ..fresh()
    };
    assert_eq!(judged(Some(short), false), [codesign, codesign]);
}

#[test]
fn a_stale_page_kills_even_where_the_library_is_optional() {
    let mut memory = Memory::default();
    let mut python = crate::synthetic::executable();
    python.arch = Arch::Arm64;
    memory.add("/py/bin/python3", python, &[]);
    let (mut ext, mut library) = (dylib(EXT), dylib("/lib/liba.dylib"));
    for image in [&mut ext, &mut library] {
        image.arch = Arch::Arm64;
        signed(image, fresh());
    }
    ext.dependents.push(needs("/lib/liba.dylib"));
    ext.dependents[0].weak = true;
    let stale_page = Some(2);
    signed(
        &mut library,
        CodeDirectory {
            stale_page,
            ..fresh()
        },
    );
    memory
        .add(EXT, ext, &[])
        .add("/lib/liba.dylib", library, &[]);
    let mut process = process_on("14.5");
    process.arch = Arch::Arm64;
    let load = open(&process, &memory, EXT);
    assert_eq!(failure(&load), Some((Reason::Codesign, "/lib/liba.dylib")));
    assert!(load.failures[0].message.contains("Killed: 9"));
}

#[test]
fn library_validation_asks_for_the_same_team() {
    let mut memory = world();
    let mut ext = dylib(EXT);
    let team_id = Some("TEAM".to_owned());
    signed(
        &mut ext,
        CodeDirectory {
            team_id: team_id.clone(),
            ..fresh()
        },
    );
    memory.add(EXT, ext, &[]);
    let mut process = process_on("14.5");
    process.library_validation = true;
    process.team_id = team_id;
    assert_eq!(failure(&open(&process, &memory, EXT)), None);
    process.team_id = Some("OTHER".to_owned());
    let load = open(&process, &memory, EXT);
    assert_eq!(failure(&load), Some((Reason::Codesign, EXT)));
    assert!(load.failures[0].message.contains("have different Team IDs"));
}
