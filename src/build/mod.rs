//! What a build did: its command, how it ended, its whole log, what that log says went wrong, and the commands that ran.

mod commands;
mod lines;
mod log;

use serde::{Deserialize, Serialize};

pub(crate) use commands::RULES;
pub use commands::{
    Commands, CompileCommand, LinkCommand, LinkWord, Told, Words, Written, compile_commands,
    link_commands,
};
pub use log::{
    BuildFault, BuildWarning, FaultKind, Frame, Step, WarningKind, build_warnings, faults, stack,
    standard_asked,
};

/// One build that was really run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// The command with its arguments; one element for a shell command of the user's.
    pub command: Vec<String>,
    /// The directory in which it ran.
    pub directory: String,
    /// When it began: nanoseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<u64>,
    /// How it ended.
    pub ending: Ending,
    /// Everything that it printed, stdout and stderr as they came.
    pub log: String,
    /// Bytes left out in the middle of `log`, where it was longer than loadproof keeps.
    #[serde(default)]
    pub log_bytes_left_out: u64,
    /// What it wrote about its own commands, beside what it made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub written: Vec<Written>,
    /// File names of the wheel or the artifacts that it made.
    pub produced: Vec<String>,
    /// Wall time in milliseconds.
    pub milliseconds: u64,
}

/// Every way in which a child process can end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// By itself.
    Exited {
        /// The exit code.
        code: i32,
    },
    /// By a signal.
    Killed {
        /// Its number.
        signal: i32,
    },
    /// By us, at the limit.
    TimedOut {
        /// The limit in seconds.
        after: u64,
    },
    /// It never started.
    NotStarted {
        /// Why: a lowercase fragment.
        why: String,
    },
}

impl Ending {
    /// Did it end well?
    pub fn is_success(&self) -> bool {
        matches!(self, Ending::Exited { code: 0 })
    }

    /// The ending in words: `exit code 1`, `killed by SIGKILL`.
    pub fn describe(&self) -> String {
        match self {
            Ending::Exited { code } => format!("exit code {code}"),
            Ending::Killed { signal } => format!("killed by {}", signal_name(*signal, None)),
            Ending::TimedOut { after } => format!("stopped after {after} s"),
            Ending::NotStarted { why } => format!("not started: {why}"),
        }
    }
}

/// The name of a signal. Two numbers differ between the systems: they stay numbers where the system is not known.
pub fn signal_name(signal: i32, macos: Option<bool>) -> String {
    let name = match (signal, macos) {
        (1, _) => "SIGHUP",
        (2, _) => "SIGINT",
        (3, _) => "SIGQUIT",
        (4, _) => "SIGILL",
        (5, _) => "SIGTRAP",
        (6, _) => "SIGABRT",
        (8, _) => "SIGFPE",
        (9, _) => "SIGKILL",
        (11, _) => "SIGSEGV",
        (13, _) => "SIGPIPE",
        (15, _) => "SIGTERM",
        (7, Some(false)) | (10, Some(true)) => "SIGBUS",
        (31, Some(false)) | (12, Some(true)) => "SIGSYS",
        (other, _) => return format!("signal {other}"),
    };
    name.to_owned()
}
