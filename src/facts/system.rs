//! What the shared cache of the machine of the run answered, so that a replay elsewhere comes to the same verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::dyld::{Library, Symbol, SystemLibraries, Target, might_be_cached};
use crate::load::Likelihood;

/// Answers for the one macOS version and processor of [`super::Facts::dyld`]. Only what is certain is kept: anything
/// less comes from a table that the replay has too. What was never asked is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemAnswers {
    /// The install name for a path; `None`: no such library.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    libraries: BTreeMap<String, Option<String>>,
    /// By install name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    symbols: BTreeMap<String, Exports>,
    /// The same, with all that is loaded because of that library.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    behind: BTreeMap<String, Exports>,
}

/// Most answers are the first one: three lists of names are shorter than an answer per name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Exports {
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    there: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    weak: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    absent: BTreeSet<String>,
}

impl SystemAnswers {
    /// Whether nothing was answered, as on any machine that is no Mac.
    pub fn is_empty(&self) -> bool {
        self.libraries.is_empty() && self.symbols.is_empty()
    }

    /// Leaves out the answers about other symbols than `asked`.
    pub fn trim(&mut self, asked: &BTreeSet<String>) {
        for answers in [&mut self.symbols, &mut self.behind] {
            answers.retain(|_, exports| exports.trim(asked));
        }
    }

    fn note_library(&mut self, path: &str, answer: &Library) {
        // The paths of other libraries are in no cache, and nobody's business.
        if !might_be_cached(path) {
            return;
        }
        let kept = match answer {
            Library::Present { install_name } => Some(install_name.clone()),
            Library::Absent(Likelihood::Certain) => None,
            Library::Absent(Likelihood::Likely) | Library::Unknown => return,
        };
        self.libraries.insert(path.to_owned(), kept);
    }
}

impl Exports {
    /// False if nothing is left.
    fn trim(&mut self, asked: &BTreeSet<String>) -> bool {
        let mut any = false;
        for set in [&mut self.there, &mut self.weak, &mut self.absent] {
            set.retain(|symbol| asked.contains(symbol));
            any |= !set.is_empty();
        }
        any
    }

    fn note(&mut self, symbol: &str, answer: Symbol) {
        let set = match answer {
            Symbol::Exported { weak: false } => &mut self.there,
            Symbol::Exported { weak: true } => &mut self.weak,
            Symbol::Absent(Likelihood::Certain) => &mut self.absent,
            Symbol::Absent(Likelihood::Likely) | Symbol::Unknown => return,
        };
        set.insert(symbol.to_owned());
    }

    fn answer(&self, symbol: &str) -> Symbol {
        if self.there.contains(symbol) {
            Symbol::Exported { weak: false }
        } else if self.weak.contains(symbol) {
            Symbol::Exported { weak: true }
        } else if self.absent.contains(symbol) {
            Symbol::Absent(Likelihood::Certain)
        } else {
            Symbol::Unknown
        }
    }
}

impl SystemLibraries for SystemAnswers {
    fn library(&self, path: &str, _: Target) -> Library {
        match self.libraries.get(path) {
            Some(Some(install_name)) => Library::Present {
                install_name: install_name.clone(),
            },
            Some(None) => Library::Absent(Likelihood::Certain),
            None => Library::Unknown,
        }
    }

    fn symbol(&self, install_name: &str, symbol: &str, _: Target) -> Symbol {
        let exports = self.symbols.get(install_name);
        exports.map_or(Symbol::Unknown, |exports| exports.answer(symbol))
    }

    fn symbol_behind(&self, install_name: &str, symbol: &str, _: Target) -> Symbol {
        let exports = self.behind.get(install_name);
        exports.map_or(Symbol::Unknown, |exports| exports.answer(symbol))
    }
}

/// Passes every question on and remembers the answer.
pub struct SystemRecorder<'a> {
    inner: &'a dyn SystemLibraries,
    answers: Mutex<SystemAnswers>,
}

impl<'a> SystemRecorder<'a> {
    /// A recorder in front of `inner`.
    pub fn new(inner: &'a dyn SystemLibraries) -> Self {
        SystemRecorder {
            inner,
            answers: Mutex::default(),
        }
    }

    /// All that was answered.
    pub fn into_answers(self) -> SystemAnswers {
        self.answers
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, write: impl FnOnce(&mut SystemAnswers)) {
        write(&mut self.answers.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl SystemLibraries for SystemRecorder<'_> {
    fn library(&self, path: &str, target: Target) -> Library {
        let answer = self.inner.library(path, target);
        self.note(|answers| answers.note_library(path, &answer));
        answer
    }

    fn symbol(&self, install_name: &str, symbol: &str, target: Target) -> Symbol {
        let answer = self.inner.symbol(install_name, symbol, target);
        self.note(|answers| {
            let exports = answers.symbols.entry(install_name.to_owned());
            exports.or_default().note(symbol, answer);
        });
        answer
    }

    fn symbol_behind(&self, install_name: &str, symbol: &str, target: Target) -> Symbol {
        let answer = self.inner.symbol_behind(install_name, symbol, target);
        self.note(|answers| {
            let exports = answers.behind.entry(install_name.to_owned());
            exports.or_default().note(symbol, answer);
        });
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dyld::CompleteCache;
    use crate::image::{Arch, Version};

    const TARGET: Target = Target {
        macos: Version::new(14, 5, 0),
        arch: Arch::Arm64,
    };
    const LIBRARY: &str = "/usr/lib/libanswer.1.dylib";

    fn recorded() -> SystemAnswers {
        let exports = BTreeSet::from(["_answer".to_owned(), "_other".to_owned()]);
        let cache = CompleteCache::new(BTreeMap::from([(LIBRARY.to_owned(), exports)]));
        let recorder = SystemRecorder::new(&cache);
        recorder.library(LIBRARY, TARGET);
        recorder.library("/usr/lib/libgone.dylib", TARGET);
        recorder.library("/home/me/libmine.dylib", TARGET);
        for symbol in ["_answer", "_other", "_question"] {
            recorder.symbol(LIBRARY, symbol, TARGET);
        }
        recorder.into_answers()
    }

    #[test]
    fn what_was_answered_is_answered_again_after_a_way_through_json() {
        let text = serde_json::to_string(&recorded()).unwrap();
        let answers: SystemAnswers = serde_json::from_str(&text).unwrap();
        let install_name = LIBRARY.to_owned();
        let present = Library::Present { install_name };
        assert_eq!(answers.library(LIBRARY, TARGET), present);
        let gone = answers.library("/usr/lib/libgone.dylib", TARGET);
        assert_eq!(gone, Library::Absent(Likelihood::Certain));
        let never = answers.library("/usr/lib/libnever.dylib", TARGET);
        assert_eq!(never, Library::Unknown);
        let mine = answers.library("/home/me/libmine.dylib", TARGET);
        assert_eq!(mine, Library::Unknown);
        let there = Symbol::Exported { weak: false };
        assert_eq!(answers.symbol(LIBRARY, "_answer", TARGET), there);
        let absent = Symbol::Absent(Likelihood::Certain);
        assert_eq!(answers.symbol(LIBRARY, "_question", TARGET), absent);
        assert_eq!(answers.symbol(LIBRARY, "_never", TARGET), Symbol::Unknown);
    }

    #[test]
    fn only_symbols_that_a_replay_asks_for_are_kept() {
        let mut answers = recorded();
        answers.trim(&BTreeSet::from(["_answer".to_owned()]));
        let there = Symbol::Exported { weak: false };
        assert_eq!(answers.symbol(LIBRARY, "_answer", TARGET), there);
        assert_eq!(answers.symbol(LIBRARY, "_other", TARGET), Symbol::Unknown);
        answers.trim(&BTreeSet::new());
        assert!(answers.symbols.is_empty());
    }
}
