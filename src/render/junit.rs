//! JUnit XML, for CI systems.
//!
//! A suite is a native file (and one is the build), a case is a rule applied to it. `junit-report` writes the document; a
//! second pass over it adds what that crate has no word for. Consumers disagree about the format: what is written is
//! valid against Jenkins' junit-10.xsd but for `file` and `line`, which others need to find the source
//! (`fixtures/junit/README.md`).

use std::io;

use junit_report::{Duration, OffsetDateTime, TestCase, TestCaseBuilder, TestSuite};

use super::Options;
use super::text::one_line;
use crate::diagnosis::Severity;
use crate::report::Report;

mod finish;
mod suites;

pub(super) use suites::{Case, Ending, Suite, of as suites_of};

/// JUnit knows no warning: a cause below the level that fails the run is the output of a case that passed.
fn fails(severity: Severity, options: &Options) -> bool {
    severity >= options.fail_on
}

pub(super) fn render(
    report: &Report,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let suites = suites::of(report, options);
    let hostname = one_line(&format!(
        "{}-{}",
        report.host.system.to_lowercase(),
        report.host.arch
    ));
    write(&suites, &hostname, &report.started_at, out)
}

/// Writes the document that holds these suites.
pub(super) fn write(
    suites: &[Suite],
    hostname: &str,
    started_at: &str,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut document = junit_report::Report::new();
    document.add_testsuites(suites.iter().map(|suite| written(suite, hostname)));
    let mut draft = Vec::new();
    document.write_xml(&mut draft).map_err(io::Error::other)?;
    let draft = String::from_utf8(draft).map_err(io::Error::other)?;
    let finished =
        finish::finish(&draft, suites, &timestamp(started_at)).map_err(io::Error::other)?;
    out.write_all(&finished)?;
    out.write_all(b"\n")
}

fn written(suite: &Suite, hostname: &str) -> TestSuite {
    TestSuite {
        name: suite.name.clone(),
        package: "loadproof".to_owned(),
        // The crate cannot write a time without zone and fraction; `finish` puts the real one here.
        timestamp: OffsetDateTime::UNIX_EPOCH,
        hostname: hostname.to_owned(),
        testcases: suite.cases.iter().map(case).collect(),
        system_out: None,
        system_err: None,
    }
}

fn case(case: &Case) -> TestCase {
    let mut builder = match &case.ending {
        Ending::Passed { .. } => TestCaseBuilder::success(&case.name, Duration::ZERO),
        Ending::Skipped { reason } => {
            TestCaseBuilder::skipped_with_cause(&case.name, "skipped", reason)
        }
        Ending::Failed { kind, message, .. } => {
            TestCaseBuilder::failure(&case.name, Duration::ZERO, kind, message)
        }
        Ending::Gap { message, .. } => {
            TestCaseBuilder::error(&case.name, Duration::ZERO, "gap in loadproof", message)
        }
    };
    builder.set_classname(&case.classname);
    match &case.ending {
        Ending::Passed {
            output: Some(output),
        } => {
            builder.set_system_out(&cdata(output));
        }
        Ending::Passed { output: None } | Ending::Skipped { .. } => {}
        Ending::Failed { text, .. } | Ending::Gap { text, .. } => {
            builder.set_trace(&cdata(text));
        }
    }
    if let Some(file) = case.place.as_ref().map(|place| &place.file) {
        builder.set_filepath(file);
    }
    builder.build()
}

/// `]]>` ends a CDATA section and has no escape there; it is spread over two sections. The crate would write it as it is.
fn cdata(text: &str) -> String {
    text.replace("]]>", "]]]]><![CDATA[>")
}

/// `2026-11-23T05:29:08`: without zone and fraction, as every consumer takes it. The epoch, where a damaged recording
/// has no time.
fn timestamp(started_at: &str) -> String {
    let shape = "dddd-dd-ddTdd:dd:dd";
    let start: String = started_at.chars().take(shape.len()).collect();
    let fits = start.chars().count() == shape.len()
        && start
            .chars()
            .zip(shape.chars())
            .all(|(c, expected)| match expected {
                'd' => c.is_ascii_digit(),
                separator => c == separator,
            });
    if fits {
        start
    } else {
        "1970-01-01T00:00:00".to_owned()
    }
}

#[cfg(test)]
pub(super) mod readers;
#[cfg(test)]
pub(super) mod tests;
