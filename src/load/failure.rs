//! Why a load fails, whether predicted or read out of a loader's message.

use serde::{Deserialize, Serialize};

/// One reason why a `dlopen` fails. What a text did not say, or a simulation does not know, is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadFailure {
    /// What kind of failure.
    pub reason: Reason,
    /// What is blamed: the load path, the symbol, or the file.
    pub subject: String,
    /// The image that asked for the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referenced_from: Option<String>,
    /// Where a missing symbol was expected: path of an image, or `flat namespace`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_in: Option<String>,
    /// The ELF symbol version that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol_version: Option<String>,
    /// Architectures that the refused file has, as the message words them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub have_arch: Option<String>,
    /// Architectures that the process needs, as the message words them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub need_arch: Option<String>,
    /// The paths of the images that led here, the opened one first, the one that asked last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<String>,
    /// Every path that was tried, in order, with the reason for its refusal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Attempt>,
    /// The loader's own words for it.
    pub message: String,
    /// How sure it is.
    pub likelihood: Likelihood,
}

impl LoadFailure {
    /// A certain failure of which nothing else is known.
    #[must_use]
    pub fn of(reason: Reason, subject: impl Into<String>) -> LoadFailure {
        LoadFailure {
            reason,
            subject: subject.into(),
            referenced_from: None,
            expected_in: None,
            symbol_version: None,
            have_arch: None,
            need_arch: None,
            chain: Vec::new(),
            tried: Vec::new(),
            message: String::new(),
            likelihood: Likelihood::Certain,
        }
    }
}

/// A path that was tried and refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The path.
    pub path: String,
    /// Why not, in the loader's words: `no such file`.
    pub why: String,
}

/// The kinds of failure. The words are part of the JSON formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The opened file or a dependent is at none of the candidate paths.
    LibraryNotFound,
    /// An import that no image provides.
    SymbolNotFound,
    /// A library has not the symbol version that an image requires of it as a whole (ELF).
    VersionNotFound,
    /// No slice for this process.
    ArchMismatch,
    /// Built for another platform.
    PlatformMismatch,
    /// A bundle as a dependent, an object file and the like.
    WrongFiletype,
    /// Not an image, or a damaged one.
    Malformed,
    /// The signature is absent, stale or not acceptable.
    Codesign,
    /// It asks for an executable stack, which glibc 2.41 and newer no longer grant at run time.
    ExecutableStack,
    /// A directory, a device.
    NotAFile,
}

/// How sure a prediction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Likelihood {
    /// It would fail: a warning at most.
    Likely,
    /// It fails.
    Certain,
}
