//! A wheel that is so, and one that only looks like it.

use super::super::testing::wheels::{library, module, wheel};
use crate::diagnosis::Severity;

fn case(path: &'static str, requires: &'static str) -> super::super::testing::wheels::WheelFiles {
    let mut case = wheel(vec![
        ("x/_C.cpython-311-darwin.so", module()),
        (path, library("@rpath/libc10.dylib")),
    ]);
    case.requires = vec![requires];
    case
}

#[test]
fn a_copy_of_torchs_library_is_told() {
    let (severity, finding) =
        case("x/.dylibs/libc10.dylib", "torch>=2.3").one("torch-library-vendored");
    assert_eq!(severity, Severity::Warning);
    assert!(
        finding.message.contains("`x/.dylibs/libc10.dylib`"),
        "{}",
        finding.message
    );
}

#[test]
fn who_does_not_require_torch_may_have_what_he_likes() {
    let id = "torch-library-vendored";
    assert!(case("x/.dylibs/libc10.dylib", "numpy").only(id).is_empty());
    assert!(
        case("x/.dylibs/libc10.dylib", "torch ; extra == 'gpu'")
            .only(id)
            .is_empty()
    );
    assert!(case("x/.dylibs/libc10d.dylib", "torch").only(id).is_empty());
}
