//! What a project has decided about findings: severities of its own, what it accepts and until when, what it was like
//! before. Pure: the text of a file in, a policy out; findings in, findings out.

mod apply;
mod baseline;
mod read;

use crate::diagnosis::Severity;

pub use apply::{Accepted, Applied};
pub use baseline::{Baseline, BaselineError};
pub use read::{KEYS, PolicyError, read_loadproof, read_pyproject};

/// A project's decisions. The default decides nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// From which severity on a run fails.
    pub fail_on: Option<Severity>,
    /// Targets of `check`, as `--target` takes them: `macos=14.5,arch=arm64,python=3.12`.
    pub targets: Vec<String>,
    /// What else stands in site-packages, as `--with` takes it.
    pub with: Vec<String>,
    /// The baseline's path, relative to the file that names it.
    pub baseline: Option<String>,
    /// Patterns of install names that the user's machine is expected to have.
    pub external_libraries: Vec<String>,
    /// Severities of rules, sorted by rule.
    pub severity: Vec<(String, Level)>,
    /// What is accepted, in file order.
    pub ignores: Vec<Ignore>,
}

/// A severity, or silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The rule's findings are dropped.
    Off,
    /// They have this severity.
    As(Severity),
}

/// Findings that are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignore {
    /// The rule's id.
    pub rule: String,
    /// A pattern that the finding's subject must match.
    pub subject: Option<String>,
    /// A pattern that the path of the module must match.
    pub module: Option<String>,
    /// Why this is accepted.
    pub reason: String,
    /// The last day on which it is.
    pub expires: Option<Day>,
    /// The line of the file on which it stands, from 1.
    pub line: usize,
}

/// A day of the calendar. Ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    /// Year.
    pub year: u16,
    /// Month, from 1.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Day { year, month, day } = self;
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests;
