//! For what a wheel is judged: a macOS, a processor, a Python.

use std::fmt;
use std::str::FromStr;

use crate::image::{Arch, Version};

/// One kind of Mac, with its Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The macOS version.
    pub macos: Version,
    /// The processor of the process: [`Arch::Arm64`] or [`Arch::X86_64`].
    pub arch: Arch,
    /// The Python.
    pub python: PythonVersion,
    /// Who made the Python.
    pub flavor: Flavor,
}

impl fmt::Display for Target {
    /// `macOS 14.5 arm64, Python 3.11`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "macOS {} {}, Python {}",
            self.macos, self.arch, self.python
        )?;
        match self.flavor {
            Flavor::Standalone => Ok(()),
            Flavor::Framework | Flavor::Homebrew | Flavor::Conda => write!(f, " ({})", self.flavor),
        }
    }
}

/// A version of CPython: `3.11`, or `3.13t` for the build without the global lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PythonVersion {
    /// Major.
    pub major: u8,
    /// Minor.
    pub minor: u8,
    /// Free-threaded (PEP 703), with an ABI of its own.
    pub free_threaded: bool,
}

impl PythonVersion {
    /// A version with the global lock.
    pub const fn new(major: u8, minor: u8) -> Self {
        PythonVersion {
            major,
            minor,
            free_threaded: false,
        }
    }

    /// `311`, `313t`, `37m`: how file names and tags write it (the `m` of before 3.8 is pymalloc's).
    pub fn soabi(self) -> String {
        let PythonVersion { major, minor, .. } = self;
        let suffix = match (self.free_threaded, major, minor) {
            (true, _, _) => "t",
            (false, 3, ..8) => "m",
            (false, _, _) => "",
        };
        format!("{major}{minor}{suffix}")
    }

    /// `importlib.machinery.EXTENSION_SUFFIXES` on macOS, in the importer's order.
    pub fn extension_suffixes(self) -> Vec<String> {
        if self.major < 3 {
            return vec![".so".to_owned(), "module.so".to_owned()];
        }
        let own = format!(".cpython-{}-darwin.so", self.soabi());
        let stable = (!self.free_threaded).then(|| ".abi3.so".to_owned());
        // The stable ABI of free-threaded builds begins with 3.15 (PEP 803).
        let threaded = (self.free_threaded && self.minor >= 15).then(|| ".abi3t.so".to_owned());
        [Some(own), stable, threaded, Some(".so".to_owned())]
            .into_iter()
            .flatten()
            .collect()
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = if self.free_threaded { "t" } else { "" };
        write!(f, "{}.{}{suffix}", self.major, self.minor)
    }
}

/// A text that is no version of Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetError(String);

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TargetError {}

impl FromStr for PythonVersion {
    type Err = TargetError;

    /// `3.11`, `3.11.4` or `3.13t`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            TargetError(format!(
                "`{text}` is no version of Python such as 3.11 or 3.13t"
            ))
        };
        let (digits, free_threaded) = match text.strip_suffix('t') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        let mut parts = digits.split('.');
        let mut number = || parts.next()?.parse::<u8>().ok();
        let (major, minor) = (number().ok_or_else(wrong)?, number().ok_or_else(wrong)?);
        if !matches!(major, 2 | 3) {
            return Err(wrong());
        }
        Ok(PythonVersion {
            major,
            minor,
            free_threaded,
        })
    }
}

/// Who made a Python: whether the C API is the executable's or a library's, and where that is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flavor {
    /// uv, python-build-standalone, pyenv: the executable exports the C API.
    #[default]
    Standalone,
    /// python.org's installer: `/Library/Frameworks/Python.framework`.
    Framework,
    /// Homebrew: a framework in its prefix.
    Homebrew,
    /// conda: the executable exports the C API, and libpython lies beside it.
    Conda,
}

impl fmt::Display for Flavor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Flavor::Standalone => "standalone",
            Flavor::Framework => "python.org",
            Flavor::Homebrew => "homebrew",
            Flavor::Conda => "conda",
        })
    }
}
