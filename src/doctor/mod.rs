//! The environment without a project: what was seen of it, a verdict on each part, and the one thing to mend first.
//!
//! [`examine`] is pure. The parts are asked in the order in which they rest on each other: where a Python does not
//! start, nothing can be said of its torch; so the first part with a problem is the one to mend first.

mod build;
mod python;
mod seen;
#[cfg(test)]
mod tests;
mod torch;
mod variables;

use serde::Serialize;

pub use seen::{CommandLineTools, Program, Sdk, Surroundings, WithVariables};

/// How it stands with one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be.
    Fine,
    /// Worth knowing.
    Note,
    /// May break builds or imports.
    Warning,
    /// Breaks builds or imports.
    Problem,
    /// Could not be asked.
    Unknown,
}

/// What is said of one part of the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The part: one word or two.
    pub part: String,
    /// How it stands.
    pub verdict: Verdict,
    /// What was seen: a sentence without a full stop.
    pub says: String,
    /// The cause's id, where it is one of those that `loadproof explain` knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'static str>,
    /// What to do: sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// What a program printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

impl Finding {
    fn new(part: impl Into<String>, verdict: Verdict, says: impl Into<String>) -> Self {
        Finding {
            part: part.into(),
            verdict,
            says: says.into(),
            cause: None,
            remedy: None,
            evidence: None,
        }
    }

    fn fine(part: impl Into<String>, says: impl Into<String>) -> Self {
        Finding::new(part, Verdict::Fine, says)
    }

    fn note(part: impl Into<String>, says: impl Into<String>) -> Self {
        Finding::new(part, Verdict::Note, says)
    }

    fn warning(part: impl Into<String>, says: impl Into<String>) -> Self {
        Finding::new(part, Verdict::Warning, says)
    }

    fn problem(part: impl Into<String>, says: impl Into<String>) -> Self {
        Finding::new(part, Verdict::Problem, says)
    }

    fn unknown(part: impl Into<String>, says: impl Into<String>) -> Self {
        Finding::new(part, Verdict::Unknown, says)
    }

    fn cause(mut self, cause: &'static str) -> Self {
        self.cause = Some(cause);
        self
    }

    fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    fn evidence(mut self, text: &str) -> Self {
        let text = text.trim();
        self.evidence = (!text.is_empty()).then(|| text.to_owned());
        self
    }
}

/// What is said of the whole environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkup {
    /// The parts, in the order in which they rest on each other.
    pub findings: Vec<Finding>,
}

impl Checkup {
    /// The one thing to mend first, if anything must be mended.
    pub fn first(&self) -> Option<&Finding> {
        self.with(Verdict::Problem).next()
    }

    /// The findings of one verdict.
    pub fn with(&self, verdict: Verdict) -> impl Iterator<Item = &Finding> {
        let findings = self.findings.iter();
        findings.filter(move |finding| finding.verdict == verdict)
    }
}

/// Judges what was seen.
pub fn examine(seen: &Surroundings) -> Checkup {
    let mut findings = Vec::new();
    findings.extend(build::path(seen));
    findings.extend(python::interpreter(seen));
    if let Some(interpreter) = seen.python() {
        findings.extend(python::variables(seen, interpreter));
        findings.extend(python::working_directory(seen));
        findings.extend(python::processor(seen, interpreter));
        findings.extend(torch::torch(seen, interpreter));
        findings.extend(torch::openmp(seen));
        findings.extend(torch::numpy(interpreter));
        findings.extend(build::compiler(seen, interpreter));
        findings.extend(build::sdk(seen));
        findings.push(build::headers(seen, interpreter));
        findings.extend(build::packages(interpreter));
    } else {
        let why = "not asked: there is no Python to ask";
        findings.extend(
            ["torch", "compiler", "Python's headers"].map(|part| Finding::unknown(part, why)),
        );
    }
    findings.extend(variables::of_builds(seen));
    findings.extend(variables::of_loads(seen));
    Checkup { findings }
}
