//! `loadproof doctor` where something is wrong: what a newcomer meets.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::run::{Place, Ran, finished};

/// A program of that text.
fn program(place: &Place, name: &str, text: &str) -> PathBuf {
    let path = place.write(name, text);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a program");
    path
}

/// The real Python of this machine.
fn python() -> PathBuf {
    let print = "import os, sys; print(os.path.realpath(sys.executable))";
    let output = Command::new("python3")
        .args(["-c", print])
        .output()
        .expect("python3");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

/// An environment with nothing in it, not even pip.
fn environment(place: &Place) -> PathBuf {
    let directory = place.path().join("env");
    let made = Command::new(python())
        .args(["-m", "venv", "--without-pip"])
        .arg(&directory)
        .status()
        .expect("python3");
    assert!(made.success());
    directory.join("bin/python")
}

/// Writes a package that calls itself torch.
fn torch(directory: &Path, version: &str) {
    let package = directory.join("torch");
    std::fs::create_dir_all(&package).expect("a directory");
    let text = format!("__version__ = '{version}'\n");
    for file in ["__init__.py", "version.py"] {
        std::fs::write(package.join(file), &text).expect("a file");
    }
}

fn site_packages(python: &Path) -> PathBuf {
    let print = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let output = Command::new(python)
        .args(["-c", print])
        .output()
        .expect("it starts");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

fn doctor(place: &Place, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut all = vec!["doctor", "--report", "json"];
    all.extend(arguments);
    let mut command = place.command(&all);
    command.envs(variables.iter().copied());
    finished(&command.output().expect("loadproof runs"))
}

/// What is to be mended first: its cause and its words.
fn first(ran: &Ran) -> (String, String) {
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    let text = |name: &str| {
        report["first"][name]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    (
        text("cause"),
        format!("{}\n{}", text("says"), text("remedy")),
    )
}

#[test]
fn a_python_that_hangs_or_prints_something_else_is_named() {
    let place = Place::new();
    let hanging = program(&place, "hanging", "#!/bin/sh\nexec sleep 1000\n");
    let hanging = hanging.to_str().expect("UTF-8");
    let ran = doctor(&place, &["--python", hanging, "--timeout", "1"], &[]);
    let (cause, words) = first(&ran);
    assert_eq!(cause, "interpreter-broken");
    assert!(
        words.contains("does not work as a Python") && words.contains(hanging),
        "{words}"
    );
    let other = program(&place, "other", "#!/bin/sh\necho good morning\n");
    let ran = doctor(&place, &["--python", other.to_str().expect("UTF-8")], &[]);
    assert_eq!(first(&ran).0, "interpreter-broken");
    assert!(ran.out.contains("good morning"), "{}", ran.out);
}

#[test]
fn an_environment_whose_python_is_gone_is_to_be_made_anew() {
    let place = Place::new();
    place.write("env/pyvenv.cfg", "home = /gone/bin\n");
    std::fs::create_dir_all(place.path().join("env/bin")).expect("a directory");
    symlink("/gone/bin/python3", place.path().join("env/bin/python")).expect("a link");
    let environment = place.path().join("env");
    let environment = environment.to_str().expect("UTF-8");
    let active = doctor(&place, &[], &[("VIRTUAL_ENV", environment)]);
    let named = doctor(&place, &["--python", "env/bin/python"], &[]);
    for ran in [active, named] {
        let (cause, words) = first(&ran);
        assert_eq!(cause, "interpreter-broken");
        assert!(
            words.contains("`/gone/bin/python3`, which is gone"),
            "{words}"
        );
        assert!(words.contains("-m venv --clear"), "{words}");
    }
}

#[test]
fn without_path_there_is_neither_python_nor_compiler() {
    let place = Place::new();
    let (cause, words) = first(&doctor(&place, &[], &[("PATH", "")]));
    assert_eq!(cause, "interpreter-broken");
    assert!(words.starts_with("PATH is empty: no Python"), "{words}");
    let python = python();
    let python = python.to_str().expect("UTF-8");
    let variables = [("PATH", "/nowhere"), ("CC", "cc"), ("CXX", "c++")];
    let (cause, words) = first(&doctor(&place, &["--python", python], &variables));
    assert_eq!(cause, "compiler-missing-or-clt", "{words}");
    assert!(words.contains("export PATH="), "{words}");
}

#[test]
fn a_compiler_that_a_variable_names_and_that_is_not_there_is_named() {
    let place = Place::new();
    let python = environment(&place);
    torch(&site_packages(&python), "2.15.0");
    let python = python.to_str().expect("UTF-8");
    let ran = doctor(
        &place,
        &["--python", python],
        &[("CXX", "no-such-compiler")],
    );
    let (cause, words) = first(&ran);
    assert_eq!(cause, "compiler-missing-or-clt");
    assert!(words.contains("`unset CXX`"), "{words}");
}

#[test]
fn an_environment_without_torch_needs_torch_first() {
    let place = Place::new();
    let python = environment(&place);
    let python = python.to_str().expect("UTF-8");
    let (cause, words) = first(&doctor(&place, &["--python", python], &[]));
    assert_eq!(cause, "module-not-found");
    assert!(words.contains("-m pip install torch"), "{words}");
}

#[test]
fn another_torch_on_pythonpath_is_found_and_a_torch_that_fails_is_tried() {
    let place = Place::new();
    let python = environment(&place);
    let own = site_packages(&python);
    torch(&own, "2.15.0");
    let other = place.path().join("other");
    torch(&other, "2.1.0");
    let python = python.to_str().expect("UTF-8");
    let other = other.to_str().expect("UTF-8");
    let ran = doctor(&place, &["--python", python], &[("PYTHONPATH", other)]);
    let (cause, words) = first(&ran);
    assert_eq!(cause, "environment-mismatch");
    assert!(words.starts_with("PYTHONPATH puts torch 2.1.0"), "{words}");
    std::fs::write(
        own.join("torch/__init__.py"),
        "raise ImportError('libc10 is gone')\n",
    )
    .expect("a file");
    let (cause, words) = first(&doctor(&place, &["--python", python], &[]));
    assert_eq!(cause, "torch-import-failed");
    assert!(words.contains("libc10 is gone"), "{words}");
}

#[test]
fn the_terminal_report_ends_with_what_to_mend_first() {
    let place = Place::new();
    let other = program(&place, "other", "#!/bin/sh\necho good morning\n");
    let ran = place.run(&["doctor", "--python", other.to_str().expect("UTF-8")]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let (_, end) = ran.out.split_once("\nMend first: ").expect("the end");
    assert!(
        end.contains("loadproof explain interpreter-broken"),
        "{end}"
    );
    let absent = place.run(&["doctor", "--python", "not/here"]);
    assert_eq!(absent.code, 2, "{}", absent.err);
}
