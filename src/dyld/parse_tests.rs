//! Real messages, as users posted them, and what they tell.

use super::{parse, parse_all};
use crate::load::Reason;

#[test]
fn a_missing_library_names_the_load_path_and_every_path_tried() {
    let text = "OSError: dlopen(/v/lightgbm/lib_lightgbm.so, 0x0006): Library not loaded: '/usr/local/opt/libomp/lib/libomp.dylib'\n  Referenced from: '/v/lightgbm/lib_lightgbm.so'\n  Reason: tried: '/usr/local/opt/libomp/lib/libomp.dylib' (no such file), '/usr/lib/libomp.dylib' (no such file)";
    let failure = parse(text).expect("a failure");
    assert_eq!(failure.reason, Reason::LibraryNotFound);
    assert_eq!(failure.subject, "/usr/local/opt/libomp/lib/libomp.dylib");
    assert_eq!(
        failure.referenced_from.as_deref(),
        Some("/v/lightgbm/lib_lightgbm.so")
    );
    let tried: Vec<&str> = failure
        .tried
        .iter()
        .map(|attempt| attempt.path.as_str())
        .collect();
    assert_eq!(
        tried,
        [
            "/usr/local/opt/libomp/lib/libomp.dylib",
            "/usr/lib/libomp.dylib"
        ]
    );
    assert!(failure.message.starts_with("dlopen("));
}

#[test]
fn a_wrapped_list_with_brackets_inside_brackets_is_read() {
    let text = "OSError: dlopen(/v/torch_spline_conv/_version_cpu.so, 0x0006): tried:  \n\n'/v/torch_spline_conv/_version_cpu.so' (mach-o file, but is an incompatible   \n\narchitecture (have 'x86_64', need 'arm64')), '/usr/lib/_version_cpu.so' (no   \n\nsuch file)";
    let failure = parse(text).expect("a failure");
    assert_eq!(failure.reason, Reason::ArchMismatch);
    assert_eq!(failure.subject, "/v/torch_spline_conv/_version_cpu.so");
    assert_eq!(failure.have_arch.as_deref(), Some("x86_64"));
    assert_eq!(failure.need_arch.as_deref(), Some("arm64"));
    let last = failure.tried.last().map(|attempt| attempt.why.as_str());
    assert_eq!(last, Some("no such file"));
}

#[test]
fn a_missing_symbol_names_both_images_in_every_wording() {
    let new = "dlopen(/v/image.so, 0x0006): Symbol not found: __ZN3c106detailE\n  Referenced from: <0FB2DCF4-04B0-34D9-9009-819C01936314> /v/image.so (built for macOS 15.0 which is newer than running OS)\n  Expected in:     <9DC6B522-FB97-366A-B13C-63B755B455F5> /v/libc10.dylib\nWarning: else";
    let round = "dlopen(/v/image.so, 0x0006): Symbol not found: (__ZN3c106detailE)\n  Referenced from: '/v/image.so'\n  Expected in: '/v/libc10.dylib'";
    let old = "dlopen(/v/image.so, 2): Symbol not found: __ZN3c106detailE\n  Referenced from: /v/image.so (which was built for Mac OS X 12.0)\n  Expected in: /v/libc10.dylib\n in /v/image.so";
    let pytest = "E   ImportError: dlopen(/v/image.so, 0x0002): Symbol not found: __ZN3c106detailE\nE     Referenced from: <0FB2DCF4-04B0-34D9-9009-819C01936314> /v/image.so\nE     Expected in: <9DC6B522-FB97-366A-B13C-63B755B455F5> /v/libc10.dylib";
    for text in [new, round, old, pytest] {
        let failure = parse(text).expect("a failure");
        assert_eq!(failure.reason, Reason::SymbolNotFound, "{text}");
        assert_eq!(failure.subject, "__ZN3c106detailE", "{text}");
        assert_eq!(
            failure.referenced_from.as_deref(),
            Some("/v/image.so"),
            "{text}"
        );
        assert_eq!(
            failure.expected_in.as_deref(),
            Some("/v/libc10.dylib"),
            "{text}"
        );
    }
}

#[test]
fn flat_lookups_name_the_symbol_only() {
    let text = "ImportError: dlopen(/v/_C.so, 0x0002): symbol not found in flat namespace '_PyFrame_GetLasti'";
    let failure = parse(text).expect("a failure");
    assert_eq!(failure.subject, "_PyFrame_GetLasti");
    assert_eq!(failure.expected_in.as_deref(), Some("flat namespace"));
    let old = "dlopen(/v/_C.so, 2): Symbol not found: _ERR_new\nReferenced from: /v/_C.so\n  Expected in: flat namespace\n in /v/_C.so";
    let failure = parse(old).expect("a failure");
    assert_eq!(failure.expected_in.as_deref(), Some("flat namespace"));
}

#[test]
fn signatures_are_told_from_missing_files() {
    let text = "OSError: dlopen(/usr/local/lib/libsodium.dylib, 0x0006): tried: '/usr/local/lib/libsodium.dylib' (code signature in <966172D2-97CF-3CC6-96D8-40B6E28139B6> '/usr/local/Cellar/libsodium/1.0.19/lib/libsodium.26.dylib' not valid for use in process: mapped file has no cdhash, completely unsigned? Code has to be at least ad-hoc signed.), '/usr/lib/libsodium.dylib' (no such file)";
    let failure = parse(text).expect("a failure");
    assert_eq!(failure.reason, Reason::Codesign);
    assert_eq!(failure.subject, "/usr/local/lib/libsodium.dylib");
}

#[test]
fn lists_of_dyld2_have_one_file_a_line() {
    let text = "ImportError: dlopen(/D/torch/_C.so, 2): Library not loaded: @loader_path/libiomp5.dylib\n  Referenced from: /D/libtorch_python.dylib\n  Reason: no suitable image found.  Did find:\n\t/D/libiomp5.dylib: code signature in (/D/libiomp5.dylib) not valid for use in process using Library Validation: x";
    let failure = parse(text).expect("a failure");
    assert_eq!(failure.reason, Reason::Codesign);
    assert_eq!(failure.tried.len(), 1);
    let text = "libclang: dlopen(libclang.dylib, 6): image not found. To provide a path";
    let failure = parse(text).expect("a failure");
    assert_eq!(failure.subject, "libclang.dylib");
}

#[test]
fn a_log_may_wrap_before_the_mode_and_go_on_behind_the_list() {
    let text = "ImportError: dlopen(arac/_b.so, \n2): no suitable image found.  Did find:\n    arac/_b.so: mach-o, but wrong architecture\n>>>\n$ file arac/_b.so: x";
    let failure = parse(text).expect("a failure");
    assert_eq!(failure.reason, Reason::ArchMismatch);
    assert_eq!(failure.subject, "arac/_b.so");
    assert_eq!(failure.tried.len(), 1);
    let text = "dlopen(/a/b, 0x0106): missing compatible arch in /a/b";
    assert_eq!(
        parse(text).map(|failure| failure.reason),
        Some(Reason::ArchMismatch)
    );
}

#[test]
fn errors_that_dyld_appends_to_each_other_are_told_apart() {
    let text = "dyld[5195]: Symbol not found: __Znwm\n  Referenced from: <378C7CC2-7CD6-3B88-9C66-FE198E30462B> /x/clang-21\n  Expected as weak-def export from some loaded dylibSymbol not found: __Znam";
    let subjects: Vec<String> = parse_all(text)
        .into_iter()
        .map(|failure| failure.subject)
        .collect();
    assert_eq!(subjects, ["__Znwm", "__Znam"]);
}

#[test]
fn other_texts_are_no_failures() {
    assert_eq!(parse(""), None);
    assert_eq!(parse("ModuleNotFoundError: No module named 'torch'"), None);
    assert_eq!(parse("dlopen(/x, 0x0002): "), None);
}

#[test]
fn every_marker_starts_a_wording_that_is_listed() {
    use super::super::template::{CALLS, REASONS};
    for marker in super::MARKERS.iter().filter(|it| **it != super::KILLED) {
        let mut rows = REASONS.iter().chain(CALLS);
        let listed = rows.any(|row| row.words.starts_with(marker));
        assert!(
            listed,
            "no row of src/dyld/template.rs starts with {marker}"
        );
    }
}
