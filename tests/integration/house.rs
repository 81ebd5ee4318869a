//! The rules of the house, as far as a machine can hold them. Each failure says what to do.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::run::root;

/// Every Rust file below `src`, relative to it, with its text.
fn sources() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open: Vec<PathBuf> = vec![root().join("src")];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(&directory)
            .expect("a directory of the sources")
            .flatten()
        {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path
                    .strip_prefix(root().join("src"))
                    .expect("below src")
                    .display()
                    .to_string();
                found.insert(name, std::fs::read_to_string(&path).expect("a source"));
            }
        }
    }
    found
}

/// The room that a file belongs to: its directory, or itself.
fn room(file: &str) -> &str {
    file.split('/')
        .next()
        .unwrap_or(file)
        .trim_end_matches(".rs")
}

#[test]
fn no_file_outgrows_its_room() {
    for (file, text) in sources() {
        let lines = text.lines().count();
        assert!(
            lines <= 420,
            "src/{file} has {lines} lines: split it by its nouns"
        );
    }
}

#[test]
fn no_room_is_without_an_owner() {
    let vague = [
        "utils", "util", "common", "helpers", "helper", "misc", "types", "imp",
    ];
    for file in sources().keys() {
        let stem = Path::new(file)
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        assert!(
            !vague.contains(&stem),
            "src/{file}: name it after what lives there"
        );
    }
}

#[test]
fn every_file_says_what_lives_in_it() {
    for (file, text) in sources() {
        assert!(
            text.starts_with("//! "),
            "src/{file}: its first line says what lives here, as `//! ...`"
        );
    }
}

/// Who may use whom: the table of ARCHITECTURE.md.
const MAY_USE: &[(&str, &[&str])] = &[
    ("image", &[]),
    ("load", &["image"]),
    ("macho", &["image", "load"]),
    ("elf", &["image", "load"]),
    ("dyld", &["image", "load"]),
    ("ldso", &["elf", "image", "load"]),
    ("catalogue", &["image", "load", "dyld", "macho"]),
    ("torch_symbols", &["image"]),
    ("python", &["load"]),
    ("build", &[]),
    ("diagnosis", &[]),
    ("source", &["diagnosis"]),
    ("objects", &["source"]),
    ("github", &[]),
    ("reproduce", &["build", "facts", "python"]),
    ("merge", &["diagnosis", "load", "report", "rules"]),
    ("report", &["diagnosis", "load"]),
    (
        "facts",
        &[
            "build", "image", "ldso", "dyld", "load", "python", "report", "source",
        ],
    ),
    ("purpose", &["facts", "image", "load", "python"]),
    (
        "rules",
        &[
            "build",
            "catalogue",
            "diagnosis",
            "facts",
            "image",
            "load",
            "purpose",
            "python",
            "macho",
            "elf",
            "ldso",
            "dyld",
            "torch_symbols",
            "site",
            "wheel",
        ],
    ),
    (
        "diagnose",
        &[
            "build",
            "catalogue",
            "diagnosis",
            "dyld",
            "facts",
            "image",
            "ldso",
            "load",
            "purpose",
            "python",
            "report",
            "rules",
            "source",
        ],
    ),
    ("doctor", &["image", "python", "rules", "torch_symbols"]),
    ("site", &["image", "load", "python", "wheel"]),
    (
        "check",
        &[
            "catalogue",
            "diagnose",
            "diagnosis",
            "dyld",
            "facts",
            "image",
            "load",
            "purpose",
            "python",
            "report",
            "rules",
            "site",
            "source",
            "torch_symbols",
            "wheel",
        ],
    ),
    ("policy", &["diagnosis", "report", "rules"]),
    ("sample", &["diagnosis", "report"]),
    (
        "render",
        &[
            "check",
            "diagnosis",
            "doctor",
            "dyld",
            "github",
            "image",
            "merge",
            "load",
            "report",
            "rules",
            "sample",
            "site",
            "source",
            "text",
            "torch_symbols",
        ],
    ),
    (
        "text",
        &[
            "build",
            "dyld",
            "image",
            "ldso",
            "load",
            "rules",
            "torch_symbols",
        ],
    ),
    ("wheel", &["elf", "image", "load", "macho"]),
    ("exit_code", &[]),
    ("cli", &["diagnosis", "image"]),
];

#[test]
fn rooms_use_only_the_rooms_they_may() {
    let mut violations = std::collections::BTreeSet::new();
    for (file, text) in sources() {
        let from = room(&file);
        if matches!(from, "host" | "main" | "lib") {
            continue;
        }
        let (_, allowed) = MAY_USE
            .iter()
            .find(|(name, _)| *name == from)
            .unwrap_or_else(|| {
                panic!("src/{file}: add the room `{from}` to MAY_USE and to ARCHITECTURE.md")
            });
        // Tests stand at the end of a file, or in a file of their own, and may look further.
        if file.ends_with("tests.rs") || file.contains("testing") || file.contains("/tests/") {
            continue;
        }
        let code = text
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .unwrap_or_default();
        let lines = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for used in lines.flat_map(|line| line.split("crate::").skip(1)) {
            let name: String = used
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if name != from && !allowed.contains(&name.as_str()) && !name.is_empty() {
                violations.insert(format!(
                    "src/{file}: the room `{from}` may not use `{name}`"
                ));
            }
        }
    }
    assert!(
        violations.is_empty(),
        "rooms use what they may not (ARCHITECTURE.md): {violations:#?}"
    );
}

#[test]
fn readme_lists_every_rule() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("README.md");
    let table = loadproof::rules::table_markdown();
    assert!(
        readme.contains(&table),
        "README.md: replace the table of causes by the output of `loadproof rules`"
    );
}

#[test]
fn every_rule_that_linux_can_show_has_a_recording() {
    let shown = crate::replay::causes_of_recordings();
    let samples = std::fs::read_dir(root().join("fixtures/extensions"))
        .expect("the samples")
        .flatten();
    for sample in samples.filter(|entry| entry.path().is_dir()) {
        let text =
            std::fs::read_to_string(sample.path().join("expected.json")).expect("expected.json");
        let expected: loadproof::sample::Expected =
            serde_json::from_str(&text).expect("an expectation");
        let Some(cause) = expected
            .cause
            .filter(|_| expected.os.iter().any(|os| os == "linux"))
        else {
            continue;
        };
        assert!(
            shown.contains(&cause),
            "no recording shows {cause}: run fixtures/recorded/refresh {}",
            sample.file_name().to_string_lossy()
        );
    }
}
