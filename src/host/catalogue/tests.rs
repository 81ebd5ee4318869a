//! An SDK made for the test is read, saved, read again and asked; what cannot be read is named.

use std::fs;
use std::path::Path;

use clap::Parser;
use tempfile::TempDir;

use super::catalogue;
use crate::cli::catalogue::CatalogueArgs;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: CatalogueArgs,
}

/// Runs the subcommand: what it knew and wrote, or its error with all causes.
fn run(words: &[&str]) -> Result<(bool, String), String> {
    let words = std::iter::once("catalogue").chain(words.iter().copied());
    let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
    let mut out = Vec::new();
    let known = catalogue(&line.args, &mut out).map_err(|error| error.to_string())?;
    Ok((known, String::from_utf8(out).expect("text")))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of the test's own")
}

const STUB: &str = "\
--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64e-macos ]
install-name: /usr/lib/libfresh.dylib
exports:
  - targets: [ x86_64-macos, arm64e-macos ]
    symbols: [ _fresh ]
";

fn sdk() -> TempDir {
    let sdk = tempfile::tempdir().expect("a folder");
    let lib = sdk.path().join("usr/lib");
    fs::create_dir_all(&lib).expect("a folder");
    fs::write(lib.join("libfresh.tbd"), STUB).expect("a file");
    fs::write(sdk.path().join("SDKSettings.json"), r#"{"Version":"26.1"}"#).expect("a file");
    sdk
}

#[test]
fn an_sdk_is_read_saved_and_asked() {
    let sdk = sdk();
    let saved = sdk.path().join("saved.json");
    let arguments = ["--sdk", text(sdk.path()), "--output", text(&saved)];
    let (_, out) = run(&arguments).expect("a readable SDK");
    assert!(out.starts_with("Read from linker stubs: 1 libraries of macOS 26.1, 1 exports.\n"));
    let ask = |macos| {
        let library = "/usr/lib/libfresh.dylib";
        let (known, out) = run(&[
            library,
            "_fresh",
            "--observed",
            text(&saved),
            "--macos",
            macos,
        ])
        .expect("a readable file");
        assert!(!known, "not in the built-in table");
        out
    };
    assert!(ask("26.2").ends_with("on macOS 26.2 x86_64: present\n"));
    assert!(ask("15.0").ends_with("on macOS 15.0 x86_64: not known, assumed to be present\n"));
}

#[test]
fn a_symbol_is_shown_with_its_bounds_and_judged() {
    let (known, out) =
        run(&["IOKit", "_kIOMainPortDefault", "--macos", "11.0"]).expect("an answer");
    assert!(known);
    assert_eq!(
        out,
        "_kIOMainPortDefault of /System/Library/Frameworks/IOKit.framework/Versions/A/IOKit\n  \
         arm64 and x86_64: there from macOS 12.0, proven to be absent before 11.4 (public documentation)\n  \
         on macOS 11.0 arm64: absent, there from macOS 12.0\n  \
         on macOS 11.0 x86_64: absent, there from macOS 12.0\n"
    );
}

#[test]
fn what_cannot_be_read_is_named() {
    let sdk = sdk();
    let stub = sdk.path().join("usr/lib/libfresh.tbd");
    fs::write(&stub, "nonsense: true\n").expect("a file");
    let error = run(&["--sdk", text(sdk.path())]).expect_err("no stub");
    assert_eq!(
        error,
        format!(
            "cannot read `{}`: a stub without `install-name`",
            text(&stub)
        )
    );
    let error = run(&["--cache", text(&stub)]).expect_err("no cache");
    assert!(error.starts_with(&format!(
        "cannot read `{}`: not a readable shared cache",
        text(&stub)
    )));
    let error = run(&["--observed", text(&stub)]).expect_err("no saved file");
    assert!(error.starts_with(&format!("`{}` is not what `--output` writes", text(&stub))));
    let absent = sdk.path().join("absent");
    let error = run(&["--sdk", text(&absent)]).expect_err("no folder");
    assert!(error.contains(text(&absent)), "{error}");
    assert!(run(&["--output", text(&absent)]).is_err());
}

#[test]
#[cfg(not(target_os = "macos"))]
fn a_cache_without_a_file_is_a_macs_own() {
    let why = run(&["libz", "--cache"]).expect_err("no Mac");
    assert!(why.contains("this is not macOS: name a file"), "{why}");
}
