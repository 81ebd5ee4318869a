//! What goes along with a released binary: the licences of all that is linked into it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::run::root;

const LICENCES: [&str; 3] = ["LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY-LICENSES.md"];

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect(path)
}

fn parsed(path: &str) -> toml_edit::DocumentMut {
    read(path).parse().expect(path)
}

/// The crates of `Cargo.lock`, as `name version`.
fn locked() -> BTreeSet<String> {
    let lock = parsed("Cargo.lock");
    let packages = lock["package"].as_array_of_tables().expect("packages");
    let text = |item: &toml_edit::Item| item.as_str().expect("text").to_owned();
    packages
        .iter()
        .map(|package| format!("{} {}", text(&package["name"]), text(&package["version"])))
        .collect()
}

/// What the notices list: a crate, its version, and sometimes whose it is.
fn noticed() -> BTreeSet<String> {
    let notices = read("THIRD-PARTY-LICENSES.md");
    let entries = notices.lines().filter_map(|line| line.strip_prefix("- "));
    let crates = entries.filter_map(|entry| {
        let mut words = entry.split([' ', ',', ':']);
        let (name, version) = (words.next()?, words.next()?);
        version
            .starts_with(|first: char| first.is_ascii_digit())
            .then(|| format!("{name} {version}"))
    });
    crates.collect()
}

#[test]
fn the_notices_are_of_the_locked_crates() {
    let (noticed, locked) = (noticed(), locked());
    let gone: Vec<_> = noticed.difference(&locked).collect();
    assert!(
        gone.is_empty(),
        "run packaging/notices/write: not in Cargo.lock: {gone:?}"
    );

    let manifest = parsed("Cargo.toml");
    let dependencies = manifest["dependencies"].as_table().expect("dependencies");
    assert!(!dependencies.is_empty());
    for (name, _) in dependencies {
        let versions: Vec<_> = locked
            .iter()
            .filter(|entry| entry.split(' ').next() == Some(name))
            .collect();
        assert!(
            versions.iter().any(|entry| noticed.contains(*entry)),
            "run packaging/notices/write: {versions:?} is missing"
        );
    }
}

#[test]
fn the_notices_name_no_holder_in_blank() {
    let notices = read("THIRD-PARTY-LICENSES.md");
    for blank in ["<year>", "<copyright holder"] {
        assert!(!notices.contains(blank), "a licence of nobody: {blank}");
    }
    for linked in [
        "The standard library of Rust",
        "musl, in the binaries for Linux",
    ] {
        assert!(
            notices.contains(&format!("\n- {linked}\n")),
            "{linked} is missing"
        );
    }
}

#[test]
fn an_archive_holds_the_licences() {
    let folder = tempfile::tempdir().expect("a directory");
    let archive = folder.path().join("loadproof.tar.gz");
    let made = Command::new(root().join("packaging/archive"))
        .arg(env!("CARGO_BIN_EXE_loadproof"))
        .arg(&archive)
        .output()
        .expect("packaging/archive runs");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    assert!(
        unpacked(&archive, "--list")
            .lines()
            .any(|member| member == "loadproof")
    );
    for licence in LICENCES {
        assert_eq!(unpacked(&archive, licence), read(licence), "{licence}");
    }
}

/// What tar says of the archive: its list, or a member's text.
fn unpacked(archive: &Path, what: &str) -> String {
    let mut tar = Command::new("tar");
    match what {
        "--list" => tar.arg("-tzf").arg(archive),
        member => tar.arg("-xzOf").arg(archive).arg(member),
    };
    let output = tar.output().expect("tar runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn a_wheel_and_the_crate_take_the_licences_along() {
    let project = parsed("packaging/pypi/pyproject.toml");
    let patterns: Vec<_> = project["project"]["license-files"]
        .as_array()
        .expect("patterns")
        .iter()
        .collect();
    let manifest = parsed("Cargo.toml");
    let left_out: Vec<_> = manifest["package"]["exclude"]
        .as_array()
        .expect("patterns")
        .iter()
        .collect();
    for licence in LICENCES {
        let taken = patterns
            .iter()
            .filter_map(|pattern| glob::Pattern::new(pattern.as_str()?).ok());
        assert!(
            taken.into_iter().any(|pattern| pattern.matches(licence)),
            "{licence} is not in the wheel"
        );
        assert_eq!(
            read(&format!("packaging/pypi/{licence}")),
            read(licence),
            "packaging/pypi/{licence}"
        );
        let dropped = left_out.iter().filter_map(|pattern| {
            glob::Pattern::new(pattern.as_str()?.trim_start_matches('/')).ok()
        });
        assert!(
            !dropped.into_iter().any(|pattern| pattern.matches(licence)),
            "{licence} is not in the crate"
        );
    }
}

#[test]
fn a_release_is_packed_by_what_is_tested_here() {
    let release = read(".github/workflows/release.yml");
    assert!(
        release.contains("packaging/archive dist/loadproof "),
        "archives are made by packaging/archive"
    );
    assert!(
        release.contains("cd packaging/pypi"),
        "wheels are made in packaging/pypi"
    );
    let binaries = read(".ci/binaries");
    for tool in ["maturin==", "ziglang=="] {
        let pinned = |text: &str| {
            let version = text.split(tool).nth(1).expect(tool);
            version
                .split_whitespace()
                .next()
                .expect("a version")
                .to_owned()
        };
        assert_eq!(
            pinned(&release),
            pinned(&binaries),
            "{tool} of the release is the tried one"
        );
    }
}
