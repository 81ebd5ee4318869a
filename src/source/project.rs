//! What the readers ask about the project and the machine that builds it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Where the build runs, as far as build scripts ask.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// `sys.platform`: `darwin`, `linux`.
    pub platform: Option<String>,
    /// `platform.machine()`: `arm64`, `x86_64`, `aarch64`.
    pub machine: Option<String>,
    /// `sys.version_info`: major, minor, micro.
    pub python: Option<(u8, u8, u8)>,
    /// `sys.implementation.name`.
    pub implementation: Option<String>,
    /// The Python is built without the lock that keeps threads apart.
    pub free_threaded: Option<bool>,
    /// The project's directory, absolute.
    pub directory: String,
}

/// What a Python says about itself, as far as build scripts ask.
#[derive(Debug, Clone, Copy)]
pub struct PythonWords<'a> {
    /// `3.11.7`.
    pub version: &'a str,
    /// `cpython`.
    pub implementation: &'a str,
    /// `arm64`.
    pub machine: &'a str,
    /// The first suffix of its extension modules: `.cpython-311-darwin.so`.
    pub suffix: Option<&'a str>,
}

impl Target {
    /// The machine of a Python.
    pub fn of(on_macos: bool, python: PythonWords<'_>, directory: String) -> Target {
        let mut numbers = python
            .version
            .split(|c: char| !c.is_ascii_digit())
            .map_while(|part| part.parse().ok());
        let version = match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(major), Some(minor), micro) => Some((major, minor, micro.unwrap_or_default())),
            _ => None,
        };
        let free = version.map(|(major, minor, _): (u8, u8, u8)| format!("{major}{minor}t-"));
        let free_threaded = python
            .suffix
            .zip(free)
            .map(|(suffix, free)| suffix.contains(&free));
        Target {
            platform: Some(if on_macos { "darwin" } else { "linux" }.to_owned()),
            machine: Some(python.machine.to_owned()),
            python: version,
            implementation: Some(python.implementation.to_owned()),
            free_threaded,
            directory,
        }
    }
}

/// The text of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Text {
    /// As it is.
    Known(Arc<str>),
    /// There is none.
    Absent,
    /// It is there and was not read: why, as a fragment.
    Unread(String),
    /// Nobody asked when this was recorded.
    NotRecorded,
}

/// An environment variable of the build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variable {
    /// It is not set.
    Unset,
    /// It has this value.
    Set(String),
    /// It is set; its value is nobody's business.
    Kept,
    /// It is not known.
    Unknown,
}

/// A place of an object file that refers to a symbol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The function around it by its symbol, without Mach-O's underscore; absent for data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The source's name, as the compiler wrote it down; without a directory, mostly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The file's name in an archive; with the archive's own name in front where that is known: `libledger.a(ledger.o)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// The line of the reference, where the file has debug information.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Line>,
}

/// A line as debug information tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The source: absolute, or relative to the directory in which it was compiled.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

/// A file that a link command gives the linker, held against a symbol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// What the command makes, as given there.
    pub output: String,
    /// Where the command was found.
    pub told: String,
    /// Which of the command's words names the file, from 1.
    pub word: usize,
    /// The file's name, without its directory.
    pub file: String,
    /// It defines the symbol for others.
    #[serde(default)]
    pub defines: bool,
    /// It, or a member of it, needs the symbol.
    #[serde(default)]
    pub needs: bool,
}

/// Answers about the project's files and the build's surroundings. Paths are relative to the project, with `/`.
pub trait Project {
    /// The text of a file.
    fn text(&self, path: &str) -> Text;
    /// The files (not directories) of the project, sorted; `None` where they are not known or too many.
    fn files(&self) -> Option<Arc<[String]>>;
    /// An environment variable of the build.
    fn variable(&self, name: &str) -> Variable;
    /// Can the build import that top-level module? `None` where that is not known.
    fn importable(&self, module: &str) -> Option<bool>;
    /// The places in the build's object files that refer to a symbol, by its name in the files or as C++ writes it.
    fn references(&self, symbol: &str) -> Arc<[Reference]>;
    /// The files of the build's link commands that define or need a symbol, by its name in the files, in their order.
    fn inputs(&self, _symbol: &str) -> Arc<[Input]> {
        Arc::from([])
    }
}

impl Text {
    /// The text, where it is known.
    pub fn known(&self) -> Option<&str> {
        match self {
            Text::Known(text) => Some(text),
            Text::Absent | Text::Unread(_) | Text::NotRecorded => None,
        }
    }
}
