//! Nothing is left behind: no child, no directory, no endless wait.

#![cfg(target_os = "linux")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::run::{Place, compile, finished};

/// Processes that carry the mark in their environment.
fn marked(mark: &str) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let carries = |pid: &u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&environment).contains(mark)
    };
    numbers.filter(carries).collect()
}

fn wait_until(what: &str, reached: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !reached() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Starts `loadproof` with a mark, waits for `started`, sends the signal, and looks for what is left.
fn ends_cleanly(place: &Place, arguments: &[&str], signal: &str) {
    let mark = format!("LOADPROOF_TEST_MARK={}", place.path().display());
    let (name, value) = mark.split_once('=').expect("a mark");
    let temporary = place.path().join("temporary");
    std::fs::create_dir_all(&temporary).expect("a directory");
    let mut command = place.command(arguments);
    command
        .env(name, value)
        .env("TMPDIR", &temporary)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("loadproof starts");
    wait_until("the slow part has started", || {
        place.path().join("started").exists()
    });
    assert!(marked(&mark).len() > 1, "the slow part runs");
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(sent.expect("kill runs").success());
    let status = child.wait().expect("loadproof ends");
    assert!(!status.success());
    wait_until("every child has ended", || marked(&mark).is_empty());
    let left = std::fs::read_dir(&temporary)
        .expect("the directory")
        .count();
    assert_eq!(left, 0, "directories are left in {}", temporary.display());
}

#[test]
fn a_signal_during_the_build_leaves_no_child_behind() {
    for signal in ["-TERM", "-INT"] {
        let place = Place::new();
        place.write("project/notes.txt", "");
        // A child in the background, one in a session of its own, and one that does not listen.
        let build = "sleep 300 & setsid sleep 300 & touch ../started; trap '' TERM INT; sleep 300; sleep 300";
        ends_cleanly(
            &place,
            &[
                "verify",
                "project",
                "--build-command",
                build,
                "--artifact",
                "*.so",
            ],
            signal,
        );
    }
}

fn hanging(place: &Place) -> String {
    let started = place.path().join("started");
    place.write(
        "project/slow.c",
        format!(
            "#include <Python.h>\n#include <unistd.h>\n#include <stdio.h>\n\
             PyMODINIT_FUNC PyInit_slow(void) {{ fclose(fopen(\"{}\", \"w\")); for (;;) sleep(100); }}\n",
            started.display()
        ),
    );
    compile("slow", "slow.c")
}

#[test]
fn a_signal_during_the_import_leaves_no_child_behind() {
    let place = Place::new();
    let build = hanging(&place);
    ends_cleanly(
        &place,
        &[
            "verify",
            "project",
            "--build-command",
            &build,
            "--artifact",
            "*.so",
        ],
        "-TERM",
    );
}

#[test]
fn a_hanging_import_ends_at_its_limit() {
    let place = Place::new();
    let build = hanging(&place);
    let began = Instant::now();
    let arguments = [
        "verify",
        "project",
        "--quiet",
        "--build-command",
        &build,
        "--artifact",
        "*.so",
        "--import-timeout",
        "1",
    ];
    let ran = finished(&place.command(&arguments).output().expect("loadproof runs"));
    assert!(began.elapsed() < Duration::from_secs(60), "it ended");
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("import-timed-out"), "{}", ran.out);
}

#[test]
fn a_hanging_build_ends_at_its_limit() {
    let place = Place::new();
    place.write("project/notes.txt", "");
    let arguments = [
        "verify",
        "project",
        "--quiet",
        "--build-command",
        "echo begun; sleep 300",
        "--artifact",
        "*.so",
        "--build-timeout",
        "1",
    ];
    let ran = place.run(&arguments);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("build-timed-out"), "{}", ran.out);
}
