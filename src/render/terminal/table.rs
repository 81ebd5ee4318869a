//! The table of modules.

use textwrap::core::display_width;

use super::Page;
use crate::render::row::{HEADINGS, Row, Tone};
use crate::render::text::cut;

/// Characters of one cell; longer ones belong into a cause's evidence.
const CELL: usize = 60;

impl Page<'_> {
    /// One row per native file: built, would load, imported.
    pub(super) fn table(&self) -> String {
        if self.report.modules.is_empty() {
            return String::new();
        }
        let rows: Vec<[(Tone, String); 4]> = self.report.modules.iter().map(cells).collect();
        let widths: [usize; 4] = std::array::from_fn(|column| {
            let widest = rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| display_width(&cell.1))
                .max();
            widest
                .unwrap_or(0)
                .max(HEADINGS.get(column).map_or(0, |heading| heading.len()))
        });
        let heading = HEADINGS.map(|heading| (Tone::Neutral, heading.to_owned()));
        let mut text = self.line(&heading, &widths);
        for row in &rows {
            text.push_str(&self.line(row, &widths));
        }
        text.push('\n');
        text
    }

    fn line(&self, cells: &[(Tone, String); 4], widths: &[usize; 4]) -> String {
        let mut line = String::new();
        for (index, ((tone, cell), width)) in cells.iter().zip(widths).enumerate() {
            line.push_str("  ");
            let last = index + 1 == cells.len();
            let missing = if last {
                0
            } else {
                width.saturating_sub(display_width(cell))
            };
            let painted = if index < 2 && *tone == Tone::Good {
                cell.clone()
            } else {
                self.toned(*tone, cell)
            };
            line.push_str(&painted);
            line.push_str(&" ".repeat(missing));
        }
        line.push('\n');
        line
    }
}

fn cells(module: &crate::report::ModuleReport) -> [(Tone, String); 4] {
    let row = Row::of(module);
    let short = |text: &str| cut(text, CELL).into_owned();
    [
        (Tone::Good, short(&row.name)),
        (Tone::Good, short(&row.built)),
        (row.would_load.0, short(&row.would_load.1)),
        (row.imported.0, short(&row.imported.1)),
    ]
}
