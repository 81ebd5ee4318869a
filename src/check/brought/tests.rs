//! Who brings what is not there.

use std::collections::BTreeSet;

use super::Absent;
use crate::load::{Attempt, LoadFailure, Reason};

fn absent(required: &[&str]) -> Absent<'static> {
    Absent {
        required: required.iter().map(|name| (*name).to_owned()).collect(),
        opened_for_all: BTreeSet::new(),
        own: BTreeSet::from(["mlx", "thing"]),
        leaves: BTreeSet::from(["core.so", "libjaccl.dylib"]),
        torch_is_given: false,
        site: "/venv/lib/python3.11/site-packages/".to_owned(),
    }
}

fn missing(library: &str, tried: &[&str]) -> LoadFailure {
    let attempt = |inside: &&str| Attempt {
        path: format!("/venv/lib/python3.11/site-packages/{inside}"),
        why: "no such file".to_owned(),
    };
    LoadFailure {
        tried: tried.iter().map(attempt).collect(),
        ..LoadFailure::of(Reason::LibraryNotFound, library)
    }
}

#[test]
fn a_required_distribution_brings_what_lies_in_its_directory() {
    let bringer = |required: &[&str], library: &str, tried: &[&str]| {
        let absent = absent(required);
        let found = absent.bringers(&missing(library, tried));
        found.first().map(|name| (*name).to_owned())
    };
    let of = |name: &str| Some(name.to_owned());
    // Beside the wheel's own modules, by a distribution of its name.
    assert_eq!(
        bringer(
            &["mlx-metal", "numpy"],
            "@rpath/libmlx.dylib",
            &["mlx/lib/libmlx.dylib"]
        ),
        of("mlx-metal")
    );
    assert_eq!(
        bringer(&["numpy"], "@rpath/libmlx.dylib", &["mlx/lib/libmlx.dylib"]),
        None
    );
    // In a directory of somebody else.
    assert_eq!(
        bringer(
            &["shiboken6"],
            "@rpath/libshiboken6.dylib",
            &["thing/../shiboken6/libshiboken6.dylib"]
        ),
        of("shiboken6")
    );
    assert_eq!(
        bringer(
            &[],
            "@rpath/libshiboken6.dylib",
            &["shiboken6/libshiboken6.dylib"]
        ),
        None
    );
    // Vendored libraries are nobody else's.
    assert_eq!(
        bringer(
            &["numpy"],
            "@loader_path/.dylibs/libgfortran.5.dylib",
            &["thing/.dylibs/libgfortran.5.dylib"]
        ),
        None
    );
    // torch's libraries are there already when a module of a wheel that requires torch is opened.
    assert_eq!(bringer(&["torch"], "@rpath/libc10.dylib", &[]), of("torch"));
    assert_eq!(bringer(&[], "@rpath/libc10.dylib", &[]), of("torch"));
    assert_eq!(
        bringer(&["pyarrow"], "@rpath/libarrow.2100.dylib", &[]),
        of("pyarrow")
    );
    // Fixed paths are nobody's.
    assert_eq!(
        bringer(&["torch"], "/opt/homebrew/lib/libtorch.dylib", &[]),
        None
    );
}

#[test]
fn pythons_own_library_comes_with_no_distribution() {
    let absent = absent(&["opencv-python", "python-dateutil"]);
    let tried = ["thing/libpython3.11.dylib"];
    let found = absent.bringers(&missing("@rpath/libpython3.11.dylib", &tried));
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn of_several_distributions_none_is_blamed_by_the_alphabet() {
    let absent = absent(&["absl-py", "scipy"]);
    let tried = ["vendor/libdeep.dylib"];
    let found = absent.bringers(&missing("@rpath/libdeep.dylib", &tried));
    assert_eq!(found, ["absl-py", "scipy"]);
    let names: Vec<String> = found.into_iter().map(str::to_owned).collect();
    assert_eq!(super::one_of(&names), "one of absl-py, scipy");
}

#[test]
fn a_library_of_the_wheel_is_left_to_the_rpaths_of_its_loader() {
    let absent = absent(&[]);
    assert!(absent.is_beside(&missing("@rpath/libjaccl.dylib", &[])));
    assert!(!absent.is_beside(&missing("@rpath/libomp.dylib", &[])));
    assert!(!absent.is_beside(&missing("/usr/local/lib/libjaccl.dylib", &[])));
}

#[test]
fn a_symbol_may_come_with_what_a_script_opens_for_everybody() {
    let flat = LoadFailure {
        expected_in: Some("flat namespace".to_owned()),
        ..LoadFailure::of(Reason::SymbolNotFound, "_kern_add")
    };
    let mut absent = absent(&["kern", "numpy"]);
    assert!(absent.bringers(&flat).is_empty());
    absent.opened_for_all.insert("kern".to_owned());
    assert_eq!(absent.bringers(&flat), ["kern"]);
    let named = LoadFailure {
        expected_in: Some("/usr/lib/libSystem.B.dylib".to_owned()),
        ..flat
    };
    assert!(absent.bringers(&named).is_empty());
}
