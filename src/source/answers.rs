//! What was asked about a project and what the answers were; in a replay they answer in the disk's place.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::project::{Input, Project, Reference, Text, Variable};

/// Answers about a project. What was never asked is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceAnswers {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    texts: BTreeMap<String, Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    files: Option<Arc<[String]>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    variables: BTreeMap<String, Variable>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    importable: BTreeMap<String, bool>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    references: BTreeMap<String, Arc<[Reference]>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    inputs: BTreeMap<String, Arc<[Input]>>,
}

impl SourceAnswers {
    /// Nobody asked.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.files.is_none() && self.variables.is_empty()
    }
}

impl Project for SourceAnswers {
    fn text(&self, path: &str) -> Text {
        self.texts.get(path).cloned().unwrap_or(Text::NotRecorded)
    }

    fn files(&self) -> Option<Arc<[String]>> {
        self.files.clone()
    }

    fn variable(&self, name: &str) -> Variable {
        self.variables
            .get(name)
            .cloned()
            .unwrap_or(Variable::Unknown)
    }

    fn importable(&self, module: &str) -> Option<bool> {
        self.importable.get(module).copied()
    }

    fn references(&self, symbol: &str) -> Arc<[Reference]> {
        let known = self.references.get(symbol).cloned();
        known.unwrap_or_else(|| Arc::from([]))
    }

    fn inputs(&self, symbol: &str) -> Arc<[Input]> {
        let known = self.inputs.get(symbol).cloned();
        known.unwrap_or_else(|| Arc::from([]))
    }
}

/// Passes every question on and remembers the answer.
pub struct SourceRecorder<'a> {
    inner: &'a dyn Project,
    answers: Mutex<SourceAnswers>,
}

impl<'a> SourceRecorder<'a> {
    /// A recorder in front of `inner`.
    pub fn new(inner: &'a dyn Project) -> Self {
        SourceRecorder {
            inner,
            answers: Mutex::default(),
        }
    }

    /// All that was answered.
    pub fn into_answers(self) -> SourceAnswers {
        self.answers
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, write: impl FnOnce(&mut SourceAnswers)) {
        write(&mut self.answers.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Project for SourceRecorder<'_> {
    fn text(&self, path: &str) -> Text {
        let answer = self.inner.text(path);
        self.note(|answers| {
            answers.texts.insert(path.to_owned(), answer.clone());
        });
        answer
    }

    fn files(&self) -> Option<Arc<[String]>> {
        let answer = self.inner.files();
        self.note(|answers| answers.files.clone_from(&answer));
        answer
    }

    fn variable(&self, name: &str) -> Variable {
        let answer = self.inner.variable(name);
        self.note(|answers| {
            answers.variables.insert(name.to_owned(), answer.clone());
        });
        answer
    }

    fn importable(&self, module: &str) -> Option<bool> {
        let answer = self.inner.importable(module);
        if let Some(answer) = answer {
            self.note(|answers| {
                answers.importable.insert(module.to_owned(), answer);
            });
        }
        answer
    }

    fn references(&self, symbol: &str) -> Arc<[Reference]> {
        let answer = self.inner.references(symbol);
        if !answer.is_empty() {
            self.note(|answers| {
                answers
                    .references
                    .insert(symbol.to_owned(), Arc::clone(&answer));
            });
        }
        answer
    }

    fn inputs(&self, symbol: &str) -> Arc<[Input]> {
        let answer = self.inner.inputs(symbol);
        if !answer.is_empty() {
            self.note(|answers| {
                answers
                    .inputs
                    .insert(symbol.to_owned(), Arc::clone(&answer));
            });
        }
        answer
    }
}
