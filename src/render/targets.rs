//! Who loads where, as rows: what does not load everywhere by its name, the rest by its number.

use super::text::counted;
use crate::report::{SubjectRows, TargetCell, TargetMatrix, TargetRow};

/// A row that is shown: one file, or how many have the same cells.
pub(super) struct Shown<'a> {
    /// Its path, not yet escaped; absent where it stands for several.
    pub(super) file: Option<&'a str>,
    /// As the report's modules name it.
    pub(super) module: Option<&'a str>,
    /// How many files it stands for.
    pub(super) count: usize,
    /// Files before it are named one by one.
    other: bool,
    /// What it comes to on each target that was asked for.
    pub(super) cells: Vec<TargetCell>,
}

impl Shown<'_> {
    /// `3 other files`.
    pub(super) fn words(&self) -> String {
        let other = if self.other { "other " } else { "" };
        counted(self.count, &format!("{other}file"))
    }
}

/// The rows of one subject on the targets in `columns`; at most `most` files are named, and all of them if they are not
/// more than `few`.
pub(super) fn rows<'a>(
    subject: &'a SubjectRows,
    columns: &[usize],
    most: usize,
    few: usize,
) -> Vec<Shown<'a>> {
    let mut named: Vec<Shown<'a>> = Vec::new();
    let mut counts: Vec<Shown<'a>> = Vec::new();
    for row in &subject.rows {
        let cells = cells(row, columns);
        let path = match subject.is_file() {
            true => &row.module,
            false => &row.path,
        };
        let bad = |cell: &TargetCell| matches!(cell, TargetCell::Fails | TargetCell::Unknown);
        if subject.rows.len() <= few || (cells.iter().any(bad) && named.len() < most) {
            named.push(Shown {
                file: Some(path),
                module: Some(&row.module),
                count: 1,
                other: false,
                cells,
            });
            continue;
        }
        match counts.iter_mut().find(|known| known.cells == cells) {
            Some(known) => known.count = known.count.saturating_add(1),
            None => counts.push(Shown {
                file: None,
                module: None,
                count: 1,
                other: false,
                cells,
            }),
        }
    }
    let other = !named.is_empty();
    named.extend(counts.into_iter().map(|row| Shown { other, ..row }));
    named
}

fn cells(row: &TargetRow, columns: &[usize]) -> Vec<TargetCell> {
    let cells = columns.iter().map(|column| row.cells.get(*column).copied());
    cells
        .map(|cell| cell.unwrap_or(TargetCell::Absent))
        .collect()
}

/// What one cell means.
pub(super) const MEANINGS: [(TargetCell, &str); 5] = [
    (TargetCell::Fails, "does not load"),
    (TargetCell::Unknown, "not known"),
    (TargetCell::Loads, "loads"),
    (TargetCell::Carried, "only others open it"),
    (TargetCell::Absent, "not for this target"),
];

/// What a wheel comes to: `1 file does not load on 2 of 4 targets`.
pub(super) fn words(subject: &SubjectRows) -> String {
    let worst = subject.worst();
    let bad: Vec<&TargetRow> = subject
        .rows
        .iter()
        .filter(|row| row.cells.contains(&worst))
        .collect();
    let columns = subject.rows.first().map_or(0, |row| row.cells.len());
    let on =
        (0..columns).filter(|column| bad.iter().any(|row| row.cells.get(*column) == Some(&worst)));
    let on = on.count();
    let meant = subject.targets(columns).len();
    let files = counted(bad.len(), "file");
    match worst {
        TargetCell::Fails => {
            let verb = if bad.len() == 1 { "does" } else { "do" };
            format!(
                "{files} {verb} not load on {on} of {}",
                counted(meant, "target")
            )
        }
        TargetCell::Unknown => format!("{files} not known on {on} of {}", counted(meant, "target")),
        TargetCell::Loads => "loads on all targets".to_owned(),
        TargetCell::Carried => "no file has a load of its own".to_owned(),
        TargetCell::Absent => "nothing native".to_owned(),
    }
}

/// What was checked: the wheel, or how many.
pub(super) fn title(matrix: &TargetMatrix) -> Option<String> {
    match matrix.subjects.as_slice() {
        [] => None,
        [only] => Some(only.name.clone()),
        several if several.iter().all(SubjectRows::is_file) => Some(counted(several.len(), "file")),
        several => Some(counted(several.len(), "wheel")),
    }
}

/// How many files have a load of their own, and how many of them load wherever they are meant to.
pub(super) fn count(matrix: &TargetMatrix) -> (usize, usize) {
    let mut opened = 0_usize;
    let mut load = 0_usize;
    for row in matrix.subjects.iter().flat_map(|subject| &subject.rows) {
        match row.worst() {
            TargetCell::Loads => {
                opened = opened.saturating_add(1);
                load = load.saturating_add(1);
            }
            TargetCell::Fails | TargetCell::Unknown => opened = opened.saturating_add(1),
            TargetCell::Carried | TargetCell::Absent => {}
        }
    }
    (load, opened)
}

/// `7 of 8 files load wherever they are meant to`.
pub(super) fn line(matrix: &TargetMatrix) -> String {
    let (load, opened) = count(matrix);
    let files = counted(opened, "file");
    let (verb, they) = match opened {
        1 => ("loads", "it is"),
        _ => ("load", "they are"),
    };
    match matrix.targets.len() {
        1 => format!("{load} of {files} {verb}"),
        _ => format!("{load} of {files} {verb} wherever {they} meant to"),
    }
}
