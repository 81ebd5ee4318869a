//! What a build wrote about its own commands: `compile_commands.json` lists those of the compiler, `build.ninja` all, and
//! `.ninja_log` what ninja made, and when.
//!
//! Both stay behind in a directory that is built again. So a command counts where it is proved that this build ran it: a
//! step of ninja by its time, later than the build's start and than the manifest, which had the same command then; an entry
//! of a database that this build wrote where the build's log says that its object is made.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::ninja::{steps, times};
use super::{CompileCommand, LinkCommand, Told, Words, compile_command, compile_commands};
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
            let shown = found.outputs();
            let logs = build.written.iter();
            let mut again = Vec::new();
            for log in logs.filter(|file| file.name() == ".ninja_log") {
                found.add_steps(&build.written, log, started, &shown, &mut again);
            }
            found.locate(&again);
            found.add_entries(build, started);
        }
        found
    }

    /// Adds what ninja ran since then, by its log, and is not among what the build's log shows; links of that name are
    /// handed on.
    fn add_steps(
        &mut self,
        written: &[Written],
        log: &Written,
        started: u64,
        shown: &BTreeSet<String>,
        again: &mut Vec<LinkCommand>,
    ) {
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
        for step in steps {
            let is_shown = step.outputs.iter().any(|made| shown.contains(made));
            let told = Told::File(manifest.path.clone());
            if let Some(arguments) = compile_command(&step.command).filter(|_| !is_shown) {
                self.compile.push(CompileCommand {
                    told,
                    directory: manifest.directory.clone(),
                    arguments,
                });
            } else if let Some(link) = super::link::link_command(&step.command, told) {
                let directory = link.directory.or_else(|| manifest.directory.clone());
                let links = if is_shown {
                    &mut *again
                } else {
                    &mut self.link
                };
                links.push(LinkCommand { directory, ..link });
            }
        }
    }

    /// Gives each link of the log the directory of the one step that has the same command.
    fn locate(&mut self, again: &[LinkCommand]) {
        let same = |all: &[LinkCommand], link: &LinkCommand| -> Vec<Option<String>> {
            let same = all.iter().filter(|other| other.arguments == link.arguments);
            same.map(|other| other.directory.clone()).collect()
        };
        let found = self.link.iter().map(|link| {
            let is_one = link.directory.is_none() && same(&self.link, link).len() == 1;
            <[_; 1]>::try_from(same(again, link))
                .ok()
                .filter(|_| is_one)
        });
        let found: Vec<_> = found.collect();
        for (link, directory) in self.link.iter_mut().zip(found) {
            if let Some([directory]) = directory {
                link.directory = directory;
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
                let arguments = match entry.arguments {
                    Some(words) => Some(words.into_iter().collect()),
                    None => Words::of(&entry.command.unwrap_or_default()),
                };
                let Some(arguments) = arguments else {
                    continue;
                };
                let object = entry.output.as_deref().or(arguments.output());
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
mod tests;
