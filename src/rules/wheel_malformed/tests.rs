//! A wheel that is so, and one that only looks like it.

use super::super::testing::wheels::{module, wheel};
use crate::diagnosis::Severity;

const ID: &str = "wheel-malformed";

#[test]
fn metadata_of_another_wheel_are_told() {
    let mut case = wheel(vec![("x/_C.cpython-311-darwin.so", module())]);
    case.name = "y-1.0-cp311-cp311-macosx_11_0_arm64.whl";
    let (severity, finding) = case.one(ID);
    assert_eq!(severity, Severity::Error);
    assert!(
        finding.message.contains("the metadata say x 1.0"),
        "{}",
        finding.message
    );
}

#[test]
fn names_and_versions_are_compared_as_installers_do() {
    let mut case = wheel(vec![("x/_C.cpython-311-darwin.so", module())]);
    case.name = "X-1-cp311-cp311-macosx_11_0_arm64.whl";
    assert!(case.only(ID).is_empty());
}

#[test]
fn an_archive_without_metadata_is_no_wheel() {
    let bytes = {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file("x.py", zip::write::SimpleFileOptions::default())
            .expect("a member");
        zip.finish().expect("an archive").into_inner()
    };
    let name = "x-1.0-py3-none-any.whl";
    let wheel = crate::wheel::Wheel::read(name, std::sync::Arc::new(bytes)).expect("an archive");
    let case = crate::rules::WheelCase {
        wheel: &wheel,
        targets: &[],
    };
    let said = super::incomplete(&case);
    assert_eq!(said.len(), 1);
    assert!(said[0].message.contains("has no .dist-info directory"));
}
