//! What a build wrote about its own commands: `compile_commands.json` lists those of the compiler, `.ninja_log` what ninja
//! made.
//!
//! A database lists what could be compiled, also for targets that were never asked for. So a command counts where it is
//! proved to have run: ninja's log names what it made, or the build's log says that it is made.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{CompileCommand, Told, output};

/// A file that a build wrote about its commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Its path, relative to the project where it is in it.
    pub path: String,
    /// What it says; `Err` says why that was not read, as a lowercase fragment.
    pub text: Result<String, String>,
}

/// One entry, as clang's documentation of the JSON compilation database has it.
#[derive(Deserialize)]
struct Entry {
    directory: String,
    #[serde(default)]
    command: Option<String>,
    #[serde(default)]
    arguments: Option<Vec<String>>,
    #[serde(default)]
    output: Option<String>,
}

/// The commands of compilation databases that ran and are not among `known`, and of every file that could not be read its
/// path and why.
pub fn ran(
    written: &[Written],
    log: &str,
    known: &[CompileCommand],
) -> (Vec<CompileCommand>, Vec<(String, String)>) {
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    if written.is_empty() {
        return (found, unread);
    }
    let named = named_in(log);
    let known: BTreeSet<&str> = known.iter().filter_map(CompileCommand::output).collect();
    for file in written {
        let text = match &file.text {
            Ok(text) => text,
            Err(why) => {
                unread.push((file.path.clone(), why.clone()));
                continue;
            }
        };
        if !file.path.ends_with(".json") {
            continue;
        }
        let made = beside(written, &file.path);
        let entries: Vec<Entry> = match serde_json::from_str(text) {
            Ok(entries) => entries,
            Err(why) => {
                unread.push((
                    file.path.clone(),
                    format!("is no compilation database: {why}"),
                ));
                continue;
            }
        };
        for entry in entries {
            let arguments = match (entry.arguments, entry.command) {
                (Some(arguments), _) => Some(arguments),
                (None, Some(command)) => shlex::split(&command),
                (None, None) => None,
            };
            let Some(arguments) = arguments else { continue };
            let Some(object) = entry.output.as_deref().or(output(&arguments)) else {
                continue;
            };
            let has_run = made.contains(object) || named.contains(object);
            if has_run && !known.contains(object) {
                found.push(CompileCommand {
                    told: Told::File(file.path.clone()),
                    directory: Some(entry.directory),
                    arguments,
                });
            }
        }
    }
    (found, unread)
}

/// What ninja made, by its log in the directory of a database.
fn beside<'a>(written: &'a [Written], database: &str) -> BTreeSet<&'a str> {
    let directory = database.rsplit_once('/').map(|(directory, _)| directory);
    let is_beside = |file: &&Written| match file.path.strip_suffix(".ninja_log") {
        Some(before) => before.strip_suffix('/') == directory,
        None => false,
    };
    let logs = written.iter().filter(is_beside);
    let texts = logs.filter_map(|file| file.text.as_deref().ok());
    // `# ninja log v5`, then the start, the end, the file's time, the output and the command's hash behind tabs.
    texts
        .filter(|text| text.starts_with("# ninja log v"))
        .flat_map(|text| text.lines().skip(1))
        .filter_map(|line| line.split('\t').nth(3))
        .collect()
}

/// The object files that CMake says are made: `[ 50%] Building CXX object CMakeFiles/x.dir/x.cpp.o`, `[1/2] Building ...`.
fn named_in(log: &str) -> BTreeSet<&str> {
    let lines = log.lines().filter(|line| line.contains("] Building "));
    let objects = lines.filter_map(|line| line.split_once("] Building ")?.1.split_once(" object "));
    objects.map(|(_, object)| object.trim_end()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Written, ran};
    use crate::build::compile_commands;

    fn written(path: &str, text: &str) -> Written {
        Written {
            path: path.to_owned(),
            text: Ok(text.to_owned()),
        }
    }

    const DATABASE: &str = r#"[
        {"directory": "/p/b", "file": "/p/a.cpp", "output": "d/a.o", "command": "/usr/bin/c++ -DA=\\\"x\\\" -o d/a.o -c /p/a.cpp"},
        {"directory": "/p/b", "file": "/p/b.cpp", "arguments": ["c++", "-march=native", "-o", "d/b.o", "-c", "/p/b.cpp"]},
        {"directory": "/p/b", "file": "/p/t.cpp", "command": "c++ -march=native -o d/t.o -c /p/t.cpp"},
        {"directory": "/p/b", "file": "/p/n.cpp"}
    ]"#;

    fn sources(files: &[Written], log: &str) -> Vec<String> {
        let (commands, unread) = ran(files, log, &compile_commands(log));
        assert_eq!(unread, []);
        commands
            .iter()
            .filter_map(|command| command.source().map(str::to_owned))
            .collect()
    }

    #[test]
    fn only_what_ran_counts() {
        let database = written("b/compile_commands.json", DATABASE);
        let alone = [database.clone()];
        assert_eq!(sources(&alone, "nothing is told"), [""; 0]);
        let log = "[ 50%] Building CXX object d/a.o\n";
        assert_eq!(sources(&alone, log), ["/p/a.cpp"]);
        let ninja = "# ninja log v5\n0\t9\t0\td/a.o\tff\n0\t9\t0\td/b.o\tfe\nbroken\n";
        let beside = written("b/.ninja_log", ninja);
        assert_eq!(
            sources(&[database.clone(), beside], ""),
            ["/p/a.cpp", "/p/b.cpp"]
        );
        // Another directory's log says nothing about this database.
        let elsewhere = written("c/.ninja_log", ninja);
        assert_eq!(sources(&[database.clone(), elsewhere], ""), [""; 0]);
        let shown = "[1/2] Building CXX object d/a.o\nc++ -O2 -o d/a.o -c /p/a.cpp\n";
        assert_eq!(sources(&[database], shown), [""; 0]);
    }

    #[test]
    fn a_command_is_split_as_the_shell_does_and_knows_its_directory() {
        let database = written("b/compile_commands.json", DATABASE);
        let (commands, _) = ran(&[database], "[1/1] Building CXX object d/a.o", &[]);
        assert_eq!(commands[0].arguments[1], "-DA=\"x\"");
        assert_eq!(commands[0].directory.as_deref(), Some("/p/b"));
        assert_eq!(commands[0].told.to_string(), "b/compile_commands.json");
    }

    #[test]
    fn what_cannot_be_read_is_said_and_nothing_else() {
        for text in ["[", "{}", "[1]", "", "[{\"directory\": 1}]", "\u{0}"] {
            let (commands, unread) = ran(&[written("b/compile_commands.json", text)], "", &[]);
            assert_eq!(commands, []);
            let [(path, why)] = unread.as_slice() else {
                panic!("{unread:?}");
            };
            assert_eq!(path, "b/compile_commands.json");
            assert!(why.starts_with("is no compilation database: "), "{why}");
        }
        let long = Written {
            path: "b/compile_commands.json".to_owned(),
            text: Err("has 99999999 bytes".to_owned()),
        };
        let (_, unread) = ran(&[long], "", &[]);
        assert_eq!(unread[0].1, "has 99999999 bytes");
    }
}
