//! A wheel that is so, and one that only looks like it.

use super::super::testing::wheels::{MachoFile, module, wheel};
use crate::diagnosis::Severity;

const ID: &str = "build-path-in-rpath";

fn with(
    rpaths: Vec<&'static str>,
    dependents: Vec<&'static str>,
) -> super::super::testing::wheels::WheelFiles {
    let module = MachoFile {
        rpaths,
        dependents,
        ..module()
    };
    wheel(vec![("x/_C.cpython-311-darwin.so", module)])
}

#[test]
fn an_rpath_that_is_searched_is_a_risk_and_another_a_leak() {
    let rpath = "/Users/runner/work/x/build";
    let (severity, finding) = with(vec!["@loader_path", rpath], vec!["@rpath/liby.dylib"]).one(ID);
    assert_eq!(severity, Severity::Warning);
    assert_eq!(finding.subject.as_deref(), Some(rpath));
    assert!(
        finding.message.contains("searches libraries in"),
        "{}",
        finding.message
    );
    let (severity, _) = with(vec![rpath], vec!["/usr/lib/libSystem.B.dylib"]).one(ID);
    assert_eq!(severity, Severity::Note);
}

#[test]
fn relative_rpaths_and_the_systems_are_left_in_peace() {
    let rpaths = vec![
        "@loader_path/../x.dylibs",
        "/usr/lib",
        "@executable_path/../lib",
    ];
    assert!(with(rpaths, vec!["@rpath/liby.dylib"]).only(ID).is_empty());
}
