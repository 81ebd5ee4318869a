//! The report of a check: what it says of every target, and the folded report that it carries.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::v1::V1;
use super::{MOST, Unreadable};
use crate::diagnosis::Place;
use crate::load::LoadVerdict;
use crate::report::{Report, SubjectRows, TargetCell, TargetMatrix, TargetRow, TargetSummary};

/// Targets, and cells of the matrix.
const TARGETS: usize = 1000;
const CELLS: usize = 4_000_000;
/// The maker of Pythons that goes without saying.
const USUAL: &str = "standalone";

/// The shape of the document, as far as it is read.
#[derive(Deserialize)]
pub(super) struct CheckedV1 {
    targets: Vec<TargetV1>,
    wheels: Vec<WheelV1>,
    report: V1,
}

#[derive(Deserialize)]
struct TargetV1 {
    macos: String,
    arch: String,
    python: String,
    python_flavor: String,
    torch: Option<String>,
    modules: Vec<ModuleV1>,
}

#[derive(Deserialize)]
struct ModuleV1 {
    wheel: String,
    path: String,
    verdict: LoadVerdict,
    opened: bool,
}

#[derive(Deserialize)]
struct WheelV1 {
    file: String,
}

/// The folded report with its matrix. Paths begin with the wheel's name, however many wheels there are: reports of other
/// legs may be about other wheels.
pub(super) fn report(found: CheckedV1) -> Result<Report, Unreadable> {
    let files: usize = found
        .targets
        .iter()
        .map(|target| target.modules.len())
        .sum();
    for (count, most, what) in [
        (found.wheels.len(), MOST, "wheels"),
        (found.targets.len(), TARGETS, "targets"),
        (
            files.saturating_mul(found.targets.len().max(1)),
            CELLS,
            "files on targets",
        ),
    ] {
        if count > most {
            return Err(Unreadable::TooMuch(what));
        }
    }
    let mut report = super::run(found.report)?;
    if let [only] = found.wheels.as_slice() {
        put_before(&mut report, &only.file);
    }
    report.targets = Some(matrix(found.targets, &found.wheels));
    Ok(report)
}

fn matrix(targets: Vec<TargetV1>, wheels: &[WheelV1]) -> TargetMatrix {
    let count = targets.len();
    let mut matrix = TargetMatrix::default();
    let mut rows: Vec<Vec<TargetRow>> = wheels.iter().map(|_| Vec::new()).collect();
    let mut subjects: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, wheel) in wheels.iter().enumerate() {
        subjects.entry(&wheel.file).or_insert(index);
    }
    let mut known: BTreeMap<(usize, String), usize> = BTreeMap::new();
    for (position, target) in targets.into_iter().enumerate() {
        for module in &target.modules {
            let Some(&subject) = subjects.get(module.wheel.as_str()) else {
                continue;
            };
            let Some(rows) = rows.get_mut(subject) else {
                continue;
            };
            let next = rows.len();
            let row = *known.entry((subject, module.path.clone())).or_insert(next);
            if row == next {
                rows.push(TargetRow {
                    path: module.path.clone(),
                    module: format!("{}/{}", module.wheel, module.path),
                    cells: vec![TargetCell::Absent; count],
                });
            }
            let cell = rows
                .get_mut(row)
                .and_then(|row| row.cells.get_mut(position));
            if let Some(cell) = cell {
                *cell = TargetCell::of(module.verdict, module.opened);
            }
        }
        matrix.targets.push(summary(target));
    }
    let subjects = wheels.iter().zip(rows);
    matrix.subjects = subjects
        .map(|(wheel, rows)| SubjectRows {
            name: wheel.file.clone(),
            rows,
        })
        .collect();
    matrix
}

fn summary(target: TargetV1) -> TargetSummary {
    let flavor = Some(target.python_flavor).filter(|flavor| flavor != USUAL);
    let python = match flavor {
        Some(flavor) => format!("{} ({flavor})", target.python),
        None => target.python,
    };
    TargetSummary::of(target.macos, target.arch, python, target.torch)
}

/// What has no wheel's name before its paths, because it is about one wheel only, gets it.
fn put_before(report: &mut Report, wheel: &str) {
    let longer = |path: &mut String| *path = format!("{wheel}/{path}");
    for cause in &mut report.causes {
        match &mut cause.place {
            Place::Artifact { path, .. } if path != wheel => longer(path),
            Place::Artifact { .. } | Place::Source(_) | Place::Project => {}
        }
        cause.modules.iter_mut().for_each(longer);
    }
    for module in &mut report.modules {
        longer(&mut module.path);
    }
    for check in &mut report.checks {
        if let Some(path) = &mut check.module {
            longer(path);
        }
    }
}
