//! Targets of checks over legs: the matrix of all of them, and on which of them a cause is.

use std::collections::BTreeSet;

use super::fold::LegReport;
use super::selection::{Traits, phrase};
use crate::diagnosis::{Diagnosis, Evidence};
use crate::report::{Report, SubjectRows, TargetCell, TargetMatrix, TargetRow};

/// The fact and the evidence that name targets.
const TARGETS: &str = "targets";

/// Every target and every file of all legs that checked for targets; where two legs have the same, the worse counts.
pub(super) fn union(legs: &[LegReport]) -> Option<TargetMatrix> {
    let mut all: Option<TargetMatrix> = None;
    let matrices = legs.iter().filter_map(LegReport::report);
    for matrix in matrices.filter_map(|report| report.targets.as_ref()) {
        let all = all.get_or_insert_default();
        for target in &matrix.targets {
            if !all.targets.contains(target) {
                all.targets.push(target.clone());
            }
        }
    }
    let mut all = all?;
    all.targets
        .sort_by_key(|target| super::fold::natural(&target.name));
    for report in legs.iter().filter_map(LegReport::report) {
        let Some(matrix) = &report.targets else {
            continue;
        };
        let columns: Vec<usize> = matrix
            .targets
            .iter()
            .map(|target| all.targets.iter().position(|known| known == target))
            .map(|position| position.unwrap_or(usize::MAX))
            .collect();
        for subject in &matrix.subjects {
            add(&mut all, subject, &columns);
        }
    }
    all.subjects
        .sort_by_key(|subject| super::fold::natural(&subject.name));
    Some(all)
}

fn add(all: &mut TargetMatrix, subject: &SubjectRows, columns: &[usize]) {
    let width = all.targets.len();
    let known = all
        .subjects
        .iter()
        .position(|known| known.name == subject.name);
    let index = known.unwrap_or_else(|| {
        all.subjects.push(SubjectRows {
            name: subject.name.clone(),
            rows: Vec::new(),
        });
        all.subjects.len().saturating_sub(1)
    });
    let Some(own) = all.subjects.get_mut(index) else {
        return;
    };
    let places: std::collections::BTreeMap<String, usize> = own
        .rows
        .iter()
        .enumerate()
        .map(|(index, row)| (row.path.clone(), index))
        .collect();
    for row in &subject.rows {
        let place = places.get(&row.path).copied().unwrap_or_else(|| {
            own.rows.push(TargetRow {
                cells: vec![TargetCell::Absent; width],
                ..row.clone()
            });
            own.rows.len().saturating_sub(1)
        });
        let Some(cells) = own.rows.get_mut(place).map(|row| &mut row.cells) else {
            continue;
        };
        for (cell, column) in row.cells.iter().zip(columns) {
            if let Some(known) = cells.get_mut(*column) {
                *known = (*known).min(*cell);
            }
        }
    }
}

/// Names of the targets on which a report has a cause: those that it names, else all that its files are meant for. None,
/// where the report is not about targets, or the cause about no file.
pub(super) fn of_cause(report: &Report, cause: &Diagnosis) -> Option<BTreeSet<String>> {
    let matrix = report.targets.as_ref()?;
    if let Some(names) = cause.facts.get(TARGETS) {
        return Some(names.split("; ").map(str::to_owned).collect());
    }
    let meant = meant(matrix, cause).into_iter();
    let names = meant.filter_map(|index| matrix.targets.get(index));
    (!cause.modules.is_empty()).then(|| names.map(|target| target.name.clone()).collect())
}

/// Writes down on which targets a cause is, where it is not on all that its files are meant for.
pub(super) fn put(cause: &mut Diagnosis, matrix: &TargetMatrix, names: &BTreeSet<String>) {
    cause.facts.remove(TARGETS);
    cause.evidence.retain(|piece| piece.source != TARGETS);
    let own = |target: &&crate::report::TargetSummary| names.contains(&target.name);
    let in_order: Vec<&str> = matrix
        .targets
        .iter()
        .filter(own)
        .map(|target| target.name.as_str())
        .collect();
    if in_order.len() < meant(matrix, cause).len() {
        cause.facts.insert(TARGETS, in_order.join("; "));
        cause.evidence.push(Evidence {
            source: TARGETS.to_owned(),
            text: in_order.join("\n"),
        });
    }
}

/// Positions of the targets that the files of a cause are meant for; of all, where it names no file.
fn meant(matrix: &TargetMatrix, cause: &Diagnosis) -> BTreeSet<usize> {
    let concerned = |subject: &&SubjectRows| {
        let mut rows = subject.rows.iter();
        rows.any(|row| cause.modules.contains(&row.module))
    };
    let all = matrix.targets.len();
    let subjects = matrix.subjects.iter().filter(concerned);
    let found: BTreeSet<usize> = subjects.flat_map(|subject| subject.targets(all)).collect();
    match found.is_empty() {
        true => (0..all).collect(),
        false => found,
    }
}

/// The targets that a cause names, as one says it: `all x86_64 targets`. None, where it is on all of them.
pub fn targets_of(matrix: &TargetMatrix, cause: &Diagnosis) -> Option<String> {
    let names: BTreeSet<&str> = cause.facts.get(TARGETS)?.split("; ").collect();
    let among: Vec<(&str, Traits)> = meant(matrix, cause)
        .into_iter()
        .filter_map(|index| matrix.targets.get(index))
        .map(|target| (target.name.as_str(), Traits::of_target(target)))
        .collect();
    let named: Vec<(&str, &Traits)> = among.iter().map(|(name, traits)| (*name, traits)).collect();
    let chosen: BTreeSet<usize> = named
        .iter()
        .enumerate()
        .filter(|(_, (name, _))| names.contains(name))
        .map(|(index, _)| index)
        .collect();
    (!chosen.is_empty()).then(|| phrase("targets", &named, &chosen))
}
