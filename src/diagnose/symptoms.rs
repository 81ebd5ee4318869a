//! Which predictions about one module are causes, and which only what a cause brings with it.

use super::causes::Candidate;
use crate::diagnosis::Severity;
use crate::load::LoadFailure;
use crate::rules::rank;

/// A file that the loader refuses cannot show what Python would think of it. What the load proves of a file, a rule need
/// not suspect.
pub(super) fn fold_symptoms(predicted: &mut Vec<(Option<LoadFailure>, Candidate)>) {
    let proved = predicted.iter().filter(|(failure, _)| failure.is_some());
    let proved: Vec<_> = proved
        .map(|(_, candidate)| {
            (
                candidate.rule.id,
                candidate.finding.subject.clone(),
                candidate.severity(),
            )
        })
        .collect();
    predicted.retain(|(failure, candidate)| {
        let worse = |(rule, subject, severity): &(&str, Option<String>, Severity)| {
            *rule == candidate.rule.id
                && *subject == candidate.finding.subject
                && *severity > candidate.severity()
        };
        failure.is_some() || !proved.iter().any(worse)
    });
    let refused = predicted
        .iter()
        .any(|(failure, candidate)| failure.is_some() && is_error(candidate));
    predicted.retain(|(failure, candidate)| {
        !refused || failure.is_some() || !is_error(candidate) || candidate.rule.rank < rank::PYTHON
    });
}

/// Is there a predicted cause that comes before what was seen?
pub(super) fn explains(predicted: &[(Option<LoadFailure>, Candidate)], seen: &Candidate) -> bool {
    predicted
        .iter()
        .any(|(_, candidate)| is_error(candidate) && candidate.rule.rank < seen.rule.rank)
}

pub(super) fn is_error(candidate: &Candidate) -> bool {
    candidate.severity() == Severity::Error
}
