//! `loadproof image`: what it prints, and that LLVM's tools read the same from the files of `fixtures/dyld`.

#![allow(
    clippy::disallowed_methods,
    reason = "tests touch the machine to set their stage"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its fixtures has failed"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn image(path: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadproof"));
    command.arg("image").arg(path).args(more).output().unwrap()
}

/// Every Mach-O file of the conformance cases.
fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("fixtures/dyld/files")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Skipped without LLVM 19, unless LOADPROOF_TEST_LLVM=required says that it must be there.
#[test]
fn llvm_reads_the_same_from_every_fixture() {
    let there = Command::new("llvm-objdump-19").arg("--version").output();
    if there.is_err() && std::env::var("LOADPROOF_TEST_LLVM").as_deref() != Ok("required") {
        eprintln!("skipped: llvm-objdump-19 is not installed (Debian: apt-get install llvm-19)");
        return;
    }
    let compared = Command::new("python3")
        .arg(root().join("tools/differential/compare.py"))
        .args(["--loadproof", env!("CARGO_BIN_EXE_loadproof"), "--files"])
        .arg(root().join("fixtures/dyld/files"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&compared.stdout);
    let errors = String::from_utf8_lossy(&compared.stderr);
    assert!(compared.status.success(), "{text}\n{errors}");
    assert!(text.contains("unexplained differences: 0"), "{text}");
    // A comparison that skips what it should compare proves nothing.
    let row = text.lines().find(|line| line.starts_with("| uuid |"));
    let slices: usize = row
        .unwrap()
        .split('|')
        .nth(2)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!(slices > 140, "only {slices} slices were compared\n{text}");
}

#[test]
fn every_fixture_is_shown_in_both_forms_or_refused_in_one_line() {
    for file in files() {
        for form in ["terminal", "json"] {
            let shown = image(&file, &["--report", form, "--symbols"]);
            let errors = String::from_utf8_lossy(&shown.stderr).into_owned();
            match shown.status.code() {
                Some(0) => assert!(errors.is_empty(), "{}: {errors}", file.display()),
                Some(3) => assert_eq!(errors.lines().count(), 1, "{errors}"),
                other => panic!("{}: {other:?} {errors}", file.display()),
            }
        }
    }
}

/// What is listed is what a look-up finds, with the kind that it finds.
#[test]
fn every_listed_export_is_found_by_name() {
    use loadproof::load::Content;
    use loadproof::macho::{self, PageHashes};
    let mut listed = 0;
    for file in files() {
        let bytes = std::fs::read(&file).unwrap();
        let Content::MachO { slices } = macho::read(&bytes, PageHashes::Sampled) else {
            continue;
        };
        for slice in &slices {
            for exported in macho::exports_of(&bytes, slice).unwrap_or_default() {
                let found = macho::export(&bytes, slice, &exported.symbol);
                assert_eq!(
                    found,
                    exported.export,
                    "{} {}",
                    file.display(),
                    exported.symbol
                );
                listed += 1;
            }
        }
    }
    assert!(listed > 150, "only {listed} exports were listed");
}

#[test]
fn the_words_for_people_name_what_is_needed_and_from_where() {
    let folder = root().join("fixtures/dyld/files");
    let wanted = |image: &Value| {
        let depends = image["dependents"]
            .as_array()
            .is_some_and(|all| all.len() > 1);
        let imports = image["imports"]
            .as_array()
            .is_some_and(|all| !all.is_empty());
        depends
            && imports
            && image["rpaths"]
                .as_array()
                .is_some_and(|all| !all.is_empty())
    };
    let found = files().into_iter().find(|file| {
        let shown = image(file, &["--report", "json"]);
        let value: Value = serde_json::from_slice(&shown.stdout).unwrap_or_default();
        value["images"]
            .as_array()
            .is_some_and(|images| images.len() == 1 && wanted(&images[0]))
    });
    let file = found.unwrap_or_else(|| panic!("no such file in {}", folder.display()));
    let value: Value = serde_json::from_slice(&image(&file, &["--report", "json"]).stdout).unwrap();
    let text = String::from_utf8(image(&file, &["--symbols"]).stdout).unwrap();
    let image = &value["images"][0];
    for dependent in image["dependents"].as_array().unwrap() {
        let name = dependent["install_name"].as_str().unwrap();
        assert!(text.contains(&format!("     {name} (")), "{text}");
    }
    for rpath in image["rpaths"].as_array().unwrap() {
        assert!(
            text.contains(&format!("  rpath         {}", rpath.as_str().unwrap())),
            "{text}"
        );
    }
    for import in image["imports"].as_array().unwrap() {
        assert!(text.contains(import["symbol"].as_str().unwrap()), "{text}");
    }
}

#[test]
fn what_is_no_image_is_nothing_to_check_and_what_is_not_there_a_usage_error() {
    let text = image(&root().join("Cargo.toml"), &[]);
    assert_eq!(text.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&text.stderr).contains("is no Mach-O or ELF file"));
    let absent = image(Path::new("/nowhere/x.so"), &[]);
    assert_eq!(absent.status.code(), Some(2));
    let directory = image(&root(), &[]);
    assert_eq!(directory.status.code(), Some(2));
}
