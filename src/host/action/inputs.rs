//! The inputs of `action.yml`, and the command line that they come to.

use std::path::Path;

use glob::glob;

use super::needs::Needs;
use crate::host::actions::Runner;
use crate::host::{Failure, output};

/// Every input has a default in `action.yml`; one that is empty here says nothing.
pub(super) struct Inputs {
    pub(super) project: String,
    pub(super) python: Option<String>,
    pub(super) torch: Torch,
    pub(super) build_command: Option<String>,
    pub(super) name: Option<String>,
    pub(super) junit: Option<String>,
    wheels: Vec<String>,
    merge: Vec<String>,
    expect: Vec<String>,
    artifacts: Vec<String>,
    args: Vec<String>,
    config: Option<String>,
    fail_on: Option<String>,
    annotations: bool,
    check_run: bool,
    comment: bool,
    summary: bool,
}

/// What `torch` can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Torch {
    Auto,
    Provision,
    Off,
}

/// What the inputs ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Job {
    /// Build, check and import a project.
    Project,
    /// Check wheels.
    Wheels,
    /// Merge the reports of earlier legs.
    Merge,
}

impl Inputs {
    pub(super) fn read() -> Result<Inputs, Failure> {
        let value = |name: &str| {
            let value = std::env::var(format!("LOADPROOF_INPUT_{name}")).unwrap_or_default();
            Some(value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let lines = |name: &str| -> Vec<String> {
            let text = value(name).unwrap_or_default();
            let lines = text.lines().map(str::trim);
            let named = lines.filter(|line| !line.is_empty());
            named.map(str::to_owned).collect()
        };
        let args = value("ARGS").unwrap_or_default();
        let args = shlex::split(&args)
            .ok_or_else(|| Failure::Usage(format!("the input args has an open quote: `{args}`")))?;
        Ok(Inputs {
            project: value("PROJECT").unwrap_or_else(|| ".".to_owned()),
            python: value("PYTHON"),
            torch: torch(value("TORCH").as_deref())?,
            build_command: value("BUILD_COMMAND"),
            name: value("NAME"),
            junit: value("JUNIT"),
            wheels: lines("WHEELS"),
            merge: lines("MERGE"),
            expect: lines("EXPECT"),
            artifacts: lines("ARTIFACT"),
            args,
            config: value("CONFIG"),
            fail_on: value("FAIL_ON"),
            annotations: switch("annotations", value("ANNOTATIONS"), true)?,
            check_run: switch("check-run", value("CHECK_RUN"), true)?,
            comment: switch("comment", value("COMMENT"), false)?,
            summary: switch("summary", value("SUMMARY"), true)?,
        })
    }

    pub(super) fn job(&self) -> Job {
        if !self.merge.is_empty() {
            Job::Merge
        } else if !self.wheels.is_empty() {
            Job::Wheels
        } else {
            Job::Project
        }
    }

    /// The command line of `verify`.
    pub(super) fn verify(&self, needs: &Needs, runner: &Runner) -> Result<Vec<String>, Failure> {
        let mut arguments = self.command("verify", runner);
        arguments.extend(option("config", self.config.as_deref()));
        arguments.extend(option("python", self.python.as_deref()));
        if needs.provision {
            arguments.push("--provision=torch".to_owned());
        }
        if needs.isolation {
            arguments.push("--build-isolation".to_owned());
        }
        arguments.extend(option("build-command", self.build_command.as_deref()));
        let artifacts = self.artifacts.iter();
        arguments.extend(artifacts.map(|glob| format!("--artifact={glob}")));
        Ok(self.ended(arguments, std::slice::from_ref(&self.project)))
    }

    /// The command line of `check`.
    pub(super) fn check(&self, runner: &Runner) -> Result<Vec<String>, Failure> {
        let wheels = expanded("wheels", &self.wheels)?;
        let mut arguments = self.command("check", runner);
        arguments.push(format!("--keep={}", output::KEPT));
        arguments.extend(option("config", self.config.as_deref()));
        Ok(self.ended(arguments, &wheels))
    }

    /// The command line of `merge`.
    pub(super) fn merge(&self, runner: &Runner) -> Result<Vec<String>, Failure> {
        let mut arguments = self.command("merge", runner);
        arguments.extend(self.expect.iter().map(|name| format!("--expect={name}")));
        if self.comment {
            arguments.push("--comment".to_owned());
        }
        let mut reports = Vec::new();
        for pattern in &self.merge {
            // A directory into which no leg has put anything is for `merge` to judge.
            match Path::new(pattern).exists() {
                true => reports.push(pattern.clone()),
                false => reports.extend(expanded("merge", std::slice::from_ref(pattern))?),
            }
        }
        Ok(self.ended(arguments, &reports))
    }

    /// What all commands have: the reports, and the level.
    fn command(&self, name: &str, runner: &Runner) -> Vec<String> {
        let mut arguments = vec!["loadproof".to_owned(), name.to_owned()];
        arguments.extend(option("fail-on", self.fail_on.as_deref()));
        arguments.extend(option("name", self.name.as_deref()));
        if let Some(path) = &self.junit {
            arguments.push(format!("--report=junit={path}"));
        }
        if !self.annotations {
            arguments.push("--report=github=none".to_owned());
        }
        if !self.summary {
            arguments.push("--report=summary=none".to_owned());
        }
        if self.check_run && runner.token.is_some() {
            arguments.push("--report=check-run".to_owned());
        }
        arguments
    }

    /// The user's own options come last, so that they win; nothing behind `--` can be an option.
    fn ended(&self, mut arguments: Vec<String>, positional: &[String]) -> Vec<String> {
        arguments.extend(self.args.iter().cloned());
        arguments.push("--".to_owned());
        arguments.extend(positional.iter().cloned());
        arguments
    }
}

/// `--name=value`: a value that begins with a dash stays one.
fn option(name: &str, value: Option<&str>) -> Option<String> {
    value.map(|value| format!("--{name}={value}"))
}

fn torch(word: Option<&str>) -> Result<Torch, Failure> {
    match word {
        None | Some("auto") => Ok(Torch::Auto),
        Some("provision") => Ok(Torch::Provision),
        // YAML 1.1 reads a bare `off` as false.
        Some("off" | "false") => Ok(Torch::Off),
        Some(other) => Err(Failure::Usage(format!(
            "the input torch is auto, provision or off, not `{other}`"
        ))),
    }
}

fn switch(name: &str, word: Option<String>, default: bool) -> Result<bool, Failure> {
    match word.as_deref() {
        None => Ok(default),
        Some("true" | "auto" | "on") => Ok(true),
        Some("false" | "off") => Ok(false),
        Some(other) => Err(Failure::Usage(format!(
            "the input {name} is true or false, not `{other}`"
        ))),
    }
}

/// The files that the patterns find, each once, sorted.
fn expanded(input: &str, patterns: &[String]) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for pattern in patterns {
        let paths = glob(pattern).map_err(|why| {
            Failure::Usage(format!(
                "the input {input} has no glob in `{pattern}`: {why}"
            ))
        })?;
        let before = found.len();
        found.extend(paths.flatten().map(|path| path.display().to_string()));
        if found.len() == before {
            return Err(Failure::Nothing(format!(
                "the input {input} finds nothing: `{pattern}`"
            )));
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
