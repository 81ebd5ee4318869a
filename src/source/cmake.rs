//! CMakeLists.txt: the commands that decide about a build, with variables as far as they are set in the same files.
//!
//! Nothing is configured: `if` is decided for APPLE, UNIX, LINUX and WIN32, both ways are taken otherwise, and a variable
//! that is not set in the file stays as `${NAME}`.

use std::collections::BTreeMap;

use super::definition::{Definition, Entry, ExtensionModule, Field, Setting};
use super::project::{Project, Target};
use super::span::TextFile;

mod targets;
mod words;

use words::{Argument, Command, commands};

/// Bytes of a file, commands of all of them, files that `add_subdirectory` leads to.
const LONGEST: usize = 1 << 20;
const COMMANDS: usize = 20_000;
const FILES: usize = 64;
/// Members of a variable.
const MEMBERS: usize = 2_000;
/// Bytes that a value may grow to.
const VALUE: usize = 16 * 1024;

/// Reads CMakeLists.txt and what it includes by `add_subdirectory`.
pub(super) fn read(project: &dyn Project, target: &Target, into: &mut Definition) {
    let mut reader = Reader {
        project,
        target,
        variables: BTreeMap::new(),
        origins: BTreeMap::new(),
        modules: Vec::new(),
        settings: Vec::new(),
        commands: 0,
        files: 0,
    };
    reader.file("CMakeLists.txt", &mut into.unread);
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
    commands: usize,
    files: usize,
}

impl Reader<'_> {
    fn file(&mut self, path: &str, unread: &mut Vec<String>) {
        let text = self.project.text(path);
        let Some(text) = text.known() else { return };
        if text.len() > LONGEST || self.files >= FILES {
            unread.push(format!("`{path}` is too much to read"));
            return;
        }
        self.files += 1;
        let file = TextFile::new(path, text);
        // Of each `if`: may its present way be gone (`None`: perhaps), and was one gone for sure?
        let mut ways: Vec<(Option<bool>, bool)> = Vec::new();
        for command in commands(text) {
            self.commands += 1;
            if self.commands > COMMANDS {
                unread.push(format!("`{path}` has more commands than are followed"));
                return;
            }
            let name = command.name.to_ascii_lowercase();
            match name.as_str() {
                "if" => {
                    let way = self.decided(&command.arguments);
                    ways.push((way, way == Some(true)));
                    continue;
                }
                "elseif" | "else" => {
                    let way = if name == "else" {
                        Some(true)
                    } else {
                        self.decided(&command.arguments)
                    };
                    if let Some((present, gone)) = ways.last_mut() {
                        let undecided_before = present.is_none();
                        *present = match (*gone, way) {
                            (true, _) | (_, Some(false)) => Some(false),
                            (false, Some(true)) if undecided_before => None,
                            (false, way) => way,
                        };
                        *gone |= way == Some(true) && !undecided_before;
                    }
                    continue;
                }
                "endif" => {
                    ways.pop();
                    continue;
                }
                _ => {}
            }
            if ways.iter().any(|(way, _)| *way == Some(false)) {
                continue;
            }
            let certain = ways.iter().all(|(way, _)| *way == Some(true));
            if name == "add_subdirectory" {
                let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
                let inside = command.arguments.first().map(|first| first.text);
                if let Some(inside) = inside.filter(|inside| !inside.contains(['$', '.'])) {
                    let below = format!("{directory}/{inside}/CMakeLists.txt");
                    self.file(below.trim_start_matches('/'), unread);
                }
                continue;
            }
            self.command(&file, &name, &command, certain);
        }
    }

    /// `if(APPLE)`, `if(NOT WIN32)`; anything else cannot be told.
    fn decided(&self, arguments: &[Argument<'_>]) -> Option<bool> {
        let (wanted, name) = match arguments {
            [name] => (true, name.text),
            [not, name] if not.text == "NOT" => (false, name.text),
            _ => return None,
        };
        let darwin = self.target.platform.as_deref()? == "darwin";
        let is = match name {
            "APPLE" => darwin,
            "LINUX" => !darwin,
            "UNIX" | "TRUE" | "ON" | "1" => true,
            "WIN32" | "MSVC" | "MINGW" | "FALSE" | "OFF" | "0" => false,
            _ => return None,
        };
        Some(is == wanted)
    }

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
            "target_link_libraries" | "link_libraries" => {
                self.add(file, "libraries", arguments, certain);
            }
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
            | "add_compile_definitions" => {
                for argument in arguments {
                    self.setting(file, name, argument, certain);
                }
            }
            "set_target_properties" => self.properties(file, arguments, certain),
            _ => {}
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
            joined = format!("{old};{joined}");
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

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(set|if|else|endif|\\(|\\)|\"|\\$\\{|\\}|#|\\[\\[|\\\\|é| |\n|[a-z]){0,80}") {
            of(&text);
        }
    }
}
