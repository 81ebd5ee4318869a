//! A wheel that is so, and one that only looks like it.

use super::super::testing::wheels::{MachoFile, module, wheel};

const ID: &str = "executable-path-in-library";

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
fn a_library_beside_python_is_told() {
    let (_, finding) = with(Vec::new(), vec!["@executable_path/liby.dylib"]).one(ID);
    assert!(
        finding
            .remedy
            .contains("-change @executable_path/liby.dylib @loader_path/liby.dylib"),
        "{}",
        finding.remedy
    );
    let (_, finding) = with(vec!["@executable_path/../lib"], vec!["@rpath/liby.dylib"]).one(ID);
    assert!(
        finding.message.contains("searches libraries in"),
        "{}",
        finding.message
    );
}

#[test]
fn an_rpath_among_better_ones_or_for_nothing_is_left_in_peace() {
    let rpath = "@executable_path/../lib";
    assert!(
        with(vec![rpath, "@loader_path"], vec!["@rpath/liby.dylib"])
            .only(ID)
            .is_empty()
    );
    assert!(
        with(vec![rpath], vec!["/usr/lib/libSystem.B.dylib"])
            .only(ID)
            .is_empty()
    );
}
