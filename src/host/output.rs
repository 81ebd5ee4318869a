//! Writes reports where they are wanted: standard output, files, GitHub's summary.

mod many;
mod wanted;

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::actions::Runner;
use super::{Failure, github};
use crate::cli::{Colour, ReportArgs};
use crate::diagnosis::Severity;
use crate::facts::Facts;
use crate::merge::Leg;
use crate::render::{self, Format, Options, SelfTest, render, render_selftest};
use crate::report::Report;
use wanted::{To, Wanted};

/// Where the last run is kept unless the user says otherwise.
pub(super) const KEPT: &str = ".loadproof";

/// What is kept of every run, by name.
const KEPT_FORMATS: [(Format, &str); 4] = [
    (Format::Json, "report.json"),
    (Format::Junit, "junit.xml"),
    (Format::Summary, "summary.md"),
    (Format::Html, "report.html"),
];

/// Everything that is to be written after a run.
pub(super) struct Output {
    wanted: Vec<Wanted>,
    keep: Option<PathBuf>,
    keep_is_default: bool,
    colour: bool,
    options: Options,
    name: Option<String>,
    runner: Runner,
}

impl Output {
    /// Reads the options, before anything is run: a wrong format must not cost a build.
    pub(super) fn new(args: &ReportArgs) -> Result<Output, Failure> {
        let mut wanted = args
            .report
            .iter()
            .map(|word| Wanted::parse(word))
            .collect::<Result<Vec<_>, _>>()?;
        let runner = Runner::read();
        let on_actions = runner.active;
        if !wanted.iter().any(|report| matches!(report.to, To::Stdout)) {
            wanted.insert(
                0,
                Wanted {
                    format: Format::Terminal,
                    to: To::Stdout,
                },
            );
        }
        let has =
            |format: Format, wanted: &[Wanted]| wanted.iter().any(|report| report.format == format);
        if on_actions && !has(Format::Github, &wanted) {
            wanted.push(Wanted {
                format: Format::Github,
                to: To::Stderr,
            });
        }
        let summary =
            std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| on_actions && !path.is_empty());
        if let Some(path) = summary.filter(|_| !has(Format::Summary, &wanted)) {
            wanted.push(Wanted {
                format: Format::Summary,
                to: To::Append(path.into()),
            });
        }
        let keep = match &args.keep {
            None => Some(PathBuf::from(KEPT)),
            Some(none) if none.as_os_str() == "none" => None,
            Some(directory) => Some(directory.clone()),
        };
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colour = match args.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => io::stdout().is_terminal() && !no_colour,
        };
        let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
        let options = Options {
            colour: false,
            width,
            fail_on: args.failing_on(),
            stop_token: on_actions.then(random_token),
            ..Options::default()
        };
        Ok(Output {
            wanted,
            keep,
            keep_is_default: args.keep.is_none(),
            colour,
            options,
            name: args.name.clone(),
            runner,
        })
    }

    /// The severity from which a finding fails the run, where a policy knows it better than the flags.
    pub(super) fn failing_on(&mut self, level: Severity) {
        self.options.fail_on = level;
    }

    /// Writes the reports of a replay; the run is kept where it was recorded.
    pub(super) fn write_replayed(
        mut self,
        report: &Report,
        facts: &Facts,
        recording: &Path,
    ) -> Result<(), Failure> {
        self.keep = None;
        self.write_all(report, facts, recording, Vec::new())
    }

    /// Writes every report, and the recording: what can be written is, whatever else fails.
    pub(super) fn write(
        mut self,
        report: &Report,
        facts: &Facts,
        record: Option<&Path>,
    ) -> Result<(), Failure> {
        let kept_facts = self
            .keep
            .as_ref()
            .map(|directory| directory.join("facts.json"));
        let mut failed = Vec::new();
        if let Some(path) = record {
            failed.extend(write_facts(facts, path).err());
        }
        let hint = record
            .map(Path::to_path_buf)
            .or(kept_facts)
            .unwrap_or_default();
        self.write_all(report, facts, &hint, failed)
    }

    fn write_all(
        &mut self,
        report: &Report,
        facts: &Facts,
        recording: &Path,
        mut failed: Vec<anyhow::Error>,
    ) -> Result<(), Failure> {
        self.options.project_prefix = facts.project_prefix.clone();
        let named = !recording.as_os_str().is_empty();
        self.options.artifact_hint = named.then(|| recording.display().to_string());
        let has_page = self.keep.is_some()
            || self
                .wanted
                .iter()
                .any(|report| report.format == Format::Html);
        if has_page {
            self.options.recording = serde_json::to_vec(facts).ok();
        }
        if let Some(why) = self.keep_all(report, facts).err() {
            // Nobody asked for this directory: that it cannot be written is worth a word and no more.
            if self.keep_is_default {
                eprintln!("loadproof: warning: the run is not kept: {why:#}");
            } else {
                failed.push(why);
            }
        }
        for wanted in &self.wanted {
            failed.extend(self.write_one(report, wanted).err());
        }
        concluded(failed)
    }

    /// Writes the table of a self-test in every format that was asked for.
    pub(super) fn write_selftest(&self, run: &SelfTest) -> Result<(), Failure> {
        for wanted in &self.wanted {
            let mut bytes = Vec::new();
            render_selftest(run, wanted.format, &mut bytes)
                .context("cannot render the self-test")?;
            self.put(&bytes, wanted)?;
        }
        Ok(())
    }

    fn write_one(&self, report: &Report, wanted: &Wanted) -> anyhow::Result<()> {
        let options = self.options_for(wanted);
        if matches!(wanted.to, To::GitHub) {
            let name = format!("loadproof / {}", self.name_of(report));
            let draft = render::check_run::draft(report, &options);
            github::publish_check_run(&self.runner, &name, draft);
            return Ok(());
        }
        self.put(&rendered(report, wanted.format, &options)?, wanted)
    }

    /// In colour on the screen only.
    fn options_for(&self, wanted: &Wanted) -> Options {
        Options {
            colour: self.colour && matches!(wanted.to, To::Stdout),
            ..self.options.clone()
        }
    }

    fn put(&self, bytes: &[u8], wanted: &Wanted) -> anyhow::Result<()> {
        match &wanted.to {
            To::Stdout => {
                print(&mut io::stdout().lock(), bytes).context("cannot write to standard output")
            }
            To::Stderr => {
                print(&mut io::stderr().lock(), bytes).context("cannot write to standard error")
            }
            To::File(path) => write_file(path, bytes),
            To::Nowhere | To::GitHub => Ok(()),
            To::Append(path) => {
                let file = OpenOptions::new().create(true).append(true).open(path);
                let written = file.and_then(|mut file| file.write_all(bytes));
                written.with_context(|| {
                    format!(
                        "cannot write the {} report to `{}`",
                        wanted.format,
                        path.display()
                    )
                })
            }
        }
    }

    fn name_of(&self, report: &Report) -> String {
        self.name.clone().unwrap_or_else(|| report.leg())
    }

    /// The last run: every report for machines, the recording, the build's log.
    fn keep_all(&self, report: &Report, facts: &Facts) -> anyhow::Result<()> {
        let Some(directory) = &self.keep else {
            return Ok(());
        };
        self.make_kept(directory)?;
        let options = Options {
            stop_token: None,
            ..self.options.clone()
        };
        for (format, name) in KEPT_FORMATS {
            write_file(&directory.join(name), &rendered(report, format, &options)?)?;
        }
        self.keep_leg(directory, &self.name_of(report))?;
        if let Some(build) = &facts.build {
            write_file(&directory.join("build.log"), build.log.as_bytes())?;
        }
        write_facts(facts, &directory.join("facts.json"))
    }
}

impl Output {
    fn make_kept(&self, directory: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot make `{}`", directory.display()))?;
        if self.keep_is_default {
            write_file(&directory.join(".gitignore"), b"*\n")?;
        }
        Ok(())
    }

    /// Who left these reports, for `merge`.
    fn keep_leg(&self, directory: &Path, name: &str) -> anyhow::Result<()> {
        if !self.runner.active && self.name.is_none() {
            return Ok(());
        }
        self.write_leg(directory, name, false)
    }

    /// Says that this leg had nothing to do, so that it is not missed.
    pub(super) fn keep_empty(&self, directory: &Path) -> Result<(), Failure> {
        let Some(name) = &self.name else {
            return Ok(());
        };
        self.write_leg(directory, name, true).map_err(Failure::Own)
    }

    fn write_leg(&self, directory: &Path, name: &str, empty: bool) -> anyhow::Result<()> {
        let leg = Leg {
            schema: 1,
            name: name.to_owned(),
            run: self.runner.run_id.clone(),
            attempt: self.runner.run_attempt.clone(),
            empty,
        };
        write_file(&directory.join(Leg::FILE), &leg.to_json()?)
    }
}

/// What could not be written, as one failure.
fn concluded(failed: Vec<anyhow::Error>) -> Result<(), Failure> {
    let all = failed
        .into_iter()
        .reduce(|first, next| first.context(format!("{next:#}")));
    all.map_or(Ok(()), |why| Err(Failure::Own(why)))
}

fn rendered(report: &Report, format: Format, options: &Options) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    render(report, format, options, &mut bytes)
        .with_context(|| format!("cannot render the {format} report"))?;
    Ok(bytes)
}

/// A reader that has seen enough (`| head`) is not our failure.
fn print(out: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(why) if why.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(parent) = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        fs::create_dir_all(parent)
            .with_context(|| format!("cannot make the directory `{}`", parent.display()))?;
    }
    let written =
        File::create(path).and_then(|mut file| file.write_all(bytes).and_then(|()| file.flush()));
    written.with_context(|| format!("cannot write `{}`", path.display()))
}

/// Writes a recording.
pub(super) fn write_facts(facts: &Facts, path: &Path) -> anyhow::Result<()> {
    let mut bytes = serde_json::to_vec(facts).context("cannot write the recording as JSON")?;
    bytes.push(b'\n');
    write_file(path, &bytes)
}

/// Digits that a wheel's author cannot guess.
pub(super) fn random_token() -> String {
    let word = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", word(), word())
}
