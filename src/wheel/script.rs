//! What a Python script gives away of the libraries that it opens.

use std::collections::BTreeSet;

/// Words of a script that opens a library for every image of the process: ctypes' mode, or the flags of all imports.
const GLOBAL: [&str; 2] = ["RTLD_GLOBAL", "setdlopenflags"];

/// What scripts give away.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// See [`opened_for_all`].
    pub(super) opened_for_all: BTreeSet<String>,
    /// See [`named`].
    pub(super) named: BTreeSet<String>,
}

impl Told {
    /// By one script.
    pub(super) fn by(script: &[u8]) -> Told {
        Told {
            opened_for_all: opened_for_all(script),
            named: named(script),
        }
    }

    /// Takes in what another script tells.
    pub(super) fn extend(&mut self, other: Told) {
        self.opened_for_all.extend(other.opened_for_all);
        self.named.extend(other.named);
    }
}

/// How scripts open libraries: ctypes, cffi, torch.
const OPENS: [&str; 5] = ["CDLL", "cdll", "LoadLibrary", "dlopen", "load_library"];

/// Characters of a word that may name a library.
const WORD: std::ops::RangeInclusive<usize> = 3..=120;

/// Of a script that opens libraries, the words in quotes that may name them, or what is left of a name that is put
/// together: `libfoo` of `f"libfoo.{ending}"`.
fn named(script: &[u8]) -> BTreeSet<String> {
    let mut words = OPENS.iter();
    if !words.any(|word| memchr::memmem::find(script, word.as_bytes()).is_some()) {
        return BTreeSet::new();
    }
    let script = String::from_utf8_lossy(script);
    let is_part = |c: char| c.is_alphanumeric() || "_.+-".contains(c);
    let words = |line: &str| -> Vec<String> {
        // Every other piece is in quotes, whatever kind of quotes they are.
        let quoted = line.split(['"', '\'']).skip(1).step_by(2);
        let words = quoted.flat_map(|text| text.split(move |c| !is_part(c)));
        let words = words.map(|word| word.trim_matches(['.', '-']));
        let words = words.filter(|word| WORD.contains(&word.len()));
        words.map(str::to_owned).collect()
    };
    script.lines().flat_map(words).collect()
}

/// Is a library of this file name among such words? With or without its ending, version and `lib`.
pub(super) fn names(words: &BTreeSet<String>, file: &str) -> bool {
    let stem = file.split('.').next().unwrap_or(file);
    let bare = stem.strip_prefix("lib").unwrap_or(stem);
    let mut forms = vec![stem, bare];
    let ends = file.match_indices('.').map(|(at, _)| at);
    forms.extend(ends.filter_map(|at| file.get(..at)));
    forms.push(file);
    forms.iter().any(|form| words.contains(*form))
}

/// Of a script that opens libraries for everybody, the top-level modules that it imports: it is their libraries, or its
/// own.
fn opened_for_all(script: &[u8]) -> BTreeSet<String> {
    let mut words = GLOBAL.iter();
    if !words.any(|word| memchr::memmem::find(script, word.as_bytes()).is_some()) {
        return BTreeSet::new();
    }
    let script = String::from_utf8_lossy(script);
    script.lines().flat_map(imported).collect()
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
    use super::{named, names, opened_for_all};

    #[test]
    fn the_libraries_that_a_script_opens_are_among_the_words_in_its_quotes() {
        let script = b"import ctypes\nlib = ctypes.CDLL(join(here, f\"libfoo.{ending}\"))\nother = cdll['x/bar.2.so']\n# baz\n";
        let words = named(script);
        for (file, is_named) in [
            ("libfoo.dylib", true),
            ("libfoo.1.so", true),
            ("bar.2.so", true),
            ("libbar.dylib", false),
            ("libbaz.so", false),
        ] {
            assert_eq!(names(&words, file), is_named, "{file}");
        }
        assert!(named(b"x = 'libfoo'\n").is_empty());
    }

    #[test]
    fn the_modules_of_a_script_that_opens_libraries_for_all_are_named() {
        let script = b"import ctypes, os.path as p\n  from kern import _kern as k # from x import y\nfrom . import z\n\
            ctypes.CDLL(k.__file__, mode=ctypes.RTLD_GLOBAL)\nimportant = 1\n";
        let found: Vec<String> = opened_for_all(script).into_iter().collect();
        assert_eq!(found, ["ctypes", "kern", "os"]);
        assert!(opened_for_all(b"import ctypes\nctypes.CDLL('x')\n").is_empty());
        assert!(!opened_for_all(b"import sys\nsys.setdlopenflags(10)\n\xff").is_empty());
    }
}
