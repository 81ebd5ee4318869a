//! Compares, for one module, what was predicted with what was observed: the heart of the tool.

use super::causes::{Candidate, Causes};
use super::observe::{Observed, classify, detail, observe};
use super::predict;
use super::symptoms::{explains, fold_symptoms, is_error};
use crate::build::signal_name;
use crate::diagnosis::Certainty;
use crate::load::{Load, LoadFailure, LoadVerdict, Reason};
use crate::purpose::{ModuleKind, is_torch_library};
use crate::python::{ImportAttempt, ImportOutcome, Situation};
use crate::report::{AttemptReport, Disagreement};
use crate::rules::{Inspect, LOAD, Module, Scene, by_rank};

/// What became of one module.
pub(super) struct Judged {
    /// The simulated loads: the one that counts first.
    pub(super) loads: Vec<Load>,
    /// The real imports.
    pub(super) attempts: Vec<AttemptReport>,
    /// Where we were wrong.
    pub(super) disagreements: Vec<Disagreement>,
}

/// Judges one module; its causes are added to `causes`.
pub(super) fn judge(scene: &Scene<'_>, module: &Module<'_>, causes: &mut Causes) -> Judged {
    let path = module.artifact.path.as_str();
    let attempts: Vec<&ImportAttempt> = scene
        .facts
        .imports
        .iter()
        .filter(|attempt| attempt.path == path)
        .collect();
    let counting = counting_situation(scene, module, &attempts);
    let mut judged = Judged {
        loads: Vec::new(),
        attempts: Vec::new(),
        disagreements: Vec::new(),
    };
    let mut predicted = inspect_module(scene, module);
    if module.kind == ModuleKind::Library {
        for candidate in predicted {
            causes.add(candidate, Certainty::Predicted, Some(path));
        }
        return judged;
    }

    let from_load = compare_all(scene, module, counting, &attempts, causes, &mut judged);
    // What is predicted for the file itself is refuted when every import that counts brings it up.
    let counts = |attempt: &&&ImportAttempt| {
        attempt.situation == counting || attempt.situation == Situation::UserPath
    };
    let came_up = |attempt: &&ImportAttempt| attempt.outcome == ImportOutcome::Imported;
    if !attempts.is_empty() && attempts.iter().filter(counts).all(came_up) {
        let (refuted, kept) = predicted.into_iter().partition(is_error);
        predicted = kept;
        let gaps = |candidate: Candidate| refutation(module, counting, &candidate);
        judged
            .disagreements
            .extend(Vec::into_iter(refuted).map(gaps));
    }
    let observations: Vec<Observed> = attempts
        .iter()
        .filter(counts)
        .filter_map(|attempt| observe(scene, module, attempt))
        .collect();
    settle(
        module,
        predicted,
        from_load,
        observations,
        !attempts.is_empty(),
        causes,
    );
    together(scene, module, &attempts, causes);
    judged
}

/// What the imports show together, beside what each ended with.
fn together(
    scene: &Scene<'_>,
    module: &Module<'_>,
    attempts: &[&ImportAttempt],
    causes: &mut Causes,
) {
    for rule in by_rank() {
        for inspect in rule.inspect {
            let Inspect::Imports(look) = inspect else {
                continue;
            };
            if let Some(finding) = look(scene, module, attempts) {
                let candidate = Candidate {
                    rule,
                    finding,
                    likely: false,
                };
                causes.add(candidate, Certainty::Observed, Some(&module.artifact.path));
            }
        }
    }
}

/// Simulates every situation and compares it with the import in that situation. Gives what the rules say about the
/// load that counts.
fn compare_all(
    scene: &Scene<'_>,
    module: &Module<'_>,
    counting: Situation,
    attempts: &[&ImportAttempt],
    causes: &Causes,
    judged: &mut Judged,
) -> Vec<(LoadFailure, Candidate)> {
    let of_counting = attempts
        .iter()
        .find(|attempt| attempt.situation == counting)
        .copied();
    let counting_load = predict::load(scene, module, counting, of_counting);
    let from_load = candidates_of(scene, module, &counting_load, causes);
    let mut others = Vec::new();
    for attempt in attempts {
        let counts = attempt.situation == counting;
        let other =
            (!counts).then(|| predict::load(scene, module, attempt.situation, Some(attempt)));
        let load = other.as_ref().unwrap_or(&counting_load);
        let observed = observe(scene, module, attempt);
        judged
            .disagreements
            .extend(disagreement(module, attempt, load, observed.as_ref()));
        judged
            .attempts
            .push(attempt_report(scene, attempt, load, counts));
        others.extend(other);
    }
    judged.loads.push(counting_load);
    judged.loads.extend(others);
    from_load
}

/// The situation whose outcome is the module's verdict: after torch where the module needs it and it is there.
fn counting_situation(
    scene: &Scene<'_>,
    module: &Module<'_>,
    attempts: &[&ImportAttempt],
) -> Situation {
    let after_torch = attempts
        .iter()
        .any(|attempt| attempt.situation == Situation::AfterTorch);
    let could = attempts.is_empty() && module.needs_torch() && scene.torch_came_up();
    if after_torch || could {
        Situation::AfterTorch
    } else {
        Situation::Alone
    }
}

/// What the rules say about the file, before any load.
fn inspect_module(scene: &Scene<'_>, module: &Module<'_>) -> Vec<Candidate> {
    let mut found = Vec::new();
    for rule in by_rank() {
        for inspect in rule.inspect {
            let Inspect::Module(look) = inspect else {
                continue;
            };
            found.extend(look(scene, module).map(|finding| Candidate {
                rule,
                finding,
                likely: false,
            }));
        }
    }
    found
}

/// The evidence that lists the symbols which one file lacks beside the first.
pub(super) const ALSO_MISSING: &str = "also missing";

/// What the rules say about each predicted failure. Missing symbols of one cause, of which one is as sure, are one finding.
fn candidates_of(
    scene: &Scene<'_>,
    module: &Module<'_>,
    load: &Load,
    causes: &Causes,
) -> Vec<(LoadFailure, Candidate)> {
    let mut found: Vec<(LoadFailure, Candidate)> = Vec::new();
    let mut others: Vec<Vec<&str>> = Vec::new();
    for failure in &load.failures {
        // A torch that cannot be imported is the cause; that its libraries are not there is the symptom.
        if causes.has("torch-import-failed") && is_torch_library(&failure.subject) {
            continue;
        }
        let Some(candidate) = classify(scene, module, failure) else {
            continue;
        };
        let same = |(known, other): &(LoadFailure, Candidate)| {
            other.rule.id == candidate.rule.id
                && known.reason == Reason::SymbolNotFound
                && known.likelihood == failure.likelihood
                && known.referenced_from == failure.referenced_from
        };
        match found.iter().position(same) {
            Some(index) => others
                .get_mut(index)
                .expect("one list for each candidate")
                .push(&failure.subject),
            None => {
                found.push((failure.clone(), candidate));
                others.push(Vec::new());
            }
        }
    }
    for ((failure, candidate), others) in found.iter_mut().zip(others) {
        let mut finding = candidate.finding.clone();
        if !others.is_empty() {
            let count = (others.len() + 1).to_string();
            finding = finding
                .evidence(ALSO_MISSING, others.join("\n"))
                .fact("missing_symbols", count);
        }
        candidate.finding = finding.evidence(LOAD, scene.without_overlay(&failure.message));
    }
    found
}

/// Gives every candidate its certainty.
fn settle(
    module: &Module<'_>,
    predicted: Vec<Candidate>,
    from_load: Vec<(LoadFailure, Candidate)>,
    observations: Vec<Observed>,
    tried: bool,
    causes: &mut Causes,
) {
    let path = Some(module.artifact.path.as_str());
    let mut predicted: Vec<(Option<LoadFailure>, Candidate)> = predicted
        .into_iter()
        .map(|candidate| (None, candidate))
        .chain(
            from_load
                .into_iter()
                .map(|(failure, candidate)| (Some(failure), candidate)),
        )
        .collect();
    fold_symptoms(&mut predicted);
    let nothing_failed = tried && observations.is_empty();
    for observed in observations {
        let position = predicted.iter().position(|(failure, candidate)| {
            failure
                .as_ref()
                .is_some_and(|failure| agrees(failure, &observed))
                || observed
                    .candidate
                    .as_ref()
                    .is_some_and(|seen| seen.rule.id == candidate.rule.id)
        });
        match (
            position.map(|position| predicted.remove(position)),
            observed.candidate,
        ) {
            (Some((_, mut candidate)), seen) => {
                let evidence = seen.map(|seen| seen.finding.evidence).unwrap_or_default();
                candidate.likely = false;
                let known = &mut candidate.finding.evidence;
                let new = evidence
                    .into_iter()
                    .filter(|new| !known.contains(new))
                    .collect::<Vec<_>>();
                known.extend(new);
                causes.add(candidate, Certainty::Confirmed, path);
            }
            // Something before our file failed, most often its package, which imports its likes: the symptom of a
            // cause that is known already.
            (None, Some(seen)) if !observed.reached && explains(&predicted, &seen) => {}
            (None, Some(seen)) => causes.add(seen, Certainty::Observed, path),
            (None, None) => {}
        }
    }
    for (failure, candidate) in predicted {
        // The import worked: what the simulation said is reported as a disagreement, not as a cause.
        if nothing_failed && failure.is_some() {
            continue;
        }
        causes.add(candidate, Certainty::Predicted, path);
    }
}

/// Is the predicted failure what was seen? By the loader's own words, by kind and subject, or by the signal: a file
/// whose segments end behind it is mapped all the same and kills the process at the first touch (SIGBUS, on macOS
/// SIGKILL for a page that is not what was signed); the loader never comes to say a word.
fn agrees(predicted: &LoadFailure, observed: &Observed) -> bool {
    let same_words = observed
        .text
        .split_once(": ")
        .is_some_and(|(_, message)| message.trim() == predicted.message.trim());
    let same_fields = observed
        .failure
        .as_ref()
        .is_some_and(|seen| seen.reason == predicted.reason && seen.subject == predicted.subject);
    let same_death = match (predicted.reason, observed.signal) {
        // SIGBUS is 7 on Linux and 10 on macOS.
        (Reason::Malformed, Some(signal)) => matches!(signal, 7 | 10 | 11),
        (Reason::Codesign, Some(signal)) => signal == 9,
        _ => false,
    };
    same_words || same_fields || same_death
}

/// Compares one simulated load with the import in the same situation.
fn disagreement(
    module: &Module<'_>,
    attempt: &ImportAttempt,
    load: &Load,
    observed: Option<&Observed>,
) -> Option<Disagreement> {
    // Python never opened the file, or we do not claim to know.
    attempt.images_before.as_ref()?;
    let gap = |predicted: String, observed: String| Disagreement {
        module: module.artifact.path.clone(),
        situation: attempt.situation.word().to_owned(),
        predicted,
        observed,
    };
    let first = load
        .failures
        .iter()
        .find(|failure| failure.likelihood == crate::load::Likelihood::Certain);
    match (load.verdict(), observed) {
        (LoadVerdict::Unknown, _) | (LoadVerdict::Loads, None) => None,
        (LoadVerdict::Fails, None) => Some(gap(
            format!("fails: {}", first?.message),
            "it was imported".to_owned(),
        )),
        (LoadVerdict::Loads, Some(seen)) => {
            let failure = seen.failure.as_ref()?;
            // What was called likely to miss did miss: that is no gap.
            let foreseen = load.failures.iter().any(|likely| agrees(likely, seen));
            let said = || gap("loads".to_owned(), seen.text.clone());
            (!foreseen && !was_assumed(load, failure)).then(said)
        }
        (LoadVerdict::Fails, Some(seen)) => {
            let agreed = load.failures.iter().any(|failure| agrees(failure, seen));
            (!agreed).then_some(gap(format!("fails: {}", first?.message), seen.text.clone()))
        }
    }
}

/// We said that we assumed just this: then we were not wrong, we did not know.
fn was_assumed(load: &Load, failure: &LoadFailure) -> bool {
    let blamed = [
        Some(failure.subject.as_str()),
        failure.expected_in.as_deref(),
    ];
    let named = |name: &str| {
        load.assumptions
            .iter()
            .any(|assumption| assumption.contains(&format!("`{name}`")))
    };
    blamed.into_iter().flatten().any(named)
}

fn refutation(module: &Module<'_>, situation: Situation, candidate: &Candidate) -> Disagreement {
    Disagreement {
        module: module.artifact.path.clone(),
        situation: situation.word().to_owned(),
        predicted: format!("{}: {}", candidate.rule.id, candidate.finding.message),
        observed: "it was imported".to_owned(),
    }
}

fn attempt_report(
    scene: &Scene<'_>,
    attempt: &ImportAttempt,
    load: &Load,
    counts: bool,
) -> AttemptReport {
    AttemptReport {
        situation: attempt.situation.word().to_owned(),
        outcome: attempt.outcome.word().to_owned(),
        detail: match &attempt.outcome {
            ImportOutcome::Killed { signal } => signal_name(*signal, scene.on_macos()),
            other => detail(other, scene.on_macos()).unwrap_or_else(|| attempt.path.clone()),
        },
        counts,
        predicted: load.verdict(),
        operators: attempt.operators.clone(),
    }
}
