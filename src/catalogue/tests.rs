//! The introductions that everybody meets, and what may not be concluded.

use super::*;

const CXX: &str = "/usr/lib/libc++.1.dylib";
const SYSTEM: &str = "/usr/lib/libSystem.B.dylib";
const IOKIT: &str = "/System/Library/Frameworks/IOKit.framework/Versions/A/IOKit";
const ACCELERATE: &str = "/System/Library/Frameworks/Accelerate.framework/Versions/A/Accelerate";
const GRAPH: &str = "/System/Library/Frameworks/MetalPerformanceShadersGraph.framework/Versions/A/MetalPerformanceShadersGraph";

fn symbol(library: &str, symbol: &str, arch: Arch, macos: &str) -> Known {
    let macos = macos.parse().expect("a version");
    Catalogue::builtin().symbol(library, symbol, arch, macos)
}

fn absent(likelihood: Likelihood, introduced: &str) -> Known {
    let introduced = Some(introduced.parse().expect("a version"));
    Known::Absent {
        likelihood,
        introduced,
    }
}

#[test]
fn floating_point_to_chars_came_with_13_3() {
    let to_chars = "__ZNSt3__18to_charsEPcS0_d";
    let expected = absent(Likelihood::Certain, "13.3");
    assert_eq!(symbol(CXX, to_chars, Arch::Arm64, "12.0"), expected);
    assert_eq!(symbol(CXX, to_chars, Arch::X86_64, "11.7"), expected);
    let expected = absent(Likelihood::Likely, "13.3");
    assert_eq!(symbol(CXX, to_chars, Arch::Arm64, "12.6"), expected);
    assert_eq!(symbol(CXX, to_chars, Arch::Arm64, "13.2"), Known::Unknown);
    assert_eq!(symbol(CXX, to_chars, Arch::Arm64, "13.3"), Known::Present);
}

#[test]
fn polymorphic_allocators_came_with_14_0() {
    let resource = "__ZNSt3__13pmr19new_delete_resourceEv";
    let expected = absent(Likelihood::Likely, "14.0");
    assert_eq!(symbol(CXX, resource, Arch::Arm64, "13.0"), expected);
    assert_eq!(symbol(CXX, resource, Arch::Arm64, "13.3"), expected);
    assert_eq!(symbol(CXX, resource, Arch::Arm64, "14.0"), Known::Present);
}

#[test]
fn verbose_abort_came_with_13_3() {
    let abort = "__ZNSt3__122__libcpp_verbose_abortEPKcz";
    let expected = absent(Likelihood::Certain, "13.3");
    assert_eq!(symbol(CXX, abort, Arch::X86_64, "12.0"), expected);
    assert_eq!(symbol(CXX, abort, Arch::X86_64, "13.3"), Known::Present);
}

#[test]
fn the_stack_probe_came_with_10_15_and_no_header_names_it() {
    let probe = "____chkstk_darwin";
    let expected = absent(Likelihood::Likely, "10.15");
    assert_eq!(symbol(SYSTEM, probe, Arch::X86_64, "10.13"), expected);
    assert_eq!(symbol(SYSTEM, probe, Arch::X86_64, "10.15"), Known::Present);
}

#[test]
fn the_main_port_of_iokit_came_with_12_0() {
    let port = "_kIOMainPortDefault";
    let expected = absent(Likelihood::Certain, "12.0");
    assert_eq!(symbol(IOKIT, port, Arch::Arm64, "11.0"), expected);
    assert_eq!(symbol(IOKIT, port, Arch::Arm64, "12.0"), Known::Present);
}

#[test]
fn the_new_lapack_is_told_by_its_ending() {
    for name in ["_cblas_dgemm$NEWLAPACK", "_dgesv$NEWLAPACK$ILP64"] {
        let expected = absent(Likelihood::Likely, "13.3");
        assert_eq!(symbol(ACCELERATE, name, Arch::Arm64, "12.0"), expected);
        assert_eq!(
            symbol(ACCELERATE, name, Arch::Arm64, "14.0"),
            Known::Unknown
        );
    }
}

#[test]
fn a_public_name_of_a_later_sdk_is_certainly_absent_from_an_earlier_one() {
    let expected = absent(Likelihood::Certain, "11.3");
    assert_eq!(symbol(SYSTEM, "_preadv", Arch::X86_64, "10.15"), expected);
    assert_eq!(
        symbol(SYSTEM, "_preadv", Arch::X86_64, "11.3"),
        Known::Present
    );
}

#[test]
fn a_name_that_no_stub_has_is_at_most_likely_absent() {
    let nothing = Known::Absent {
        likelihood: Likelihood::Likely,
        introduced: None,
    };
    let made_up = "_no_such_function_in_any_sdk";
    assert_eq!(symbol(SYSTEM, made_up, Arch::Arm64, "14.0"), nothing);
    // Newer than every stub; older than every stub; looks private; a library whose exports are not known.
    assert_eq!(symbol(SYSTEM, made_up, Arch::Arm64, "28.0"), Known::Unknown);
    assert_eq!(
        symbol(SYSTEM, made_up, Arch::X86_64, "10.13"),
        Known::Unknown
    );
    assert_eq!(
        symbol(SYSTEM, "__os_private_thing", Arch::Arm64, "14.0"),
        Known::Unknown
    );
    assert_eq!(symbol(CXX, made_up, Arch::Arm64, "14.0"), Known::Unknown);
    assert_eq!(symbol(GRAPH, made_up, Arch::Arm64, "14.0"), Known::Unknown);
    assert_eq!(
        symbol("/opt/x.dylib", made_up, Arch::Arm64, "14.0"),
        Known::Unknown
    );
}

#[test]
fn a_part_of_libsystem_answers_for_itself_and_the_umbrella_for_all() {
    let malloc = "/usr/lib/system/libsystem_malloc.dylib";
    assert_eq!(
        symbol(malloc, "_malloc", Arch::Arm64, "14.0"),
        Known::Present
    );
    assert_eq!(
        symbol(SYSTEM, "_malloc", Arch::Arm64, "11.0"),
        Known::Present
    );
    assert_eq!(
        symbol(SYSTEM, "_malloc", Arch::X86_64, "10.15"),
        Known::Present
    );
    assert_eq!(
        symbol(
            "/usr/lib/libc++abi.dylib",
            "___cxa_throw",
            Arch::Arm64,
            "12.0"
        ),
        Known::Present
    );
}

#[test]
fn other_spellings_lead_to_the_same_library() {
    let macos = Version::new(14, 0, 0);
    let known = |name: &str| Catalogue::builtin().library(name, Arch::Arm64, macos);
    for name in [
        CXX,
        "/usr/lib/libc++.dylib",
        "/usr/lib/libm.dylib",
        "/System/Library/Frameworks/Foundation.framework/Foundation",
        "/System/Library/Frameworks/Foundation.framework/Versions/Current/Foundation",
        "/System/Cryptexes/OS/usr/lib/libc++.1.dylib",
    ] {
        assert_eq!(known(name), Known::Present, "{name}");
    }
    for name in [
        "/usr/lib/libcrypto.46.dylib",
        "/System/Library/Frameworks/Vmnet.framework/Vmnet",
    ] {
        assert_eq!(known(name), Known::Unknown, "{name}");
    }
    let absent = Known::Absent {
        likelihood: Likelihood::Likely,
        introduced: None,
    };
    assert_eq!(known("/usr/lib/libnosuch.dylib"), absent);
    assert_eq!(
        symbol("/usr/lib/libpthread.dylib", "_malloc", Arch::Arm64, "14.0"),
        Known::Present
    );
}

#[test]
fn a_framework_is_likely_absent_well_before_its_announcement() {
    let known = |macos: &str| {
        let macos = macos.parse().expect("a version");
        Catalogue::builtin().library(GRAPH, Arch::X86_64, macos)
    };
    assert_eq!(known("10.14"), absent(Likelihood::Likely, "11.0"));
    assert_eq!(known("10.15"), Known::Unknown);
    assert_eq!(known("11.0"), Known::Present);
}

#[test]
fn other_processors_are_not_judged() {
    let windows = Arch::MachO(7, 3);
    assert_eq!(symbol(SYSTEM, "_malloc", windows, "14.0"), Known::Unknown);
    assert_eq!(
        symbol(SYSTEM, "_malloc", Arch::Aarch64, "14.0"),
        Known::Unknown
    );
}
