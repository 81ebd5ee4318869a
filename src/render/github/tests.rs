//! The commands as the runner would see them.

use super::super::{Format, Options, sample};
use super::runner::{Command, obey};
use super::*;

const TOKEN: &str = "5c0ffee5c0ffee5c0ffee5c0ffee5c0f";

fn options() -> Options {
    Options {
        project_prefix: Some("packages/hello".to_owned()),
        artifact_hint: Some("hello.loadproof.json".to_owned()),
        stop_token: Some(TOKEN.to_owned()),
        ..Options::default()
    }
}

fn printed(report: &Report, format: Format, options: &Options) -> String {
    String::from_utf8(sample::rendered(report, format, options)).unwrap()
}

fn obeyed(report: &Report) -> Vec<Command> {
    obey(&printed(report, Format::Github, &options()))
}

#[test]
fn a_failing_run_in_full() {
    insta::with_settings!({ snapshot_path => "../snapshots" }, {
        insta::assert_snapshot!("github_rich", printed(&sample::rich(), Format::Github, &options()));
    });
}

#[test]
fn a_healthy_run_annotates_nothing() {
    insta::assert_snapshot!(printed(&sample::healthy(), Format::Github, &options()), @"loadproof has nothing to annotate");
}

#[test]
fn the_runner_sees_the_intended_commands_and_no_other() {
    let names: Vec<String> = obeyed(&sample::hostile())
        .into_iter()
        .map(|command| command.name)
        .collect();
    let intended: Vec<&str> = [["error"; 10], ["warning"; 10]]
        .concat()
        .into_iter()
        .chain(["notice"])
        .collect();
    assert_eq!(names, intended);
}

#[test]
fn hostile_text_arrives_as_it_was_but_for_the_old_syntax() {
    let report = sample::hostile();
    let commands = obeyed(&report);
    for (cause, command) in report.causes.iter().zip(&commands).take(9).skip(1) {
        let expected = one_line(&cause.message).replace("##[", "## [");
        assert!(command.data.starts_with(&expected), "{:?}", command.data);
        let place = SourcePlace::of(&cause.place, &options());
        let file = place
            .as_ref()
            .map(|place| place.file.replace("##[", "## ["));
        assert_eq!(command.property("file"), file.as_deref());
        let line = place.as_ref().and_then(|place| place.line);
        assert_eq!(
            command.property("line"),
            line.map(|line| line.to_string()).as_deref()
        );
        let ends = place.as_ref().and_then(|place| place.end_line);
        assert_eq!(command.property("endLine").is_some(), ends.is_some());
        let on_one_line = line.is_some() && (ends.is_none() || ends == line);
        assert_eq!(command.property("col").is_some(), on_one_line);
        assert_eq!(command.property("title"), Some("import-raised (observed)"));
    }
}

#[test]
fn the_tenth_annotation_counts_the_rest_and_the_log_lists_them() {
    let commands = obeyed(&sample::hostile());
    assert_eq!(
        commands[9].property("title"),
        Some("loadproof: 5 more errors")
    );
    assert!(
        commands[9]
            .data
            .starts_with("5 more errors: GitHub shows 10")
    );
    // Eleven warnings and a gap in loadproof.
    assert_eq!(
        commands[19].property("title"),
        Some("loadproof: 3 more warnings")
    );
    let output = printed(&sample::hostile(), Format::Github, &options());
    assert_eq!(
        output.lines().filter(|line| line.starts_with("| ")).count(),
        8
    );
}

#[test]
fn ten_of_a_type_are_all_shown() {
    let mut report = sample::hostile();
    report.causes.truncate(10);
    report.disagreements.clear();
    let commands = obeyed(&report);
    assert_eq!(commands.len(), 10);
    assert!(
        commands
            .iter()
            .all(|command| command.property("title") == Some("import-raised (observed)"))
    );
}

#[test]
fn messages_fit_into_what_the_runner_keeps() {
    let commands = obeyed(&sample::hostile());
    let longest = commands
        .iter()
        .map(|command| command.data.encode_utf16().count())
        .max();
    assert_eq!(longest, Some(MESSAGE));
    assert_eq!(within("👩👩👩", 6), "👩👩👩");
    assert_eq!(within("👩👩👩", 5), "👩👩…");
    assert_eq!(within("##[##[", 7), "## [##…");
}

#[test]
fn without_a_token_nothing_is_obeyed_either() {
    let plain = Options {
        stop_token: None,
        ..options()
    };
    let commands = obey(&printed(&sample::hostile(), Format::Github, &plain));
    assert_eq!(commands.len(), 21);
}

#[test]
fn the_other_formats_can_be_printed_in_a_step() {
    for format in [Format::Terminal, Format::Json] {
        assert_eq!(obey(&printed(&sample::hostile(), format, &options())), []);
    }
    let unfenced = Options {
        stop_token: None,
        ..options()
    };
    assert_ne!(
        obey(&printed(&sample::hostile(), Format::Terminal, &unfenced)),
        [],
        "the fence is needed"
    );
}

#[test]
fn a_fence_ends_on_a_line_of_its_own() {
    let mut out = Vec::new();
    fence("abc", "text ##[error]", &mut out).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r"
    ::stop-commands::abc
    text ## [error]
    ::abc::
    ");
}
