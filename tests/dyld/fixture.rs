//! The cases of `fixtures/dyld`, laid out on disk, and the command run over them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use loadproof::cli::dlopen::Dlopen;
use loadproof::host;
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

/// One case with its files.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Fixture {
    pub(crate) case: Value,
    pub(crate) expected: Value,
    pub(crate) tree: BTreeMap<String, Node>,
}

/// What stands at a path.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Node {
    File(String),
    Link(String),
    Directory,
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/dyld")
}

pub(crate) fn all() -> BTreeMap<String, Fixture> {
    let text = fs::read_to_string(folder().join("cases.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The names of all files.
pub(crate) fn hashes() -> Vec<String> {
    let entries = fs::read_dir(folder().join("files")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

impl Fixture {
    pub(crate) fn lay_out(&self) -> TempDir {
        let root = TempDir::new().unwrap();
        let order: Vec<&String> = self.tree.keys().collect();
        self.lay_out_in(root.path(), &order);
        root
    }

    /// Makes the files in this order.
    pub(crate) fn lay_out_in(&self, root: &Path, order: &[&String]) {
        for path in order {
            let place = root.join(path.trim_start_matches('/'));
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            match &self.tree[*path] {
                Node::File(hash) => {
                    fs::copy(folder().join("files").join(hash), place).unwrap();
                }
                Node::Link(target) => std::os::unix::fs::symlink(target, place).unwrap(),
                Node::Directory => fs::create_dir_all(place).unwrap(),
            }
        }
        for directory in ["cwd", "executable"] {
            let path = self.case[directory]
                .as_str()
                .unwrap()
                .trim_start_matches('/');
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        }
    }

    /// The case and its variants: overrides merged into the case, and what is expected then.
    pub(crate) fn variants(&self) -> Vec<(Value, Value)> {
        let mut found = vec![(self.case.clone(), self.expected.clone())];
        for os in self.expected["same_on"].as_array().into_iter().flatten() {
            let mut case = self.case.clone();
            let mut expected = self.expected.clone();
            case["os"] = os.clone();
            // Fragments of messages speak of the case's own version only.
            expected["message_contains"] = Value::Array(Vec::new());
            found.push((case, expected));
        }
        for also in self.expected["also"].as_array().into_iter().flatten() {
            let mut case = self.case.clone();
            let mut expected = self.expected.clone();
            expected["message_contains"] = Value::Array(Vec::new());
            for (key, value) in also.as_object().unwrap() {
                let place = if case.get(key).is_some() {
                    &mut case
                } else {
                    &mut expected
                };
                place[key] = value.clone();
            }
            found.push((case, expected));
        }
        found
    }
}

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    dlopen: Dlopen,
}

/// The flags that stand for a case.
pub(crate) fn flags(case: &Value, root: &Path) -> Vec<String> {
    let text = |key: &str| case[key].as_str().unwrap().to_owned();
    let mode = if text("mode").contains("LAZY") {
        "lazy"
    } else {
        "now"
    };
    let cache = folder().join("shared-cache.json");
    let mut flags: Vec<String> = vec!["dlopen".into(), text("open")];
    let pairs = [
        ("--root", root.display().to_string()),
        ("--arch", text("arch")),
        ("--macos", text("os")),
        ("--executable", text("executable")),
        ("--cwd", text("cwd")),
        ("--mode", mode.to_owned()),
        ("--system-libraries", cache.display().to_string()),
        ("--report", "json".to_owned()),
    ];
    flags.extend(
        pairs
            .into_iter()
            .flat_map(|(flag, value)| [flag.to_owned(), value]),
    );
    for (flag, key) in [("--env", "env"), ("--process", "process")] {
        for (name, value) in case[key].as_object().unwrap() {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            flags.extend([flag.to_owned(), format!("{name}={value}")]);
        }
    }
    for preload in case["preload"].as_array().unwrap() {
        let value = match preload.as_str() {
            Some(path) => path.to_owned(),
            None => format!(
                "{}:{}",
                preload["path"].as_str().unwrap(),
                preload["mode"].as_str().unwrap()
            ),
        };
        flags.extend(["--preload".to_owned(), value]);
    }
    flags
}

/// Runs the command; the JSON, and the exit code.
pub(crate) fn run(flags: &[String]) -> (Value, u8) {
    let cli = Cli::try_parse_from(flags).unwrap();
    let mut out = Vec::new();
    let code = host::dlopen::run(&cli.dlopen, &mut out).unwrap();
    (serde_json::from_slice(&out).unwrap(), code)
}
