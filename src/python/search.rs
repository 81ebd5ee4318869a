//! Which file Python's path-based finder would take for a top-level name, without asking Python.
//!
//! importlib's `FileFinder.find_spec`: in each directory a package wins, then each suffix in the order extension
//! modules, `.py`, `.pyc`; a directory without `__init__` is a namespace portion and wins only if nothing else is found.

use crate::load::{ImageSource, Lookup};

/// What the finder found for a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The directory of sys.path that decided.
    pub entry: String,
    /// The file: a package's `__init__`, or the module.
    pub file: String,
}

/// The first file on `sys_path` that would answer to the top-level name.
pub fn find_module(
    name: &str,
    sys_path: &[String],
    ext_suffixes: &[String],
    files: &dyn ImageSource,
) -> Option<Found> {
    let is_file = |path: &str| matches!(files.lookup(path), Lookup::File { .. });
    let suffixes = || {
        ext_suffixes
            .iter()
            .map(String::as_str)
            .chain([".py", ".pyc"])
    };
    for entry in sys_path.iter().filter(|entry| entry.starts_with('/')) {
        let base = format!("{}/{name}", entry.trim_end_matches('/'));
        let in_package = suffixes().map(|suffix| format!("{base}/__init__{suffix}"));
        let beside = suffixes().map(|suffix| format!("{base}{suffix}"));
        if let Some(file) = in_package.chain(beside).find(|path| is_file(path)) {
            return Some(Found {
                entry: entry.clone(),
                file,
            });
        }
    }
    None
}
