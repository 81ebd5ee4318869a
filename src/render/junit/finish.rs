//! The pass over a written document that adds what `junit-report` cannot write: lines, properties, totals, skipped
//! counts, times that are not the sum of the cases.

use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, Writer};

use super::suites::{Case, Ending, Suite};

/// `draft` was written from `suites`, so that its elements come in the same order.
pub(super) fn finish(
    draft: &str,
    suites: &[Suite],
    timestamp: &str,
) -> Result<Vec<u8>, quick_xml::Error> {
    let mut reader = Reader::from_str(draft);
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let mut coming_suites = suites.iter();
    let mut coming_cases = suites.iter().flat_map(|suite| &suite.cases);
    loop {
        let event = match reader.read_event()? {
            Event::Eof => return Ok(writer.into_inner()),
            Event::Start(element) | Event::Empty(element)
                if element.name().as_ref() == b"testsuites" =>
            {
                Event::Start(totals(suites, &element))
            }
            Event::Start(element) if element.name().as_ref() == b"testsuite" => {
                let Some(suite) = coming_suites.next() else {
                    continue;
                };
                writer.write_event(Event::Start(counts(suite, &element, timestamp)?))?;
                properties(suite, &mut writer)?;
                continue;
            }
            Event::Start(element) if element.name().as_ref() == b"testcase" => {
                Event::Start(with_line(element, coming_cases.next()))
            }
            Event::Empty(element) if element.name().as_ref() == b"testcase" => {
                Event::Empty(with_line(element, coming_cases.next()))
            }
            other => other,
        };
        writer.write_event(event)?;
    }
}

fn count(cases: &[Case], counts: impl Fn(&Ending) -> bool) -> String {
    cases
        .iter()
        .filter(|case| counts(&case.ending))
        .count()
        .to_string()
}

fn sum(suites: &[Suite], counts: impl Fn(&Ending) -> bool + Copy) -> String {
    let cases = suites.iter().flat_map(|suite| &suite.cases);
    cases
        .filter(|case| counts(&case.ending))
        .count()
        .to_string()
}

/// junit-10.xsd has no `skipped` here.
fn totals(suites: &[Suite], element: &BytesStart<'_>) -> BytesStart<'static> {
    // Not `sum`: that of nothing is -0.0.
    let seconds = suites.iter().fold(0.0, |sum, suite| sum + suite.seconds);
    let mut totals = element.to_owned();
    totals.clear_attributes();
    totals.push_attribute(("name", "loadproof"));
    totals.push_attribute(("tests", sum(suites, |_| true).as_str()));
    totals.push_attribute((
        "failures",
        sum(suites, |ending| matches!(ending, Ending::Failed { .. })).as_str(),
    ));
    totals.push_attribute((
        "errors",
        sum(suites, |ending| matches!(ending, Ending::Gap { .. })).as_str(),
    ));
    totals.push_attribute(("time", format!("{seconds:.3}").as_str()));
    totals
}

fn counts(
    suite: &Suite,
    element: &BytesStart<'_>,
    timestamp: &str,
) -> Result<BytesStart<'static>, quick_xml::Error> {
    let mut counted = element.to_owned();
    counted.clear_attributes();
    for attribute in element.attributes() {
        let attribute: Attribute<'_> = attribute?;
        match attribute.key.as_ref() {
            b"timestamp" => counted.push_attribute(("timestamp", timestamp)),
            b"time" => counted.push_attribute(("time", format!("{:.3}", suite.seconds).as_str())),
            _ => counted.push_attribute(attribute),
        }
    }
    let skipped = count(&suite.cases, |ending| {
        matches!(ending, Ending::Skipped { .. })
    });
    counted.push_attribute(("skipped", skipped.as_str()));
    Ok(counted)
}

fn properties(suite: &Suite, writer: &mut Writer<Vec<u8>>) -> Result<(), quick_xml::Error> {
    writer
        .create_element("properties")
        .write_inner_content(|writer| {
            for (name, value) in &suite.properties {
                writer
                    .create_element("property")
                    .with_attributes([("name", *name), ("value", value.as_str())])
                    .write_empty()?;
            }
            Ok(())
        })?;
    Ok(())
}

fn with_line<'a>(mut element: BytesStart<'a>, case: Option<&Case>) -> BytesStart<'a> {
    let line = case
        .and_then(|case| case.place.as_ref())
        .and_then(|place| place.line);
    if let Some(line) = line {
        element.push_attribute(("line", line.to_string().as_str()));
    }
    element
}
