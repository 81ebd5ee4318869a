//! What the process already has.

use crate::lab::Lab;
use crate::python::Request;

const ONE: &str = "int one(void) { return 1; }";
const USES_ONE: &str = "int one(void); int two(void) { return one() + 1; }";

#[test]
fn a_dependent_that_is_loaded_already_by_soname_is_not_searched() {
    let lab = Lab::new();
    lab.library("libone.so", ONE, &["-Wl,-soname,libone.so"]);
    lab.library("x.so", USES_ONE, &["-L.", "-lone"]);
    lab.write("elsewhere/.keep", "");
    std::fs::rename(lab.path("libone.so"), lab.path("elsewhere/other.so")).unwrap();
    lab.refuses(
        "x.so",
        "libone.so: cannot open shared object file: No such file or directory",
    );
    let request = Request {
        before: &[(false, lab.text("elsewhere/other.so"))],
        ..Request::default()
    };
    let load = lab.open_with("x.so", &request);
    assert_eq!(load.images[1].found_by, "loaded before");
}

#[test]
fn a_loaded_library_of_the_same_name_hides_the_right_one() {
    let lab = Lab::new();
    lab.write("old/.keep", "");
    lab.library("libone.so", ONE, &["-Wl,-soname,libone.so"]);
    lab.library("old/libone.so", "int other;", &["-Wl,-soname,libone.so"]);
    lab.library("x.so", USES_ONE, &["-L.", "-lone", "-Wl,-rpath,$ORIGIN"]);
    assert!(lab.open("x.so").failures.is_empty());
    let request = Request {
        before: &[(false, lab.text("old/libone.so"))],
        ..Request::default()
    };
    let load = lab.open_with("x.so", &request);
    lab.assert_first(&load, "@/x.so: undefined symbol: one");
}

#[test]
fn the_same_file_under_another_name_is_not_loaded_twice() {
    let lab = Lab::new();
    lab.library("libone.so.1", ONE, &[]);
    std::os::unix::fs::symlink("libone.so.1", lab.path("libone.so")).unwrap();
    lab.library("x.so", USES_ONE, &["-L.", "-lone", "-Wl,-rpath,$ORIGIN"]);
    let request = Request {
        before: &[(false, lab.text("libone.so.1"))],
        ..Request::default()
    };
    let load = lab.open_with("x.so", &request);
    assert_eq!(load.images[1].found_by, "loaded before");
}

#[test]
fn what_is_opened_globally_provides_symbols_and_what_is_local_does_not() {
    let lab = Lab::new();
    lab.library("libone.so", ONE, &[]);
    lab.library("x.so", USES_ONE, &[]);
    for global in [false, true] {
        let request = Request {
            before: &[(global, lab.text("libone.so"))],
            ..Request::default()
        };
        assert_eq!(lab.open_with("x.so", &request).failures.is_empty(), global);
    }
}

#[test]
fn dependents_of_what_is_opened_globally_are_global_too() {
    let lab = Lab::new();
    lab.library("libone.so", ONE, &["-Wl,-soname,libone.so"]);
    lab.library("libtop.so", "", &["-L.", "-lone", "-Wl,-rpath,$ORIGIN"]);
    lab.library("x.so", USES_ONE, &[]);
    let request = Request {
        before: &[(true, lab.text("libtop.so"))],
        ..Request::default()
    };
    assert!(lab.open_with("x.so", &request).failures.is_empty());
}

#[test]
fn what_is_preloaded_provides_symbols() {
    let lab = Lab::new();
    lab.library("libone.so", ONE, &[]);
    lab.library("x.so", USES_ONE, &[]);
    let preload = lab.text("libone.so");
    let request = Request {
        preload: Some(&preload),
        ..Request::default()
    };
    assert!(lab.open_with("x.so", &request).failures.is_empty());
}

#[test]
fn an_image_that_is_loaded_already_is_not_checked_again() {
    let lab = Lab::new();
    lab.library("x.so", ONE, &[]);
    let request = Request {
        before: &[(false, lab.text("x.so"))],
        ..Request::default()
    };
    let load = lab.open_with("x.so", &request);
    assert_eq!(load.images[0].found_by, "loaded before");
}

#[test]
fn python_itself_provides_its_api() {
    let lab = Lab::new();
    let source = "int Py_IsInitialized(void); int PyNothing(void);
                  int f(void) { return Py_IsInitialized() + PyNothing(); }";
    lab.library("x.so", source, &[]);
    assert_eq!(
        lab.refuses("x.so", "@/x.so: undefined symbol: PyNothing")
            .failures
            .len(),
        1
    );
}
