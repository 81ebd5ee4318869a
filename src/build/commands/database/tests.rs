//! Files that a build left, with times before and behind it.

use super::{Commands, Written};
use crate::build::{Build, Ending};

const STARTED: u64 = 1_000;

fn written(path: &str, modified: u64, text: &str) -> Written {
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    Written {
        path: path.to_owned(),
        directory: Some(format!("/p/{directory}")),
        modified: Some(modified),
        text: Ok(text.to_owned()),
    }
}

fn build(written: &[Written], log: &str) -> Build {
    Build {
        command: Vec::new(),
        directory: "/p".to_owned(),
        started: Some(STARTED),
        ending: Ending::Exited { code: 0 },
        log: log.to_owned(),
        log_bytes_left_out: 0,
        written: written.to_vec(),
        produced: Vec::new(),
        milliseconds: 0,
    }
}

fn outputs(written: &[Written], log: &str) -> Vec<String> {
    let commands = Commands::of(&build(written, log));
    assert_eq!(commands.unread, []);
    commands.outputs().into_iter().collect()
}

const DATABASE: &str = r#"[
    {"directory": "/p/b", "file": "/p/a.cpp", "output": "d/a.o", "command": "/usr/bin/c++ -DA=\\\"x\\\" -o d/a.o -c /p/a.cpp"},
    {"directory": "/p/b", "file": "/p/b.cpp", "arguments": ["c++", "-march=native", "-o", "d/b.o", "-c", "/p/b.cpp"]},
    {"directory": "/p/b", "file": "/p/n.cpp"}
]"#;

const MANIFEST: &str = "rule cc\n  command = c++ $flags -o $out -c $in\nrule so\n  command = : && c++ -shared -o $out $in && :\n\
                        build d/a.o: cc a.cpp\nbuild d/b.o: cc b.cpp\n  flags = -O2\nbuild x.so: so d/a.o d/b.o\n";

fn ninja_log(times: [u64; 3]) -> String {
    let [a, b, x] = times;
    format!("# ninja log v6\n0\t9\t{a}\td/a.o\tff\n0\t9\t{b}\td/b.o\tfe\n9\t11\t{x}\tx.so\tfd\n")
}

#[test]
fn steps_of_ninja_count_by_their_times() {
    let of = |changed: u64, times: [u64; 3]| {
        let files = [
            written("b/.ninja_log", 2_000, &ninja_log(times)),
            written("b/build.ninja", changed, MANIFEST),
        ];
        outputs(&files, "")
    };
    assert_eq!(of(900, [1_500, 1_600, 1_700]), ["d/a.o", "d/b.o", "x.so"]);
    // `d/a.o` was made by an earlier build, and at the very start.
    assert_eq!(of(900, [950, 1_600, 1_700]), ["d/b.o", "x.so"]);
    assert_eq!(of(900, [STARTED, 1_600, 1_700]), ["d/b.o", "x.so"]);
    // The manifest was changed when a step had run: its command may have been another.
    assert_eq!(of(1_650, [1_500, 1_600, 1_700]), ["x.so"]);
    // An old ninja writes seconds, or nothing.
    assert_eq!(of(900, [0, 0, 0]), [""; 0]);
}

#[test]
fn the_rules_beside_the_manifest_and_the_clock_count_too() {
    let log = ninja_log([1_500; 3]);
    let (rules, rest) = MANIFEST.split_at(MANIFEST.find("build").unwrap_or_default());
    let manifest = format!("include CMakeFiles/rules.ninja\n{rest}");
    let of = |changed: u64| {
        let files = [
            written("b/.ninja_log", 2_000, &log),
            written("b/CMakeFiles/rules.ninja", changed, rules),
            written("b/build.ninja", 900, &manifest),
        ];
        outputs(&files, "")
    };
    assert_eq!(of(900).len(), 3);
    assert_eq!(of(1_501), [""; 0]);
    // Another directory's log says nothing about this manifest.
    let elsewhere = [
        written("c/.ninja_log", 2_000, &log),
        written("b/build.ninja", 900, MANIFEST),
    ];
    assert_eq!(outputs(&elsewhere, ""), [""; 0]);
    let mut timeless = build(
        &[
            written("b/.ninja_log", 2_000, &log),
            written("b/build.ninja", 900, MANIFEST),
        ],
        "",
    );
    assert_eq!(Commands::of(&timeless).link.len(), 1);
    timeless.started = None;
    assert_eq!(Commands::of(&timeless).link.len(), 0);
}

#[test]
fn a_command_of_ninja_is_split_as_the_shell_does_and_knows_its_directory() {
    let files = [
        written("b/.ninja_log", 2_000, &ninja_log([1_500; 3])),
        written("b/build.ninja", 900, MANIFEST),
    ];
    let commands = Commands::of(&build(&files, "[2/3] c++ -O3 -o d/b.o -c b.cpp\n"));
    // What the log shows is not told again.
    let compiled: Vec<_> = commands
        .compile
        .iter()
        .map(|it| it.told.to_string())
        .collect();
    assert_eq!(compiled, ["build log line 1", "b/build.ninja"]);
    assert_eq!(commands.compile[1].directory.as_deref(), Some("/p/b"));
    let [link] = commands.link.as_slice() else {
        panic!("{:?}", commands.link);
    };
    assert_eq!(
        (link.output.as_str(), link.told.to_string().as_str()),
        ("x.so", "b/build.ninja")
    );
    assert_eq!(link.words().len(), 2);
}

#[test]
fn a_link_that_the_log_shows_has_the_directory_of_its_step() {
    let files = |directory: &str| {
        [
            written(
                &format!("{directory}/.ninja_log"),
                2_000,
                &ninja_log([1_500; 3]),
            ),
            written(&format!("{directory}/build.ninja"), 900, MANIFEST),
        ]
    };
    let log = "[3/3] : && c++ -shared -o x.so d/a.o d/b.o && :\n";
    let of = |files: &[Written], log: &str| {
        let commands = Commands::of(&build(files, log));
        let links = commands.link.into_iter();
        links
            .map(|link| (link.told.to_string(), link.directory))
            .collect::<Vec<_>>()
    };
    let shown = "build log line 1".to_owned();
    assert_eq!(
        of(&files("b"), log),
        [(shown.clone(), Some("/p/b".to_owned()))]
    );
    // Another command, and two directories that have the same one.
    assert_eq!(
        of(&files("b"), &log.replace("b.o", "c.o")),
        [(shown.clone(), None)]
    );
    assert_eq!(of(&[files("b"), files("c")].concat(), log), [(shown, None)]);
    // Of two that the log does not show, both ran.
    assert_eq!(of(&[files("b"), files("c")].concat(), "").len(), 2);
}

#[test]
fn entries_count_where_this_build_wrote_them_and_says_that_it_makes_the_object() {
    let new = [written("b/compile_commands.json", 1_100, DATABASE)];
    assert_eq!(outputs(&new, "nothing is told"), [""; 0]);
    let log = "[ 50%] Building CXX object d/a.o\n";
    assert_eq!(outputs(&new, log), ["d/a.o"]);
    // An earlier configuration's: its flags may be others.
    let old = [written("b/compile_commands.json", 900, DATABASE)];
    assert_eq!(outputs(&old, log), [""; 0]);
    let commands = Commands::of(&build(&new, log));
    let words: Vec<_> = commands.compile[0].arguments.iter().collect();
    assert_eq!(words[1], "-DA=\"x\"");
    assert_eq!(commands.compile[0].directory.as_deref(), Some("/p/b"));
    let shown = "[1/2] Building CXX object d/a.o\nc++ -O2 -o d/a.o -c /p/a.cpp\n";
    let commands = Commands::of(&build(&new, shown));
    assert_eq!(commands.compile.len(), 1);
    assert_eq!(commands.compile[0].told.line(), Some(2));
}

#[test]
fn two_directories_that_could_be_meant_give_none() {
    let log = "[ 50%] Building CXX object d/a.o\n";
    let other = DATABASE.replace("/p/b\"", "/p/c\"");
    let both = [
        written("b/compile_commands.json", 1_100, DATABASE),
        written("c/compile_commands.json", 1_100, &other),
    ];
    assert_eq!(outputs(&both, log), [""; 0]);
    // A link to the database in the project's own directory is the same one.
    let linked = [
        written("b/compile_commands.json", 1_100, DATABASE),
        written("compile_commands.json", 1_100, DATABASE),
    ];
    assert_eq!(outputs(&linked, log), ["d/a.o"]);
}

#[test]
fn a_configuration_behind_the_build_is_none_of_its() {
    let new = [written("b/compile_commands.json", 1_100, DATABASE)];
    let written_to = "-- Build files have been written to: /p/b\n";
    let made = "[ 50%] Building CXX object d/a.o\n";
    assert_eq!(outputs(&new, &format!("{written_to}{made}")), ["d/a.o"]);
    assert_eq!(outputs(&new, &format!("{made}{written_to}")), [""; 0]);
    let elsewhere = "-- Build files have been written to: /p/c\n";
    assert_eq!(outputs(&new, &format!("{made}{elsewhere}")), ["d/a.o"]);
}

#[test]
fn what_cannot_be_read_is_said_and_nothing_else() {
    for text in ["[", "{}", "[1]", "", "[{\"directory\": 1}]", "\u{0}"] {
        let file = written("b/compile_commands.json", 1_100, text);
        let commands = Commands::of(&build(&[file], ""));
        let [(path, why)] = commands.unread.as_slice() else {
            panic!("{:?}", commands.unread);
        };
        assert_eq!(path, "b/compile_commands.json");
        assert!(why.starts_with("is no compilation database: "), "{why}");
    }
    let long = Written {
        text: Err("has 99999999 bytes".to_owned()),
        ..written("b/compile_commands.json", 1_100, "")
    };
    let commands = Commands::of(&build(&[long], ""));
    assert_eq!(commands.unread[0].1, "has 99999999 bytes");
    let files = [
        written("b/.ninja_log", 2_000, &ninja_log([1_500; 3])),
        written("b/build.ninja", 900, "subninja x\n"),
    ];
    let commands = Commands::of(&build(&files, ""));
    assert_eq!(commands.unread[0].0, "b/build.ninja");
}
