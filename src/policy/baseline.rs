//! The baseline: what was found before and is no news.
//!
//! ```json
//! {"schema": 1, "findings": [{"rule": "duplicate-rpath", "subject": "x/_C.so", "module": "x/_C.so"}]}
//! ```

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::diagnosis::{Diagnosis, Place};

/// Findings by what identifies them, without versions of anything and without texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    findings: BTreeSet<Known>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    rule: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    module: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: u32,
    findings: Vec<Known>,
}

/// Why a file holds no baseline.
#[derive(Debug)]
pub struct BaselineError(String);

impl fmt::Display for BaselineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no baseline that this loadproof reads: {}", self.0)
    }
}

impl std::error::Error for BaselineError {}

impl Baseline {
    /// Reads a baseline.
    pub fn parse(text: &str) -> Result<Baseline, BaselineError> {
        let file: File =
            serde_json::from_str(text).map_err(|why| BaselineError(why.to_string()))?;
        if file.schema != 1 {
            return Err(BaselineError(format!("its schema is {}", file.schema)));
        }
        Ok(Baseline {
            findings: file.findings.into_iter().collect(),
        })
    }

    /// Adds a finding, once for each module that it breaks.
    pub fn add(&mut self, cause: &Diagnosis) {
        let known = |module: Option<&String>| Known {
            rule: cause.rule.to_owned(),
            subject: cause.subject.clone(),
            module: module.cloned().or_else(|| artifact(cause)),
        };
        if cause.modules.is_empty() {
            self.findings.insert(known(None));
        }
        let of_modules = cause.modules.iter().map(|module| known(Some(module)));
        self.findings.extend(of_modules);
    }

    /// Is a finding in it, for this module or, with `None`, for none in particular?
    pub(super) fn knows(&self, cause: &Diagnosis, module: Option<&str>) -> bool {
        self.findings.contains(&Known {
            rule: cause.rule.to_owned(),
            subject: cause.subject.clone(),
            module: module.map(str::to_owned).or_else(|| artifact(cause)),
        })
    }

    /// How many findings there are.
    pub fn len(&self) -> usize {
        self.findings.len()
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// The file's text, sorted, so that versions of it compare.
    pub fn to_json(&self) -> String {
        let file = File {
            schema: 1,
            findings: self.findings.iter().cloned().collect(),
        };
        let text = serde_json::to_string_pretty(&file).expect("strings and numbers are JSON");
        text + "\n"
    }
}

fn artifact(cause: &Diagnosis) -> Option<String> {
    match &cause.place {
        Place::Artifact { path, .. } => Some(path.clone()),
        _ => None,
    }
}
