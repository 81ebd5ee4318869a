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
/// Archives that are read.
const ARCHIVES: usize = 256;
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
    found: OnceLock<Vec<PathBuf>>,
    asked: Cell<usize>,
}

impl Objects {
    /// Those below `roots`, those that `images` were made of, and those in the archives that a build's log names where
    /// it links; it ran in `directory`.
    pub(super) fn new(
        roots: Vec<PathBuf>,
        images: Vec<PathBuf>,
        (log, directory): (&str, &Path),
    ) -> Objects {
        Objects {
            roots,
            images,
            archives: archives(log, directory),
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

/// The archives that the link commands of a log name, by their paths or as `-lname`, and that are there.
fn archives(log: &str, directory: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    // The cheap test first: a large log has many lines, and few that link.
    let links = |line: &&str| {
        line.contains(" -o ")
            && !line.contains(" -c ")
            && (line.contains(".a") || line.contains("-l"))
    };
    for line in log.lines().filter(links) {
        let mut directory = directory.to_path_buf();
        for command in line.split(" && ") {
            let Some(words) = shlex::split(command) else {
                continue;
            };
            if let [cd, to] = words.as_slice()
                && cd == "cd"
            {
                directory.push(to);
                continue;
            }
            for path in linked(&words, &directory) {
                if found.len() < ARCHIVES && !found.contains(&path) {
                    found.push(path);
                }
            }
        }
    }
    found
}

/// The archives of one command. In a directory that has both, linkers take the shared library.
fn linked(words: &[String], directory: &Path) -> Vec<PathBuf> {
    let of_option = |option: &'static str| {
        let pairs = words
            .iter()
            .zip(words.iter().skip(1).map(Some).chain([None]));
        pairs.filter_map(move |(word, next)| match word.strip_prefix(option)? {
            "" => next.map(String::as_str),
            value => Some(value),
        })
    };
    let named = of_option("-l").filter_map(|name| {
        of_option("-L").find_map(|library| {
            let file = |end: &str| directory.join(library).join(format!("lib{name}.{end}"));
            let shared = ["so", "dylib", "tbd"]
                .map(file)
                .iter()
                .any(|path| path.exists());
            let archive = file("a");
            match shared {
                true => Some(None),
                false => archive.is_file().then_some(Some(archive)),
            }
        })
    });
    let named = named.flatten();
    // `-Wl,-force_load,libx.a`
    let written = words.iter().filter_map(|word| word.rsplit(',').next());
    let written = written.filter(|word| word.ends_with(".a"));
    let written = written.map(|word| directory.join(word));
    written.chain(named).filter(|path| path.is_file()).collect()
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
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    for reference in &mut found {
        let member = reference.member.take();
        reference.member = member.map(|member| format!("{file}({member})"));
        reference.line = reference.line.take().filter(|line| !is_newer(&line.file));
    }
    found
}

/// The bytes of a file; absent where it is larger than any object file.
fn bytes_of(path: &Path) -> Option<Vec<u8>> {
    let metadata = std::fs::metadata(path).ok()?;
    (metadata.len() <= LONGEST).then(|| std::fs::read(path).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &[u8] = include_bytes!("../../fixtures/objects/elf-x86_64-plain.o");
    const ARCHIVE: &[u8] = include_bytes!("../../fixtures/objects/elf-x86_64.a");
    const SYMBOL: &str = "_ZN6shapes4areaEd";

    fn place(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a directory");
        for (path, bytes) in files {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
            std::fs::write(path, bytes).expect("a file");
        }
        directory
    }

    #[test]
    fn archives_are_those_that_a_link_command_names() {
        let all = [
            "liba.a",
            "lib/libb.a",
            "lib/libc.a",
            "lib/libc.so",
            "sub/libd.a",
            "libunused.a",
        ];
        let there = place(&all.map(|path| (path, ARCHIVE)));
        let log = "gcc -c -Iinc a.c -o a.o libunused.a\n\
                   gcc -shared a.o ./liba.a -L lib -lb -lc -lm -o a.so\n\
                   cd sub && /usr/bin/c++ -bundle -Wl,-force_load,libd.a a.o -o d.so && cd ..\n\
                   gcc -shared 'unclosed libunused.a -o b.so\n";
        let found = archives(log, there.path());
        let named: Vec<_> = found
            .iter()
            .map(|path| path.strip_prefix(there.path()).expect("inside"))
            .collect();
        let expected = ["liba.a", "lib/libb.a", "sub/libd.a"].map(Path::new);
        assert_eq!(named, expected);
    }

    #[test]
    fn members_are_asked_only_where_no_object_file_tells() {
        let log = "gcc -shared x.o libshapes.a -o a.so\n";
        let there = place(&[("libshapes.a", ARCHIVE)]);
        let of = |there: &tempfile::TempDir| {
            let directory = there.path().to_path_buf();
            let objects = Objects::new(vec![directory.clone()], Vec::new(), (log, &directory));
            let found = objects.references(SYMBOL);
            found.iter().map(|it| it.member.clone()).collect::<Vec<_>>()
        };
        assert_eq!(
            of(&there),
            [Some("libshapes.a(elf-x86_64-debug.o)".to_owned())]
        );
        let both = place(&[("libshapes.a", ARCHIVE), ("build/x.o", OBJECT)]);
        assert_eq!(of(&both), [None]);
    }

    #[test]
    fn a_member_in_a_debug_map_is_in_its_archive() {
        assert_eq!(outer("/b/liba.a(m.o)"), "/b/liba.a");
        assert_eq!(outer("/b (1)/m.o"), "/b (1)/m.o");
    }
}
