//! Stubs written for these tests, one per version of the format.

use super::*;
use crate::catalogue::{Catalogue, Known, Observed, Origin};
use crate::image::Version;
use crate::load::Likelihood;

const FOUR: &str = "\
--- !tapi-tbd
tbd-version:     4
targets:         [ x86_64-macos, x86_64-maccatalyst, arm64e.x1-macos ]
install-name:    '/usr/lib/libumbrella.1.dylib'
reexported-libraries:
  - targets:         [ x86_64-macos, arm64e.x1-macos ]
    libraries:       [ '/usr/lib/libpart.dylib' ]
  - targets:         [ x86_64-maccatalyst ]
    libraries:       [ '/usr/lib/libcatalyst.dylib' ]
exports:
  - targets:         [ x86_64-macos ]
    symbols:         [ 'R1$_old', _intel,
                       '$ld$hide$os10.4$_intel' ]
  - targets:         [ x86_64-maccatalyst ]
    symbols:         [ _catalyst ]
  - targets:         [ x86_64-macos, arm64e.x1-macos ]
    symbols:         [ _both, '_$s4main1fyyF' ]
    weak-symbols:    [ _weak ]
    objc-classes:    [ Thing ]
reexports:
  - targets:         [ arm64e.x1-macos ]
    symbols:         [ _forwarded ]
--- !tapi-tbd
tbd-version:     4
targets:         [ x86_64-macos, arm64e-macos ]
install-name:    '/usr/lib/libpart.dylib'
parent-umbrella:
  - targets:         [ x86_64-macos, arm64e-macos ]
    umbrella:        umbrella
exports:
  - targets:         [ x86_64-macos, arm64e-macos ]
    symbols:         [ _part ]
...
";

const THREE: &str = "\
--- !tapi-tbd-v3
archs:           [ i386, x86_64 ]
platform:        macosx
install-name:    /usr/lib/libthree.dylib
parent-umbrella: umbrella
exports:
  - archs:           [ i386, x86_64 ]
    re-exports:      [ /usr/lib/libother.dylib ]
    symbols:         [ _three ]
    objc-classes:    [ Three ]
    objc-eh-types:   [ Three ]
    objc-ivars:      [ Three._x ]
";

const TWO: &str = "\
--- !tapi-tbd-v2
archs:           [ x86_64 ]
platform:        macosx
install-name:    /usr/lib/libtwo.dylib
exports:
  - archs:           [ x86_64 ]
    weak-def-symbols: [ _two ]
    objc-classes:    [ _Two ]
...
";

const FIVE: &str = r#"{
  "tapi_tbd_version": 5,
  "main_library": {
    "target_info": [ { "target": "x86_64-macos" }, { "target": "arm64-macos" } ],
    "install_names": [ { "name": "/usr/lib/libfive.dylib" } ],
    "reexported_libraries": [ { "names": [ "/usr/lib/libother.dylib" ] } ],
    "exported_symbols": [
      { "text": { "global": [ "_five" ] }, "data": { "objc_class": [ "Five" ] } },
      { "targets": [ "arm64-macos" ], "text": { "weak": [ "_apple" ] } }
    ]
  }
}"#;

/// All symbols of a stub, as `arch symbol`.
fn listed(stub: &Stub) -> Vec<String> {
    let mut found = Vec::new();
    for group in &stub.library.exports {
        for symbol in &group.symbols {
            found.extend(group.arches.iter().map(|arch| format!("{arch} {symbol}")));
        }
    }
    found.sort();
    found
}

#[test]
fn version_4_keeps_what_is_for_macos() {
    let stubs = read(FOUR).expect("a stub");
    let [umbrella, part] = stubs.as_slice() else {
        panic!("{stubs:?}");
    };
    assert_eq!(
        listed(umbrella),
        [
            "arm64e _OBJC_CLASS_$_Thing",
            "arm64e _OBJC_METACLASS_$_Thing",
            "arm64e _both",
            "arm64e _forwarded",
            "arm64e _weak",
            "x86_64 R1$_old",
            "x86_64 _OBJC_CLASS_$_Thing",
            "x86_64 _OBJC_METACLASS_$_Thing",
            "x86_64 _both",
            "x86_64 _intel",
            "x86_64 _weak",
        ]
    );
    assert_eq!(umbrella.library.reexports, ["/usr/lib/libpart.dylib"]);
    assert_eq!(part.parent.as_deref(), Some("umbrella"));
}

#[test]
fn versions_2_3_and_5_are_read() {
    let three = read(THREE).expect("a stub");
    assert_eq!(
        three.first().map(listed).unwrap_or_default(),
        [
            "x86_64 _OBJC_CLASS_$_Three",
            "x86_64 _OBJC_EHTYPE_$_Three",
            "x86_64 _OBJC_IVAR_$_Three._x",
            "x86_64 _OBJC_METACLASS_$_Three",
            "x86_64 _three",
        ]
    );
    let two = read(TWO).expect("a stub");
    assert_eq!(
        two.first().map(listed).unwrap_or_default(),
        [
            "x86_64 _OBJC_CLASS_$_Two",
            "x86_64 _OBJC_METACLASS_$_Two",
            "x86_64 _two"
        ]
    );
    let five = read(FIVE).expect("a stub");
    assert_eq!(
        five.first().map(listed).unwrap_or_default(),
        [
            "arm64 _OBJC_CLASS_$_Five",
            "arm64 _OBJC_METACLASS_$_Five",
            "arm64 _apple",
            "arm64 _five",
            "x86_64 _OBJC_CLASS_$_Five",
            "x86_64 _OBJC_METACLASS_$_Five",
            "x86_64 _five",
        ]
    );
}

#[test]
fn an_sdk_answers_for_its_umbrellas() {
    let mut stubs = read(FOUR).expect("a stub");
    stubs.extend(read(THREE).expect("a stub"));
    let macos = Version::new(14, 2, 0);
    let observed = Observed::new(Origin::Sdk, macos, under_umbrellas(stubs));
    let catalogue = Catalogue::with_observed(vec![observed]);
    let umbrella = "/usr/lib/libumbrella.1.dylib";
    let ask = |symbol, arch, macos| catalogue.symbol(umbrella, symbol, arch, macos);
    assert_eq!(ask("_part", Arch::Arm64, macos), Known::Present);
    assert_eq!(ask("_three", Arch::X86_64, macos), Known::Present);
    let later = Version::new(15, 0, 0);
    assert_eq!(ask("_both", Arch::Arm64, later), Known::Present);
    // The re-exported /usr/lib/libother.dylib was not read: it might have the name for Intel.
    assert_eq!(ask("_nothing", Arch::X86_64, macos), Known::Unknown);
    let absent = Known::Absent {
        likelihood: Likelihood::Likely,
        introduced: None,
    };
    assert_eq!(ask("_nothing", Arch::Arm64, Version::new(13, 0, 0)), absent);
    assert_eq!(ask("_nothing", Arch::Arm64, later), Known::Unknown);
    assert_eq!(
        catalogue.library(umbrella, Arch::Arm64, later),
        Known::Present
    );
}

#[test]
fn what_is_no_stub_is_refused_with_a_reason() {
    let why = |text: &str| read(text).expect_err("no stub").to_string();
    assert_eq!(
        why("--- !tapi-tbd\nfoo: [\n").split(':').next(),
        Some("not YAML")
    );
    assert_eq!(why("a: b"), "a stub without `install-name`");
    assert_eq!(why("- a"), "a stub without `install-name`");
    assert_eq!(
        why("{ \"a\": 1 }").split(':').next(),
        Some("not a stub of version 5")
    );
    let newer = FOUR.replace("tbd-version:     4", "tbd-version:     6");
    assert_eq!(why(&newer), "a stub of unknown version `6`");
    assert!(read("").expect("an empty stream").is_empty());
    assert!(read(&"[".repeat(100_000)).is_err());
}

#[test]
fn a_stub_cut_at_any_length_does_not_panic() {
    for text in [FOUR, THREE, TWO, FIVE] {
        for (length, _) in text.char_indices() {
            let _ = read(text.get(..length).expect("a boundary"));
        }
    }
}
