//! What the file system answered, remembered question by question; in a replay it answers in the disk's place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::image::Image;
use crate::load::{Content, Export, ImageSource, Lookup, Question};

/// Answers of a file system. A question that was never asked is answered with `NotRecorded`, never with "absent".
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Files {
    lookups: BTreeMap<String, Lookup>,
    contents: BTreeMap<String, Arc<Content>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    real_paths: BTreeMap<String, Option<String>>,
    /// By real path and slice (`path#0`), then by symbol (`name` or `name@version`).
    exports: BTreeMap<String, BTreeMap<String, Export>>,
}

impl ImageSource for Files {
    fn lookup(&self, path: &str) -> Lookup {
        self.lookups
            .get(path)
            .cloned()
            .unwrap_or(Lookup::NotRecorded)
    }

    fn content(&self, real_path: &str) -> Arc<Content> {
        self.contents
            .get(real_path)
            .cloned()
            .unwrap_or_else(|| Arc::new(Content::NotRecorded))
    }

    fn real_path(&self, path: &str) -> Option<String> {
        self.real_paths.get(path).cloned().flatten()
    }

    fn export(&self, real_path: &str, slice: usize, question: &Question<'_>) -> Export {
        let answers = self.exports.get(&slice_key(real_path, slice));
        answers
            .and_then(|answers| answers.get(&symbol_key(question)))
            .cloned()
            .unwrap_or(Export::NotRecorded)
    }
}

fn slice_key(real_path: &str, slice: usize) -> String {
    format!("{real_path}#{slice}")
}

fn symbol_key(question: &Question<'_>) -> String {
    match question.version {
        Some(version) => format!("{}@{version}", question.symbol),
        None => question.symbol.to_owned(),
    }
}

impl Files {
    /// Leaves out what no replay asks: of images that are not ours (`keep_whole` says which are) the imports other
    /// than `symbols`, and the answers to them. libtorch alone would fill megabytes. Returns the symbols that a replay
    /// still asks for.
    pub fn trim(
        &mut self,
        keep_whole: impl Fn(&str) -> bool,
        symbols: &BTreeSet<String>,
    ) -> BTreeSet<String> {
        let mut asked: BTreeSet<String> = symbols.clone();
        for (path, content) in &mut self.contents {
            let whole = keep_whole(path);
            let retain = |image: &mut Image| {
                if whole {
                    asked.extend(image.imports.iter().map(|import| import.symbol.clone()));
                } else {
                    image
                        .imports
                        .retain(|import| symbols.contains(&import.symbol));
                }
            };
            match Arc::make_mut(content) {
                Content::MachO { slices } => slices.iter_mut().for_each(retain),
                Content::Elf { image } => [image.as_mut()].into_iter().for_each(retain),
                _ => {}
            }
        }
        for answers in self.exports.values_mut() {
            answers.retain(|key, _| {
                asked.contains(key.split('@').next().unwrap_or(key)) || is_init_function(key)
            });
        }
        asked
    }
}

impl Files {
    /// The install names and sonames that any recorded image asks for.
    pub fn dependents(&self) -> BTreeSet<String> {
        let images = self.contents.values().flat_map(|content| match &**content {
            Content::MachO { slices } => slices.as_slice(),
            Content::Elf { image } => std::slice::from_ref(image.as_ref()),
            _ => &[],
        });
        images
            .flat_map(|image| &image.dependents)
            .map(|dependent| dependent.install_name.clone())
            .collect()
    }
}

/// Questions that rules ask without an import behind them.
fn is_init_function(symbol: &str) -> bool {
    symbol.trim_start_matches('_').starts_with("PyInit")
}

/// Passes every question on and remembers the answer.
pub struct Recorder<'a> {
    inner: &'a dyn ImageSource,
    files: Mutex<Files>,
}

impl<'a> Recorder<'a> {
    /// A recorder in front of `inner`.
    pub fn new(inner: &'a dyn ImageSource) -> Self {
        Recorder {
            inner,
            files: Mutex::new(Files::default()),
        }
    }

    /// All that was asked.
    pub fn into_files(self) -> Files {
        self.files
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, write: impl FnOnce(&mut Files)) {
        write(&mut self.files.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl ImageSource for Recorder<'_> {
    fn lookup(&self, path: &str) -> Lookup {
        let answer = self.inner.lookup(path);
        self.note(|files| {
            files.lookups.insert(path.to_owned(), answer.clone());
        });
        answer
    }

    fn content(&self, real_path: &str) -> Arc<Content> {
        let answer = self.inner.content(real_path);
        self.note(|files| {
            files
                .contents
                .insert(real_path.to_owned(), Arc::clone(&answer));
        });
        answer
    }

    fn real_path(&self, path: &str) -> Option<String> {
        let answer = self.inner.real_path(path);
        self.note(|files| {
            files.real_paths.insert(path.to_owned(), answer.clone());
        });
        answer
    }

    fn export(&self, real_path: &str, slice: usize, question: &Question<'_>) -> Export {
        let answer = self.inner.export(real_path, slice, question);
        self.note(|files| {
            let answers = files
                .exports
                .entry(slice_key(real_path, slice))
                .or_default();
            answers.insert(symbol_key(question), answer.clone());
        });
        answer
    }
}
