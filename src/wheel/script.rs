//! What a Python script gives away of the libraries that it opens.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

/// Words of a script that opens a library for every image of the process: ctypes' mode, or the flags of all imports.
const GLOBAL: [&str; 2] = ["RTLD_GLOBAL", "setdlopenflags"];

/// How scripts open libraries: ctypes, cffi, torch.
const OPENS: [&str; 5] = ["CDLL", "cdll", "LoadLibrary", "dlopen", "load_library"];

/// How scripts import a module from a file whose name is not the module's.
const BY_PATH: [&str; 3] = [
    "spec_from_file_location",
    "ExtensionFileLoader",
    "load_dynamic",
];

/// Handlers that also catch what a library that cannot be opened raises.
const GOES_ON: [&str; 5] = [
    "except:",
    "except OSError",
    "except (OSError",
    "except Exception",
    "except BaseException",
];

/// So many modules that scripts import are kept; a requirement is among the first of them.
const MODULES: usize = 10_000;

/// Shorter words name too much.
const SHORTEST: usize = 3;

/// What scripts give away.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The top-level modules that are imported by scripts which open libraries for everybody: it is their libraries, or
    /// the scripts' own.
    pub(super) opened_for_all: BTreeSet<String>,
    /// The forms of files' names that scripts have in quotes which open libraries, and cannot go on without.
    pub(super) named: BTreeSet<String>,
    /// Some script imports modules by their paths.
    pub(super) imports_by_path: bool,
}

/// What the scripts of one wheel give away, read in any order.
pub(super) struct Scripts<'a> {
    /// How a script may name a file of the wheel: no other word is kept.
    forms: HashSet<&'a str>,
    told: Mutex<Told>,
}

impl<'a> Scripts<'a> {
    /// Of a wheel with these files.
    pub(super) fn of(paths: impl Iterator<Item = &'a str>) -> Scripts<'a> {
        let leaves = paths.map(|path| path.rsplit('/').next().unwrap_or(path));
        let libraries = leaves.filter(|leaf| !leaf.ends_with(".py"));
        Scripts {
            forms: libraries.flat_map(forms).collect(),
            told: Mutex::default(),
        }
    }

    /// Reads a script.
    pub(super) fn read(&self, script: &[u8]) {
        let has = |word: &&str| memchr::memmem::find(script, word.as_bytes()).is_some();
        let (for_all, opens) = (GLOBAL.iter().any(has), OPENS.iter().any(has));
        let by_path = BY_PATH.iter().any(has);
        if !for_all && !opens && !by_path {
            return;
        }
        let script = String::from_utf8_lossy(script);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.imports_by_path |= by_path;
        if for_all {
            let room = MODULES.saturating_sub(told.opened_for_all.len());
            let modules = script.lines().flat_map(imported).take(room);
            told.opened_for_all.extend(modules);
        }
        if opens {
            let words = needed(&script).into_iter().flat_map(quoted);
            let words = words.filter(|word| self.forms.contains(word));
            told.named.extend(words.map(str::to_owned));
        }
    }

    /// What all of them told.
    pub(super) fn told(self) -> Told {
        let told = self.told.into_inner();
        told.unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lines of a script without those that it can go on without: the bodies of `try` whose handler catches the failure.
/// None, where such a body opens what is named elsewhere.
fn needed(script: &str) -> Vec<&str> {
    let lines: Vec<&str> = script.lines().collect();
    let tried = tried(&lines);
    let is_tried = |index: usize| tried.get(index).copied().unwrap_or_default();
    let opens = |line: &str| OPENS.iter().any(|word| line.contains(word));
    let mut numbered = lines.iter().enumerate();
    if numbered.any(|(at, line)| is_tried(at) && opens(line) && quoted(line).next().is_none()) {
        return Vec::new();
    }
    let needed = lines.iter().enumerate().filter(|(at, _)| !is_tried(*at));
    needed.map(|(_, line)| *line).collect()
}

/// Which lines stand in the body of such a `try`, going by how far they are indented.
fn tried(lines: &[&str]) -> Vec<bool> {
    let mut tried = vec![false; lines.len()];
    // How far each `try` is indented, and its body's lines: to the first handler.
    let mut open: Vec<(usize, usize, Option<usize>)> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        if code.is_empty() || code.starts_with('#') {
            continue;
        }
        let indent = line.len().saturating_sub(code.len());
        let is_part = ["except", "else", "finally"]
            .iter()
            .any(|it| code.starts_with(it));
        while open
            .last()
            .is_some_and(|(of, ..)| *of > indent || *of == indent && !is_part)
        {
            open.pop();
        }
        if let Some((_, start, end)) = open.last_mut().filter(|(of, ..)| *of == indent) {
            let end = *end.get_or_insert(at);
            if GOES_ON.iter().any(|handler| code.starts_with(handler)) {
                tried.get_mut(*start..end).unwrap_or_default().fill(true);
                // Marked once, however many handlers there are.
                *start = end;
            }
        }
        if code.starts_with("try:") {
            open.push((indent, at.saturating_add(1), None));
        }
    }
    tried
}

/// The words of a line that are in quotes, and what is left of a name that is put together: `libfoo` of
/// `f"libfoo.{ending}"`.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || "_.+-".contains(c);
    // Every other piece is in quotes, whatever kind of quotes they are.
    let quoted = line.split(['"', '\'']).skip(1).step_by(2);
    let words = quoted.flat_map(move |text| text.split(move |c| !is_part(c)));
    words.map(|word| word.trim_matches(['.', '-']))
}

/// How a script may name a file: with or without ending, version and `lib`.
fn forms(file: &str) -> impl Iterator<Item = &str> {
    let ends = file.match_indices('.').map(|(at, _)| at);
    let cut = ends.filter_map(|at| file.get(..at));
    let stem = file.split('.').next().unwrap_or(file);
    cut.chain([file, stem.strip_prefix("lib").unwrap_or(stem)])
        .filter(|form| form.len() >= SHORTEST)
}

/// Is a file of this name among what scripts named?
pub(super) fn names(named: &BTreeSet<String>, file: &str) -> bool {
    forms(file).any(|form| named.contains(form))
}

/// `a` and `b` of `import a.x as y, b`; `a` of `from a.x import y`; nothing of `from . import y`.
fn imported(line: &str) -> Vec<String> {
    let line = line.split('#').next().unwrap_or_default().trim();
    let names: Vec<&str> = match (line.strip_prefix("import "), line.strip_prefix("from ")) {
        (Some(names), _) => names.split(',').collect(),
        (None, Some(rest)) => vec![rest],
        (None, None) => Vec::new(),
    };
    let top = |name: &str| {
        let name = name.trim().split(['.', ' ', ';']).next()?;
        let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        (is_name && !name.is_empty()).then(|| name.to_owned())
    };
    names.into_iter().filter_map(top).collect()
}

#[cfg(test)]
mod tests {
    use super::{MODULES, Scripts, Told, names};

    fn told(files: &[&str], scripts: &[&[u8]]) -> Told {
        let wheel = Scripts::of(files.iter().copied());
        scripts.iter().for_each(|script| wheel.read(script));
        wheel.told()
    }

    #[test]
    fn the_libraries_that_a_script_opens_are_among_the_words_in_its_quotes() {
        let script = b"import ctypes\nlib = ctypes.CDLL(join(here, f\"libfoo.{ending}\"))\n\
            other = cdll['x/bar.2.so', 'nothing']\n# baz\n";
        let files = [
            "x/libfoo.dylib",
            "x/libfoo.1.so",
            "bar.2.so",
            "libbar.dylib",
            "libbaz.so",
        ];
        let named = told(&files, &[script]).named;
        for (file, is_named) in files.into_iter().zip([true, true, true, false, false]) {
            let leaf = file.rsplit('/').next().unwrap_or(file);
            assert_eq!(names(&named, leaf), is_named, "{file}: {named:?}");
        }
        // Of what names no file nothing is kept, nor of a script that opens nothing.
        assert_eq!(named.len(), 2, "{named:?}");
        assert!(told(&files, &[b"x = 'libfoo'\n"]).named.is_empty());
    }

    #[test]
    fn what_a_script_tries_to_open_and_can_go_on_without_is_not_needed() {
        let files = ["libfoo.so", "libbar.so", "libbaz.so"];
        let named = |script: &[u8]| -> Vec<String> {
            let named = told(&files, &[script]).named;
            named.into_iter().collect()
        };
        let tries = b"try:\n    CDLL('libfoo.so')\n\nexcept ImportError:\n    pass\nexcept OSError:\n    CDLL('libbar.so')\nCDLL('libbaz.so')\n";
        assert_eq!(named(tries), ["libbar.so", "libbaz.so"]);
        let other = b"try:\n    CDLL('libfoo.so')\nexcept FileNotFoundError:\n    raise\n";
        assert_eq!(named(other), ["libfoo.so"]);
        let within = b"try:\n  if x:\n    try:\n      CDLL('libfoo.so')\n    finally:\n      y()\nexcept Exception as why:\n  CDLL('libbar.so')\n";
        assert_eq!(named(within), ["libbar.so"]);
        let loops = b"for name in ['libfoo.so', 'libbar.so']:\n  try:\n    CDLL(name)\n  except OSError:\n    continue\n";
        assert!(named(loops).is_empty());
    }

    #[test]
    fn the_modules_of_a_script_that_opens_libraries_for_all_are_named() {
        let script = b"import ctypes, os.path as p\n  from kern import _kern as k # from x import y\nfrom . import z\n\
            ctypes.CDLL(k.__file__, mode=ctypes.RTLD_GLOBAL)\nimportant = 1\n";
        let modules = |script: &[u8]| told(&[], &[script]).opened_for_all;
        let found: Vec<String> = modules(script).into_iter().collect();
        assert_eq!(found, ["ctypes", "kern", "os"]);
        assert!(modules(b"import ctypes\nctypes.CDLL('x')\n").is_empty());
        assert!(!modules(b"import sys\nsys.setdlopenflags(10)\n\xff").is_empty());
    }

    #[test]
    fn scripts_made_to_fill_the_memory_do_not() {
        let script = |from: usize| {
            let lines =
                (from..from + MODULES).map(|index| format!("import m{index}; 'w{index}'\n"));
            let lines: String = lines.collect();
            format!("CDLL RTLD_GLOBAL\n{lines}").into_bytes()
        };
        let told = told(&["x/libfoo.so"], &[&script(0), &script(MODULES)]);
        assert_eq!((told.opened_for_all.len(), told.named.len()), (MODULES, 0));
        assert!(!told.imports_by_path);
    }

    #[test]
    fn one_script_that_imports_from_a_file_is_enough() {
        let scripts: [&[u8]; 2] = [b"x = 1", b"spec = util.spec_from_file_location(name, path)"];
        assert!(told(&[], &scripts).imports_by_path);
    }
}
