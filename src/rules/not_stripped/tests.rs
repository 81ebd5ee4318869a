//! A wheel that is so, and one that only looks like it.

use super::super::testing::wheels::{MachoFile, module, wheel};
use crate::diagnosis::Severity;

fn with(locals: u32) -> super::super::testing::wheels::WheelFiles {
    wheel(vec![(
        "x/_C.cpython-311-darwin.so",
        MachoFile { locals, ..module() },
    )])
}

#[test]
fn many_local_symbols_are_a_note_and_few_are_nothing() {
    let (severity, finding) = with(3000).one("not-stripped");
    assert_eq!(severity, Severity::Note);
    assert!(finding.message.contains("carries"), "{}", finding.message);
    assert!(with(100).only("not-stripped").is_empty());
}
