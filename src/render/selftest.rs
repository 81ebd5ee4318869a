//! The table of a self-test: sample, expected, predicted, observed.

use std::fmt::Write as _;
use std::io;

use junit_report::{Duration, OffsetDateTime, ReportBuilder, TestCase, TestSuiteBuilder};
use serde::Serialize;

use super::Format;
use super::text::{clean, one_line};
use crate::sample::{Judgement, Row};

/// Writes the rows in `format`.
pub fn render_selftest(rows: &[Row], format: Format, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        Format::Terminal => out.write_all(table(rows).as_bytes()),
        Format::Json => json(rows, out),
        Format::Junit => junit(rows, out),
        Format::Github => out.write_all(commands(rows).as_bytes()),
        Format::Summary => out.write_all(markdown(rows).as_bytes()),
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
    samples: &'a [Row],
}

fn json(rows: &[Row], out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(
        &mut *out,
        &Table {
            schema: 1,
            samples: rows,
        },
    )?;
    out.write_all(b"\n")
}

fn junit(rows: &[Row], out: &mut dyn io::Write) -> io::Result<()> {
    let mut suite = TestSuiteBuilder::new("selftest");
    // The crate writes a time of its own choice otherwise; a self-test has no start worth comparing.
    suite.set_timestamp(OffsetDateTime::UNIX_EPOCH);
    for row in rows {
        let time = Duration::seconds_f64(row.seconds);
        let why = verdict(row).1.replace("]]>", "]] >");
        let mut case = match &row.judgement {
            Judgement::Passed => TestCase::success(&row.sample, time),
            Judgement::Failed { .. } => TestCase::failure(&row.sample, time, "selftest", &why),
            Judgement::Skipped { .. } => TestCase::skipped(&row.sample),
        };
        case.set_classname("loadproof.selftest");
        suite.add_testcase(case);
    }
    let report = ReportBuilder::new().add_testsuite(suite.build()).build();
    let mut bytes = Vec::new();
    report.write_xml(&mut bytes).map_err(io::Error::other)?;
    out.write_all(&bytes)
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
