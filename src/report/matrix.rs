//! Who loads where: what a check says of machines that are not there.

use serde::Serialize;

use crate::load::LoadVerdict;

/// Every file of every subject on every target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TargetMatrix {
    /// The targets, each once, in the order in which they came up.
    pub targets: Vec<TargetSummary>,
    /// Wheels and directories, in the order given. None, where this machine's part of them is empty.
    pub subjects: Vec<SubjectRows>,
}

/// A machine that is not there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct TargetSummary {
    /// `macOS 14.5 arm64, Python 3.11`, with who made the Python and the torch beside it where that matters.
    pub name: String,
    /// `14.5`.
    pub macos: String,
    /// `arm64`, `x86_64`.
    pub arch: String,
    /// `3.11`, with who made it where that is not the usual one.
    pub python: String,
    /// The torch that stands beside.
    pub torch: Option<String>,
}

/// One wheel, directory or file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubjectRows {
    /// Its name for people.
    pub name: String,
    /// Its native files.
    pub rows: Vec<TargetRow>,
}

/// One native file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetRow {
    /// Its path as installed.
    pub path: String,
    /// The same as the report's modules and causes name it: with the subject before it, where there are several.
    pub module: String,
    /// What it comes to on each of [`TargetMatrix::targets`].
    pub cells: Vec<TargetCell>,
}

/// What one file comes to on one target, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetCell {
    /// It does not load.
    Fails,
    /// Whether it loads is not known.
    Unknown,
    /// It loads.
    Loads,
    /// Only others open it: it has no load of its own.
    Carried,
    /// It is not meant for this target.
    Absent,
}

impl TargetCell {
    /// `opened`: it has a load of its own.
    pub fn of(verdict: LoadVerdict, opened: bool) -> TargetCell {
        match (verdict, opened) {
            (LoadVerdict::Fails, _) => TargetCell::Fails,
            (_, false) => TargetCell::Carried,
            (LoadVerdict::Loads, true) => TargetCell::Loads,
            (LoadVerdict::Unknown, true) => TargetCell::Unknown,
        }
    }
}

impl TargetSummary {
    /// The target with its name.
    pub fn of(macos: String, arch: String, python: String, torch: Option<String>) -> TargetSummary {
        let mut name = format!("macOS {macos} {arch}, Python {python}");
        if let Some(version) = &torch {
            name.push_str(&format!(", torch {version}"));
        }
        TargetSummary {
            name,
            macos,
            arch,
            python,
            torch,
        }
    }
}

impl TargetRow {
    /// The worst of its cells.
    pub fn worst(&self) -> TargetCell {
        let worst = self.cells.iter().min().copied();
        worst.unwrap_or(TargetCell::Absent)
    }
}

impl SubjectRows {
    /// It is a file that was checked by itself: its only row is itself.
    pub fn is_file(&self) -> bool {
        matches!(self.rows.as_slice(), [row] if row.module == self.name)
    }

    /// The worst of its files.
    pub fn worst(&self) -> TargetCell {
        let worst = self.rows.iter().map(TargetRow::worst).min();
        worst.unwrap_or(TargetCell::Absent)
    }

    /// Positions of the targets that it is meant for.
    pub fn targets(&self, all: usize) -> Vec<usize> {
        let is_meant = |target: &usize| {
            let cells = self.rows.iter().filter_map(|row| row.cells.get(*target));
            cells.into_iter().any(|cell| *cell != TargetCell::Absent)
        };
        (0..all).filter(is_meant).collect()
    }
}
