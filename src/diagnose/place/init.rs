//! The module function that Python asks for, and the line that defines one of another name.

use std::collections::BTreeSet;

use super::{Finder, Located};
use crate::diagnosis::{Diagnosis, Source};
use crate::source::{
    ExtensionModule, Macros, ModuleDefinition, Text, included, is_compiled, module_definitions,
    operator_libraries, speaks_of_modules,
};

/// Sources, and headers of one, that are read.
const SOURCES: usize = 400;
const HEADERS: usize = 64;

/// The macro that torch's build makes the module's own name; where another build uses it, it stands for itself.
const FROM_TORCH: &str = "TORCH_EXTENSION_NAME";

/// What the sources of a module hold.
#[derive(Default)]
struct Held {
    modules: Vec<ModuleDefinition>,
    operators: Vec<Source>,
    /// All sources were read, and none speaks of a module function: not even under a name that cannot be told.
    no_other: bool,
}

impl Finder<'_> {
    /// The line that defines a module function of another name than the one that setup.py asks for.
    pub(super) fn init_function(&self, cause: &Diagnosis, wanted: &str) -> Option<Located> {
        let name = wanted.strip_prefix("PyInit_")?;
        let modules = self.declarations(cause);
        let [module] = modules.as_slice() else {
            return None;
        };
        let asked = module.name.as_ref().and_then(|name| name.place.clone());
        let asks = format!("asks for `{wanted}`");
        // The headers are read only if what the sources say themselves is not what the file exports.
        let mut held = self.held(module, false);
        let mut only = self.defined(cause, &held.modules, true).cloned();
        if only.is_none() {
            held = self.held(module, true);
            only = self.defined(cause, &held.modules, false).cloned();
        }
        let Some(only) = only else {
            if !held.no_other || !held.modules.is_empty() {
                return None;
            }
            if let Some(place) = held.operators.into_iter().next() {
                let label = "registers operators of torch, and defines no module to import";
                return Some(Located::at(place, label).with(asked, asks));
            }
            // Nothing defines one: the name is the only line to show.
            let label = format!("{asks}, which none of its sources defines");
            return asked.map(|place| Located::at(place, label));
        };
        // It is there and goes no further than its file: `static`, or hidden.
        let hidden = only.name == name;
        let (label, asked) = match hidden {
            true => (format!("defines `{wanted}`, and does not export it"), None),
            false => (format!("defines `PyInit_{}`", only.name), asked),
        };
        let mut located = Located::at(only.place, label).with(asked, asks);
        if let Some((macro_name, place)) = only.by_macro {
            located = located.with(
                Some(place),
                format!("`{macro_name}` is `{}` here", only.name),
            );
        }
        Some(located)
    }

    /// The one definition that is meant: the one whose function the file exports; else, unless that has to be `proved`,
    /// the only one there is.
    fn defined<'d>(
        &self,
        cause: &Diagnosis,
        modules: &'d [ModuleDefinition],
        proved: bool,
    ) -> Option<&'d ModuleDefinition> {
        let broken = self.scene.modules.iter();
        let mut broken = broken.filter(|module| cause.modules.contains(&module.artifact.path));
        let file = broken.next().filter(|_| broken.next().is_none());
        let exported = modules.iter().filter(|definition| {
            let function = format!("PyInit_{}", definition.name);
            file.and_then(|file| file.exports(self.scene, &function)) == Some(true)
        });
        match (exported.collect::<Vec<_>>().as_slice(), modules) {
            ([only], _) => Some(only),
            ([], [only]) => Some(only).filter(|only| !proved && only.name != FROM_TORCH),
            _ => None,
        }
    }

    fn held(&self, module: &ExtensionModule, with_headers: bool) -> Held {
        let complete = module
            .fields
            .get("sources")
            .is_some_and(|field| field.complete);
        let mut held = Held {
            no_other: complete,
            ..Held::default()
        };
        let told = told(module);
        for source in module.entries("sources").take(SOURCES) {
            let path = self.inside(&source.text).filter(|path| is_compiled(path));
            let text = path.as_deref().map(|path| self.project.text(path));
            let (Some(path), Some(text)) = (path, text.as_ref().and_then(Text::known)) else {
                held.no_other = false;
                continue;
            };
            held.operators.extend(operator_libraries(&path, text));
            let mut macros = told.clone();
            macros.read(&path, text);
            if with_headers {
                self.headers(module, &path, text, &mut macros);
            }
            let found = module_definitions(&path, text, &macros);
            held.no_other &= !speaks_of_modules(text);
            held.modules.extend(found);
        }
        held
    }

    /// The macros of the project's headers that a source includes.
    fn headers(&self, module: &ExtensionModule, path: &str, text: &str, macros: &mut Macros) {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut open = self.included(module, path, text);
        while let Some(header) = open.pop() {
            if seen.len() >= HEADERS || !seen.insert(header.clone()) {
                continue;
            }
            let text = self.project.text(&header);
            let Some(text) = text.known() else { continue };
            macros.read(&header, text);
            open.extend(self.included(module, &header, text));
        }
    }

    /// The files of the project that a file includes.
    fn included(&self, module: &ExtensionModule, path: &str, text: &str) -> Vec<String> {
        let beside = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        let files = self.project.files();
        let is_file = |path: &String| {
            let found = files.as_ref().map(|files| files.binary_search(path));
            found.is_some_and(|found| found.is_ok())
        };
        let found = included(text).into_iter().filter_map(|name| {
            let given = module.entries("include_dirs").map(|entry| &*entry.text);
            let mut directories = std::iter::once(beside).chain(given);
            directories.find_map(|directory| {
                let directory = match directory {
                    "" => ".",
                    directory => directory,
                };
                let header = normal(&self.inside(&format!("{directory}/{name}"))?)?;
                is_file(&header).then_some(header)
            })
        });
        found.take(HEADERS).collect()
    }
}

/// What the declaration of a module tells the compiler to define.
fn told(module: &ExtensionModule) -> Macros {
    let mut told = Macros::default();
    for entry in module.entries("define_macros") {
        told.define(&entry.text, entry.place.clone());
    }
    for entry in module.entries("extra_compile_args") {
        if let Some(word) = entry.text.strip_prefix("-D") {
            told.define(word, entry.place.clone());
        }
    }
    told
}

/// `a/./b/../c.h` is `a/c.h`; `None` where it leads out of the project.
fn normal(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests;
