//! One real import and every way in which it can end.

use serde::{Deserialize, Serialize};

/// An import that was really tried, in a process of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportAttempt {
    /// Path of the file in the wheel.
    pub path: String,
    /// The module's dotted name.
    pub module: String,
    /// What was different about the process.
    pub situation: Situation,
    /// How it ended.
    pub outcome: ImportOutcome,
    /// Images in the process at the moment before the module's own `dlopen`; absent if Python never got there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images_before: Option<Vec<String>>,
    /// `__file__` of the module's top-level package, if one was imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package_origin: Option<String>,
    /// The torch operators that appeared (for a library that registers operators and is no module).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operators: Vec<String>,
    /// The OpenMP runtimes in the process afterwards, where there is more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub openmp: Vec<String>,
    /// What it printed to stderr and stdout (64 KiB at most, the end of it).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
    /// Wall time in milliseconds.
    pub milliseconds: u64,
}

/// What was different about the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Situation {
    /// Nothing imported before, PYTHONPATH ignored.
    Alone,
    /// After `import torch`, PYTHONPATH ignored.
    AfterTorch,
    /// With the user's PYTHONPATH (and after `import torch` where the module needs it).
    UserPath,
}

/// Every way an import can end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImportOutcome {
    /// It came up, from our file.
    Imported,
    /// A module of that name came up, but from elsewhere.
    Shadowed {
        /// The file that was taken; empty for a built-in module.
        by: String,
    },
    /// An exception.
    Raised {
        /// The exception's class: `ImportError`.
        exception: String,
        /// Its text.
        message: String,
        /// The traceback as Python prints it.
        traceback: String,
    },
    /// What must be imported first did not come up (torch).
    NotReached {
        /// What was to be imported before.
        needed: String,
        /// Why it failed.
        why: String,
    },
    /// The process died of a signal.
    Killed {
        /// Its number.
        signal: i32,
    },
    /// The module ended the process.
    Exited {
        /// The exit code.
        code: i32,
    },
    /// It did not end within the limit.
    TimedOut {
        /// The limit in seconds.
        after: u64,
    },
    /// Python could not be started.
    NotStarted {
        /// Why.
        why: String,
    },
}

impl Situation {
    /// The word for it in reports.
    pub fn word(self) -> &'static str {
        match self {
            Situation::Alone => "alone",
            Situation::AfterTorch => "after-torch",
            Situation::UserPath => "user-path",
        }
    }
}

impl ImportOutcome {
    /// The word for it in reports.
    pub fn word(&self) -> &'static str {
        match self {
            ImportOutcome::Imported => "imported",
            ImportOutcome::Shadowed { .. } => "shadowed",
            ImportOutcome::Raised { .. } => "raised",
            ImportOutcome::NotReached { .. } => "not-reached",
            ImportOutcome::Killed { .. } => "killed",
            ImportOutcome::Exited { .. } => "exited",
            ImportOutcome::TimedOut { .. } => "timed-out",
            ImportOutcome::NotStarted { .. } => "not-started",
        }
    }
}
