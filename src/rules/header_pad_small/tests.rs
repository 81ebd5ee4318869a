//! A wheel that is so, and one that only looks like it.

use super::super::testing::wheels::{MachoFile, module, wheel};
use crate::diagnosis::Severity;

fn with(pad: u32, dependents: Vec<&'static str>) -> super::super::testing::wheels::WheelFiles {
    wheel(vec![(
        "x/_C.cpython-311-darwin.so",
        MachoFile {
            pad,
            dependents,
            ..module()
        },
    )])
}

#[test]
fn no_room_is_told_where_somebody_may_need_it() {
    let (severity, finding) = with(16, vec!["@rpath/liby.dylib"]).one("header-pad-small");
    assert_eq!(severity, Severity::Note);
    assert!(
        finding.message.contains("has 16 bytes of room"),
        "{}",
        finding.message
    );
}

#[test]
fn enough_room_or_no_need_is_left_in_peace() {
    assert!(
        with(32, vec!["@rpath/liby.dylib"])
            .only("header-pad-small")
            .is_empty()
    );
    assert!(
        with(16, vec!["/usr/lib/libSystem.B.dylib"])
            .only("header-pad-small")
            .is_empty()
    );
}
