//! Every rule over every recording: a false finding anywhere is a difference.

use std::collections::BTreeSet;
use std::path::PathBuf;

use loadproof::diagnose::diagnose;
use loadproof::diagnosis::{Diagnosis, Place, Severity};
use loadproof::facts::Facts;
use loadproof::report::Report;
use loadproof::sample::{Expected, Judgement, judge};
use serde_json::{Value, json};

use crate::run::root;

/// Every recording with its name.
fn recordings() -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(root().join("fixtures/recorded"))
        .expect("the recordings")
        .flatten();
    let json = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"));
    let mut found: Vec<_> = json
        .map(|path| {
            (
                path.file_stem()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned(),
                path,
            )
        })
        .collect();
    found.sort();
    assert!(found.len() >= 15, "the recordings are there");
    found
}

fn report(path: &PathBuf) -> Report {
    let facts =
        Facts::from_json(&std::fs::read(path).expect("a recording")).expect("a recording of ours");
    diagnose(&facts, &facts.files).report
}

/// The causes that some recording shows.
pub(crate) fn causes_of_recordings() -> BTreeSet<String> {
    let reports = recordings().into_iter().map(|(_, path)| report(&path));
    reports
        .flat_map(|report| report.causes)
        .map(|cause| cause.rule.to_owned())
        .collect()
}

#[test]
fn every_recording_of_a_sample_comes_to_what_the_sample_expects() {
    for (name, path) in recordings() {
        let text = std::fs::read_to_string(
            root()
                .join("fixtures/extensions")
                .join(&name)
                .join("expected.json"),
        );
        let expected: Expected = serde_json::from_str(&text.expect("the sample of the recording"))
            .expect("an expectation");
        let row = judge(&name, &expected, &report(&path), 0.0);
        assert_eq!(row.judgement, Judgement::Passed, "{name}");
    }
}

#[test]
fn a_replay_asks_nothing_that_was_not_recorded() {
    for (name, path) in recordings() {
        for module in report(&path).modules {
            let unknown = module.module.is_some()
                && module.would_load == loadproof::load::LoadVerdict::Unknown;
            assert!(
                !unknown,
                "{name}: the load of {} cannot be replayed",
                module.path
            );
        }
    }
}

#[test]
fn a_flag_of_no_line_is_attributed_to_the_variable_that_gives_it() {
    let of = |name: &str| {
        let path = root().join(format!("fixtures/recorded/{name}.json"));
        let mut causes = report(&path).causes;
        assert_eq!(causes.len(), 1, "{name}");
        causes.remove(0)
    };
    let cause = of("environment-flag");
    let variable = cause.facts.get("variable").map(String::as_str);
    assert_eq!(variable, Some("CFLAGS"));
    let named = |source: &str| {
        let evidence = cause.evidence.iter();
        evidence
            .filter(|evidence| evidence.source == source)
            .count()
    };
    assert_eq!(named("environment variable CFLAGS"), 1);
    assert_eq!(
        cause.message,
        "the compiler refuses the flag `-fno-such-option-anywhere`; it comes from CFLAGS in the environment"
    );
    // A line of the project says more.
    assert_eq!(of("workflow-flag").facts.get("variable"), None);
}

#[test]
fn all_that_one_file_would_define_is_one_cause_with_a_count() {
    let path = root().join("fixtures/recorded/left-out-source.json");
    let [cause] = report(&path).causes.try_into().expect("one cause");
    let count = cause.facts.get("missing_symbols").map(String::as_str);
    assert_eq!(count, Some("3"));
    let label = cause.label.expect("a label");
    assert!(label.contains("and 2 more of what is missing"), "{label}");
}

/// The cause of the sample whose sources leave a file out, with that file in these places instead of its own.
fn left_out_in(places: &[&str], sources: &[(&str, &str)]) -> Diagnosis {
    let path = root().join("fixtures/recorded/left-out-source.json");
    let text = std::fs::read_to_string(path).expect("a recording");
    let mut recording: Value = serde_json::from_str(&text).expect("JSON");
    let project = &mut recording["sources"];
    let texts = project["texts"].as_object_mut().expect("texts");
    let definition = texts
        .remove("shapes.cpp")
        .expect("the file that is left out");
    for place in places {
        texts.insert((*place).to_owned(), definition.clone());
    }
    for (from, to) in sources {
        let script = texts["setup.py"]["known"].as_str().expect("a script");
        let script = script.replace(&format!("\"{from}\""), &format!("\"{to}\""));
        texts["setup.py"]["known"] = script.into();
        if let Some(source) = texts.remove(*from) {
            texts.insert((*to).to_owned(), source);
        }
    }
    let known = texts.iter().filter(|(_, text)| text.get("known").is_some());
    let files: Vec<Value> = known.map(|(path, _)| path.as_str().into()).collect();
    project["files"] = files.into();
    let facts = Facts::from_json(recording.to_string().as_bytes()).expect("a recording of ours");
    let report = diagnose(&facts, &facts.files).report;
    let [cause] = report.causes.try_into().expect("one cause");
    cause
}

/// Where a cause is placed, and the file that it says is left out.
fn placed(cause: &Diagnosis) -> (String, Option<&str>) {
    let Place::Source(source) = &cause.place else {
        panic!("{:?} is no line", cause.place);
    };
    let line = source.line.expect("a line");
    let left_out = cause.facts.get("left_out").map(String::as_str);
    (format!("{}:{line}", source.file), left_out)
}

#[test]
fn a_definition_in_a_directory_of_tests_is_not_what_the_sources_leave_out() {
    for aside in [
        "tests/shapes.cpp",
        "csrc/tests/shapes.cpp",
        "examples/a/shapes.cpp",
    ] {
        let cause = left_out_in(&[aside], &[]);
        let debug_line = ("left_out_source.cpp:6".to_owned(), None);
        assert_eq!(placed(&cause), debug_line, "{aside}");
        let shown = format!("{:?} {:?}", cause.label, cause.related);
        assert!(!shown.contains(aside), "{shown}");
    }
}

#[test]
fn a_definition_in_a_directory_of_sources_is_what_they_leave_out() {
    let list = "setup.py:11".to_owned();
    for place in ["csrc/shapes.cpp", "csrc/testimony/shapes.cpp"] {
        let cause = left_out_in(&[place], &[]);
        assert_eq!(placed(&cause), (list.clone(), Some(place)));
    }
    // A test's stand-in does not make it ambiguous; a second definition elsewhere does.
    let both = left_out_in(&["csrc/shapes.cpp", "tests/shapes.cpp"], &[]);
    assert_eq!(placed(&both), (list.clone(), Some("csrc/shapes.cpp")));
    let two = left_out_in(&["csrc/shapes.cpp", "old/shapes.cpp"], &[]);
    assert_eq!(placed(&two).1, None);
}

#[test]
fn a_module_that_is_built_of_a_directory_of_tests_may_leave_out_a_file_of_it() {
    let moved = [("frame.cpp", "tests/frame.cpp")];
    let cause = left_out_in(&["tests/shapes.cpp"], &moved);
    let expected = ("setup.py:11".to_owned(), Some("tests/shapes.cpp"));
    assert_eq!(placed(&cause), expected);
    // Of another such directory it is none.
    let cause = left_out_in(&["bench/shapes.cpp"], &moved);
    assert_eq!(placed(&cause).1, None);
}

/// What is said of a healthy build in whose log these lines are found, with this setup.py.
fn warned_of(lines: &str, script: &str) -> Report {
    surrounded_by(lines, script, |_| {})
}

/// The same, where more of the recording is another.
fn surrounded_by(lines: &str, script: &str, change: impl FnOnce(&mut Value)) -> Report {
    let path = root().join("fixtures/recorded/hello.json");
    let text = std::fs::read_to_string(path).expect("a recording");
    let mut recording: Value = serde_json::from_str(&text).expect("JSON");
    let log = recording["build"]["log"].as_str().expect("a log");
    recording["build"]["log"] = format!("{log}{lines}").into();
    recording["sources"] = json!({
        "texts": {
            "setup.py": { "known": script },
            "setup.cfg": "absent",
            "pyproject.toml": "absent",
            "CMakeLists.txt": "absent",
        },
        "files": ["setup.py"],
    });
    change(&mut recording);
    let facts = Facts::from_json(recording.to_string().as_bytes()).expect("a recording of ours");
    diagnose(&facts, &facts.files).report
}

#[test]
fn a_flag_of_pythons_own_configuration_is_attributed_to_it_where_it_really_ran() {
    let lines = "clang -bundle -undefined dynamic_lookup x.o -o x.so\n\
                 ld: warning: -undefined dynamic_lookup may not work with chained fixups\n";
    let said = |lines: &str, script: &str, ldshared: &str| {
        let report = surrounded_by(lines, script, |recording| {
            recording["interpreter"]["answered"]["configured_flags"] =
                json!({ "LDSHARED": ldshared });
        });
        let [cause] = report.causes.try_into().expect("one cause");
        assert_eq!(cause.rule, "dynamic-lookup-with-chained-fixups");
        cause
    };
    let plain = "from setuptools import Extension, setup\nsetup(ext_modules=[Extension(\"hello\", [\"hello.c\"])])\n";
    let configured = "clang -bundle -undefined dynamic_lookup";
    let cause = said(lines, plain, configured);
    assert_eq!(cause.place, Place::Project);
    assert!(
        cause
            .message
            .ends_with("; it comes from LDSHARED in this Python's sysconfig"),
        "{}",
        cause.message
    );
    assert_eq!(cause.facts["sysconfig"], "LDSHARED");
    // It is configured, and another link than that one ran; it ran, and is not configured.
    let other = lines.replacen("-undefined dynamic_lookup", "-undefined error", 1);
    for cause in [
        said(&other, plain, configured),
        said(lines, plain, "clang -bundle"),
    ] {
        assert_eq!(cause.facts.get("sysconfig"), None);
        assert!(!cause.message.contains("comes from"), "{}", cause.message);
    }
    // A line of the project says more.
    let own = plain.replace(
        "[\"hello.c\"]",
        "[\"hello.c\"], extra_link_args=[\"-undefined\",\n    \"dynamic_lookup\"]",
    );
    let cause = said(lines, &own, configured);
    assert_eq!(placed(&cause), ("setup.py:3".to_owned(), None));
    assert_eq!(cause.facts.get("sysconfig"), None);
}

#[test]
fn a_deployment_target_of_no_line_is_the_environments_or_pythons_own() {
    let line = "ld: warning: dylib (/o/lib/libstone.dylib) was built for newer macOS version (14.0) than being linked (11.0)\n";
    let script = "from setuptools import Extension, setup\nsetup(ext_modules=[Extension(\"hello\", [\"hello.c\"])])\n";
    let said = |configured: &str, variable: Value| {
        let report = surrounded_by(line, script, |recording| {
            recording["interpreter"]["answered"]["deployment_target"] = configured.into();
            recording["sources"]["variables"] = json!({ "MACOSX_DEPLOYMENT_TARGET": variable });
        });
        let [cause] = report.causes.try_into().expect("one cause");
        assert_eq!(cause.place, Place::Project);
        let from = cause.message.split_once("; ");
        from.map_or_else(String::new, |(_, from)| from.to_owned())
    };
    assert_eq!(
        said("11.0", "unset".into()),
        "`MACOSX_DEPLOYMENT_TARGET=11.0` comes from this Python's sysconfig"
    );
    assert_eq!(
        said("10.9", json!({ "set": "11" })),
        "`MACOSX_DEPLOYMENT_TARGET=11` comes from the environment"
    );
    // Python was configured for another one; what the environment says of it is another, or is not known.
    assert_eq!(said("10.9", "unset".into()), "");
    assert_eq!(said("11.0", json!({ "set": "12.0" })), "");
    assert_eq!(said("11.0", "unknown".into()), "");
}

#[test]
fn a_processor_of_no_line_comes_from_a_variable_that_asks_for_it() {
    let path = root().join("fixtures/recorded/wrong-arch.json");
    let text = std::fs::read_to_string(path).expect("a recording");
    let said = |flags: &str| {
        let mut recording: Value = serde_json::from_str(&text).expect("JSON");
        recording["sources"]["variables"]["ARCHFLAGS"] = json!({ "set": flags });
        let facts =
            Facts::from_json(recording.to_string().as_bytes()).expect("a recording of ours");
        let report = diagnose(&facts, &facts.files).report;
        let [cause] = report.causes.try_into().expect("one cause");
        assert_eq!(cause.rule, "arch-mismatch");
        cause.message
    };
    assert!(
        said("-arch x86_64 -arch aarch64")
            .ends_with("; `-arch aarch64` comes from ARCHFLAGS in the environment")
    );
    assert!(!said("-arch x86_64 -march=aarch64").contains("comes from"));
}

#[test]
fn a_standard_that_nothing_chooses_is_missed_where_it_would_stand() {
    let lines = "c++ -O2 -c src/a.cpp -o a.o\n\
                 src/a.cpp:4:8: warning: decomposition declarations are a C++17 extension [-Wc++17-extensions]\n";
    let script = "from setuptools import Extension, setup\nsetup(ext_modules=[Extension(\"hello\", [\"src/a.cpp\"],\n    extra_compile_args=[\"-O2\"])])\n";
    let place = |script: &str| {
        let [cause] = warned_of(lines, script).causes.try_into().expect("one");
        assert_eq!(
            (cause.rule, cause.severity),
            ("cxx-standard-too-low", Severity::Warning)
        );
        match cause.place {
            Place::Source(source) => (source.file, source.line),
            place => (place.to_string(), None),
        }
    };
    let at = |line| ("setup.py".to_owned(), Some(line));
    assert_eq!(place(script), at(3));
    let without = script.replace(",\n    extra_compile_args=[\"-O2\"]", "");
    assert_eq!(place(&without), at(2));
    // Of two modules it may be either, and what is not known whole may hold one.
    let two = script.replace(
        "setup(ext_modules=[",
        "setup(ext_modules=[Extension(\"b\", [\"b.cpp\"]), ",
    );
    let unknown = script.replace("[\"-O2\"]", "[\"-O2\"] + chosen()");
    for script in [&two, &unknown] {
        assert_eq!(place(script), ("the project".to_owned(), None));
    }
}

#[test]
fn a_broken_database_of_commands_is_skipped_and_said_to_be() {
    let script = "from setuptools import setup\nsetup()\n";
    let report = surrounded_by("", script, |recording| {
        recording["build"]["started"] = json!(1);
        recording["build"]["written"] = json!([
            { "path": "build/compile_commands.json", "modified": 2, "text": { "Ok": "[{" } }
        ]);
    });
    assert_eq!(report.causes, []);
    let build = report.build.expect("a build");
    assert_eq!(build.unread.len(), 1);
    assert!(
        build.unread[0].starts_with("`build/compile_commands.json` is no compilation database: "),
        "{:?}",
        build.unread
    );
}

#[test]
fn a_missing_library_is_named_by_the_entry_of_the_link_that_gives_it() {
    for (name, entry) in [
        ("missing-library", "-ltallybook is number 8 of 8: "),
        ("missing-link-library", "-lstonemason is number 7 of 7: "),
        ("cmake-missing-library", "-lstonemason is number 2 of 2: "),
    ] {
        let path = root().join(format!("fixtures/recorded/{name}.json"));
        let [cause] = report(&path).causes.try_into().expect("one cause");
        let mut evidence = cause.evidence.iter();
        let link = evidence.find(|evidence| evidence.source.starts_with("link of "));
        let link = link.expect("the link");
        assert!(link.text.starts_with(entry), "{name}: {}", link.text);
    }
}

#[test]
fn a_link_of_another_module_or_library_names_no_entry() {
    let path = root().join("fixtures/recorded/missing-library.json");
    let text = std::fs::read_to_string(path).expect("a recording");
    for (from, to) in [
        ("/missing_library.cpython-311", "/another.cpython-311"),
        ("-ltallybook", "-ltallybooks"),
    ] {
        let mut recording: Value = serde_json::from_str(&text).expect("JSON");
        let log = recording["build"]["log"].as_str().expect("a log");
        assert!(log.contains(from));
        recording["build"]["log"] = log.replace(from, to).into();
        let facts =
            Facts::from_json(recording.to_string().as_bytes()).expect("a recording of ours");
        let [cause] = diagnose(&facts, &facts.files)
            .report
            .causes
            .try_into()
            .expect("one cause");
        let mut evidence = cause.evidence.iter();
        assert!(!evidence.any(|evidence| evidence.source.starts_with("link of ")));
    }
}

#[test]
fn warnings_of_the_linker_are_warnings_at_the_line_that_links_the_file() {
    let script = "from setuptools import Extension, setup\nsetup(ext_modules=[\n    Extension(\n        \"hello\",\n        [\"hello.c\"],\n        libraries=[\"stone\"],\n    )\n])\n";
    for (rule, line) in [
        (
            "arch-mismatch",
            "ld: warning: ignoring file '/o/lib/libstone.dylib': found architecture 'x86_64', required architecture 'arm64'\n",
        ),
        (
            "deployment-target-conflict",
            "ld: warning: dylib (/o/lib/libstone.dylib) was built for newer macOS version (14.0) than being linked (11.0)\n",
        ),
    ] {
        let report = warned_of(line, script);
        let [cause] = report.causes.try_into().expect("one cause");
        assert_eq!((cause.rule, cause.severity), (rule, Severity::Warning));
        assert_eq!(cause.subject.as_deref(), Some("/o/lib/libstone.dylib"));
        assert_eq!(placed(&cause), ("setup.py:6".to_owned(), None));
        // Nothing links a library of that name.
        let other = script.replace("stone", "stones");
        let [cause] = warned_of(line, &other).causes.try_into().expect("one");
        assert_eq!(cause.place, Place::Project);
    }
    assert_eq!(
        warned_of("ld: warning: duplicate -rpath '/o' ignored\n", script).causes,
        []
    );
}
