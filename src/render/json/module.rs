//! One native file in the JSON report, schema version 1.

use serde::Serialize;

use super::load_verdict;
use crate::load::{Likelihood, LoadFailure, LoadVerdict, Reason};
use crate::report::{AttemptReport, ModuleReport};

#[derive(Serialize)]
pub(super) struct Module<'a> {
    path: &'a str,
    module: Option<&'a str>,
    archs: &'a [String],
    minos: Option<&'a str>,
    would_load: &'static str,
    failures: Vec<Failure<'a>>,
    assumptions: &'a [String],
    images: Vec<Image<'a>>,
    attempts: Vec<Attempt<'a>>,
    not_imported: Option<&'a str>,
}

#[derive(Serialize)]
struct Failure<'a> {
    reason: &'static str,
    likelihood: &'static str,
    subject: &'a str,
    referenced_from: Option<&'a str>,
    expected_in: Option<&'a str>,
    symbol_version: Option<&'a str>,
    have_arch: Option<&'a str>,
    need_arch: Option<&'a str>,
    chain: &'a [String],
    tried: Vec<Tried<'a>>,
    message: &'a str,
}

#[derive(Serialize)]
struct Tried<'a> {
    path: &'a str,
    why: &'a str,
}

#[derive(Serialize)]
struct Image<'a> {
    path: &'a str,
    found_by: &'a str,
    loaded_by: Option<usize>,
}

#[derive(Serialize)]
struct Attempt<'a> {
    situation: &'a str,
    outcome: &'a str,
    detail: &'a str,
    counts: bool,
    predicted: &'static str,
    operators: &'a [String],
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::VersionNotFound => "version-not-found",
        Reason::LibraryNotFound => "library-not-found",
        Reason::SymbolNotFound => "symbol-not-found",
        Reason::ArchMismatch => "arch-mismatch",
        Reason::PlatformMismatch => "platform-mismatch",
        Reason::WrongFiletype => "wrong-filetype",
        Reason::Malformed => "malformed",
        Reason::Codesign => "codesign",
        Reason::ExecutableStack => "executable-stack",
        Reason::NotAFile => "not-a-file",
    }
}

fn likelihood(likelihood: Likelihood) -> &'static str {
    match likelihood {
        Likelihood::Likely => "likely",
        Likelihood::Certain => "certain",
    }
}

impl<'a> Module<'a> {
    pub(super) fn of(module: &'a ModuleReport) -> Module<'a> {
        Module {
            path: &module.path,
            module: module.module.as_deref(),
            archs: &module.archs,
            minos: module.minos.as_deref(),
            would_load: load_verdict(module.would_load),
            failures: module.failures.iter().map(Failure::of).collect(),
            assumptions: &module.assumptions,
            images: module
                .images
                .iter()
                .map(|image| Image {
                    path: &image.path,
                    found_by: &image.found_by,
                    loaded_by: image.loaded_by,
                })
                .collect(),
            attempts: module.attempts.iter().map(Attempt::of).collect(),
            not_imported: module.not_imported.as_deref(),
        }
    }

    /// Leaves out the images of a load that is as it should be.
    pub(super) fn leave_out_loaded(&mut self) {
        if self.would_load == load_verdict(LoadVerdict::Loads) {
            self.images.clear();
        }
    }
}

impl<'a> Attempt<'a> {
    fn of(attempt: &'a AttemptReport) -> Attempt<'a> {
        Attempt {
            situation: &attempt.situation,
            outcome: &attempt.outcome,
            detail: &attempt.detail,
            counts: attempt.counts,
            predicted: load_verdict(attempt.predicted),
            operators: &attempt.operators,
        }
    }
}

impl<'a> Failure<'a> {
    fn of(failure: &'a LoadFailure) -> Failure<'a> {
        Failure {
            reason: reason(failure.reason),
            likelihood: likelihood(failure.likelihood),
            subject: &failure.subject,
            referenced_from: failure.referenced_from.as_deref(),
            expected_in: failure.expected_in.as_deref(),
            symbol_version: failure.symbol_version.as_deref(),
            have_arch: failure.have_arch.as_deref(),
            need_arch: failure.need_arch.as_deref(),
            chain: &failure.chain,
            tried: failure
                .tried
                .iter()
                .map(|attempt| Tried {
                    path: &attempt.path,
                    why: &attempt.why,
                })
                .collect(),
            message: &failure.message,
        }
    }
}
