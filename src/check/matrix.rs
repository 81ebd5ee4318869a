//! Who loads where, of all subjects and targets.

use std::collections::BTreeMap;

use super::{Checked, SubjectReport, TargetReport};
use crate::report::{SubjectRows, TargetCell, TargetMatrix, TargetRow, TargetSummary};
use crate::site::Flavor;

impl Checked {
    /// Every target once, and what each file comes to there.
    pub fn matrix(&self) -> TargetMatrix {
        let mut targets: Vec<TargetSummary> = Vec::new();
        let mut positions: BTreeMap<String, usize> = BTreeMap::new();
        for report in self.subjects.iter().flat_map(|subject| &subject.targets) {
            let next = targets.len();
            positions.entry(report.name()).or_insert_with(|| {
                targets.push(report.summary());
                next
            });
        }
        let several = self.subjects.len() > 1;
        let subjects = self.subjects.iter();
        let subjects = subjects.map(|subject| rows(subject, &positions, several));
        TargetMatrix {
            subjects: subjects.collect(),
            targets,
        }
    }
}

fn rows(
    subject: &SubjectReport,
    positions: &BTreeMap<String, usize>,
    several: bool,
) -> SubjectRows {
    let mut order: Vec<&str> = Vec::new();
    let mut found: BTreeMap<&str, Vec<TargetCell>> = BTreeMap::new();
    for report in &subject.targets {
        let Some(position) = positions.get(&report.name()) else {
            continue;
        };
        for module in &report.report.modules {
            let cells = found.entry(&module.path).or_insert_with(|| {
                order.push(&module.path);
                vec![TargetCell::Absent; positions.len()]
            });
            if let Some(cell) = cells.get_mut(*position) {
                *cell = TargetCell::of(report.verdict(module), !module.images.is_empty());
            }
        }
    }
    let row = |path: &str| TargetRow {
        path: path.to_owned(),
        module: subject.path_of(path, several),
        cells: found.remove(path).unwrap_or_default(),
    };
    SubjectRows {
        name: subject.name.clone(),
        rows: order.into_iter().map(row).collect(),
    }
}

impl TargetReport {
    /// The target and the torch beside it, for people.
    pub fn summary(&self) -> TargetSummary {
        let python = self.target.python.to_string();
        let python = match self.target.flavor {
            Flavor::Standalone => python,
            flavor @ (Flavor::Framework | Flavor::Homebrew | Flavor::Conda) => {
                format!("{python} ({flavor})")
            }
        };
        let (macos, arch) = (self.target.macos.to_string(), self.target.arch.to_string());
        TargetSummary::of(macos, arch, python, self.torch.clone())
    }
}
