//! A search that found nothing: every path that was tried, and which refusal stands for the failure.

use super::open::Refusal;
use super::why;
use crate::load::{Attempt, Reason};

/// Nothing was found.
#[derive(Debug, Clone, Default)]
pub(super) struct NotFound {
    pub(super) attempts: Vec<Attempt>,
    /// Where a file was found and refused: why, first the one that stands for the failure.
    pub(super) refusal: Option<Refusal>,
    /// Instead of, or behind, the list.
    pub(super) remark: Option<&'static str>,
    /// Some candidate is only likely to be absent.
    pub(super) likely: bool,
}

impl NotFound {
    pub(super) fn reason(&self) -> Reason {
        self.refusal
            .as_ref()
            .map_or(Reason::LibraryNotFound, |refusal| refusal.reason)
    }

    /// What dyld prints behind `Reason:` or the envelope.
    pub(super) fn text(&self) -> String {
        why::list(&self.attempts, self.remark)
    }

    /// dyld2 found it and did not want it.
    pub(super) fn incompatible_version(path: &str, why: String) -> Self {
        let mut missing = NotFound::default();
        missing.add(path, why);
        missing
    }

    pub(super) fn add(&mut self, path: &str, why: String) {
        self.attempts.push(Attempt {
            path: path.to_owned(),
            why,
        });
    }

    /// The first file that was there and refused stands for the failure; a directory only where no file was.
    pub(super) fn refuse(&mut self, refusal: Refusal) {
        let weaker = |found: &Refusal| {
            found.reason == Reason::NotAFile && refusal.reason != Reason::NotAFile
        };
        if self.refusal.as_ref().is_none_or(weaker) {
            self.refusal = Some(refusal);
        }
    }
}
