//! What a build did: its command, how it ended, its whole log, and what that log says went wrong.

mod commands;
mod log;

use serde::{Deserialize, Serialize};

pub use commands::{CompileCommand, compile_commands};
pub use log::{BuildFault, FaultKind, faults};

/// One build that was really run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// The command with its arguments; one element for a shell command of the user's.
    pub command: Vec<String>,
    /// The directory in which it ran.
    pub directory: String,
    /// How it ended.
    pub ending: Ending,
    /// Everything that it printed, stdout and stderr as they came.
    pub log: String,
    /// Bytes left out in the middle of `log`, where it was longer than loadproof keeps.
    #[serde(default)]
    pub log_bytes_left_out: u64,
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
            Ending::Killed { signal } => format!("killed by {}", signal_name(*signal)),
            Ending::TimedOut { after } => format!("stopped after {after} s"),
            Ending::NotStarted { why } => format!("not started: {why}"),
        }
    }
}

/// The name of a signal, or its number where macOS and Linux number differently and both are likely.
pub fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        // SIGUSR1 on Linux.
        10 => "signal 10 (SIGBUS on macOS)",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}
