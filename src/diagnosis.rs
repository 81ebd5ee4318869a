//! One cause of failure: what is wrong, how sure that is, where to mend it.

mod place;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use place::{Excerpt, Place, Related, Source};

/// A cause, with everything a reader needs to believe and mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// The rule's id, such as `symbol-missing-other`.
    pub rule: &'static str,
    /// How bad.
    pub severity: Severity,
    /// How it is known.
    pub certainty: Certainty,
    /// The line, file or artifact to look at.
    pub place: Place,
    /// What is at that line: a fragment in lower case, no full stop.
    pub label: Option<String>,
    /// Other lines that belong to it.
    pub related: Vec<Related>,
    /// What is blamed: a symbol, an install name, a header, a flag.
    pub subject: Option<String>,
    /// One sentence: what is wrong, and with what. Starts in lower case, no full stop.
    pub message: String,
    /// What was seen, in the order in which it convinces.
    pub evidence: Vec<Evidence>,
    /// What to do, as Markdown; commands are in backticks or fences.
    pub remedy: String,
    /// Names and values for machines: `symbol`, `library`, `referenced_from`, `have_arch` and so on.
    pub facts: BTreeMap<&'static str, String>,
    /// Path (in the wheel) of every module that this cause breaks.
    pub modules: Vec<String>,
}

/// How bad a finding is. Ordered: `Note < Warning < Error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// It may break elsewhere.
    Warning,
    /// It breaks.
    Error,
}

/// How a cause is known. Ordered by strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// A static check says so; nothing was tried, or nothing could be.
    Predicted,
    /// The real build or import showed it; no static check could know.
    Observed,
    /// Both.
    Confirmed,
}

/// Something that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Where: `build log line 12`, `import of hello._C`, `hello/_C.so`, `simulated load`.
    pub source: String,
    /// The text, as it was; may have several lines and may be hostile.
    pub text: String,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Certainty::Predicted => "predicted",
            Certainty::Observed => "observed",
            Certainty::Confirmed => "confirmed",
        })
    }
}
