//! A wheel that is so, and one that only looks like it.

use super::super::testing::wheels::{MachoFile, module, wheel};

const ID: &str = "python-library-linked";

fn asks(name: &'static str) -> super::super::testing::wheels::WheelFiles {
    let module = MachoFile {
        dependents: vec![name],
        ..module()
    };
    wheel(vec![("x/_C.cpython-311-darwin.so", module)])
}

#[test]
fn a_pythons_library_is_told_under_each_of_its_names() {
    for name in [
        "/opt/homebrew/opt/python@3.11/Frameworks/Python.framework/Versions/3.11/Python",
        "@rpath/libpython3.11.dylib",
        "@rpath/Python3.framework/Versions/3.9/Python3",
    ] {
        let (_, finding) = asks(name).one(ID);
        assert_eq!(finding.subject.as_deref(), Some(name));
    }
}

#[test]
fn a_library_that_only_sounds_like_it_is_left_in_peace() {
    assert!(asks("@rpath/libpython_embed.dylib").only(ID).is_empty());
    assert!(asks("@rpath/libboost_python311.dylib").only(ID).is_empty());
}
