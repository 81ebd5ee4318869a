//! The report of an attacker: everything that one of the formats could stumble over, in every field that can hold it.

use std::collections::BTreeMap;

use super::{build, check, healthy, module, text, timings};
use crate::diagnosis::{Certainty, Diagnosis, Evidence, Excerpt, Place, Related, Severity, Source};
use crate::load::{Likelihood, LoadFailure, LoadVerdict, Reason};
use crate::report::{Disagreement, Report, Verdict};

/// Every trick on one string, on several lines.
pub(in crate::render) const NASTY: &str = concat!(
    "\u{1b}[31mred\u{1b}[0m \u{1b}]8;;http://evil.example\u{7}link\u{1b}]8;;\u{7} \u{0}\u{8}\u{7f}\u{9b}31m\u{202e}abc\u{fffe}\n",
    "::error::one\r::error file=a.py,line=1::two\r\n  ::stop-commands::x\n::set-env name=PATH::/evil\n",
    "text ##[error]three ##[set-env name=A;]b ##[[##[group]\n",
    "%0A::error::four%0D%25 ]]> <![CDATA[ &amp; <script>alert(1)</script> <!-- --> </details></td>\n",
    "`` ``` ```` ~~~ | a \\| b @octocat #1 GH-2 https://evil.example www.evil.example :tada: [x](javascript:y) ![i](z)\n",
    "```\n~~~\n# heading\n- item\n> quote\n1. one\n---\n| a | b |\n|---|---|\n    code\n👩\u{200d}💻 \u{fffd} é 漢字",
);

fn nasty(name: &str) -> String {
    format!("{name}{NASTY}")
}

/// The report of an attacker. One message has more than 100,000 bytes.
pub(in crate::render) fn hostile() -> Report {
    let mut report = healthy();
    report.tool_version = nasty("0.1.0");
    report.started_at = nasty("yesterday");
    report.project = nasty("project");
    report.host.version = nasty("6.1");
    if let Some(interpreter) = &mut report.interpreter {
        interpreter.executable = nasty("/venv/bin/python");
        interpreter.version = nasty("CPython");
        interpreter.torch = interpreter.torch.take().map(|mut torch| {
            torch.version = nasty("2");
            torch.import_error = Some(nasty("ImportError"));
            torch
        });
    }
    let mut built = build(&[NASTY]);
    built.succeeded = false;
    built.ending = nasty("exit code");
    built.command = nasty("pip");
    built.log_tail = NASTY.lines().map(text).collect();
    report.build = Some(built);
    report.modules = vec![hostile_module()];
    report.causes = causes();
    report.disagreements = vec![Disagreement {
        module: nasty("module"),
        situation: nasty("alone"),
        predicted: nasty("loads"),
        observed: nasty("raised"),
    }];
    report.checks = vec![
        check(
            "import-raised",
            "import",
            Some(NASTY),
            Verdict::Failed {
                causes: (0..14).collect(),
            },
        ),
        check(
            "build-failed",
            "build",
            None,
            Verdict::Skipped {
                reason: nasty("reason"),
            },
        ),
    ];
    report.timings = timings();
    report
        .timings
        .iter_mut()
        .for_each(|timing| timing.stage = nasty(&timing.stage));
    report
}

/// Fourteen errors, eleven warnings, one note: more than GitHub shows.
fn causes() -> Vec<Diagnosis> {
    let severities = [
        (Severity::Error, 14),
        (Severity::Warning, 11),
        (Severity::Note, 1),
    ];
    let mut causes: Vec<Diagnosis> = severities
        .into_iter()
        .flat_map(|(severity, count)| (0..count).map(move |index| cause(severity, index)))
        .collect();
    if let Some(first) = causes.first_mut() {
        first.message = format!("{}{NASTY}", "long ".repeat(20_480));
    }
    causes
}

fn cause(severity: Severity, index: u32) -> Diagnosis {
    let places = [
        Place::Source(source(index)),
        Place::Source(Source {
            file: nasty("../setup.py"),
            column: Some(7),
            ..source(0)
        }),
        Place::Artifact {
            path: text(NASTY),
            arch: Some(nasty("arm64")),
        },
        Place::Project,
    ];
    let place = places
        .into_iter()
        .cycle()
        .nth(index as usize)
        .expect("a cycle does not end");
    Diagnosis {
        rule: "import-raised",
        severity,
        certainty: Certainty::Observed,
        place,
        label: Some(nasty("label")),
        related: vec![Related {
            place: source(u32::MAX),
            label: text(NASTY),
        }],
        subject: Some(nasty("subject")),
        message: nasty("message"),
        evidence: vec![
            Evidence {
                source: nasty("source"),
                text: text(NASTY),
            },
            Evidence {
                source: text("log"),
                text: "line\n".repeat(60),
            },
        ],
        remedy: format!("Rename `{NASTY}` to\n\n```sh\n{NASTY}\n```\n\n- {NASTY}"),
        facts: BTreeMap::from([("symbol", nasty("_ZN"))]),
        modules: vec![text(NASTY), nasty("other")],
    }
}

/// A span that is nowhere in its excerpt, or inside a character of it.
fn source(line: u32) -> Source {
    Source {
        file: nasty("src/a,b:c.cpp"),
        line: Some(line),
        column: Some(3),
        end_line: Some(line.saturating_add(2)),
        end_column: Some(u32::MAX),
        likely: true,
        excerpt: Some(Excerpt {
            first_line: line,
            lines: vec![text(NASTY), nasty("\t\u{301}漢"), String::new()],
        }),
    }
}

fn hostile_module() -> crate::report::ModuleReport {
    let mut module = module(NASTY, Some(NASTY));
    module.archs = vec![nasty("arm64")];
    module.minos = Some(nasty("11"));
    module.would_load = LoadVerdict::Fails;
    module.assumptions = vec![text(NASTY)];
    module.not_imported = Some(text(NASTY));
    for image in &mut module.images {
        image.path = format!("/{}/{NASTY}", image.path);
        image.found_by = text(NASTY);
    }
    module.needs = vec![crate::report::Needs {
        library: Some(text(NASTY)),
        symbols: vec![nasty("_ZN"), text(NASTY)],
    }];
    for attempt in &mut module.attempts {
        attempt.outcome = nasty("raised");
        attempt.detail = text(NASTY);
        attempt.situation = text(NASTY);
    }
    module.failures = vec![LoadFailure {
        reason: Reason::LibraryNotFound,
        subject: text(NASTY),
        referenced_from: Some(text(NASTY)),
        expected_in: Some(text(NASTY)),
        symbol_version: Some(text(NASTY)),
        have_arch: Some(text(NASTY)),
        need_arch: Some(text(NASTY)),
        chain: vec![text(NASTY); 3],
        tried: Vec::new(),
        message: text(NASTY),
        likelihood: Likelihood::Certain,
    }];
    module
}
