//! A wheel that is so, and one that only looks like it.

use super::super::testing::wheels::{MachoFile, module, wheel};
use crate::diagnosis::Severity;

const ID: &str = "stable-abi-violated";

fn uses(
    names: Vec<&'static str>,
    path: &'static str,
    name: &'static str,
) -> super::super::testing::wheels::WheelFiles {
    let mut case = wheel(vec![(
        path,
        MachoFile {
            flat: names,
            ..module()
        },
    )]);
    case.name = name;
    case
}

const STABLE: &str = "x-1.0-cp39-abi3-macosx_11_0_arm64.whl";

#[test]
fn what_is_not_on_the_list_or_came_later_is_told() {
    let (severity, finding) = uses(
        vec!["PyModule_Create2", "_PyUnicode_Ready"],
        "x/_C.abi3.so",
        STABLE,
    )
    .one(ID);
    assert_eq!(severity, Severity::Warning);
    assert_eq!(finding.subject.as_deref(), Some("_PyUnicode_Ready"));
    let (_, finding) = uses(vec!["PyType_FromModuleAndSpec"], "x/_C.abi3.so", STABLE).one(ID);
    assert!(
        finding
            .message
            .contains("Python 3.9 and uses `PyType_FromModuleAndSpec` of Python 3.10's"),
        "{}",
        finding.message
    );
}

#[test]
fn members_and_modules_for_one_python_are_left_in_peace() {
    assert!(
        uses(
            vec!["PyModule_Create2", "my_function"],
            "x/_C.abi3.so",
            STABLE
        )
        .only(ID)
        .is_empty()
    );
    let one = "x-1.0-cp311-cp311-macosx_11_0_arm64.whl";
    assert!(
        uses(vec!["_PyUnicode_Ready"], "x/_C.cpython-311-darwin.so", one)
            .only(ID)
            .is_empty()
    );
}
