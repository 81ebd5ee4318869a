//! The object files that a build left on the disk.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use crate::build::{LinkCommand, LinkWord};
use crate::objects::{debug_map, mentions, references};
use crate::rules::SymbolName;
use crate::source::{Input, Reference};

/// Object files that are read, bytes of one, and directories that are looked through, how deep.
const FILES: usize = 4_000;
const LONGEST: u64 = 256 << 20;
const DIRECTORIES: usize = 20_000;
const DEPTH: usize = 24;
/// Archives that are read.
const ARCHIVES: usize = 256;
/// Files of link commands that are held against one symbol.
const INPUTS: usize = 2_000;
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
    /// Archives that were linked.
    archives: Vec<PathBuf>,
    /// The commands that linked, and where they ran.
    links: Vec<LinkCommand>,
    directory: PathBuf,
    found: OnceLock<Vec<PathBuf>>,
    asked: Cell<usize>,
}

impl Objects {
    /// Those below `roots`, those that `images` were made of, and those in the archives that the commands of a build
    /// link; it ran in `directory`.
    pub(super) fn new(
        roots: Vec<PathBuf>,
        images: Vec<PathBuf>,
        (links, directory): (Vec<LinkCommand>, &Path),
    ) -> Objects {
        Objects {
            roots,
            images,
            archives: archives(&links, directory),
            links,
            directory: directory.to_path_buf(),
            ..Objects::default()
        }
    }

    /// The places that refer to a symbol.
    pub(super) fn references(&self, symbol: &str) -> Arc<[Reference]> {
        if self.asked.replace(self.asked.get() + 1) >= SYMBOLS {
            return Arc::from([]);
        }
        let found = in_files(self.found.get_or_init(|| self.look()), symbol);
        // Whether a member is linked depends on what needs it: it is asked where no object file tells.
        match found.is_empty() {
            true => in_files(&self.archives, symbol).into(),
            false => found.into(),
        }
    }

    /// The files of the link commands that define or need a symbol, as they were when something was linked from them.
    pub(super) fn inputs(&self, symbol: &str) -> Arc<[Input]> {
        if self.asked.replace(self.asked.get() + 1) >= SYMBOLS {
            return Arc::from([]);
        }
        let mut found = Vec::new();
        let mut left = INPUTS;
        for link in &self.links {
            let directory = run_in(link, &self.directory);
            let files = given(&link.words(), &directory);
            let made = modified(&directory.join(&link.output));
            let mut architecture = None;
            for (word, path) in files.into_iter().take(left) {
                left -= 1;
                let is_newer =
                    matches!((modified(&path), made), (Some(own), Some(made)) if own > made);
                let bytes = bytes_of(&path).filter(|bytes| !is_newer && may_name(bytes, symbol));
                let Some(seen) = bytes.and_then(|bytes| mentions(&bytes, &wanted(symbol))) else {
                    continue;
                };
                // A linker passes over what is for another processor.
                if *architecture.get_or_insert(seen.architecture) == seen.architecture
                    && (seen.defines || seen.needs)
                {
                    found.push(Input {
                        output: link.output.clone(),
                        told: link.told.to_string(),
                        word,
                        file: file_name(&path),
                        defines: seen.defines,
                        needs: seen.needs,
                    });
                }
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
            .map(|name| PathBuf::from(outer(&name)))
            .filter(|path| path.is_file())
            .collect();
        found.dedup();
        for root in &self.roots {
            if found.is_empty() {
                found = below(root);
            }
        }
        found.truncate(FILES);
        found
    }
}

/// The archives that link commands name, by their paths or as `-lname`, and that are there.
fn archives(links: &[LinkCommand], directory: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for link in links {
        for (_, path) in given(&link.words(), &run_in(link, directory)) {
            let is_archive = path.extension().is_some_and(|end| end == "a");
            if is_archive && found.len() < ARCHIVES && !found.contains(&path) {
                found.push(path);
            }
        }
    }
    found
}

/// Where a command ran.
fn run_in(link: &LinkCommand, directory: &Path) -> PathBuf {
    directory.join(link.directory.as_deref().unwrap_or_default())
}

/// The object files and archives of one command, with the numbers of their words, from 1. In a directory that has both,
/// linkers take the shared library.
fn given(words: &[LinkWord<'_>], directory: &Path) -> Vec<(usize, PathBuf)> {
    let places = || {
        words.iter().filter_map(|word| match word {
            LinkWord::Directory(path) => Some(directory.join(path)),
            _ => None,
        })
    };
    let named = |name: &str| {
        let found = places().find_map(|place| {
            let ends = ["so", "dylib", "tbd", "a"];
            let files = ends.map(|end| place.join(format!("lib{name}.{end}")));
            files.into_iter().find(|path| path.exists())
        });
        found.filter(|path| path.extension().is_some_and(|end| end == "a"))
    };
    let file = |word: &LinkWord<'_>| match word {
        LinkWord::File(path) if path.ends_with(".a") || path.ends_with(".o") => {
            Some(directory.join(path))
        }
        LinkWord::Library(name) => named(name),
        _ => None,
    };
    let numbered = words.iter().enumerate();
    let files = numbered.filter_map(|(at, word)| Some((at + 1, file(word)?)));
    files.filter(|(_, path)| path.is_file()).collect()
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// `lib/liba.a(member.o)` is in `lib/liba.a`.
fn outer(name: &str) -> &str {
    let archive = name
        .strip_suffix(')')
        .and_then(|name| name.rsplit_once('('));
    archive.map_or(name, |(archive, _)| archive)
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

fn in_files(paths: &[PathBuf], symbol: &str) -> Vec<Reference> {
    let mut found: Vec<Reference> = Vec::new();
    for path in paths {
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
    found
}

/// The references of one file. A line of a source that was changed after it was compiled is another line by now.
fn in_file(path: &Path, symbol: &str) -> Vec<Reference> {
    let Some(bytes) = bytes_of(path).filter(|bytes| may_name(bytes, symbol)) else {
        return Vec::new();
    };
    let changed = modified(path);
    let is_newer = |source: &str| {
        let source = modified(Path::new(source));
        matches!((source, changed), (Some(source), Some(object)) if source > object)
    };
    let mut found = references(&bytes, &wanted(symbol));
    let file = file_name(path);
    for reference in &mut found {
        let member = reference.member.take();
        reference.member = member.map(|member| format!("{file}({member})"));
        reference.line = reference.line.take().filter(|line| !is_newer(&line.file));
    }
    found
}

/// Is the name in there, or what stands of it in its mangled form? Most files hold neither.
fn may_name(bytes: &[u8], symbol: &str) -> bool {
    let plain = symbol.split('(').next().unwrap_or(symbol);
    let part = plain.rsplit("::").next().unwrap_or(plain);
    let part = part.rsplit(' ').next().unwrap_or(part);
    let word: String = part
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    memchr::memmem::find(bytes, word.as_bytes()).is_some()
}

/// Is it the symbol, by its name or as C++ writes it?
fn wanted(symbol: &str) -> impl Fn(&str) -> bool {
    move |name| {
        name == symbol
            || symbol.contains(['(', ':'])
                && [false, true].iter().any(|macho| {
                    SymbolName::new(name, *macho).demangled().as_deref() == Some(symbol)
                })
    }
}

/// The bytes of a file; absent where it is larger than any object file.
fn bytes_of(path: &Path) -> Option<Vec<u8>> {
    let metadata = std::fs::metadata(path).ok()?;
    (metadata.len() <= LONGEST).then(|| std::fs::read(path).ok())?
}

#[cfg(test)]
mod tests;
