//! What it takes to repeat a recorded run: its versions and commands, and what another machine has instead.
//!
//! A recording may come from a stranger. Nothing out of it becomes an option or a second command: versions and names are
//! letters and digits, everything else is quoted. The build command of a project that was not built by pip is the
//! stranger's own, and is shown before it is run.

use std::collections::BTreeMap;
use std::path::Path;

use crate::build::Build;
use crate::facts::Facts;
use crate::python::{Interpreter, InterpreterProbe};

/// Variables that change what a build makes. Paths of the other machine, such as PATH and DYLD_*, are not among them.
const VARIABLES: [&str; 12] = [
    "ARCHFLAGS",
    "CC",
    "CFLAGS",
    "CMAKE_ARGS",
    "CMAKE_OSX_ARCHITECTURES",
    "CPPFLAGS",
    "CXX",
    "CXXFLAGS",
    "LDFLAGS",
    "MACOSX_DEPLOYMENT_TARGET",
    "MAX_JOBS",
    "TORCH_CUDA_ARCH_LIST",
];

/// The packages of a build's environment that are installed again.
const PACKAGES: [&str; 4] = ["ninja", "numpy", "setuptools", "wheel"];

/// What a run was made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// `3.13`: of the Python that the environment is made with.
    pub python: Option<String>,
    /// `name==version` for pip, torch first.
    pub packages: Vec<String>,
    /// Variables of the build.
    pub variables: Vec<(String, String)>,
    /// How it was built.
    pub recipe: Recipe,
    /// What was given: a project's directory or a wheel, as it was named.
    pub target: String,
}

/// How a recorded run built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipe {
    /// Nothing was built: a wheel was given.
    Wheel,
    /// `pip wheel`.
    Pip {
        /// In an isolated environment.
        isolated: bool,
    },
    /// A shell command and the files that it made.
    Command {
        /// For `sh -c`.
        shell: String,
        /// Relative to the project.
        artifacts: Vec<String>,
    },
}

/// Something that is another here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// `system`, `Python`, `torch`.
    pub what: String,
    /// In the recording.
    pub there: String,
    /// On this machine.
    pub here: String,
    /// No environment can change it.
    pub stays: bool,
}

impl Plan {
    /// The plan of a recording. `None` where no Python answered in it: there was no run to repeat.
    pub fn of(facts: &Facts) -> Option<Plan> {
        let InterpreterProbe::Answered(python) = &facts.interpreter else {
            return None;
        };
        let variables = VARIABLES.iter().filter_map(|name| {
            let value = python.variables.get(*name)?;
            Some(((*name).to_owned(), value.clone()))
        });
        Some(Plan {
            python: minor(&python.version),
            packages: packages(python),
            variables: variables.collect(),
            recipe: recipe(facts.build.as_ref()),
            target: facts.project.clone(),
        })
    }

    /// The commands, for a shell: `project` is where the project is here.
    pub fn commands(&self, project: &Path) -> Vec<String> {
        let version = self.python.as_deref().unwrap_or("3");
        let mut commands = vec![format!("python{version} -m venv fresh")];
        if !self.packages.is_empty() {
            let packages: Vec<String> = self
                .packages
                .iter()
                .map(|package| quoted(package))
                .collect();
            commands.push(format!(
                "fresh/bin/python -m pip install {}",
                packages.join(" ")
            ));
        }
        let mut words: Vec<String> = self
            .variables
            .iter()
            .map(|(name, value)| format!("{name}={}", quoted(value)))
            .collect();
        words.extend(["loadproof", "verify", "--python", "fresh/bin/python"].map(str::to_owned));
        match &self.recipe {
            Recipe::Wheel | Recipe::Pip { isolated: false } => {}
            Recipe::Pip { isolated: true } => words.push("--build-isolation".to_owned()),
            Recipe::Command { shell, artifacts } => {
                words.push(format!("--build-command={}", quoted(shell)));
                words.extend(
                    artifacts
                        .iter()
                        .map(|artifact| format!("--artifact={}", quoted(artifact))),
                );
            }
        }
        words.push("--".to_owned());
        words.push(quoted(&project.display().to_string()));
        commands.push(words.join(" "));
        commands
    }
}

fn packages(python: &Interpreter) -> Vec<String> {
    let torch = python
        .torch
        .as_ref()
        .map(|torch| ("torch", torch.version.as_str()));
    let others = PACKAGES
        .iter()
        .filter_map(|name| python.packages.get_key_value(*name));
    let others = others.map(|(name, version)| (name.as_str(), version.as_str()));
    torch
        .into_iter()
        .chain(others)
        .filter_map(|(name, version)| {
            // `+cpu` and the like are builds of one version that other indexes have.
            let public = version.split('+').next().unwrap_or_default();
            is_version(public).then(|| format!("{name}=={public}"))
        })
        .collect()
}

fn recipe(build: Option<&Build>) -> Recipe {
    match build {
        None => Recipe::Wheel,
        Some(build) => match build.command.as_slice() {
            [shell] => Recipe::Command {
                shell: shell.clone(),
                artifacts: build.produced.clone(),
            },
            words => Recipe::Pip {
                isolated: !words.iter().any(|word| word == "--no-build-isolation"),
            },
        },
    }
}

/// Every difference between the recorded Python and one of this machine.
pub fn differences(there: &Interpreter, here: &Interpreter) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |what: &str, there: String, here: String, stays: bool| {
        if there != here {
            found.push(Difference {
                what: what.to_owned(),
                there,
                here,
                stays,
            });
        }
    };
    let system = |python: &Interpreter| format!("{} {}", python.system, python.system_version);
    compare("system", system(there), system(here), true);
    compare(
        "processor",
        there.machine.clone(),
        here.machine.clone(),
        true,
    );
    compare("Python", there.version.clone(), here.version.clone(), false);
    let torch = |python: &Interpreter| {
        python
            .torch
            .as_ref()
            .map_or_else(|| "none".to_owned(), |torch| torch.version.clone())
    };
    compare("torch", torch(there), torch(here), false);
    for name in PACKAGES {
        let version = |packages: &BTreeMap<String, String>| {
            packages
                .get(name)
                .cloned()
                .unwrap_or_else(|| "none".to_owned())
        };
        compare(
            name,
            version(&there.packages),
            version(&here.packages),
            false,
        );
    }
    for role in ["CC", "CXX"] {
        let compiler = |python: &Interpreter| {
            let known = python
                .compilers
                .iter()
                .find(|compiler| compiler.role == role);
            known.map_or_else(
                || "none".to_owned(),
                |compiler| match &compiler.version {
                    Ok(version) => version.clone(),
                    Err(why) => format!("{} {why}", compiler.command),
                },
            )
        };
        compare(role, compiler(there), compiler(here), true);
    }
    for name in VARIABLES {
        let value = |python: &Interpreter| {
            python
                .variables
                .get(name)
                .cloned()
                .unwrap_or_else(|| "not set".to_owned())
        };
        compare(name, value(there), value(here), false);
    }
    found
}

/// `3.13.1` as `3.13`.
fn minor(version: &str) -> Option<String> {
    let mut parts = version.split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(major) && digits(minor)).then(|| format!("{major}.{minor}"))
}

fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '!'))
}

/// One word for a shell. A control character cannot be quoted so that it shows; it becomes a question mark.
fn quoted(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    shlex::try_quote(&plain).map_or_else(|_| "?".to_owned(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(name: &str) -> Facts {
        let text = match name {
            "hello" => include_str!("../fixtures/recorded/hello.json"),
            _ => include_str!("../fixtures/recorded/undefined-symbol.json"),
        };
        Facts::from_json(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_recording_becomes_commands_with_its_versions() {
        let plan = Plan::of(&facts("hello")).unwrap();
        assert_eq!(
            plan.packages.first().map(String::as_str),
            Some("torch==2.15.0")
        );
        let commands = plan.commands(Path::new("my project"));
        assert_eq!(commands[0], "python3.11 -m venv fresh");
        assert!(
            commands[1].starts_with("fresh/bin/python -m pip install "),
            "{commands:?}"
        );
        assert_eq!(
            commands[2],
            "loadproof verify --python fresh/bin/python -- 'my project'"
        );
    }

    #[test]
    fn nothing_of_a_recording_becomes_an_option_or_a_command_of_its_own() {
        let mut facts = facts("hello");
        if let InterpreterProbe::Answered(python) = &mut facts.interpreter {
            python.version = "3.11; id".to_owned();
            python
                .packages
                .insert("wheel".to_owned(), "1 --index-url=x".to_owned());
            python
                .variables
                .insert("CC".to_owned(), "$(id)\n'".to_owned());
            python
                .variables
                .insert("LD_PRELOAD".to_owned(), "/evil.so".to_owned());
            python.torch.as_mut().unwrap().version = "-rf".to_owned();
        }
        if let Some(build) = &mut facts.build {
            build.command = vec!["make; $(id)".to_owned()];
            build.produced = vec!["--evil".to_owned()];
        }
        let plan = Plan::of(&facts).unwrap();
        assert!(
            !plan
                .packages
                .iter()
                .any(|package| package.starts_with("torch") || package.starts_with("wheel"))
        );
        let text = plan.commands(Path::new("-x")).join("\n");
        assert!(
            text.contains("CC=\"\\$(id)?'\"") || text.contains("CC='$(id)?'"),
            "{text}"
        );
        assert!(
            !text.contains("LD_PRELOAD") && text.contains("--artifact=--evil -- -x"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 3);
    }

    #[test]
    fn what_differs_is_named_and_what_is_the_same_is_not() {
        let facts = facts("hello");
        let InterpreterProbe::Answered(there) = &facts.interpreter else {
            panic!("it answered")
        };
        assert_eq!(differences(there, there), Vec::new());
        let mut here = there.clone();
        here.machine = "arm64".to_owned();
        here.torch = None;
        let found = differences(there, &here);
        let named: Vec<(&str, bool)> = found
            .iter()
            .map(|found| (found.what.as_str(), found.stays))
            .collect();
        assert_eq!(named, [("processor", true), ("torch", false)]);
    }
}
