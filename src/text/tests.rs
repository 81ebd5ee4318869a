//! Small texts through the whole reader.

use super::{Explanation, Reader};

fn explain(text: &str) -> Explanation {
    let mut reader = Reader::new();
    for line in text.lines() {
        reader.line(line.as_bytes());
    }
    reader.finish()
}

fn cause(text: &str) -> Option<&'static str> {
    explain(text).told.map(|told| told.cause)
}

const REFUSED: &str = "ImportError: dlopen(/x/_C.so, 0x0002): tried: '/x/_C.so' (mach-o file, but is an incompatible \
                       architecture (have 'x86_64', need 'arm64'))";
const HEADER: &str = "src/a.cpp:1:10: fatal error: 'nowhere.h' file not found";

#[test]
fn an_unknown_text_has_no_cause() {
    let explanation = explain("Error: the flux capacitor is empty\n");
    assert_eq!((explanation.told, explanation.lines), (None, 1));
    assert_eq!(explain(""), Explanation::default());
}

#[test]
fn the_first_failure_speaks_and_the_others_are_listed() {
    let apart = "\nquiet".repeat(40);
    let explanation = explain(&format!("{HEADER}{apart}\n{REFUSED}\n"));
    assert_eq!(
        explanation.told.map(|told| told.cause),
        Some("header-missing")
    );
    let others: Vec<_> = explanation.others.iter().map(|told| told.cause).collect();
    assert_eq!(others, ["arch-mismatch"]);
}

#[test]
fn evidence_names_the_line_of_the_text() {
    let apart = "quiet\n".repeat(1000);
    let told = explain(&format!("{apart}{REFUSED}\n"))
        .told
        .expect("a cause");
    let numbers: Vec<u64> = told.evidence.iter().map(|line| line.number).collect();
    assert_eq!(numbers, [1001]);
    assert_eq!(
        told.facts.get("have_arch").map(String::as_str),
        Some("x86_64")
    );
}

#[test]
fn a_complaint_that_the_build_survived_is_no_cause() {
    assert_eq!(cause(HEADER), Some("header-missing"));
    assert_eq!(cause(&format!("{HEADER}\nSuccessfully built demo")), None);
    let text = format!("{HEADER}\nSuccessfully built other\nFailed to build demo");
    assert_eq!(cause(&text), Some("header-missing"));
    // What the loader refuses stays refused, whatever is installed next.
    let text = format!("{REFUSED}\nSuccessfully installed demo");
    assert_eq!(cause(&text), Some("arch-mismatch"));
}

#[test]
fn memory_does_not_grow_with_the_log() {
    let mut reader = Reader::new();
    for _ in 0..50_000 {
        reader.line(HEADER.as_bytes());
        reader.line(b"a line without any word of ours");
    }
    assert_eq!(reader.told(), 1);
    assert!(reader.kept() <= super::reader::BLOCK_LINES);
}
