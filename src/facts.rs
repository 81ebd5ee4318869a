//! All that was seen in one run, versioned and serialisable: what a replay needs and nothing else.

mod files;
mod system;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::build::Build;
use crate::dyld;
use crate::ldso;
use crate::python::{ImportAttempt, InterpreterProbe, TorchProbe};
use crate::report::Timing;
use crate::source::SourceAnswers;

pub use files::{Files, Recorder};
pub use system::{SystemAnswers, SystemRecorder};

/// The version of the format that this loadproof writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// Everything that was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// [`FORMAT`] of the loadproof that wrote it.
    pub format: u32,
    /// Version of that loadproof.
    pub tool_version: String,
    /// Start of the run: RFC 3339, UTC, whole seconds.
    pub started_at: String,
    /// The project as the user named it.
    pub project: String,
    /// The project's directory, absolute; places in it are reported relative to it.
    pub project_directory: String,
    /// The project's directory relative to the repository that holds it, where it is not the repository itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_prefix: Option<String>,
    /// Where the wheel was installed: the directory that was put on sys.path.
    pub overlay: String,
    /// Processor of this machine as loadproof's own process sees it.
    pub host_arch: String,
    /// The Python.
    pub interpreter: InterpreterProbe,
    /// What `import torch` did; absent if there is no torch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub torch: Option<TorchProbe>,
    /// The build; absent if a wheel was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<Build>,
    /// What the wheel's metadata require of torch, such as `torch==2.6.0`; absent if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_torch: Option<String>,
    /// Every native file of the wheel, in wheel order.
    pub artifacts: Vec<Artifact>,
    /// Why nothing was installed although the build ended well: a lowercase fragment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_installed: Option<String>,
    /// Every real import.
    pub imports: Vec<ImportAttempt>,
    /// Why no import was tried, if none was to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imports_skipped: Option<String>,
    /// The loader's view of a fresh process, on Linux; what it has loaded is told by each import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ldso: Option<ldso::Process>,
    /// dyld's view of a fresh process, on macOS; what it has loaded is told by each import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dyld: Option<dyld::Process>,
    /// What the file system answered.
    #[serde(default)]
    pub files: Files,
    /// What the shared cache of the Mac of the run answered.
    #[serde(default, skip_serializing_if = "SystemAnswers::is_empty")]
    pub system: SystemAnswers,
    /// What was asked about the project's own files.
    #[serde(default, skip_serializing_if = "SourceAnswers::is_empty")]
    pub sources: SourceAnswers,
    /// How long each stage took.
    pub timings: Vec<Timing>,
}

/// One native file of the wheel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Path in the wheel, with `/`.
    pub path: String,
    /// Where it was installed, absolute, symbolic links resolved.
    pub installed: String,
    /// Size in bytes.
    pub size: u64,
    /// The com.apple.quarantine attribute, if it carries one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<String>,
    /// How it is opened, where that is not for its name and content to decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_as: Option<OpenAs>,
}

/// How a native file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpenAs {
    /// By Python's import.
    Import,
    /// By ctypes: RTLD_LOCAL, and nothing is asked of it afterwards.
    Ctypes,
    /// Started as a program.
    Exec,
}

/// Why a recording cannot be replayed.
#[derive(Debug)]
pub enum ReplayError {
    /// It is not JSON, or not a recording.
    NotARecording(serde_json::Error),
    /// A newer loadproof wrote it.
    Newer(u32),
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplayError::NotARecording(why) => write!(f, "not a recording of loadproof: {why}"),
            ReplayError::Newer(format) => {
                write!(
                    f,
                    "recorded in format {format} by a newer loadproof; this one reads up to format {FORMAT}"
                )
            }
        }
    }
}

impl std::error::Error for ReplayError {}

impl Facts {
    /// Reads a recording.
    pub fn from_json(bytes: &[u8]) -> Result<Facts, ReplayError> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        // The number first: a newer format need not have today's fields.
        let head: Head = serde_json::from_slice(bytes).map_err(ReplayError::NotARecording)?;
        if head.format > FORMAT {
            return Err(ReplayError::Newer(head.format));
        }
        serde_json::from_slice(bytes).map_err(ReplayError::NotARecording)
    }
}
