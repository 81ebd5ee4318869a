//! From a cause to the line that made it: what was declared, held against what really ran.
//!
//! A rule says what is wrong; where that was written is told by the project's files. They are read only when there is a
//! cause, and a line is given only where one thing alone can be meant.

mod configured;
mod declared;
mod function;
mod init;
mod objects;
mod order;
mod ran;
mod script;
mod surroundings;
mod twice;
mod words;

use std::cell::OnceCell;

use crate::diagnosis::{Diagnosis, Excerpt, Place, Related, Source};
use crate::rules::Scene;
use crate::source::{Definition, ExtensionModule, Project, Target, Text, read};

/// Where a cause was made.
pub(super) struct Located {
    place: Source,
    label: String,
    related: Vec<Related>,
    /// The file that defines what is missing and is left out: causes that one change mends are one.
    left_out: Option<String>,
}

impl Located {
    fn at(place: Source, label: impl Into<String>) -> Located {
        Located {
            place,
            label: label.into(),
            related: Vec::new(),
            left_out: None,
        }
    }

    fn with(mut self, place: Option<Source>, label: impl Into<String>) -> Located {
        if let Some(place) = place {
            self.related.push(Related {
                place,
                label: label.into(),
            });
        }
        self
    }
}

/// What is known of the project, read when it is first asked for.
pub(super) struct Finder<'a> {
    scene: &'a Scene<'a>,
    project: &'a dyn Project,
    definition: OnceCell<Definition>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(scene: &'a Scene<'a>, project: &'a dyn Project) -> Self {
        Finder {
            scene,
            project,
            definition: OnceCell::new(),
        }
    }

    /// Gives every cause the line that made it, where one can be told, and every line its text.
    pub(super) fn place(&self, causes: &mut [Diagnosis]) {
        // Of a wheel that was given there is no project.
        if self.scene.facts.build.is_none() {
            return;
        }
        for cause in causes {
            let has_line = matches!(&cause.place, Place::Source(source) if source.line.is_some());
            let order = self.wrong_order(cause);
            let located = match &order {
                _ if has_line => None,
                Some(order) => self.too_early(cause, order),
                None => self.locate(cause),
            };
            if let Some(located) = located {
                cause.place = Place::Source(located.place);
                cause.label = Some(located.label);
                cause.related.extend(located.related);
                if let Some(file) = located.left_out {
                    cause.facts.insert("left_out", file);
                }
            } else if !has_line {
                self.blame_surroundings(cause);
            }
            self.name_link_entry(cause);
            if let Some(order) = order {
                order.tell(cause);
            }
            self.drop_what_is_not_there(cause);
            if let Place::Source(source) = &mut cause.place {
                self.quote(source);
            }
            for related in &mut cause.related {
                self.quote(&mut related.place);
            }
        }
    }

    /// A compiler names files relative to where it runs: one that is not in the project is none of its lines.
    fn drop_what_is_not_there(&self, cause: &mut Diagnosis) {
        let is_absent = |source: &Source| self.project.text(&source.file) == Text::Absent;
        if matches!(&cause.place, Place::Source(source) if is_absent(source)) {
            cause.place = Place::Project;
            cause.label = None;
        }
        cause.related.retain(|related| !is_absent(&related.place));
    }

    fn locate(&self, cause: &Diagnosis) -> Option<Located> {
        let fact = |name: &str| cause.facts.get(name).map(String::as_str);
        let subject = cause.subject.as_deref().unwrap_or_default();
        match cause.rule {
            // A library that was built elsewhere: no line of this project chose its processor.
            "arch-mismatch" if fact("ignored_library").is_some() => self.linked(cause, subject),
            "arch-mismatch" => self.architecture(cause, fact("have_arch")?),
            "min-os-too-new" => self.deployment_target(cause, fact("min_os")?),
            "deployment-target-conflict" => self
                .deployment_target(cause, fact("deployment_target")?)
                .or_else(|| self.linked(cause, subject)),
            "library-not-found-bare" | "library-not-found-rpath" | "library-not-found-absolute" => {
                self.library(cause, subject)
            }
            "link-library-missing" => self.library(cause, subject),
            "cxx-standard-too-low" if fact("flag").is_none() => {
                self.no_standard(fact("required").unwrap_or("a newer C++"))
            }
            "compiler-flag-unsupported"
            | "cxx-standard-too-low"
            | "dynamic-lookup-with-chained-fixups" => self.flag(cause, fact("flag")?),
            "symbol-missing-torch-abi" if fact("flag").is_some() => self.flag(cause, fact("flag")?),
            "environment-mismatch" => self.include(cause, fact("flag")?),
            "duplicate-rpath" => self.rpath(cause, fact("rpath")?),
            "compile-error" => self.missing_source(cause, subject),
            "module-init-missing" => self.init_function(cause, fact("init_function")?),
            "symbol-missing-other"
            | "symbol-missing-torch-abi"
            | "symbol-missing-python"
            | "symbol-missing-libcxx"
            | "link-undefined-symbols" => self.function(cause, fact("symbol")?),
            "build-failed" if !subject.is_empty() => self.defined_twice(subject),
            "build-failed" | "module-not-found" | "build-tool-missing" => {
                let raised = || self.configuration().or_else(|| self.traceback(subject));
                self.cmake_error(cause).or_else(raised)
            }
            _ => None,
        }
    }

    fn definition(&self) -> &Definition {
        self.definition.get_or_init(|| {
            let target = self.target();
            read(self.project, &target)
        })
    }

    fn target(&self) -> Target {
        let directory = self.scene.facts.project_directory.clone();
        match self.scene.interpreter() {
            Some(interpreter) => Target::of(
                interpreter.on_macos(),
                interpreter_words(interpreter),
                directory,
            ),
            None => Target {
                directory,
                ..Target::default()
            },
        }
    }

    /// The declarations of the modules that a cause breaks; of every module where it names none.
    fn declarations(&self, cause: &Diagnosis) -> Vec<&ExtensionModule> {
        let definition = self.definition();
        let declared = definition.modules.iter().chain(&definition.targets);
        let wanted: Vec<String> = cause.modules.iter().map(|path| dotted(path)).collect();
        if wanted.is_empty() {
            return declared.collect();
        }
        let is_of = |module: &&ExtensionModule, name: &String| {
            let Some(own) = &module.name else {
                return false;
            };
            own.text == *name
                || !own.text.contains('.') && name.ends_with(&format!(".{}", own.text))
        };
        let found: Vec<&ExtensionModule> = declared
            .filter(|module| wanted.iter().any(|name| is_of(module, name)))
            .collect();
        found
    }

    fn quote(&self, place: &mut Source) {
        if place.line.is_none() || place.excerpt.is_some() {
            return;
        }
        let text = self.project.text(&place.file);
        place.excerpt = text.known().and_then(|text| Excerpt::of(place, text));
    }
}

/// `pkg/_C.cpython-311-darwin.so` is `pkg._C`.
fn dotted(path: &str) -> String {
    let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.split('.').next().unwrap_or(file);
    if directory.is_empty() {
        stem.to_owned()
    } else {
        format!("{}.{stem}", directory.replace('/', "."))
    }
}

fn interpreter_words(interpreter: &crate::python::Interpreter) -> crate::source::PythonWords<'_> {
    crate::source::PythonWords {
        version: &interpreter.version,
        implementation: &interpreter.implementation,
        machine: &interpreter.machine,
        suffix: interpreter.ext_suffixes.first().map(String::as_str),
    }
}
