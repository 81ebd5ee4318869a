//! The order in which CMake runs its commands: files, branches, loops, functions.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::words::{Argument, Command, commands};
use super::{COMMANDS, DEPTH, FILES, LONGEST, MEMBERS, Reader};
use crate::source::definition::Entry;
use crate::source::span::TextFile;

/// What `function` or `macro` defines.
pub(super) struct Defined {
    /// The file, and the commands of its body by their number there.
    path: String,
    body: std::ops::Range<usize>,
    parameters: Vec<String>,
}

/// One `if` around a command: is its present way taken (`None`: perhaps), and was one taken for sure?
type Way = (Option<bool>, bool);

impl Reader<'_> {
    pub(super) fn file(&mut self, path: &str, certain: bool) {
        let text = self.project.text(path);
        let Some(text) = text.known() else { return };
        if text.len() > LONGEST || self.files >= FILES || self.depth >= DEPTH {
            self.unread.push(format!("`{path}` is too much to read"));
            return;
        }
        self.files += 1;
        self.depth += 1;
        let file = TextFile::new(path, text);
        let all = commands(text);
        self.run(&file, path, &all, 0..all.len(), certain);
        self.depth -= 1;
    }

    /// Runs some commands of a file.
    fn run(
        &mut self,
        file: &TextFile,
        path: &str,
        all: &[Command<'_>],
        range: std::ops::Range<usize>,
        certain: bool,
    ) {
        let mut ways: Vec<Way> = Vec::new();
        let mut at = range.start;
        while let Some(command) = all.get(at).filter(|_| at < range.end) {
            self.commands += 1;
            if self.commands > COMMANDS {
                let what = "has more commands than are followed";
                if self.commands == COMMANDS + 1 {
                    self.unread.push(format!("`{path}` {what}"));
                }
                return;
            }
            at += 1;
            let name = command.name.to_ascii_lowercase();
            if self.branch(&name, command, &mut ways) {
                continue;
            }
            let taken = !ways.iter().any(|(way, _)| *way == Some(false));
            let certain = certain && ways.iter().all(|(way, _)| *way == Some(true));
            match name.as_str() {
                "function" | "macro" | "foreach" | "while" => {
                    let end = block_end(all, at, range.end, &name);
                    if taken {
                        self.block(file, path, all, (command, &name), at..end, certain);
                    }
                    at = end + 1;
                }
                _ if !taken => {}
                "add_subdirectory" | "include" => self.include(path, &name, command, certain),
                _ => self.command(file, &name, command, certain),
            }
        }
    }

    /// `if` and what belongs to it.
    fn branch(&self, name: &str, command: &Command<'_>, ways: &mut Vec<Way>) -> bool {
        match name {
            "if" => {
                let way = self.decided(&command.arguments);
                ways.push((way, way == Some(true)));
            }
            "elseif" | "else" => {
                let way = match name {
                    "else" => Some(true),
                    _ => self.decided(&command.arguments),
                };
                if let Some((present, taken)) = ways.last_mut() {
                    let undecided_before = present.is_none();
                    *present = match (*taken, way) {
                        (true, _) | (_, Some(false)) => Some(false),
                        (false, Some(true)) if undecided_before => None,
                        (false, way) => way,
                    };
                    *taken |= way == Some(true) && !undecided_before;
                }
            }
            "endif" => {
                ways.pop();
            }
            _ => return false,
        }
        true
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

    fn block(
        &mut self,
        file: &TextFile,
        path: &str,
        all: &[Command<'_>],
        (command, kind): (&Command<'_>, &str),
        body: std::ops::Range<usize>,
        certain: bool,
    ) {
        let Some((name, rest)) = command.arguments.split_first() else {
            return;
        };
        if kind == "while" || self.depth >= DEPTH {
            return;
        }
        if kind != "foreach" {
            let defined = Defined {
                path: path.to_owned(),
                body,
                parameters: rest.iter().map(|word| word.text.to_owned()).collect(),
            };
            let name = name.text.to_ascii_lowercase();
            self.functions.insert(name, Rc::new(defined));
            return;
        }
        let members = self.loop_members(file, rest, certain);
        self.depth += 1;
        for member in members.into_iter().take(MEMBERS) {
            self.bind(name.text, member);
            self.run(file, path, all, body.clone(), certain);
            if self.commands > COMMANDS {
                break;
            }
        }
        self.depth -= 1;
    }

    /// `foreach(name a b)`, `foreach(name IN LISTS names ITEMS a)`.
    fn loop_members(&self, file: &TextFile, words: &[Argument<'_>], certain: bool) -> Vec<Entry> {
        let mut found = super::Field::default();
        let mut of_lists = false;
        for word in words {
            match word.text {
                "IN" | "ITEMS" => of_lists = false,
                "LISTS" => of_lists = true,
                "RANGE" | "ZIP_LISTS" => return Vec::new(),
                name if of_lists => {
                    found
                        .entries
                        .extend(self.origins.get(name).cloned().unwrap_or_default());
                }
                _ => self.entries(file, word, certain, &mut found),
            }
        }
        found.entries
    }

    fn bind(&mut self, name: &str, member: Entry) {
        self.variables.insert(name.to_owned(), member.text.clone());
        self.origins.insert(name.to_owned(), vec![member]);
    }

    /// A call of what the files define themselves. What is passed is written at the call.
    pub(super) fn defined(
        &mut self,
        caller: &TextFile,
        name: &str,
        arguments: &[Argument<'_>],
        certain: bool,
    ) {
        let Some(defined) = self.functions.get(name).cloned() else {
            return;
        };
        let text = self.project.text(&defined.path);
        let Some(text) = text.known().filter(|_| self.depth < DEPTH) else {
            return;
        };
        let one = |words: &[Argument<'_>]| {
            let mut field = super::Field::default();
            for word in words {
                self.entries(caller, word, certain, &mut field);
            }
            field.entries
        };
        let rest = arguments.get(defined.parameters.len()..);
        let named = defined.parameters.iter().zip(arguments.chunks(1));
        let mut given: Vec<(String, Vec<Entry>)> = named
            .map(|(name, word)| (name.clone(), one(word)))
            .collect();
        given.push(("ARGN".to_owned(), one(rest.unwrap_or_default())));
        given.push(("ARGV".to_owned(), one(arguments)));
        let mut outside = Vec::new();
        for (name, members) in given {
            let texts: Vec<&str> = members.iter().map(|entry| entry.text.as_str()).collect();
            let value = self.variables.insert(name.clone(), texts.join(";"));
            let origins = self.origins.insert(name.clone(), members);
            outside.push((name, value, origins));
        }
        let file = TextFile::new(&defined.path, text);
        // A long file is not read anew without end.
        self.commands += text.len() / 4096;
        self.depth += 1;
        let all = commands(text);
        self.run(&file, &defined.path, &all, defined.body.clone(), certain);
        self.depth -= 1;
        for (name, value, origins) in outside {
            restore(&mut self.variables, &name, value);
            restore(&mut self.origins, &name, origins);
        }
    }

    /// `add_subdirectory(src)`, `include(cmake/flags.cmake)`, `include(Flags)` with the usual directories of modules.
    fn include(&mut self, path: &str, name: &str, command: &Command<'_>, certain: bool) {
        let Some(first) = command.arguments.first() else {
            return;
        };
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        let mut wanted = self.expanded(first.text);
        let mut from = directory;
        for whole in ["CMAKE_SOURCE_DIR", "PROJECT_SOURCE_DIR"] {
            if let Some(rest) = wanted.strip_prefix(&format!("${{{whole}}}/")) {
                wanted = rest.to_owned();
                from = "";
            }
        }
        for own in ["CMAKE_CURRENT_SOURCE_DIR", "CMAKE_CURRENT_LIST_DIR"] {
            if let Some(rest) = wanted.strip_prefix(&format!("${{{own}}}/")) {
                wanted = rest.to_owned();
            }
        }
        if wanted.contains(['$', '\\']) || wanted.split('/').any(|part| part == "..") {
            return;
        }
        let inside = |end: &str| {
            format!("{from}/{wanted}{end}")
                .trim_start_matches('/')
                .to_owned()
        };
        if name == "add_subdirectory" {
            self.file(&inside("/CMakeLists.txt"), certain);
        } else if wanted.ends_with(".cmake") {
            self.file(&inside(""), certain);
        } else {
            self.file(&format!("cmake/{wanted}.cmake"), certain);
        }
    }
}

fn restore<T>(map: &mut BTreeMap<String, T>, name: &str, before: Option<T>) {
    match before {
        Some(value) => map.insert(name.to_owned(), value),
        None => map.remove(name),
    };
}

/// The number of the command that ends the block of this kind.
fn block_end(all: &[Command<'_>], from: usize, to: usize, kind: &str) -> usize {
    let mut open = 1_usize;
    for at in from..to {
        let Some(command) = all.get(at) else { break };
        if command.name.eq_ignore_ascii_case(kind) {
            open += 1;
        } else if command.name.len() == kind.len() + 3
            && command.name.to_ascii_lowercase() == format!("end{kind}")
        {
            open -= 1;
            if open == 0 {
                return at;
            }
        }
    }
    to
}
