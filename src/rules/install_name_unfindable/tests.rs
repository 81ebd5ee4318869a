//! A wheel that is so, and one that only looks like it.

use super::super::testing::wheels::{library, wheel};
use crate::diagnosis::Severity;

const ID: &str = "install-name-unfindable";

#[test]
fn a_path_of_the_build_is_a_warning_for_those_who_ship_headers() {
    let mut case = wheel(vec![("x/lib/libx.dylib", library("/opt/x/lib/libx.dylib"))]);
    assert_eq!(case.one(ID).0, Severity::Note);
    case.files.push(("x/include/x.h", Vec::new()));
    let (severity, finding) = case.one(ID);
    assert_eq!(severity, Severity::Warning);
    assert!(
        finding
            .remedy
            .contains("install_name_tool -id @rpath/libx.dylib x/lib/libx.dylib"),
        "{}",
        finding.remedy
    );
    let bare = wheel(vec![("x/lib/libx.dylib", library("libx.dylib"))]);
    assert!(bare.one(ID).1.message.contains("working directory"));
}

#[test]
fn names_that_tools_give_and_those_of_modules_are_left_in_peace() {
    let files = vec![
        ("x/.dylibs/liba.dylib", library("/DLC/x/.dylibs/liba.dylib")),
        ("x/lib/libb.dylib", library("@loader_path/libb.dylib")),
        // setuptools-rust and others link modules as libraries.
        (
            "x/_C.cpython-311-darwin.so",
            library("/Users/me/target/release/lib_C.dylib"),
        ),
    ];
    assert!(wheel(files).only(ID).is_empty());
}
