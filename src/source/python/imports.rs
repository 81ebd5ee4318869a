//! Imports: of the project's own modules, which are followed too, and of everything else, which is a name.

use std::rc::Rc;

use super::machine::{BYTES, FILES, Frame, Machine, Raised};
use super::parse::{is_slow, parse};
use super::value::{Data, Id, Value};
use crate::source::span::TextFile;

/// Modules that every Python has, or that no build starts without.
const ALWAYS: [&str; 62] = [
    "__future__",
    "abc",
    "argparse",
    "ast",
    "builtins",
    "codecs",
    "collections",
    "configparser",
    "contextlib",
    "copy",
    "ctypes",
    "dataclasses",
    "datetime",
    "distutils",
    "enum",
    "errno",
    "fnmatch",
    "functools",
    "glob",
    "hashlib",
    "importlib",
    "inspect",
    "io",
    "itertools",
    "json",
    "locale",
    "logging",
    "math",
    "multiprocessing",
    "operator",
    "os",
    "pathlib",
    "pickle",
    "pkgutil",
    "platform",
    "pprint",
    "re",
    "runpy",
    "setuptools",
    "shlex",
    "shutil",
    "signal",
    "site",
    "socket",
    "stat",
    "string",
    "struct",
    "subprocess",
    "sys",
    "sysconfig",
    "tarfile",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "traceback",
    "types",
    "typing",
    "urllib",
    "warnings",
    "zipfile",
    "zlib",
];

impl Machine<'_> {
    pub(super) fn import(&mut self, names: &[(Rc<str>, Option<Rc<str>>)]) {
        for (module, alias) in names {
            if !self.live {
                return;
            }
            let Some(value) = self.found_module(module, alias.is_some()) else {
                continue;
            };
            match alias {
                Some(alias) => self.bind(alias, value),
                None => {
                    let first = module.split('.').next().unwrap_or(module);
                    self.bind(&Rc::from(first), value);
                }
            }
        }
    }

    pub(super) fn import_from(&mut self, module: &Rc<str>, names: &[(Rc<str>, Rc<str>)]) {
        let own = module.trim_start_matches('.');
        let Some(value) = self.found_module(own, true) else {
            return;
        };
        for (name, alias) in names {
            if &**name == "*" {
                if let Data::Module(scope) = value.data {
                    let brought = self.state.scope(scope).map(|scope| scope.names.clone());
                    for (name, value) in brought.unwrap_or_default() {
                        self.bind(&name, value);
                    }
                } else {
                    self.import_all_of(own);
                }
                continue;
            }
            let member = self.attribute(&value, name);
            self.bind(alias, member);
        }
    }

    /// What `from setuptools import *` and the like bring that matters here.
    fn import_all_of(&mut self, module: &str) {
        let names: &[&str] = match module {
            "setuptools" | "distutils.core" => &["setup", "Extension", "find_packages"],
            "torch.utils.cpp_extension" => &["CppExtension", "CUDAExtension", "BuildExtension"],
            _ => &[],
        };
        for name in names {
            self.bind(&Rc::from(*name), Value::named(format!("{module}.{name}")));
        }
    }

    /// The module; `None` where its absence was caught by a `try`.
    fn found_module(&mut self, module: &str, whole: bool) -> Option<Value> {
        let first = module.split('.').next().unwrap_or(module);
        if !ALWAYS.contains(&first) {
            if let Some(scope) = self.own_module(module) {
                return Some(Value::of(Data::Module(scope)));
            }
            match self.project.importable(first) {
                Some(true) => {}
                Some(false) if !self.tries.is_empty() && !self.all_there => {
                    self.raise(Raised::Import);
                    return None;
                }
                // Without a `try` the script ends here, and there is nothing to follow; so it is there.
                Some(false) => {}
                None => self.risk.import = true,
            }
        }
        Some(Value::named(if whole { module } else { first }))
    }

    /// A module of the project, once for all.
    fn own_module(&mut self, module: &str) -> Option<Id> {
        if let Some(known) = self.imported.get(module) {
            return *known;
        }
        let path = module.replace('.', "/");
        let candidates = [format!("{path}.py"), format!("{path}/__init__.py")];
        let found = candidates.iter().find_map(|path| {
            let text = self.project.text(path);
            text.known().map(|text| (path.clone(), text.to_owned()))
        });
        // A package that is being built is no part of the build's definition.
        let read: usize = self.files.iter().map(|file| file.text.len()).sum();
        let fits = |text: &str| {
            self.files.len() < FILES && read.saturating_add(text.len()) <= BYTES && !is_slow(text)
        };
        let found = found.filter(|(_, text)| fits(text));
        self.imported.insert(module.to_owned(), None);
        let (path, text) = found?;
        let scope = self.run_file(&path, &text)?;
        self.imported.insert(module.to_owned(), Some(scope));
        Some(scope)
    }

    /// Runs a file of the project in a scope of its own.
    pub(super) fn run_file(&mut self, path: &str, text: &str) -> Option<Id> {
        let number = u16::try_from(self.files.len()).ok()?;
        self.files.push(TextFile::new(path, text));
        self.spend(text.len() / 64);
        let block = parse(number, text);
        let scope = self.scope(None);
        if let Some(names) = self.state.scope_mut(scope) {
            let name = path.trim_end_matches(".py").replace('/', ".");
            let name = if number == 0 { "__main__" } else { &name };
            names.names.insert(Rc::from("__name__"), Value::str(name));
            let own = super::paths::join(&[&self.target.directory, path]);
            names.names.insert(Rc::from("__file__"), Value::str(own));
        }
        // What the file raises ends the file, not the script that imports it.
        let tries = std::mem::take(&mut self.tries);
        self.run(
            &block,
            Frame {
                scope,
                ..Frame::default()
            },
        );
        self.tries = tries;
        self.live = true;
        Some(scope)
    }

    pub(super) fn own_path(&self) -> Value {
        let path = self.files.first().map_or("setup.py", |file| &file.path);
        Value::str(super::paths::join(&[&self.target.directory, path]))
    }
}
