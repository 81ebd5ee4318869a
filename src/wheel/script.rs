//! What a Python script gives away of the libraries that it opens.

use std::collections::BTreeSet;

/// Words of a script that opens a library for every image of the process: ctypes' mode, or the flags of all imports.
const GLOBAL: [&str; 2] = ["RTLD_GLOBAL", "setdlopenflags"];

/// Of a script that opens libraries for everybody, the top-level modules that it imports: it is their libraries, or its
/// own.
pub(super) fn opened_for_all(script: &[u8]) -> BTreeSet<String> {
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
    use super::opened_for_all;

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
