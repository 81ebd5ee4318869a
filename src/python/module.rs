//! From a file's path in a wheel to the module that Python would look for in it.
//!
//! Rules: importlib.machinery.ExtensionFileLoader takes `name + suffix` for each suffix of
//! `_imp.extension_suffixes()`; PEP 3149 and PEP 384 define the tags, PEP 489 the name of the init function.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A dotted module name: every part is an identifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModuleName(String);

impl ModuleName {
    /// The name, if every part of it is an identifier.
    pub fn new(name: &str) -> Option<Self> {
        let valid = !name.is_empty() && name.split('.').all(is_identifier);
        valid.then(|| ModuleName(name.to_owned()))
    }

    /// `pkg._C`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `_C`.
    pub fn last(&self) -> &str {
        self.0.rsplit('.').next().unwrap_or(&self.0)
    }

    /// `pkg`.
    pub fn top(&self) -> &str {
        self.0.split('.').next().unwrap_or(&self.0)
    }

    /// The function that CPython asks the image for (PEP 489): `PyInit__C`, or `PyInitU_` and the name in
    /// punycode with `-` as `_` where it is not ASCII.
    pub fn init_function(&self) -> String {
        let last = self.last();
        if last.is_ascii() {
            format!("PyInit_{last}")
        } else {
            // The only error is an overflow, which needs a name of some 100 million characters.
            format!(
                "PyInitU_{}",
                punycode::encode(last).unwrap_or_default().replace('-', "_")
            )
        }
    }
}

fn is_identifier(part: &str) -> bool {
    let mut chars = part.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
        && chars.all(|c| c == '_' || c.is_alphanumeric())
}

impl fmt::Display for ModuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ModuleName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        ModuleName::new(&name).ok_or_else(|| format!("`{name}` is not a module name"))
    }
}

impl From<ModuleName> for String {
    fn from(name: ModuleName) -> String {
        name.0
    }
}

/// A file whose name follows the pattern of extension modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionFile {
    /// The module it would be.
    pub module: ModuleName,
    /// What follows the name: `.cpython-311-darwin.so`, `.abi3.so`, `.so`.
    pub suffix: String,
}

impl ExtensionFile {
    /// Reads a path in a wheel, with `/` between its parts. `None` for names that are no module
    /// (`libfoo.dylib`, `libfoo.so.1`, `a-b.so`, `_C.variant.abi3.so`).
    pub fn from_path(path: &str) -> Option<Self> {
        let path = in_search_path(path);
        let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
        let (name, suffix) = split(file)?;
        // `pkg.libs/libx.so` would read as the module `pkg.libs.libx`, `_C.fast.abi3.so` as `_C.fast`.
        if directory.contains('.') || name.contains('.') {
            return None;
        }
        let package = directory.replace('/', ".");
        let dotted = match (package.is_empty(), name) {
            (true, name) => name.to_owned(),
            // A package whose own code is an extension: `apsw/__init__.cpython-313-darwin.so` is `apsw`.
            (false, "__init__") => package,
            (false, name) => format!("{package}.{name}"),
        };
        Some(ExtensionFile {
            module: ModuleName::new(&dotted)?,
            suffix: suffix.to_owned(),
        })
    }

    /// Is the name before the suffix more than one word (`_C.variant.abi3.so`)? No import looks for such a file; a
    /// loader of the package's own may, by its path (`importlib.util.spec_from_file_location`).
    pub fn is_opened_by_path(path: &str) -> bool {
        let file = path.rsplit('/').next().unwrap_or(path);
        split(file).is_some_and(|(name, _)| name.contains('.'))
    }

    /// The module of which a file is one of several builds, by the path up to the first dot of its name: `pkg/_C` of
    /// `pkg/_C.variant.abi3.so`. `None` where the suffix has no tag: `libfoo.1.so` is a library with its version.
    pub fn variant_of(path: &str) -> Option<&str> {
        let file = path.rsplit('/').next().unwrap_or(path);
        let (name, suffix) = split(file).filter(|(_, suffix)| *suffix != ".so")?;
        let (word, _) = name.split_once('.')?;
        let after = name
            .len()
            .checked_sub(word.len())?
            .checked_add(suffix.len())?;
        path.get(..path.len().checked_sub(after)?)
    }

    /// Does the suffix carry a tag of its own (`.cpython-311-darwin.so`, `.abi3.so`), which only modules have?
    pub fn is_tagged(&self) -> bool {
        self.suffix != ".so"
    }

    /// Will an interpreter with these EXT_SUFFIXes look for it?
    pub fn is_accepted(&self, ext_suffixes: &[String]) -> bool {
        ext_suffixes.contains(&self.suffix)
    }
}

/// A wheel may bring a tree of its own that a `.pth` file adds to `sys.path`, as cmeel's do: what follows
/// `cmeel.prefix/lib/python3.11/site-packages/` is what is imported.
fn in_search_path(path: &str) -> &str {
    let (_, inside) = path.rsplit_once("/site-packages/").unwrap_or(("", path));
    inside
}

/// The name of a file and the longest suffix that some Python looks for.
fn split(file: &str) -> Option<(&str, &str)> {
    let untyped = file.strip_suffix(".so")?;
    let name = match untyped.rsplit_once('.') {
        Some((name, tag)) if is_tag(tag) => name,
        _ => untyped,
    };
    Some((name, file.get(name.len()..)?))
}

/// `cpython-311-darwin`, `abi3`, `pypy310-pp73-darwin`, `x86_64-linux-gnu`.
fn is_tag(word: &str) -> bool {
    let starts = ["cpython-", "pypy", "graalpy", "abi3"];
    starts.iter().any(|start| word.starts_with(start))
        || word.ends_with("darwin")
        || word.contains("-linux")
}

#[cfg(test)]
mod tests {
    use super::{ExtensionFile, ModuleName};

    fn read(path: &str) -> Option<(String, String)> {
        ExtensionFile::from_path(path).map(|file| (file.module.to_string(), file.suffix))
    }

    #[test]
    fn a_path_in_a_wheel_names_its_module() {
        let tagged = read("pkg/_C.cpython-311-darwin.so");
        assert_eq!(
            tagged,
            Some(("pkg._C".to_owned(), ".cpython-311-darwin.so".to_owned()))
        );
        assert_eq!(
            read("plain.so"),
            Some(("plain".to_owned(), ".so".to_owned()))
        );
        assert_eq!(
            read("a/b/c.abi3.so"),
            Some(("a.b.c".to_owned(), ".abi3.so".to_owned()))
        );
        assert_eq!(
            read("a/b/__init__.abi3.so"),
            Some(("a.b".to_owned(), ".abi3.so".to_owned()))
        );
        assert_eq!(
            read("tool.prefix/lib/python3.11/site-packages/pkg/_C.abi3.so"),
            Some(("pkg._C".to_owned(), ".abi3.so".to_owned()))
        );
    }

    #[test]
    fn a_file_that_cannot_be_imported_by_name_is_no_module() {
        assert_eq!(read("pkg/libomp.dylib"), None);
        assert_eq!(read("pkg/libfoo.so.1"), None);
        assert_eq!(read("tool.libs/libx.so"), None);
        assert_eq!(read("dashed-name.so"), None);
    }

    #[test]
    fn the_suffix_is_the_longest_that_some_python_looks_for() {
        let suffix = |path: &str| read(path).map(|(_, suffix)| suffix);
        for tagged in [
            ".cpython-311-darwin.so",
            ".cpython-37m-x86_64-linux-gnu.so",
            ".pypy310-pp73-darwin.so",
            ".abi3.so",
            ".so",
        ] {
            let (plain, more) = (format!("pkg/_C{tagged}"), format!("pkg/_C.fast{tagged}"));
            assert_eq!(suffix(&plain).as_deref(), Some(tagged));
            assert!(!ExtensionFile::is_opened_by_path(&plain));
            // The rest is more than a name, and no import leads to it.
            assert_eq!(suffix(&more), None);
            assert!(ExtensionFile::is_opened_by_path(&more));
        }
        let variant = ExtensionFile::variant_of;
        assert_eq!(variant("pkg/_C.fast.abi3.so"), Some("pkg/_C"));
        assert_eq!(variant("_C.very.fast.cpython-311-darwin.so"), Some("_C"));
        assert_eq!(variant("pkg/_C.abi3.so"), None);
        assert_eq!(variant("pkg/libfoo.1.so"), None);
        assert!(!ExtensionFile::is_opened_by_path("pkg/libfoo.so.1"));
        assert!(!ExtensionFile::is_opened_by_path("pkg/lib.foo.dylib"));
    }

    #[test]
    fn the_init_function_of_a_name_outside_ascii_is_in_punycode() {
        // What CPython's `_imp` asks for, by the `punycode` codec.
        let name = |text| ModuleName::new(text).expect("an identifier");
        assert_eq!(name("pkg._C").init_function(), "PyInit__C");
        assert_eq!(name("größe").init_function(), "PyInitU_gre_6ka8i");
        assert_eq!(name("模块").init_function(), "PyInitU_gfs105b");
    }
}
