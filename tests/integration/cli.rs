//! Words, exit codes and files of the executable.

use crate::run::{Place, compile, healthy_source};

fn verify<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["verify", "project", "--quiet"];
    arguments.extend(more);
    arguments
}

#[test]
fn a_directory_without_a_project_has_nothing_to_check() {
    let place = Place::new();
    place.write("project/notes.txt", "nothing to build");
    let ran = place.run(&verify(&[]));
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    assert!(
        ran.err
            .contains("`project` holds no setup.py, pyproject.toml or setup.cfg"),
        "{}",
        ran.err
    );
}

#[test]
fn a_project_that_is_not_there_is_a_usage_error() {
    let ran = Place::new().run(&verify(&[]));
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.err.starts_with("error: cannot open `project`"),
        "{}",
        ran.err
    );
}

#[test]
fn a_python_that_is_not_there_is_a_usage_error() {
    let place = Place::new();
    place.write("project/setup.py", "");
    let ran = place.run(&verify(&["--python", "/nowhere/bin/python"]));
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    assert!(
        ran.err
            .contains("there is no Python at `/nowhere/bin/python`"),
        "{}",
        ran.err
    );
}

#[test]
fn an_environment_whose_python_was_removed_is_said_to_be_so() {
    let place = Place::new();
    place.write("project/setup.py", "");
    place.write("my env/bin/activate", "");
    let python = place.path().join("my env/bin/python");
    std::os::unix::fs::symlink("/nowhere/bin/python3", &python)
        .expect("a link that leads to nothing");
    let ran = place.run(&verify(&["--python", &python.display().to_string()]));
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.err
            .contains("leads to `/nowhere/bin/python3`, which is gone")
            && ran.err.contains("python3 -m venv --clear '")
            && ran.err.contains("/my env'"),
        "{}",
        ran.err
    );
}

#[test]
fn a_python_that_does_not_start_is_a_cause() {
    let place = Place::new();
    place.write("project/setup.py", "");
    place.write(
        "broken",
        "#!/bin/sh\necho 'Fatal Python error: no codec'\nexit 1\n",
    );
    let chmod = std::process::Command::new("chmod")
        .args(["+x", "broken"])
        .current_dir(place.path())
        .status();
    assert!(chmod.expect("chmod runs").success());
    let ran = place.run(&verify(&["--python", "./broken"]));
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("interpreter-broken"), "{}", ran.out);
    assert!(
        ran.out.contains("Fatal Python error: no codec"),
        "{}",
        ran.out
    );
}

#[test]
fn a_build_that_makes_no_native_module_has_nothing_to_check() {
    let place = Place::new();
    place.write("project/notes.txt", "");
    let ran = place.run(&verify(&[
        "--build-command",
        "touch made.txt",
        "--artifact",
        "*.so",
    ]));
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(
        ran.err
            .contains("the build of `project` made no file that was asked for"),
        "{}",
        ran.err
    );
}

#[test]
fn a_wheel_that_is_not_a_zip_is_named() {
    let place = Place::new();
    place.write("project/x-1.0-py3-none-any.whl", "this is no zip");
    for arguments in [
        verify(&["--build-command", "true", "--artifact", "*.whl"]),
        vec!["verify", "project/x-1.0-py3-none-any.whl", "--quiet"],
    ] {
        let ran = place.run(&arguments);
        assert_eq!(ran.code, 3, "{}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        assert!(
            ran.err.contains("`x-1.0-py3-none-any.whl` is not a wheel"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn an_unknown_report_format_is_refused_before_anything_is_built() {
    let place = Place::new();
    place.write("project/setup.py", "");
    let ran = place.run(&verify(&["--report", "pdf"]));
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.err.contains("unknown report format `pdf`"),
        "{}",
        ran.err
    );
}

#[test]
fn every_report_is_written_and_a_path_that_cannot_be_written_is_named() {
    let place = Place::new();
    place.write("project/spam.c", healthy_source("spam"));
    let build = compile("spam", "spam.c");
    let ran = place.run(&verify(&[
        "--build-command",
        &build,
        "--artifact",
        "*.so",
        "--keep",
        "kept",
        "--report",
        "junit=out/junit.xml",
        "--report",
        "json=out/report.json",
        "--report",
        "summary=out/summary.md",
        "--record",
        "out/facts.json",
    ]));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(place.read("out/junit.xml").contains("<testsuite"));
    assert!(
        place
            .read("out/report.json")
            .contains("\"outcome\": \"passed\"")
    );
    assert!(place.read("out/summary.md").contains("spam"));
    assert_eq!(place.read("out/facts.json"), place.read("kept/facts.json"));

    let ran = place.run(&[
        "replay",
        "out/facts.json",
        "--report",
        "json=project/spam.c/report.json",
    ]);
    assert_eq!(ran.code, 4, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("project/spam.c"), "{}", ran.err);
    if cfg!(target_os = "linux") {
        let ran = place.run(&["replay", "out/facts.json", "--report", "junit=/dev/full"]);
        assert_eq!(ran.code, 4, "{}{}", ran.out, ran.err);
        assert!(ran.err.contains("cannot write `/dev/full`"), "{}", ran.err);
    }
}

#[test]
fn a_replay_elsewhere_gives_the_identical_reports() {
    let place = Place::new();
    place.write("project/spam.c", healthy_source("eggs"));
    let build = compile("spam", "spam.c");
    let formats =
        ["terminal", "json", "junit", "summary"].map(|format| format!("{format}=first/{format}"));
    let mut arguments = verify(&[
        "--build-command",
        &build,
        "--artifact",
        "*.so",
        "--record",
        "facts.json",
    ]);
    for format in &formats {
        arguments.extend(["--report", format]);
    }
    let ran = place.run(&arguments);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("module-init-missing"), "{}", ran.out);

    let elsewhere = Place::new();
    elsewhere.write("facts.json", place.read("facts.json"));
    std::fs::remove_dir_all(place.path().join("project")).expect("the project is deleted");
    let formats = formats.map(|format| format.replace("first/", "again/"));
    let mut arguments = vec!["replay", "facts.json"];
    for format in &formats {
        arguments.extend(["--report", format]);
    }
    assert_eq!(elsewhere.run(&arguments).code, 1);
    for format in ["terminal", "json", "junit", "summary"] {
        assert_eq!(
            place.read(&format!("first/{format}")),
            elsewhere.read(&format!("again/{format}")),
            "{format}"
        );
    }
}

#[test]
fn a_recording_that_cannot_be_read_is_refused_in_one_sentence() {
    let place = Place::new();
    place.write("facts.json", "{\"format\": 1, \"tool");
    let ran = place.run(&["replay", "facts.json"]);
    assert_eq!((ran.code, ran.err.lines().count()), (2, 1), "{}", ran.err);
    assert!(
        ran.err
            .contains("`facts.json` is not a recording of loadproof"),
        "{}",
        ran.err
    );
    place.write("facts.json", "{\"format\": 99}");
    let ran = place.run(&["replay", "facts.json"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("by a newer loadproof"), "{}", ran.err);
}

#[test]
fn every_rule_can_be_explained() {
    let place = Place::new();
    for rule in loadproof::rules::RULES {
        let ran = place.run(&["explain", rule.id]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.out.contains("## How to fix"), "{}", ran.out);
    }
    let ran = place.run(&["explain", "no-such-cause"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.err.contains("there is no cause `no-such-cause`"),
        "{}",
        ran.err
    );
}

#[test]
fn a_text_is_explained_and_an_unknown_one_is_said_to_be_unknown() {
    let place = Place::new();
    place.write(
        "error.txt",
        "> ImportError: dlopen(/x/_C.so, 0x0002): Library not loaded: @rpath/libc10.dylib\n\
         >   Referenced from: <no uuid> /x/_C.so\n>   Reason: no LC_RPATH's found\n",
    );
    let ran = place.run(&["explain", "error.txt"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.starts_with("library-not-found-rpath: "),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("     1 | ImportError: dlopen("),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("  @rpath/libc10.dylib"), "{}", ran.out);

    place.write("fine.txt", "Everything is fine\n");
    let ran = place.run(&["explain", "fine.txt", "--report", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(json["schema"], 1);
    assert_eq!(json["cause"], serde_json::Value::Null);
    let ran = place.run(&["explain", "fine.txt"]);
    assert!(ran.out.starts_with("No cause: "), "{}", ran.out);
}
