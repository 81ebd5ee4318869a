//! What a build wrote about its own commands: `compile_commands.json` lists those of the compiler, `build.ninja` all, and
//! `.ninja_log` what ninja made, and when.
//!
//! Both stay behind in a directory that is built again. So a command counts where it is proved that this build ran it: a
//! step of ninja by its time, later than the build's start and than the manifest, which had the same command then; an entry
//! of a database that this build wrote where the build's log says that its object is made.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::ninja::{steps, times};
use super::{CompileCommand, LinkCommand, Told, compile_command, compile_commands, output};
use crate::build::Build;

/// A file that a build wrote about its commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Its path, relative to the project where it is in it.
    pub path: String,
    /// Where the directory is that it stands in, absolute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// When it was last changed: nanoseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<u64>,
    /// What it says; `Err` says why that was not read, as a lowercase fragment.
    pub text: Result<String, String>,
}

/// The commands of a build.
#[derive(Debug, Default)]
pub struct Commands {
    /// Of the compiler.
    pub compile: Vec<CompileCommand>,
    /// Of the linker.
    pub link: Vec<LinkCommand>,
    /// Of every file about them that could not be read, its path and why.
    pub unread: Vec<(String, String)>,
}

/// Where CMake keeps the rules that `build.ninja` includes.
pub(crate) const RULES: &str = "CMakeFiles/rules.ninja";

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

impl Commands {
    /// Those that the log shows, and those that ran unseen.
    pub fn of(build: &Build) -> Commands {
        let mut found = Commands {
            compile: compile_commands(&build.log),
            link: super::link_commands(&build.log),
            unread: Vec::new(),
        };
        if build.written.is_empty() {
            return found;
        }
        for file in &build.written {
            if let Err(why) = &file.text {
                found.unread.push((file.path.clone(), why.clone()));
            }
        }
        if let Some(started) = build.started {
            let logs = build.written.iter();
            for log in logs.filter(|file| file.name() == ".ninja_log") {
                found.add_steps(&build.written, log, started);
            }
            found.add_entries(build, started);
        }
        found
    }

    /// Adds what ninja ran since then, by its log.
    fn add_steps(&mut self, written: &[Written], log: &Written, started: u64) {
        let beside = |name: &str| {
            let path = format!("{}{name}", log.path.strip_suffix(".ninja_log")?);
            written.iter().find(|file| file.path == path)
        };
        let text = |name: &str| beside(name)?.text.as_deref().ok();
        let (Ok(log), Some(manifest)) = (&log.text, beside("build.ninja")) else {
            return;
        };
        let Ok(whole) = &manifest.text else {
            return;
        };
        let files = ["build.ninja", RULES]
            .iter()
            .filter_map(|name| beside(name));
        let times_of_files: Option<Vec<u64>> = files.map(|file| file.modified).collect();
        let Some(changed) = times_of_files.and_then(|times| times.into_iter().max()) else {
            return;
        };
        let times = times(log);
        let has_run = |output: &str| {
            let time = times.get(output);
            time.is_some_and(|time| *time > started && *time >= changed)
        };
        let Some(steps) = steps(whole, &text, &has_run) else {
            let why = "holds what is not understood of ninja's language".to_owned();
            self.unread.push((manifest.path.clone(), why));
            return;
        };
        let known: BTreeSet<String> = self.outputs();
        for step in steps {
            if step.outputs.iter().any(|made| known.contains(made)) {
                continue;
            }
            let told = Told::File(manifest.path.clone());
            if let Some(arguments) = compile_command(&step.command) {
                self.compile.push(CompileCommand {
                    told,
                    directory: manifest.directory.clone(),
                    arguments,
                });
            } else if let Some(link) = super::link::link_command(&step.command, told) {
                let directory = link.directory.or_else(|| manifest.directory.clone());
                self.link.push(LinkCommand { directory, ..link });
            }
        }
    }

    /// Adds the entries of databases whose objects the build's log says are made.
    fn add_entries(&mut self, build: &Build, started: u64) {
        let named = named_in(&build.log);
        let configured = configured_in(&build.log);
        let known = self.outputs();
        let mut found: BTreeMap<String, Vec<CompileCommand>> = BTreeMap::new();
        for file in &build.written {
            let is_new = file.modified.is_some_and(|modified| modified > started);
            let text = file.text.as_deref();
            let (true, "compile_commands.json", Ok(text)) = (is_new, file.name(), text) else {
                continue;
            };
            let entries: Vec<Entry> = match serde_json::from_str(text) {
                Ok(entries) => entries,
                Err(why) => {
                    let why = format!("is no compilation database: {why}");
                    self.unread.push((file.path.clone(), why));
                    continue;
                }
            };
            for entry in entries {
                let arguments = entry
                    .arguments
                    .or_else(|| shlex::split(&entry.command.unwrap_or_default()));
                let arguments = arguments.unwrap_or_default();
                let object = entry.output.as_deref().or(output(&arguments));
                let Some(object) = object.map(str::to_owned) else {
                    continue;
                };
                let command = CompileCommand {
                    told: Told::File(file.path.clone()),
                    directory: Some(entry.directory),
                    arguments,
                };
                let written = configured.get(command.directory.as_deref().unwrap_or_default());
                let is_made = named
                    .get(object.as_str())
                    .is_some_and(|line| written < Some(line));
                let of_object = found.entry(object).or_default();
                // A project's own link to the database says the same again.
                let is_same = |other: &CompileCommand| {
                    (&other.directory, &other.arguments) == (&command.directory, &command.arguments)
                };
                if is_made && !of_object.iter().any(is_same) {
                    of_object.push(command);
                }
            }
        }
        for (object, commands) in found {
            // Of two directories that hold an object of this name, the log does not tell which is meant.
            if let Ok([command]) = <[CompileCommand; 1]>::try_from(commands)
                && !known.contains(&object)
            {
                self.compile.push(command);
            }
        }
    }

    /// What the commands make.
    fn outputs(&self) -> BTreeSet<String> {
        let compiled = self.compile.iter().filter_map(CompileCommand::output);
        let linked = self.link.iter().map(|link| link.output.as_str());
        compiled.chain(linked).map(str::to_owned).collect()
    }
}

impl Written {
    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// The object files that CMake says are made, with the line of the log: `[ 50%] Building CXX object
/// CMakeFiles/x.dir/x.cpp.o`, `[1/2] Building ...`.
fn named_in(log: &str) -> BTreeMap<&str, usize> {
    let lines = log.lines().enumerate();
    let objects = lines.filter_map(|(number, line)| {
        let (_, object) = line.split_once("] Building ")?.1.split_once(" object ")?;
        Some((object.trim_end(), number))
    });
    objects.collect()
}

/// The last line of the log at which CMake wrote the files of a directory.
fn configured_in(log: &str) -> BTreeMap<&str, usize> {
    let lines = log.lines().enumerate();
    let written = lines.filter_map(|(number, line)| {
        let (_, path) = line.split_once("Build files have been written to: ")?;
        Some((path.trim_end(), number))
    });
    written.collect()
}

#[cfg(test)]
mod tests {
    use super::{Commands, Written};
    use crate::build::{Build, Ending};

    const STARTED: u64 = 1_000;

    fn written(path: &str, modified: u64, text: &str) -> Written {
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        Written {
            path: path.to_owned(),
            directory: Some(format!("/p/{directory}")),
            modified: Some(modified),
            text: Ok(text.to_owned()),
        }
    }

    fn build(written: &[Written], log: &str) -> Build {
        Build {
            command: Vec::new(),
            directory: "/p".to_owned(),
            started: Some(STARTED),
            ending: Ending::Exited { code: 0 },
            log: log.to_owned(),
            log_bytes_left_out: 0,
            written: written.to_vec(),
            produced: Vec::new(),
            milliseconds: 0,
        }
    }

    fn outputs(written: &[Written], log: &str) -> Vec<String> {
        let commands = Commands::of(&build(written, log));
        assert_eq!(commands.unread, []);
        commands.outputs().into_iter().collect()
    }

    const DATABASE: &str = r#"[
        {"directory": "/p/b", "file": "/p/a.cpp", "output": "d/a.o", "command": "/usr/bin/c++ -DA=\\\"x\\\" -o d/a.o -c /p/a.cpp"},
        {"directory": "/p/b", "file": "/p/b.cpp", "arguments": ["c++", "-march=native", "-o", "d/b.o", "-c", "/p/b.cpp"]},
        {"directory": "/p/b", "file": "/p/n.cpp"}
    ]"#;

    const MANIFEST: &str = "rule cc\n  command = c++ $flags -o $out -c $in\nrule so\n  command = : && c++ -shared -o $out $in && :\n\
                            build d/a.o: cc a.cpp\nbuild d/b.o: cc b.cpp\n  flags = -O2\nbuild x.so: so d/a.o d/b.o\n";

    fn ninja_log(times: [u64; 3]) -> String {
        let [a, b, x] = times;
        format!(
            "# ninja log v6\n0\t9\t{a}\td/a.o\tff\n0\t9\t{b}\td/b.o\tfe\n9\t11\t{x}\tx.so\tfd\n"
        )
    }

    #[test]
    fn steps_of_ninja_count_by_their_times() {
        let of = |changed: u64, times: [u64; 3]| {
            let files = [
                written("b/.ninja_log", 2_000, &ninja_log(times)),
                written("b/build.ninja", changed, MANIFEST),
            ];
            outputs(&files, "")
        };
        assert_eq!(of(900, [1_500, 1_600, 1_700]), ["d/a.o", "d/b.o", "x.so"]);
        // `d/a.o` was made by an earlier build, and at the very start.
        assert_eq!(of(900, [950, 1_600, 1_700]), ["d/b.o", "x.so"]);
        assert_eq!(of(900, [STARTED, 1_600, 1_700]), ["d/b.o", "x.so"]);
        // The manifest was changed when a step had run: its command may have been another.
        assert_eq!(of(1_650, [1_500, 1_600, 1_700]), ["x.so"]);
        // An old ninja writes seconds, or nothing.
        assert_eq!(of(900, [0, 0, 0]), [""; 0]);
    }

    #[test]
    fn the_rules_beside_the_manifest_and_the_clock_count_too() {
        let log = ninja_log([1_500; 3]);
        let (rules, rest) = MANIFEST.split_at(MANIFEST.find("build").unwrap_or_default());
        let manifest = format!("include CMakeFiles/rules.ninja\n{rest}");
        let of = |changed: u64| {
            let files = [
                written("b/.ninja_log", 2_000, &log),
                written("b/CMakeFiles/rules.ninja", changed, rules),
                written("b/build.ninja", 900, &manifest),
            ];
            outputs(&files, "")
        };
        assert_eq!(of(900).len(), 3);
        assert_eq!(of(1_501), [""; 0]);
        // Another directory's log says nothing about this manifest.
        let elsewhere = [
            written("c/.ninja_log", 2_000, &log),
            written("b/build.ninja", 900, MANIFEST),
        ];
        assert_eq!(outputs(&elsewhere, ""), [""; 0]);
        let mut timeless = build(
            &[
                written("b/.ninja_log", 2_000, &log),
                written("b/build.ninja", 900, MANIFEST),
            ],
            "",
        );
        assert_eq!(Commands::of(&timeless).link.len(), 1);
        timeless.started = None;
        assert_eq!(Commands::of(&timeless).link.len(), 0);
    }

    #[test]
    fn a_command_of_ninja_is_split_as_the_shell_does_and_knows_its_directory() {
        let files = [
            written("b/.ninja_log", 2_000, &ninja_log([1_500; 3])),
            written("b/build.ninja", 900, MANIFEST),
        ];
        let commands = Commands::of(&build(&files, "[2/3] c++ -O3 -o d/b.o -c b.cpp\n"));
        // What the log shows is not told again.
        let compiled: Vec<_> = commands
            .compile
            .iter()
            .map(|it| it.told.to_string())
            .collect();
        assert_eq!(compiled, ["build log line 1", "b/build.ninja"]);
        assert_eq!(commands.compile[1].directory.as_deref(), Some("/p/b"));
        let [link] = commands.link.as_slice() else {
            panic!("{:?}", commands.link);
        };
        assert_eq!(
            (link.output.as_str(), link.told.to_string().as_str()),
            ("x.so", "b/build.ninja")
        );
        assert_eq!(link.words().len(), 2);
    }

    #[test]
    fn entries_count_where_this_build_wrote_them_and_says_that_it_makes_the_object() {
        let new = [written("b/compile_commands.json", 1_100, DATABASE)];
        assert_eq!(outputs(&new, "nothing is told"), [""; 0]);
        let log = "[ 50%] Building CXX object d/a.o\n";
        assert_eq!(outputs(&new, log), ["d/a.o"]);
        // An earlier configuration's: its flags may be others.
        let old = [written("b/compile_commands.json", 900, DATABASE)];
        assert_eq!(outputs(&old, log), [""; 0]);
        let commands = Commands::of(&build(&new, log));
        assert_eq!(commands.compile[0].arguments[1], "-DA=\"x\"");
        assert_eq!(commands.compile[0].directory.as_deref(), Some("/p/b"));
        let shown = "[1/2] Building CXX object d/a.o\nc++ -O2 -o d/a.o -c /p/a.cpp\n";
        let commands = Commands::of(&build(&new, shown));
        assert_eq!(commands.compile.len(), 1);
        assert_eq!(commands.compile[0].told.line(), Some(2));
    }

    #[test]
    fn two_directories_that_could_be_meant_give_none() {
        let log = "[ 50%] Building CXX object d/a.o\n";
        let other = DATABASE.replace("/p/b\"", "/p/c\"");
        let both = [
            written("b/compile_commands.json", 1_100, DATABASE),
            written("c/compile_commands.json", 1_100, &other),
        ];
        assert_eq!(outputs(&both, log), [""; 0]);
        // A link to the database in the project's own directory is the same one.
        let linked = [
            written("b/compile_commands.json", 1_100, DATABASE),
            written("compile_commands.json", 1_100, DATABASE),
        ];
        assert_eq!(outputs(&linked, log), ["d/a.o"]);
    }

    #[test]
    fn a_configuration_behind_the_build_is_none_of_its() {
        let new = [written("b/compile_commands.json", 1_100, DATABASE)];
        let written_to = "-- Build files have been written to: /p/b\n";
        let made = "[ 50%] Building CXX object d/a.o\n";
        assert_eq!(outputs(&new, &format!("{written_to}{made}")), ["d/a.o"]);
        assert_eq!(outputs(&new, &format!("{made}{written_to}")), [""; 0]);
        let elsewhere = "-- Build files have been written to: /p/c\n";
        assert_eq!(outputs(&new, &format!("{made}{elsewhere}")), ["d/a.o"]);
    }

    #[test]
    fn what_cannot_be_read_is_said_and_nothing_else() {
        for text in ["[", "{}", "[1]", "", "[{\"directory\": 1}]", "\u{0}"] {
            let file = written("b/compile_commands.json", 1_100, text);
            let commands = Commands::of(&build(&[file], ""));
            let [(path, why)] = commands.unread.as_slice() else {
                panic!("{:?}", commands.unread);
            };
            assert_eq!(path, "b/compile_commands.json");
            assert!(why.starts_with("is no compilation database: "), "{why}");
        }
        let long = Written {
            text: Err("has 99999999 bytes".to_owned()),
            ..written("b/compile_commands.json", 1_100, "")
        };
        let commands = Commands::of(&build(&[long], ""));
        assert_eq!(commands.unread[0].1, "has 99999999 bytes");
        let files = [
            written("b/.ninja_log", 2_000, &ninja_log([1_500; 3])),
            written("b/build.ninja", 900, "subninja x\n"),
        ];
        let commands = Commands::of(&build(&files, ""));
        assert_eq!(commands.unread[0].0, "b/build.ninja");
    }
}
