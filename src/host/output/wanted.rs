//! What `--report` asks for: a format, and where it goes.

use std::path::PathBuf;

use super::super::Failure;
use crate::render::Format;

/// One report that is wanted.
pub(super) struct Wanted {
    pub(super) format: Format,
    pub(super) to: To,
}

/// Where a report goes.
pub(super) enum To {
    /// Standard output.
    Stdout,
    /// GitHub reads workflow commands on both; standard output may belong to another report.
    Stderr,
    /// A file, made anew.
    File(PathBuf),
    /// GITHUB_STEP_SUMMARY: other steps of the job have written to it before.
    Append(PathBuf),
    /// GitHub itself, as far as the token may.
    GitHub,
    /// It is not wanted, although it would be on by itself.
    Nowhere,
}

impl Wanted {
    /// Reads `FORMAT[=PATH]`.
    pub(super) fn parse(word: &str) -> Result<Wanted, Failure> {
        let (format, path) = match word.split_once('=') {
            Some((format, path)) => (format, Some(path)),
            None => (word, None),
        };
        let format = format
            .parse()
            .map_err(|why| Failure::Usage(format!("{why}")))?;
        match path {
            Some("") => Err(Failure::Usage(format!("`--report {word}` names no path"))),
            Some("none") => Ok(Wanted {
                format,
                to: To::Nowhere,
            }),
            Some(path) => Ok(Wanted {
                format,
                to: To::File(path.into()),
            }),
            None if format == Format::CheckRun => Ok(Wanted {
                format,
                to: To::GitHub,
            }),
            None => Ok(Wanted {
                format,
                to: To::Stdout,
            }),
        }
    }
}
