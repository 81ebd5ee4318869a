//! Why a command of ours ends without a report.

use std::fmt;

use crate::exit_code;

/// The ways in which a command can fail by itself, whatever the project is like.
#[derive(Debug)]
pub(super) enum Failure {
    /// The command line asks for something that is not there.
    Usage(String),
    /// There is nothing to check.
    Nothing(String),
    /// We could not do our work.
    Own(anyhow::Error),
}

impl Failure {
    /// The process's exit code for it.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Failure::Usage(_) => exit_code::USAGE,
            Failure::Nothing(_) => exit_code::NOTHING_TO_CHECK,
            Failure::Own(_) => exit_code::OWN_FAILURE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(why) | Failure::Nothing(why) => f.write_str(why),
            // The whole chain in one line: what we were doing, then why it failed.
            Failure::Own(why) => write!(f, "{why:#}"),
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(why: anyhow::Error) -> Self {
        Failure::Own(why)
    }
}
