//! Does an image export a symbol (dyld/Loader.cpp:hasExportedSymbol)? Its own trie first, then what it re-exports.

use super::Simulation;
use super::state::{Loaded, Slot, Source};
use super::system::Symbol;
use crate::image::Image;
use crate::load::{Export, Likelihood, Question};

/// Renamed re-exports may go round in circles; dyld would not come back.
const DEEPEST: usize = 64;

/// The answer of an image and of what it re-exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Yes {
        weak: bool,
    },
    No(Likelihood),
    /// Nobody knows what this provider exports.
    Unknown(String),
    /// It would be in a library whose absence is a failure of its own.
    Moot,
    /// The table of exports is damaged: dyld's words, and whether they name the symbol.
    Damaged {
        text: String,
        names_symbol: bool,
    },
    /// A recording does not tell.
    NotRecorded,
}

impl Simulation<'_> {
    /// `follow`: also search re-exported libraries, as a two-level lookup does and a flat one does not.
    pub(super) fn exported(&self, image: usize, symbol: &str, follow: bool) -> Answer {
        self.exported_by(image, symbol, follow, &mut Vec::new(), 0)
    }

    fn exported_by(
        &self,
        image: usize,
        symbol: &str,
        follow: bool,
        visited: &mut Vec<usize>,
        depth: usize,
    ) -> Answer {
        if visited.contains(&image) || depth > DEEPEST {
            return Answer::No(Likelihood::Certain);
        }
        visited.push(image);
        let Some(loaded) = self.loaded.get(image) else {
            return Answer::No(Likelihood::Certain);
        };
        let slice = match loaded.source {
            Source::Cache { known } => return self.cached(&loaded.path, symbol, known),
            Source::Unknown => return Answer::Unknown("the executable".to_owned()),
            Source::File { slice, .. } => slice,
        };
        let question = Question {
            symbol,
            version: None,
        };
        match self.images.export(&loaded.path, slice, &question) {
            Export::Defined { weak } => Answer::Yes { weak },
            Export::OtherVersion { .. } => Answer::Yes { weak: false },
            Export::Absent if follow => self.reexported(image, symbol, visited, depth),
            Export::Absent => Answer::No(Likelihood::Certain),
            Export::Damaged { why } => Answer::Damaged {
                text: why,
                names_symbol: false,
            },
            Export::NotRecorded => Answer::NotRecorded,
            Export::Reexport {
                ordinal,
                symbol: name,
            } => {
                let name = if name.is_empty() { symbol } else { &name };
                self.named_reexport(loaded, ordinal, (symbol, name), follow, (visited, depth))
            }
        }
    }

    /// The trie says that the symbol is `name` in the dependent of this ordinal. Under another name the search
    /// starts anew, and follows re-exported libraries.
    fn named_reexport(
        &self,
        loaded: &Loaded,
        ordinal: u64,
        (symbol, name): (&str, &str),
        follow: bool,
        (visited, depth): (&mut Vec<usize>, usize),
    ) -> Answer {
        let slot = usize::try_from(ordinal)
            .ok()
            .and_then(|ordinal| ordinal.checked_sub(1));
        let depth = depth.saturating_add(1);
        match slot.and_then(|slot| loaded.dependents.get(slot)) {
            Some(Slot::Image(next)) if name == symbol => {
                self.exported_by(*next, symbol, follow, visited, depth)
            }
            Some(Slot::Image(next)) => self.exported_by(*next, name, true, &mut Vec::new(), depth),
            Some(Slot::Absent) => Answer::No(Likelihood::Certain),
            Some(Slot::Failed) => Answer::Moot,
            None => Answer::Damaged {
                text: format!(
                    "re-export ordinal {ordinal} in {} out of range for {symbol}",
                    loaded.path
                ),
                names_symbol: true,
            },
        }
    }

    fn cached(&self, path: &str, symbol: &str, known: bool) -> Answer {
        let unknown = || Answer::Unknown(format!("`{path}`"));
        if !known {
            return unknown();
        }
        match self.system.symbol(path, symbol, self.target()) {
            Symbol::Exported { weak } => Answer::Yes { weak },
            Symbol::Absent(likelihood) => Answer::No(likelihood),
            Symbol::Unknown => unknown(),
        }
    }

    fn reexported(
        &self,
        image: usize,
        symbol: &str,
        visited: &mut Vec<usize>,
        depth: usize,
    ) -> Answer {
        let Some(loaded) = self.loaded.get(image) else {
            return Answer::No(Likelihood::Certain);
        };
        let dependents = loaded
            .image()
            .map_or(&[][..], |image: &Image| &image.dependents);
        let mut best = Answer::No(Likelihood::Certain);
        for (dependent, slot) in dependents.iter().zip(&loaded.dependents) {
            if !dependent.reexport {
                continue;
            }
            let answer = match slot {
                Slot::Image(next) => {
                    self.exported_by(*next, symbol, true, visited, depth.saturating_add(1))
                }
                Slot::Absent => Answer::No(Likelihood::Certain),
                Slot::Failed => Answer::Moot,
            };
            match answer {
                Answer::Yes { .. } | Answer::Damaged { .. } | Answer::NotRecorded => return answer,
                Answer::Unknown(_) | Answer::Moot => best = answer,
                Answer::No(Likelihood::Likely) if best == Answer::No(Likelihood::Certain) => {
                    best = answer;
                }
                Answer::No(_) => {}
            }
        }
        best
    }
}
