//! An import that is not bound, as the failure that dyld would report.

use super::Simulation;
use super::message::{self, Place, Provider};
use super::process::Request;
use crate::load::{Likelihood, LoadFailure, Reason};

/// Why an import is not bound.
pub(super) enum Miss {
    /// Not in the image that should have it; `None`: a weak dylib that is absent.
    TwoLevel(Option<usize>, Likelihood),
    Flat(Likelihood),
    Weak(Likelihood),
    UnknownOrdinal(i64),
    /// A table of exports is damaged: dyld's words, whether they name the symbol, and whose table it is.
    Damaged {
        text: String,
        names_symbol: bool,
        provider: Option<usize>,
    },
}

impl Miss {
    /// A damaged table is another reason, unless dyld words it as a missing symbol.
    fn reason(&self) -> Reason {
        match self {
            Miss::TwoLevel(..) | Miss::Flat(_) | Miss::Weak(_) => Reason::SymbolNotFound,
            Miss::Damaged {
                names_symbol: true, ..
            } => Reason::SymbolNotFound,
            Miss::Damaged { .. } | Miss::UnknownOrdinal(_) => Reason::Malformed,
        }
    }

    fn likelihood(&self) -> Likelihood {
        match self {
            Miss::TwoLevel(_, likelihood) | Miss::Flat(likelihood) | Miss::Weak(likelihood) => {
                *likelihood
            }
            Miss::UnknownOrdinal(_) | Miss::Damaged { .. } => Likelihood::Certain,
        }
    }
}

impl Simulation<'_> {
    pub(super) fn symbol_failure(
        &self,
        image: usize,
        symbol: &str,
        miss: &Miss,
        request: &Request,
        start: usize,
    ) -> LoadFailure {
        let place = self.loaded.get(image).map(|loaded| self.place(loaded));
        let place = place.unwrap_or(Place {
            uuid: "no uuid",
            path: "",
            too_new: String::new(),
        });
        let (text, expected) = self.worded(symbol, miss, &place);
        let mut failure = self.failure(miss.reason(), symbol, Some(image), request, start, text);
        failure.expected_in = expected;
        failure.likelihood = miss.likelihood();
        failure
    }

    /// dyld's text, and where the symbol was expected.
    fn worded(&self, symbol: &str, miss: &Miss, place: &Place<'_>) -> (String, Option<String>) {
        let generation = self.generation;
        match miss {
            Miss::TwoLevel(index, _) => {
                let provider = self.provider(*index);
                let text = message::symbol(generation, symbol, place, &provider);
                (text, Some(provider.path.to_owned()))
            }
            Miss::Flat(_) => {
                let text = message::flat(generation, symbol, place);
                (text, Some(message::FLAT.to_owned()))
            }
            Miss::Weak(_) => (message::weak(generation, symbol, place), None),
            Miss::UnknownOrdinal(ordinal) => {
                let path = place.path;
                let text =
                    format!("unknown library ordinal {ordinal} in {path} when binding '{symbol}'");
                (text, None)
            }
            Miss::Damaged {
                text,
                provider: index,
                ..
            } => {
                let provider = self.provider(*index);
                let text = message::damaged(generation, text, place, &provider);
                (text, index.map(|_| provider.path.to_owned()))
            }
        }
    }

    fn provider(&self, index: Option<usize>) -> Provider<'_> {
        let loaded = index.and_then(|index| self.loaded.get(index));
        loaded.map_or(Provider::UNKNOWN, |loaded| Provider {
            uuid: loaded.uuid(),
            path: &loaded.path,
        })
    }
}
