//! CMakeLists.txt: the commands that decide about a build, with variables as far as they are set in the same files.
//!
//! Nothing is configured: `if` is decided for APPLE, UNIX, LINUX and WIN32, both ways are taken otherwise, and a variable
//! that is not set in the file stays as `${NAME}`. Functions, macros and loops over lists are followed.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::definition::{Definition, Entry, ExtensionModule, Field, Setting};
use super::project::{Project, Target};
use super::span::TextFile;

mod flow;
mod targets;
mod words;

use flow::Defined;

use words::{Argument, Command};

/// Bytes of a file, commands of all of them, files that `add_subdirectory` leads to.
const LONGEST: usize = 1 << 20;
const COMMANDS: usize = 20_000;
const FILES: usize = 64;
/// Files, loops and functions within each other.
const DEPTH: usize = 16;
/// Members of a variable.
const MEMBERS: usize = 2_000;
/// Bytes that a value may grow to.
const VALUE: usize = 16 * 1024;

/// Reads CMakeLists.txt and what it leads to by `add_subdirectory` and `include`.
pub(super) fn read(project: &dyn Project, target: &Target, into: &mut Definition) {
    let mut reader = Reader {
        project,
        target,
        variables: BTreeMap::new(),
        origins: BTreeMap::new(),
        modules: Vec::new(),
        settings: Vec::new(),
        functions: BTreeMap::new(),
        unread: Vec::new(),
        commands: 0,
        files: 0,
        depth: 0,
    };
    reader.file("CMakeLists.txt", true);
    into.unread.extend(reader.unread);
    into.targets.extend(reader.modules);
    into.settings.extend(reader.settings);
}

struct Reader<'a> {
    project: &'a dyn Project,
    target: &'a Target,
    variables: BTreeMap<String, String>,
    /// The members of each variable, where they are written.
    origins: BTreeMap<String, Vec<Entry>>,
    modules: Vec<ExtensionModule>,
    settings: Vec<Setting>,
    /// What `function` and `macro` define.
    functions: BTreeMap<String, Rc<Defined>>,
    unread: Vec<String>,
    commands: usize,
    files: usize,
    /// Files, loops and functions within each other.
    depth: usize,
}

impl Reader<'_> {
    fn command(&mut self, file: &TextFile, name: &str, command: &Command<'_>, certain: bool) {
        let arguments = &command.arguments;
        match name {
            "project" => {
                if let Some(name) = arguments.first() {
                    let name = self.expanded(name.text);
                    self.variables.insert("PROJECT_NAME".to_owned(), name);
                }
            }
            "set" | "option" | "list" | "string" => self.set(file, name, arguments, certain),
            "add_library"
            | "python_add_library"
            | "pybind11_add_module"
            | "nanobind_add_module" => self.target_of(file, name, command, certain),
            "target_sources" => self.add(file, "sources", arguments, certain),
            "target_link_libraries" => self.add(file, "libraries", arguments, certain),
            "target_link_directories" => self.add(file, "library_dirs", arguments, certain),
            "target_include_directories" => self.add(file, "include_dirs", arguments, certain),
            "target_compile_options" => self.add(file, "extra_compile_args", arguments, certain),
            "target_link_options" => self.add(file, "extra_link_args", arguments, certain),
            "target_compile_definitions" => self.add(file, "define_macros", arguments, certain),
            "target_compile_features" => self.add(file, "compile_features", arguments, certain),
            "add_compile_options"
            | "add_link_options"
            | "add_definitions"
            | "link_directories"
            | "include_directories"
            | "link_libraries"
            | "add_compile_definitions" => {
                for argument in arguments {
                    self.setting(file, name, argument, certain);
                }
            }
            "set_target_properties" => self.properties(file, arguments, certain),
            "set_property" => self.property(file, arguments, certain),
            _ => self.defined(file, name, arguments, certain),
        }
    }

    fn set(&mut self, file: &TextFile, command: &str, arguments: &[Argument<'_>], certain: bool) {
        let (name, values) = match (command, arguments) {
            ("list", [verb, name, values @ ..]) if verb.text == "APPEND" => (name, values),
            ("string", [verb, name, values @ ..]) if verb.text == "APPEND" => (name, values),
            ("list" | "string" | "option", _) | (_, []) => return,
            (_, [name, values @ ..]) => (name, values),
        };
        let end = values
            .iter()
            .position(|value| ["CACHE", "PARENT_SCOPE"].contains(&value.text) && !value.quoted);
        let values = values
            .get(..end.unwrap_or(values.len()))
            .unwrap_or_default();
        for value in values {
            self.setting(file, name.text, value, certain);
        }
        let mut members = Field::default();
        for value in values {
            self.entries(file, value, certain, &mut members);
        }
        let known = self.origins.entry(name.text.to_owned()).or_default();
        if command == "set" {
            known.clear();
        }
        if known.len() <= MEMBERS {
            known.extend(members.entries);
        }
        let joined: Vec<String> = values
            .iter()
            .map(|value| self.expanded(value.text))
            .collect();
        let mut joined = joined.join(";");
        if command != "set"
            && let Some(old) = self.variables.get(name.text)
        {
            let between = if command == "list" { ";" } else { "" };
            joined = format!("{old}{between}{joined}");
        }
        if joined.len() > VALUE || !certain {
            self.variables.remove(name.text);
        } else {
            self.variables.insert(name.text.to_owned(), joined);
        }
    }

    fn setting(&mut self, file: &TextFile, name: &str, argument: &Argument<'_>, certain: bool) {
        let value = self.expanded(argument.text);
        self.settings.push(Setting {
            name: name.to_owned(),
            value,
            place: place(file, argument.span),
            certain,
        });
    }

    /// `${NAME}` replaced where it is set, once: what a value itself refers to was replaced when it was set.
    fn expanded(&self, text: &str) -> String {
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            result.push_str(before);
            let Some((name, behind)) = after.split_once('}') else {
                result.push_str("${");
                rest = after;
                continue;
            };
            match self.variables.get(name) {
                Some(value) if result.len() + value.len() <= VALUE => result.push_str(value),
                _ => {
                    result.push_str("${");
                    result.push_str(name);
                    result.push('}');
                }
            }
            rest = behind;
        }
        result.push_str(rest);
        result
    }
}

fn place(file: &TextFile, span: (usize, usize)) -> crate::diagnosis::Source {
    let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    file.place(byte(span.0), byte(span.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::testing::{Files, on};
    use proptest::prelude::*;

    fn of(text: &str) -> Definition {
        let mut definition = Definition::default();
        let files = Files::of(&[("CMakeLists.txt", text)]);
        read(&files, &on("darwin"), &mut definition);
        definition
    }

    #[test]
    fn settings_and_targets_have_their_places() {
        let text = "# set(NO 1)\nset(CMAKE_OSX_DEPLOYMENT_TARGET \"26.0\" CACHE STRING \"\")\nset(SRC a.cpp b.cpp)\n\
                    pybind11_add_module(core MODULE ${SRC} c.cpp)\nif(APPLE)\n  target_link_libraries(core PRIVATE z)\n\
                    elseif(UNIX)\n  target_link_libraries(core PRIVATE never)\nendif()\nif(WITH_X)\n  \
                    target_link_libraries(core PRIVATE x)\nelse()\n  target_link_libraries(core PRIVATE y)\nendif()\n\
                    set_target_properties(core PROPERTIES INSTALL_RPATH \"@loader_path\")\n";
        let definition = of(text);
        let first = &definition.settings[0];
        assert_eq!(
            (
                first.name.as_str(),
                first.value.as_str(),
                first.place.to_string()
            ),
            (
                "CMAKE_OSX_DEPLOYMENT_TARGET",
                "26.0",
                "CMakeLists.txt:2:33".to_owned()
            )
        );
        let last = definition.settings.last().expect("a setting");
        assert_eq!(
            (last.name.as_str(), last.value.as_str()),
            ("INSTALL_RPATH", "@loader_path")
        );
        let [module] = definition.targets.as_slice() else {
            panic!("{definition:#?}")
        };
        let texts = |field: &str| -> Vec<(String, bool)> {
            let entries = module.entries(field);
            entries
                .map(|entry| (entry.text.clone(), entry.certain))
                .collect()
        };
        let owned = |text: &str, certain| (text.to_owned(), certain);
        assert_eq!(
            texts("sources"),
            [
                owned("a.cpp", true),
                owned("b.cpp", true),
                owned("c.cpp", true)
            ]
        );
        assert_eq!(
            texts("libraries"),
            [owned("z", true), owned("x", false), owned("y", false)]
        );
    }

    #[test]
    fn functions_loops_and_included_files_are_followed() {
        let files = Files::of(&[
            (
                "CMakeLists.txt",
                "function(tune t)\n  target_compile_options(${t} PRIVATE -a ${ARGN})\nendfunction()\n\
                 python_add_library(m MODULE m.c)\ntune(m -b)\nforeach(f c d)\n  \
                 target_compile_options(m PRIVATE -${f})\nendforeach()\ninclude(cmake/more.cmake)\n\
                 set(F -x)\nstring(APPEND F \" -y\")\nset_property(TARGET m PROPERTY LINK_FLAGS ${F})\n",
            ),
            (
                "cmake/more.cmake",
                "target_link_libraries(m PRIVATE z)\nlink_libraries(y)\n",
            ),
        ]);
        let mut definition = Definition::default();
        read(&files, &on("darwin"), &mut definition);
        let texts = |field: &str| -> Vec<String> {
            let entries = definition.targets[0].entries(field);
            let shown = entries.map(|entry| {
                let place = entry.place.as_ref().expect("a place");
                format!("{} {}:{}", entry.text, place.file, place.line.unwrap_or(0))
            });
            shown.collect()
        };
        assert_eq!(
            texts("extra_compile_args"),
            [
                "-a CMakeLists.txt:2",
                "-b CMakeLists.txt:5",
                "-c CMakeLists.txt:7",
                "-d CMakeLists.txt:7"
            ]
        );
        assert_eq!(texts("libraries"), ["z cmake/more.cmake:1"]);
        let setting = |name: &str| {
            let found = definition.settings.iter().find(|set| set.name == name);
            found.map(|set| set.value.as_str())
        };
        assert_eq!(setting("link_libraries"), Some("y"));
        assert_eq!(setting("LINK_FLAGS"), Some("-x -y"));
    }

    #[test]
    fn definitions_without_an_end_and_without_a_bottom_are_left() {
        for text in [
            "function(f)\n".repeat(5_000),
            "foreach(a b c)\n".repeat(5_000),
            "macro(f)\nf()\nf()\nendmacro()\nf()\n".to_owned(),
            format!(
                "{}include(CMakeLists.txt)\ninclude(x.cmake)\n",
                "foreach(a 1 2 3 4)\nendforeach()\n"
            ),
        ] {
            of(&text);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(set|if|else|endif|function|endfunction|foreach|\\(|\\)|\"|\\$\\{|\\}|#|\\[\\[|\\\\|é| |\n|[a-z]){0,80}") {
            of(&text);
        }
    }
}
