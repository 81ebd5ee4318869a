//! The commands that ran, of the compiler and of the linker: as the log shows them, or as a file of the build tool has them.
//!
//! setuptools prints a command on a line of its own, torch's ninja behind `[1/2] `, CMake (verbose) behind a `cd`, its
//! ninja between `: && ` and ` && :`.

mod database;
mod link;
mod ninja;
mod words;

use std::fmt;
use std::sync::LazyLock;

use memchr::memmem::Finder;

pub(crate) use database::RULES;
pub use database::{Commands, Written};
pub use link::{LinkCommand, LinkWord, link_commands};
pub use words::Words;

use super::lines::numbered;

/// What compiles, and what names a result: looked for in every line of a log, so that the search is prepared once.
static COMPILES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(" -c "));
static MAKES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(" -o "));
static JOINS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(" && "));

/// Where a command was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// In that line of the log, from 1.
    Log(usize),
    /// In that file, which the build wrote.
    File(String),
}

impl Told {
    /// The line of the log, from 1.
    pub fn line(&self) -> Option<usize> {
        match self {
            Told::Log(line) => Some(*line),
            Told::File(_) => None,
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Told::Log(line) => write!(f, "build log line {line}"),
            Told::File(path) => f.write_str(path),
        }
    }
}

/// One compiler command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileCommand {
    /// Where it was found.
    pub told: Told,
    /// The directory in which it ran, where that is told.
    pub directory: Option<String>,
    /// The command, split as the shell would.
    pub arguments: Words,
}

impl CompileCommand {
    /// The include directories, in the order in which the compiler searches them.
    pub fn include_directories(&self) -> Vec<&str> {
        let mut found = Vec::new();
        let mut arguments = self.arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument
                .strip_prefix("-I")
                .or_else(|| argument.strip_prefix("-isystem"))
            {
                Some("") => found.extend(arguments.next()),
                Some(directory) => found.push(directory),
                None => {}
            }
        }
        found
    }

    /// Is this argument given?
    pub fn has(&self, wanted: &str) -> bool {
        self.arguments.iter().any(|argument| argument == wanted)
    }

    /// What it makes, as given.
    pub fn output(&self) -> Option<&str> {
        self.arguments.output()
    }

    /// The source, as given; `None` where the command has none or several.
    pub fn source(&self) -> Option<&str> {
        const ENDS: [&str; 10] = [
            ".c", ".cc", ".cpp", ".cxx", ".c++", ".C", ".m", ".mm", ".cu", ".S",
        ];
        const WITH_VALUE: [&str; 9] = [
            "-o",
            "-I",
            "-isystem",
            "-include",
            "-MF",
            "-MT",
            "-MQ",
            "-D",
            "-isysroot",
        ];
        let pairs = self.arguments.iter().zip(self.arguments.iter().skip(1));
        let mut sources = pairs.filter_map(|(before, word)| {
            let is_source = !word.starts_with('-') && ENDS.iter().any(|end| word.ends_with(end));
            (is_source && !WITH_VALUE.contains(&before)).then_some(word)
        });
        let first = sources.next()?;
        sources.next().is_none().then_some(first)
    }
}

/// Every command of the log that compiles (it has `-c`).
pub fn compile_commands(log: &str) -> Vec<CompileCommand> {
    numbered(log)
        .filter_map(|(number, line)| {
            compile_command(line).map(|arguments| CompileCommand {
                told: Told::Log(number),
                directory: None,
                arguments,
            })
        })
        .collect()
}

fn compile_command(line: &str) -> Option<Words> {
    // The cheap test first: splitting every line of a large log would cost seconds.
    let is = |finder: &Finder<'_>, text: &str| finder.find(text.as_bytes()).is_some();
    if !is(&COMPILES, line) || !is(&MAKES, line) && !line.contains("-I") {
        return None;
    }
    if !is(&JOINS, line) {
        return command(line);
    }
    let part = line.rsplit(" && ").find(|part| is(&COMPILES, part));
    command(part.unwrap_or(line))
}

/// The words of a line, if it starts a compiler.
fn command(line: &str) -> Option<Words> {
    let line = line.trim_start();
    // Ninja: `[1/2] c++ -MMD ...`
    let line = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "))
        .map_or(line, |(_, command)| command);
    let words = Words::of(line)?;
    let program = words.iter().next()?.rsplit('/').next()?;
    let is_compiler = ["cc", "c++", "gcc", "g++", "clang"]
        .iter()
        .any(|name| program.contains(name));
    is_compiler.then_some(words)
}

#[cfg(test)]
mod tests {
    use super::{CompileCommand, compile_commands};

    #[test]
    fn commands_of_setuptools_and_ninja_are_found() {
        let log = "  running build_ext\n\
                   gcc -pthread -Wall -fPIC -I/opt/a/include -I include/python3.11 -c ext.c -o ext.o\n\
                   [1/2] c++ -MMD -MF x.d -isystem /t/include -fPIC -c /p/ext.cpp -o ext.o -I/late\n\
                   /usr/bin/c++ -Dx_EXPORTS -O3 -o CMakeFiles/x.dir/x.cpp.o -c /p/x.cpp\n\
                   I compile -c nothing\nI compile -c nothing -o nowhere\n";
        let commands = compile_commands(log);
        let directories: Vec<_> = commands
            .iter()
            .map(|command| command.include_directories())
            .collect();
        assert_eq!(
            directories,
            [
                vec!["/opt/a/include", "include/python3.11"],
                vec!["/t/include", "/late"],
                vec![],
            ]
        );
        let of = |what: fn(&CompileCommand) -> Option<&str>| -> Vec<_> {
            commands.iter().filter_map(what).collect()
        };
        assert_eq!(
            of(CompileCommand::source),
            ["ext.c", "/p/ext.cpp", "/p/x.cpp"]
        );
        assert_eq!(
            of(CompileCommand::output),
            ["ext.o", "ext.o", "CMakeFiles/x.dir/x.cpp.o"]
        );
        let told: Vec<_> = commands
            .iter()
            .map(|command| command.told.to_string())
            .collect();
        assert_eq!(
            told,
            ["build log line 2", "build log line 3", "build log line 4"]
        );
    }
}
