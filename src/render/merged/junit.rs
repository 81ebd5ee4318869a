//! One suite for each leg; its cases are those of all suites of the leg's own report.

use std::io;

use crate::merge::{Left, Merged};
use crate::render::Options;
use crate::render::junit::{self, Case, Ending, Suite};
use crate::render::text::{cut, one_line};

/// Characters of a name.
const NAME: usize = 200;

pub(super) fn render(
    merged: &Merged,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut suites: Vec<Suite> = Vec::new();
    for leg in &merged.legs {
        let name = cut(&one_line(&leg.name), NAME).into_owned();
        let label = label(&name, &suites);
        let cases = match &leg.left {
            Left::Report(report) => junit::suites_of(report, options),
            Left::Unreadable(why) => vec![lost(format!(
                "the report cannot be read: {}",
                one_line(why)
            ))],
            Left::Missing => vec![lost("the leg left no report".to_owned())],
        };
        suites.push(flat(name, &label, cases));
    }
    let started = merged
        .legs
        .iter()
        .filter_map(|leg| leg.report())
        .map(|report| report.started_at.as_str());
    junit::write(&suites, "merged", started.min().unwrap_or_default(), out)
}

/// The leg as a part of a class name, where dots separate packages. Different from all before.
fn label(name: &str, before: &[Suite]) -> String {
    let plain = name.replace('.', "_");
    let class = |label: &str| format!("loadproof.{label}.");
    let taken = |label: &str| {
        before
            .iter()
            .flat_map(|suite| &suite.cases)
            .any(|case| case.classname.starts_with(&class(label)))
    };
    let numbered = (2..).map(|number| format!("{plain} ({number})"));
    let mut candidates = std::iter::once(plain.clone()).chain(numbered);
    candidates
        .find(|label| !taken(label))
        .expect("numbers do not end")
}

fn flat(name: String, label: &str, suites: Vec<Suite>) -> Suite {
    let mut flat = Suite {
        name,
        properties: Vec::new(),
        seconds: 0.0,
        cases: Vec::new(),
    };
    for suite in suites {
        // The first is the build's, and tells of the machine.
        if flat.properties.is_empty() {
            flat.properties = suite.properties;
        }
        flat.seconds += suite.seconds;
        flat.cases.extend(suite.cases.into_iter().map(|case| Case {
            classname: format!("loadproof.{label}.{}", suite.name),
            ..case
        }));
    }
    flat
}

fn lost(why: String) -> Suite {
    let case = Case {
        name: "reported".to_owned(),
        classname: String::new(),
        place: None,
        ending: Ending::Failed {
            kind: "no-report".to_owned(),
            message: why.clone(),
            text: format!("{why}\n"),
        },
    };
    Suite {
        name: "leg".to_owned(),
        properties: Vec::new(),
        seconds: 0.0,
        cases: vec![case],
    }
}
