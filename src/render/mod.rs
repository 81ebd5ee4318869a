//! A report as bytes, one file per format.
//!
//! Renderers read the [`Report`] and nothing else. Everything in a report that came from the project, the compiler or
//! the loader may be hostile, so each format escapes at its own border; what the formats share about untrusted text is
//! in `text`, about the Markdown of a remedy in `remedy`.

use std::fmt;
use std::io;
use std::str::FromStr;

use crate::diagnosis::Severity;
use crate::report::Report;

pub mod check;
pub mod check_run;
pub mod dlopen;
pub mod doctor;
pub mod explain;
mod github;
pub mod graph;
mod html;
pub mod image;
mod json;
mod junit;
pub mod listing;
mod markdown;
pub mod merged;
mod mermaid;
mod place;
mod remedy;
mod row;
pub mod sarif;
mod selftest;
mod snippet;
pub mod sources;
mod summary;
mod symbol;
mod targets;
mod terminal;
mod text;
pub mod torch_symbols;
mod verdict;

#[cfg(test)]
mod sample;

pub use github::{command as workflow_command, fence, inert};
pub use selftest::{SelfTest, render_selftest};

/// The forms in which a report can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Text for a person in front of a terminal.
    Terminal,
    /// JSON, schema version 1 (`docs/json.md`).
    Json,
    /// JUnit XML, for CI systems.
    Junit,
    /// Workflow commands, which GitHub turns into annotations.
    Github,
    /// Markdown for the page that `GITHUB_STEP_SUMMARY` fills.
    Summary,
    /// One page for a browser, complete in itself.
    Html,
    /// A check run: the requests that make it, as JSON.
    CheckRun,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
}

impl Format {
    /// Every format, in the order in which help texts list them.
    pub const ALL: [Format; 8] = [
        Format::Terminal,
        Format::Json,
        Format::Junit,
        Format::Github,
        Format::Summary,
        Format::Html,
        Format::CheckRun,
        Format::Sarif,
    ];

    /// The word that names it on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Terminal => "terminal",
            Format::Json => "json",
            Format::Junit => "junit",
            Format::Github => "github",
            Format::Summary => "summary",
            Format::Html => "html",
            Format::CheckRun => "check-run",
            Format::Sarif => "sarif",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat(String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Format::ALL.map(Format::name).join(", ");
        write!(f, "unknown report format `{}`: use one of {known}", self.0)
    }
}

impl std::error::Error for UnknownFormat {}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Format::ALL
            .into_iter()
            .find(|format| format.name() == word)
            .ok_or_else(|| UnknownFormat(word.to_owned()))
    }
}

/// What a rendering depends on besides the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Use ANSI colours (`terminal` only). Nothing is said by colour alone.
    pub colour: bool,
    /// Columns of the terminal (`terminal` only); prose is wrapped there, never symbols or evidence.
    pub width: usize,
    /// The severity from which a cause fails the run.
    pub fail_on: Severity,
    /// Path of the project relative to the repository root, with `/`; `github` and `junit` put it before source places.
    pub project_prefix: Option<String>,
    /// The file to attach to a report about a gap in loadproof: the recording of this run, if there is one.
    pub artifact_hint: Option<String>,
    /// The recording itself, as JSON, for the page that offers it as a download (`html` only).
    pub recording: Option<Vec<u8>>,
    /// Random hexadecimal digits that nobody else can know. Under GitHub Actions the runner obeys commands in anything
    /// that is printed; with a token, `terminal` and `github` switch that off around untrusted text.
    pub stop_token: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            colour: false,
            width: 100,
            fail_on: Severity::Error,
            project_prefix: None,
            artifact_hint: None,
            recording: None,
            stop_token: None,
        }
    }
}

/// Writes `report` in `format`. The same arguments give the same bytes, on every machine.
pub fn render(
    report: &Report,
    format: Format,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        Format::Terminal => terminal::render(report, options, out),
        Format::Json => json::render(report, options, out),
        Format::Junit => junit::render(report, options, out),
        Format::Github => github::render(report, options, out),
        Format::Summary => summary::render(report, options, out),
        Format::Html => html::render(report, options, out),
        Format::CheckRun => check_run::render(report, options, out),
        Format::Sarif => sarif::render(report, options, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_read_back_from_its_own_name() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
    }

    #[test]
    fn an_unknown_format_is_refused_with_the_known_ones() {
        let refused = "yaml".parse::<Format>().unwrap_err();
        insta::assert_snapshot!(
            refused,
            @"unknown report format `yaml`: use one of terminal, json, junit, github, summary, html, check-run, sarif"
        );
    }

    #[test]
    fn no_format_fails_on_any_sample() {
        for report in sample::all() {
            for format in Format::ALL {
                let bytes = sample::rendered(&report, format, &Options::default());
                assert!(std::str::from_utf8(&bytes).is_ok());
            }
        }
    }

    #[test]
    fn no_human_format_lets_an_escape_through() {
        for format in Format::ALL {
            let bytes = sample::rendered(&sample::hostile(), format, &Options::default());
            let text = String::from_utf8(bytes).unwrap();
            let stray = text.chars().find(|&c| c.is_control() && c != '\n');
            assert_eq!(stray, None, "{format} prints a control character");
            assert!(
                !text.contains('\u{202e}'),
                "{format} lets text be turned around"
            );
        }
    }
}
