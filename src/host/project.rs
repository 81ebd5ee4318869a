//! The project on the disk, and the surroundings of its build, for the readers of its definition.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::objects::Objects;
use crate::python::Interpreter;
use crate::source::{Input, Project, PythonWords, Reference, Target, Text, Variable};

/// Bytes of a definition that are read.
const LONGEST: u64 = 2 << 20;
/// Files and directories that are listed, and how deep.
const FILES: usize = 50_000;
const DEPTH: usize = 24;
/// Directories that hold nothing of the project's own.
const SKIPPED: [&str; 12] = [
    ".git",
    ".hg",
    ".svn",
    ".tox",
    ".nox",
    ".venv",
    "venv",
    "node_modules",
    "__pycache__",
    ".loadproof",
    ".mypy_cache",
    ".pytest_cache",
];
/// Variables that carry flags of builds; of any other only a switch is kept.
const FLAGS: [&str; 20] = [
    "ARCHFLAGS",
    "AR",
    "ASFLAGS",
    "BLAS",
    "CC",
    "CFLAGS",
    "CMAKE_ARGS",
    "CMAKE_BUILD_TYPE",
    "CMAKE_GENERATOR",
    "CMAKE_OSX_ARCHITECTURES",
    "CPPFLAGS",
    "CXX",
    "CXXFLAGS",
    "LD",
    "LDFLAGS",
    "LDSHARED",
    "MACOSX_DEPLOYMENT_TARGET",
    "SDKROOT",
    "TORCH_CUDA_ARCH_LIST",
    "_PYTHON_HOST_PLATFORM",
];

/// A project's directory.
pub(super) struct DiskProject {
    root: PathBuf,
    files: OnceLock<Option<Arc<[String]>>>,
    /// Where the build's Python looks for modules; empty: not known.
    sys_path: Vec<PathBuf>,
    /// Variables over those of this process.
    variables: Vec<(String, String)>,
    /// What the build compiled.
    objects: Objects,
}

impl DiskProject {
    /// `interpreter` builds it, in its own environment rather than an isolated one; `None` where that is not so.
    pub(super) fn new(
        root: &Path,
        interpreter: Option<&Interpreter>,
        variables: &[(String, String)],
    ) -> DiskProject {
        let sys_path = interpreter.map(|interpreter| &interpreter.sys_path);
        DiskProject {
            root: root.to_path_buf(),
            files: OnceLock::new(),
            sys_path: sys_path.into_iter().flatten().map(PathBuf::from).collect(),
            variables: variables.to_vec(),
            objects: Objects::default(),
        }
    }

    /// The same project, with what its build left behind.
    pub(super) fn with_objects(self, objects: Objects) -> DiskProject {
        DiskProject { objects, ..self }
    }

    /// A path in the project; `None` if it would lead out of it.
    fn inside(&self, path: &str) -> Option<PathBuf> {
        let leads_out = path.starts_with('/') || path.split('/').any(|part| part == "..");
        (!leads_out && !path.contains('\0')).then(|| self.root.join(path))
    }

    fn walk(&self) -> Option<Arc<[String]>> {
        let mut found = Vec::new();
        let mut open = vec![(self.root.clone(), String::new(), 0)];
        while let Some((directory, prefix, depth)) = open.pop() {
            for entry in std::fs::read_dir(&directory).ok()?.flatten() {
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                // A link to a directory may lead in a circle; a link to a file is a file.
                let Ok(kind) = entry.file_type() else {
                    continue;
                };
                if kind.is_dir() {
                    if depth < DEPTH && !SKIPPED.contains(&name.as_str()) {
                        open.push((entry.path(), format!("{prefix}{name}/"), depth + 1));
                    }
                } else if kind.is_file() || entry.path().is_file() {
                    found.push(format!("{prefix}{name}"));
                }
            }
            if found.len() + open.len() > FILES {
                return None;
            }
        }
        found.sort_unstable();
        Some(found.into())
    }
}

impl Project for DiskProject {
    fn text(&self, path: &str) -> Text {
        let Some(whole) = self.inside(path) else {
            return Text::Absent;
        };
        let Ok(metadata) = std::fs::metadata(&whole) else {
            return Text::Absent;
        };
        if !metadata.is_file() {
            return Text::Absent;
        }
        if metadata.len() > LONGEST {
            return Text::Unread(format!("has {} bytes", metadata.len()));
        }
        match std::fs::read(&whole) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Text::Known(text.into()),
                Err(_) => Text::Unread("is not UTF-8".to_owned()),
            },
            Err(why) => Text::Unread(format!("cannot be read: {why}")),
        }
    }

    fn files(&self) -> Option<Arc<[String]>> {
        self.files.get_or_init(|| self.walk()).clone()
    }

    fn variable(&self, name: &str) -> Variable {
        let given = self.variables.iter().find(|(known, _)| known == name);
        let value = given
            .map(|(_, value)| value.clone())
            .or_else(|| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()));
        match value {
            None => Variable::Unset,
            Some(value) if FLAGS.contains(&name) || is_switch(&value) => Variable::Set(value),
            Some(_) => Variable::Kept,
        }
    }

    fn importable(&self, module: &str) -> Option<bool> {
        if self.sys_path.is_empty() || module.contains(['/', '\0']) {
            return None;
        }
        let there = |directory: &PathBuf| {
            directory.join(module).is_dir()
                || directory.join(format!("{module}.py")).is_file()
                || directory.join(format!("{module}.so")).is_file()
        };
        if self.sys_path.iter().any(there) {
            return Some(true);
        }
        // It may be built in, a zip file's, or an extension module with a longer name.
        let beside = self.sys_path.iter().any(|directory| {
            let prefix = format!("{module}.");
            std::fs::read_dir(directory).is_ok_and(|entries| {
                entries
                    .flatten()
                    .any(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
            })
        });
        (!beside).then_some(false)
    }

    fn references(&self, symbol: &str) -> Arc<[Reference]> {
        self.objects.references(symbol)
    }

    fn inputs(&self, symbol: &str) -> Arc<[Input]> {
        self.objects.inputs(symbol)
    }
}

/// `1`, `OFF`, `true`: nobody's secret.
fn is_switch(value: &str) -> bool {
    let words = ["", "true", "false", "on", "off", "yes", "no", "y", "n"];
    words.contains(&value.to_lowercase().as_str())
        || (value.len() <= 3 && value.chars().all(|c| c.is_ascii_digit()))
}

/// What build scripts ask about the machine.
pub(super) fn target(interpreter: Option<&Interpreter>, directory: &Path) -> Target {
    let directory = directory.display().to_string();
    let Some(interpreter) = interpreter else {
        return Target {
            directory,
            ..Target::default()
        };
    };
    let words = PythonWords {
        version: &interpreter.version,
        implementation: &interpreter.implementation,
        machine: &interpreter.machine,
        suffix: interpreter.ext_suffixes.first().map(String::as_str),
    };
    Target::of(interpreter.on_macos(), words, directory)
}
