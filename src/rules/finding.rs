//! What a rule says: a sentence, why it believes it, and what to do.

use std::collections::BTreeMap;

use crate::diagnosis::{Evidence, Place, Related, Severity, Source};

/// A rule's words about one case. Made with [`Finding::new`], so that none is without a sentence and a remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// One sentence: starts in lower case, no full stop.
    pub message: String,
    /// What to do, as Markdown.
    pub remedy: String,
    /// How bad this case is, where it is less bad than the rule's [`severity`](super::Rule::severity).
    pub severity: Option<Severity>,
    /// What is blamed.
    pub subject: Option<String>,
    /// The line or file to edit, where it can be proved; else the artifact or the project is the place.
    pub place: Option<Place>,
    /// What is at that line.
    pub label: Option<String>,
    /// Other lines that belong to it.
    pub related: Vec<Related>,
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// Names and values for machines.
    pub facts: BTreeMap<&'static str, String>,
}

impl Finding {
    /// A finding that says `message` and advises `remedy`.
    pub fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Finding {
            message: message.into(),
            remedy: remedy.into(),
            severity: None,
            subject: None,
            place: None,
            label: None,
            related: Vec::new(),
            evidence: Vec::new(),
            facts: BTreeMap::new(),
        }
    }

    /// Names what is blamed.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Says that this case is only so bad.
    pub fn only(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Names the place.
    pub fn place(mut self, place: impl Into<Place>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Says what is at the place: a fragment in lower case, no full stop.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds another line that belongs to it, with what is there.
    pub fn related(mut self, place: Source, label: impl Into<String>) -> Self {
        self.related.push(Related {
            place,
            label: label.into(),
        });
        self
    }

    /// Adds something that was seen.
    pub fn evidence(mut self, source: impl Into<String>, text: impl Into<String>) -> Self {
        self.evidence.push(Evidence {
            source: source.into(),
            text: text.into(),
        });
        self
    }

    /// Adds a name and its value.
    pub fn fact(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.facts.insert(name, value.into());
        self
    }

    /// Adds a name and its value, where there is one.
    pub fn fact_if(mut self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        if let Some(value) = value {
            self.facts.insert(name, value.into());
        }
        self
    }
}
