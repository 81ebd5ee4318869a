//! What a real import showed, in the rules' words.

use super::causes::Candidate;
use super::predict;
use crate::build::signal_name;
use crate::load::LoadFailure;
use crate::python::{ImportAttempt, ImportOutcome};
use crate::rules::{Inspect, Module, Scene, by_rank};

/// A real import that did not bring our module up.
pub(super) struct Observed {
    /// The loader's failure, if the exception's text is one.
    pub(super) failure: Option<LoadFailure>,
    /// Python came so far as to open our file.
    pub(super) reached: bool,
    /// The signal that ended the process, if one did.
    pub(super) signal: Option<i32>,
    /// The exception's text, or the outcome's word.
    pub(super) text: String,
    /// The cause.
    pub(super) candidate: Option<Candidate>,
}

/// What the attempt showed; `None` if our module came up.
pub(super) fn observe(
    scene: &Scene<'_>,
    module: &Module<'_>,
    attempt: &ImportAttempt,
) -> Option<Observed> {
    let text = detail(&attempt.outcome, scene.on_macos())?;
    let failure = match &attempt.outcome {
        // ctypes and torch.ops.load_library raise OSError with the same text.
        ImportOutcome::Raised {
            exception, message, ..
        } if exception == "ImportError" || exception == "OSError" => {
            predict::parse_message(scene, message)
        }
        _ => None,
    };
    let signal = match &attempt.outcome {
        ImportOutcome::Killed { signal } => Some(*signal),
        _ => None,
    };
    let candidate = match &failure {
        Some(failure) => classify(scene, module, failure),
        None => ending(scene, module, attempt),
    };
    let source = format!(
        "import of {} ({})",
        attempt.module,
        attempt.situation.word()
    );
    let candidate = candidate.map(|mut candidate| {
        candidate.finding = candidate
            .finding
            .evidence(source, scene.without_overlay(&text));
        candidate
    });
    Some(Observed {
        failure,
        reached: attempt.images_before.is_some(),
        signal,
        text,
        candidate,
    })
}

/// The first rule that knows the loader's failure.
pub(super) fn classify(
    scene: &Scene<'_>,
    module: &Module<'_>,
    failure: &LoadFailure,
) -> Option<Candidate> {
    let likely = failure.likelihood == crate::load::Likelihood::Likely;
    let speaks = |inspect: &Inspect| match inspect {
        Inspect::Failure(look) => look(scene, module, failure),
        _ => None,
    };
    let first = by_rank()
        .into_iter()
        .find_map(|rule| Some((rule, rule.inspect.iter().find_map(speaks)?)));
    first.map(|(rule, finding)| Candidate {
        rule,
        finding,
        likely,
    })
}

/// The first rule that knows the way in which the import ended.
fn ending(scene: &Scene<'_>, module: &Module<'_>, attempt: &ImportAttempt) -> Option<Candidate> {
    let speaks = |inspect: &Inspect| match inspect {
        Inspect::Ending(look) => look(scene, module, attempt),
        _ => None,
    };
    let first = by_rank()
        .into_iter()
        .find_map(|rule| Some((rule, rule.inspect.iter().find_map(speaks)?)));
    first.map(|(rule, finding)| Candidate {
        rule,
        finding,
        likely: false,
    })
}

/// One line about the outcome; `None` if our module came up.
pub(super) fn detail(outcome: &ImportOutcome, macos: Option<bool>) -> Option<String> {
    Some(match outcome {
        ImportOutcome::Imported => return None,
        ImportOutcome::Shadowed { by } if by.is_empty() => {
            "a built-in module was imported instead".to_owned()
        }
        ImportOutcome::Shadowed { by } => format!("`{by}` was imported instead"),
        ImportOutcome::Raised {
            exception, message, ..
        } => format!("{exception}: {message}"),
        ImportOutcome::NotReached { needed, why } => {
            format!("importing {needed} first failed: {why}")
        }
        ImportOutcome::Killed { signal } => {
            format!("killed by {}", signal_name(*signal, macos))
        }
        ImportOutcome::Exited { code } => format!("the process exited with code {code}"),
        ImportOutcome::TimedOut { after } => format!("did not end within {after} s"),
        ImportOutcome::NotStarted { why } => format!("Python was not started: {why}"),
    })
}
