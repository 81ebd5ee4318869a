//! The project's policy: where its file is, what it decides, and what a run says about that.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::Failure;
use crate::cli::{FailOn, PolicyArgs};
use crate::diagnosis::{Diagnosis, Severity};
use crate::policy::{Applied, Baseline, Day, Policy, read_loadproof, read_pyproject};
use crate::report::Report;

/// A policy with what it needs of the machine.
pub(super) struct Decisions {
    policy: Policy,
    baseline: Baseline,
    /// The file that was read.
    source: Option<PathBuf>,
    /// Where the findings are to be written as the new baseline.
    write: Option<PathBuf>,
    today: Day,
    applied: Applied,
}

impl Decisions {
    /// Reads the file that `--config` names, else the nearest one at `near` or above it.
    pub(super) fn load(args: &PolicyArgs, near: &Path) -> Result<Decisions, Failure> {
        let found = match &args.config {
            Some(none) if none.as_os_str() == "none" => None,
            Some(file) => Some((file.clone(), named(file)?)),
            None => nearest(near)?,
        };
        let (source, policy) = match found {
            Some((file, policy)) => (Some(file), policy),
            None => (None, Policy::default()),
        };
        let beside = source
            .as_deref()
            .and_then(Path::parent)
            .unwrap_or(Path::new(""));
        let stated = policy.baseline.as_ref().map(|file| beside.join(file));
        let baseline = match (&args.write_baseline, args.baseline.clone().or(stated)) {
            // What is written anew holds everything, whatever was in the old one.
            (Some(_), _) | (None, None) => Baseline::default(),
            (None, Some(file)) => read_baseline(&file)?,
        };
        Ok(Decisions {
            policy,
            baseline,
            source,
            write: args.write_baseline.clone(),
            today: today(),
            applied: Applied::default(),
        })
    }

    /// The targets of `check`, as `--target` takes them.
    pub(super) fn targets(&self) -> &[String] {
        &self.policy.targets
    }

    /// What stands beside, as `--with` takes it.
    pub(super) fn with(&self) -> &[String] {
        &self.policy.with
    }

    /// From which severity on the run fails: the flag's word, else the file's, else errors.
    pub(super) fn fail_on(&self, flag: Option<FailOn>) -> Severity {
        let stated = flag.map(Severity::from).or(self.policy.fail_on);
        stated.unwrap_or(Severity::Error)
    }

    /// Takes out of a report what is accepted.
    pub(super) fn on_report(&mut self, report: &mut Report) {
        let Decisions {
            policy,
            baseline,
            today,
            applied,
            ..
        } = self;
        policy.apply_to_report(report, baseline, *today, applied);
    }

    /// Takes out of a list of findings what is accepted.
    pub(super) fn on_causes(&mut self, causes: &mut Vec<Diagnosis>) {
        let Decisions {
            policy,
            baseline,
            today,
            applied,
            ..
        } = self;
        policy.apply(causes, baseline, *today, applied);
    }

    /// Says on standard error what was accepted and which ignores are of no use; writes the new baseline. Whether one
    /// was written: then no finding fails the run.
    pub(super) fn conclude<'a>(
        &self,
        remaining: impl Iterator<Item = &'a Diagnosis>,
        quiet: bool,
    ) -> Result<bool, Failure> {
        if !quiet {
            self.tell();
        }
        let Some(file) = &self.write else {
            return Ok(false);
        };
        let mut baseline = Baseline::default();
        remaining.for_each(|cause| baseline.add(cause));
        fs::write(file, baseline.to_json())
            .with_context(|| format!("cannot write the baseline `{}`", file.display()))?;
        if !quiet {
            let count = baseline.len();
            eprintln!(
                "loadproof: {count} findings are the baseline in `{}` now",
                file.display()
            );
        }
        Ok(true)
    }

    fn tell(&self) {
        let source = self
            .source
            .as_ref()
            .map_or_else(String::new, |file| file.display().to_string());
        for accepted in &self.applied.accepted {
            let subject = accepted
                .subject
                .as_deref()
                .map_or_else(String::new, |subject| format!(" `{subject}`"));
            let (rule, reason) = (accepted.rule, &accepted.reason);
            eprintln!(
                "loadproof: accepted by `{source}`: {rule}{}: {}",
                printable(&subject),
                printable(reason)
            );
        }
        if self.applied.in_baseline > 0 {
            eprintln!(
                "loadproof: {} findings are in the baseline",
                self.applied.in_baseline
            );
        }
        for (index, ignore) in self.policy.ignores.iter().enumerate() {
            let (rule, line) = (&ignore.rule, ignore.line);
            match ignore.expires {
                Some(last) if ignore.expired(self.today) => {
                    eprintln!(
                        "loadproof: warning: `{source}` line {line}: the ignore of {rule} expired on {last}"
                    );
                }
                _ if !self.applied.used.contains(&index) => {
                    eprintln!(
                        "loadproof: `{source}` line {line}: the ignore of {rule} matches nothing"
                    );
                }
                _ => {}
            }
        }
    }
}

/// A name of a wheel's author must not move a terminal's cursor.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn named(file: &Path) -> Result<Policy, Failure> {
    let is_pyproject = file
        .file_name()
        .is_some_and(|name| name == "pyproject.toml");
    let text = fs::read_to_string(file)
        .map_err(|why| Failure::Usage(format!("cannot read `{}`: {why}", file.display())))?;
    let read = if is_pyproject {
        read_pyproject(&text).map(Option::unwrap_or_default)
    } else {
        read_loadproof(&text)
    };
    read.map_err(|why| Failure::Usage(format!("`{}`: {why}", file.display())))
}

/// In each directory loadproof.toml goes before pyproject.toml; the search ends at the root of a repository.
fn nearest(near: &Path) -> Result<Option<(PathBuf, Policy)>, Failure> {
    let start = near.canonicalize().unwrap_or_else(|_| near.to_path_buf());
    for directory in start.ancestors() {
        let own = directory.join("loadproof.toml");
        if own.is_file() {
            return named(&own).map(|policy| Some((own, policy)));
        }
        let project = directory.join("pyproject.toml");
        match fs::read_to_string(&project) {
            Ok(text) => {
                let read = read_pyproject(&text);
                let read =
                    read.map_err(|why| Failure::Usage(format!("`{}`: {why}", project.display())));
                if let Some(policy) = read? {
                    return Ok(Some((project, policy)));
                }
            }
            Err(why) if why.kind() == ErrorKind::NotFound => {}
            // A project with such a file has other trouble, which the build tells of.
            Err(_) => {}
        }
        if directory.join(".git").exists() {
            return Ok(None);
        }
    }
    Ok(None)
}

fn read_baseline(file: &Path) -> Result<Baseline, Failure> {
    let shown = file.display();
    let text = fs::read_to_string(file).map_err(|why| {
        Failure::Usage(format!(
            "cannot read the baseline `{shown}`: {why}; `--write-baseline {shown}` makes one"
        ))
    })?;
    Baseline::parse(&text).map_err(|why| Failure::Usage(format!("`{shown}` is {why}")))
}

/// The day at Greenwich: an ignore that expires does so everywhere at once.
fn today() -> Day {
    let date = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    Day {
        year: date.year().try_into().unwrap_or(0),
        month: date.month().try_into().unwrap_or(1),
        day: date.day().try_into().unwrap_or(1),
    }
}
