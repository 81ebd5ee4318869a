//! The document as four consumers read it, each by its documented rules: which cases it sees, and which file and line it
//! annotates. A reader that needs something and does not get it panics, as the real one stops or drops the case.
//!
//! - mikepenz/action-junit-report: `file` and `line` of the case, else of the failure, else of the suite; else the last
//!   ` FILE:LINE` in the failure's text that names the file, or without one the class; else line 1. The message is the
//!   failure's attribute, else the first line of its text. Fifty annotations a request.
//! - EnricoMi/publish-unit-test-result-action: `file` and `line` of the case, else the class and line 0.
//! - dorny/test-reporter as `java-junit`: the names of suites and cases are mandatory; the first failure, or else error, is
//!   `type: message`; `file` and `line` are not read.
//! - GitLab: the class is shown as the suite, `file` becomes a link; of two cases with one class and name the second is
//!   dropped; documents from 30 MB on are refused.

use std::collections::BTreeSet;

use regex::Regex;

use super::tests::{Element, elements};

/// What a reader makes of one failed case.
#[derive(Debug, PartialEq)]
pub(in crate::render) struct Annotation {
    pub(in crate::render) path: String,
    pub(in crate::render) line: u32,
    pub(in crate::render) message: String,
}

/// A case with its suite and its ending, as nested in the document.
struct Case<'a> {
    suite: &'a Element,
    case: &'a Element,
    ending: Option<&'a Element>,
}

impl Case<'_> {
    fn failure(&self) -> Option<&Element> {
        self.ending
            .filter(|ending| ["failure", "error"].contains(&ending.name.as_str()))
    }
}

fn cases(document: &[Element]) -> Vec<Case<'_>> {
    let mut found = Vec::new();
    let mut suite = None;
    for element in document {
        match element.name.as_str() {
            "testsuite" => suite = Some(element),
            "testcase" => found.push(Case {
                suite: suite.expect("a case outside of a suite"),
                case: element,
                ending: None,
            }),
            "failure" | "error" | "skipped" => {
                let last = found.last_mut().expect("an ending outside of a case");
                last.ending.get_or_insert(element);
            }
            _ => {}
        }
    }
    found
}

fn number(text: Option<&String>) -> Option<u32> {
    text?.parse().ok()
}

/// mikepenz/action-junit-report.
pub(in crate::render) fn mikepenz(xml: &str) -> Vec<Annotation> {
    let document = elements(xml);
    let read = |case: &Case<'_>| {
        let failure = case.failure()?;
        let attribute = |key: &str| {
            [case.case, failure, case.suite]
                .iter()
                .find_map(|element| element.attributes.get(key))
        };
        let named = attribute("file").or_else(|| case.case.attributes.get("classname"))?;
        let (path, line) = match number(attribute("line")) {
            Some(line) => (named.clone(), line),
            None => in_text(named, &failure.text).unwrap_or((named.clone(), 1)),
        };
        let message = failure.attributes.get("message").cloned();
        let first = || failure.text.lines().next().unwrap_or_default().to_owned();
        let message = message.unwrap_or_else(first);
        Some(Annotation {
            path,
            line,
            message,
        })
    };
    cases(&document).iter().filter_map(read).collect()
}

fn in_text(named: &str, text: &str) -> Option<(String, u32)> {
    let shape = format!(r" ([^ ]*{}[^:]*):(\d+)", regex::escape(named));
    let found = Regex::new(&shape).unwrap().captures_iter(text).last()?;
    Some((found[1].trim().to_owned(), found[2].parse().ok()?))
}

/// EnricoMi/publish-unit-test-result-action.
pub(in crate::render) fn enricomi(xml: &str) -> Vec<Annotation> {
    let document = elements(xml);
    let read = |case: &Case<'_>| {
        let failure = case.failure()?;
        let attribute = |key: &str| case.case.attributes.get(key);
        let path = attribute("file").or_else(|| attribute("classname"));
        Some(Annotation {
            path: path.map_or("/", String::as_str).to_owned(),
            line: number(attribute("line")).unwrap_or(0),
            message: failure.attributes.get("message")?.clone(),
        })
    };
    cases(&document).iter().filter_map(read).collect()
}

/// dorny/test-reporter: the titles of the cases that failed, each with what it says of the failure.
pub(in crate::render) fn dorny(xml: &str) -> Vec<(String, String)> {
    let document = elements(xml);
    let mut found = Vec::new();
    for case in cases(&document) {
        let suite = case.suite.attributes["name"].trim();
        let name = case.case.attributes["name"].trim();
        assert!(!suite.is_empty() && !name.is_empty());
        assert!(case.case.attributes["time"].parse::<f64>().is_ok());
        if let Some(failure) = case.failure() {
            let (kind, message) = (&failure.attributes["type"], &failure.attributes["message"]);
            found.push((format!("{suite} › {name}"), format!("{kind}: {message}")));
        }
    }
    found
}

/// GitLab: suite, name and file of the cases that its page of tests shows.
pub(in crate::render) fn gitlab(xml: &str) -> Vec<(String, String, Option<String>)> {
    assert!(xml.len() < 30_000_000, "{} bytes", xml.len());
    let document = elements(xml);
    let mut seen = BTreeSet::new();
    cases(&document)
        .iter()
        .map(|case| {
            let attribute = |key: &str| case.case.attributes.get(key).cloned();
            let (suite, name) = (attribute("classname").unwrap(), attribute("name").unwrap());
            (suite, name, attribute("file"))
        })
        .filter(|(suite, name, _)| seen.insert((suite.clone(), name.clone())))
        .collect()
}

/// What holds of every document, whichever of the four reads it.
pub(in crate::render) fn all_agree(xml: &str) {
    let document = elements(xml);
    let cases = cases(&document);
    let failed: Vec<&Case<'_>> = cases.iter().filter(|c| c.failure().is_some()).collect();
    let (first, second) = (mikepenz(xml), enricomi(xml));
    assert_eq!(first.len(), failed.len());
    assert_eq!(second.len(), failed.len());
    assert_eq!(dorny(xml).len(), failed.len());
    assert_eq!(gitlab(xml).len(), cases.len(), "GitLab drops a case");
    for ((case, first), second) in failed.iter().zip(&first).zip(&second) {
        assert!(!first.message.is_empty() && first.message == second.message);
        let Some(file) = case.case.attributes.get("file") else {
            // Whatever else the text mentions: nobody is sent to a line that loadproof did not name.
            assert_eq!((first.line, second.line), (1, 0), "{first:?}");
            continue;
        };
        assert_eq!(&second.path, file);
        if let Some(line) = number(case.case.attributes.get("line")) {
            assert_eq!(&first.path, file);
            assert_eq!((first.line, second.line), (line, line));
        }
    }
}
