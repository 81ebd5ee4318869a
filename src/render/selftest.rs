//! The table of a self-test: sample, expected, predicted, observed.

use std::fmt::Write as _;
use std::io;

use serde::Serialize;

use super::Format;
use super::junit::{self, Case, Ending, Suite};
use super::text::{clean, cut, one_line};
use crate::sample::{Judgement, Row};

/// A finished self-test.
#[derive(Debug, Serialize)]
pub struct SelfTest {
    /// The machine: `linux-x86_64`.
    pub host: String,
    /// Start of the run: RFC 3339, UTC, whole seconds.
    pub started_at: String,
    /// One row per sample.
    pub rows: Vec<Row>,
}

/// Writes the self-test in `format`.
pub fn render_selftest(run: &SelfTest, format: Format, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        Format::Terminal => out.write_all(table(&run.rows).as_bytes()),
        Format::Json => json(run, out),
        Format::Junit => junit(run, out),
        Format::Github => out.write_all(commands(&run.rows).as_bytes()),
        Format::Summary => out.write_all(markdown(&run.rows).as_bytes()),
        Format::Html => out.write_all(super::html::selftest(run).as_bytes()),
        Format::CheckRun | Format::Sarif => {
            let why = format!("a self-test has no {format} report");
            Err(io::Error::new(io::ErrorKind::Unsupported, why))
        }
    }
}

fn verdict(row: &Row) -> (&'static str, String) {
    match &row.judgement {
        Judgement::Passed => ("ok", String::new()),
        Judgement::Failed { why } => ("WRONG", one_line(&why.join("; "))),
        Judgement::Skipped { why } => ("skipped", one_line(why)),
    }
}

fn tally(rows: &[Row]) -> String {
    let count = |word: &str| rows.iter().filter(|row| verdict(row).0 == word).count();
    format!(
        "{} passed, {} failed, {} skipped",
        count("ok"),
        count("WRONG"),
        count("skipped")
    )
}

fn table(rows: &[Row]) -> String {
    let cells: Vec<[String; 4]> = rows
        .iter()
        .map(|row| {
            [
                row.sample.clone(),
                row.expected.clone(),
                row.predicted.clone(),
                row.observed.clone(),
            ]
            .map(|cell| one_line(&cell))
        })
        .collect();
    let heads = ["sample", "expected", "predicted", "observed"];
    let width = |column: usize| {
        let cells = cells
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        cells
            .chain(heads.get(column).map(|head| head.len()))
            .max()
            .unwrap_or(0)
    };
    let [a, b, c, d] = [width(0), width(1), width(2), width(3)];
    let mut text = format!(
        "{:<a$}  {:<b$}  {:<c$}  {:<d$}  {:>7}\n",
        heads[0], heads[1], heads[2], heads[3], "seconds"
    );
    for (row, [sample, expected, predicted, observed]) in rows.iter().zip(&cells) {
        let (word, why) = verdict(row);
        let seconds = if matches!(row.judgement, Judgement::Skipped { .. }) {
            "-".to_owned()
        } else {
            format!("{:.1}", row.seconds)
        };
        let _ = write!(
            text,
            "{sample:<a$}  {expected:<b$}  {predicted:<c$}  {observed:<d$}  {seconds:>7}  {word}"
        );
        let _ = if why.is_empty() {
            writeln!(text)
        } else {
            writeln!(text, ": {why}")
        };
    }
    let _ = writeln!(text, "\n{}", tally(rows));
    text
}

#[derive(Serialize)]
struct Table<'a> {
    schema: u32,
    host: &'a str,
    started_at: &'a str,
    samples: &'a [Row],
}

fn json(run: &SelfTest, out: &mut dyn io::Write) -> io::Result<()> {
    let SelfTest {
        host,
        started_at,
        rows,
    } = run;
    serde_json::to_writer_pretty(
        &mut *out,
        &Table {
            schema: 1,
            host,
            started_at,
            samples: rows,
        },
    )?;
    out.write_all(b"\n")
}

fn junit(run: &SelfTest, out: &mut dyn io::Write) -> io::Result<()> {
    let case = |row: &Row| {
        let why = verdict(row).1;
        let ending = match &row.judgement {
            Judgement::Passed => Ending::Passed { output: None },
            Judgement::Skipped { .. } => Ending::Skipped { reason: why },
            Judgement::Failed { .. } => {
                let kind = one_line(&row.expected);
                Ending::Failed {
                    kind,
                    message: cut(&why, 1000).into_owned(),
                    text: why,
                }
            }
        };
        let classname = "loadproof.selftest".to_owned();
        Case {
            name: one_line(&row.sample),
            classname,
            place: None,
            ending,
        }
    };
    let suite = Suite {
        name: "selftest".to_owned(),
        properties: vec![("loadproof", env!("CARGO_PKG_VERSION").to_owned())],
        seconds: run.rows.iter().map(|row| row.seconds).sum(),
        cases: run.rows.iter().map(case).collect(),
    };
    junit::write(&[suite], &one_line(&run.host), &run.started_at, out)
}

/// One error per sample that did not come to what was expected.
fn commands(rows: &[Row]) -> String {
    let escape = |text: &str| {
        clean(text)
            .replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    };
    let wrong = rows
        .iter()
        .filter(|row| matches!(row.judgement, Judgement::Failed { .. }));
    wrong.fold(String::new(), |mut text, row| {
        let _ = writeln!(
            text,
            "::error title=loadproof selftest::{}: {}",
            escape(&row.sample),
            escape(&verdict(row).1)
        );
        text
    })
}

fn markdown(rows: &[Row]) -> String {
    let cell = |text: &str| {
        one_line(text)
            .replace('|', "\\|")
            .replace('<', "&lt;")
            .replace('@', "@\u{200b}")
    };
    let mut text = format!(
        "## loadproof selftest: {}\n\n| sample | expected | predicted | observed | |\n|---|---|---|---|---|\n",
        tally(rows)
    );
    for row in rows {
        let (word, why) = verdict(row);
        let last = if why.is_empty() {
            word.to_owned()
        } else {
            format!("{word}: {}", cell(&why))
        };
        let cells =
            [&row.sample, &row.expected, &row.predicted, &row.observed].map(|text| cell(text));
        let _ = writeln!(text, "| {} | {last} |", cells.join(" | "));
    }
    text
}
