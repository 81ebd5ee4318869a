//! The object files that a build left on the disk.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::objects::{debug_map, references};
use crate::rules::SymbolName;
use crate::source::Reference;

/// Object files that are read, bytes of one, and directories that are looked through, how deep.
const FILES: usize = 4_000;
const LONGEST: u64 = 256 << 20;
const DIRECTORIES: usize = 20_000;
const DEPTH: usize = 24;
/// Symbols that are looked for: of hundreds, the first tell enough.
const SYMBOLS: usize = 64;
/// References that are told of one symbol.
const REFERENCES: usize = 32;

/// Where the object files are.
#[derive(Default)]
pub(super) struct Objects {
    /// Directories in which they may be; the first that has one is the one.
    roots: Vec<PathBuf>,
    /// Linked images, which may name theirs.
    images: Vec<PathBuf>,
    found: OnceLock<Vec<PathBuf>>,
    asked: Cell<usize>,
}

impl Objects {
    /// Those below `roots`, and those that `images` were made of.
    pub(super) fn new(roots: Vec<PathBuf>, images: Vec<PathBuf>) -> Objects {
        Objects {
            roots,
            images,
            ..Objects::default()
        }
    }

    /// The places that refer to a symbol.
    pub(super) fn references(&self, symbol: &str) -> Arc<[Reference]> {
        if self.asked.replace(self.asked.get() + 1) >= SYMBOLS {
            return Arc::from([]);
        }
        let mut found: Vec<Reference> = Vec::new();
        for path in self.found.get_or_init(|| self.look()) {
            for reference in in_file(path, symbol) {
                if !found.contains(&reference) {
                    found.push(reference);
                }
            }
            if found.len() >= REFERENCES {
                found.truncate(REFERENCES);
                break;
            }
        }
        found.into()
    }

    fn look(&self) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = self
            .images
            .iter()
            .filter_map(|path| bytes_of(path))
            .flat_map(|bytes| debug_map(&bytes))
            .map(PathBuf::from)
            .filter(|path| path.is_file())
            .collect();
        for root in &self.roots {
            if found.is_empty() {
                found = below(root);
            }
        }
        found.truncate(FILES);
        found
    }
}

/// Object files below a directory, sorted.
fn below(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![(root.to_path_buf(), 0)];
    let mut directories = 0;
    while let Some((directory, depth)) = open.pop() {
        directories += 1;
        if directories > DIRECTORIES || found.len() >= FILES {
            break;
        }
        let Ok(entries) = std::fs::read_dir(&directory) else {
            continue;
        };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            let path = entry.path();
            if kind.is_dir() {
                let skipped = [".git", "node_modules", ".venv", "venv", ".tox"];
                if depth < DEPTH && !skipped.iter().any(|name| entry.file_name() == *name) {
                    open.push((path, depth + 1));
                }
            } else if kind.is_file() && path.extension().is_some_and(|end| end == "o") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The references of one file. A line of a source that was changed after it was compiled is another line by now.
fn in_file(path: &Path, symbol: &str) -> Vec<Reference> {
    let Some(bytes) = bytes_of(path) else {
        return Vec::new();
    };
    // The name, or what stands of it in its mangled form: most files hold neither.
    let plain = symbol.split('(').next().unwrap_or(symbol);
    let part = plain.rsplit("::").next().unwrap_or(plain);
    let part = part.rsplit(' ').next().unwrap_or(part);
    let word: String = part
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    if memchr::memmem::find(&bytes, word.as_bytes()).is_none() {
        return Vec::new();
    }
    let is_wanted = |name: &str| {
        name == symbol
            || symbol.contains(['(', ':'])
                && [false, true].iter().any(|macho| {
                    SymbolName::new(name, *macho).demangled().as_deref() == Some(symbol)
                })
    };
    let changed = std::fs::metadata(path).and_then(|metadata| metadata.modified());
    let is_newer = |source: &str| {
        let source = std::fs::metadata(source).and_then(|metadata| metadata.modified());
        matches!((&source, &changed), (Ok(source), Ok(object)) if source > object)
    };
    let mut found = references(&bytes, &is_wanted);
    for reference in &mut found {
        reference.line = reference.line.take().filter(|line| !is_newer(&line.file));
    }
    found
}

/// The bytes of a file; absent where it is larger than any object file.
fn bytes_of(path: &Path) -> Option<Vec<u8>> {
    let metadata = std::fs::metadata(path).ok()?;
    (metadata.len() <= LONGEST).then(|| std::fs::read(path).ok())?
}
