//! Reports of legs as one: checks for several targets, and what the action leaves of them.

use serde_json::Value;

use crate::check::{MODULE, WHEEL, wheel};
use crate::run::{Place, Ran, finished};

/// Two machines check the same wheel, one for each processor.
fn legs(place: &Place) {
    wheel(place);
    for (name, arch) in [("intel", "x86_64"), ("apple", "arm64")] {
        let keep = format!("legs/{name}");
        let options = ["--keep", &keep, "--name", name, "--arch", arch];
        let ran = place.run(&[&["check", WHEEL, "--macos", "14.5", "-q"][..], &options].concat());
        assert_eq!(ran.code, 1, "{}", ran.err);
        for file in [
            "report.json",
            "report.html",
            "junit.xml",
            "summary.md",
            "leg.json",
        ] {
            assert!(place.path().join(&keep).join(file).is_file(), "{file}");
        }
    }
}

fn merged(place: &Place, more: &[&str]) -> (Ran, Value) {
    let words = ["merge", "legs", "--keep", "none", "--report", "json"];
    let ran = place.run(&[&words[..], more].concat());
    let json = serde_json::from_str(&ran.out).unwrap_or_else(|why| panic!("{why}: {}", ran.err));
    (ran, json)
}

#[test]
fn checks_of_several_machines_become_one_matrix() {
    let place = Place::new();
    legs(&place);
    let junit = ["--report", "junit=all.xml", "--report", "html=all.html"];
    let (ran, json) = merged(
        &place,
        &[&junit[..], &["--report", "summary=all.md"]].concat(),
    );
    assert_eq!(ran.code, 1);
    let names: Vec<&Value> = json["legs"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|leg| &leg["name"])
        .collect();
    assert_eq!(names, ["apple", "intel"]);
    let targets: Vec<&Value> = json["loads"]["targets"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|target| &target["arch"])
        .collect();
    assert_eq!(targets, ["arm64", "x86_64"]);
    let subject = &json["loads"]["subjects"][0];
    assert_eq!(subject["name"], WHEEL);
    assert_eq!(subject["rows"][0]["path"], MODULE);
    assert_eq!(
        subject["rows"][0]["cells"],
        serde_json::json!(["fails", "loads"])
    );
    assert_eq!(json["loads"]["subjects"].as_array().map(Vec::len), Some(1));
    // The wheel is the same for both; the processor is wrong on one target alone.
    let of = |id: &str| {
        let causes = json["causes"].as_array().expect("causes");
        let found: Vec<&Value> = causes.iter().filter(|cause| cause["id"] == id).collect();
        assert_eq!(found.len(), 1, "{id}: {}", json["causes"]);
        found[0].clone()
    };
    assert_eq!(of("record-mismatch")["whose"], "all legs");
    assert_eq!(of("record-mismatch")["facts"]["targets"], Value::Null);
    assert_eq!(of("arch-mismatch")["legs"], serde_json::json!(["apple"]));
    assert_eq!(
        of("arch-mismatch")["facts"]["targets"],
        "macOS 14.5 arm64, Python 3.11"
    );
    let junit = place.read("all.xml");
    assert!(
        junit.contains("<testsuite")
            && junit.contains("name=\"apple\"")
            && junit.contains("name=\"intel\"")
    );
    assert!(place.read("all.html").contains("Who loads where"));
    assert!(
        place
            .read("all.md")
            .contains("macOS 14\\.5<br>arm64<br>Python 3\\.11"),
        "{}",
        place.read("all.md")
    );
}

#[test]
fn a_leg_without_a_part_is_there_and_one_that_left_nothing_is_missing() {
    let place = Place::new();
    legs(&place);
    let empty = place.run(&[
        "check",
        WHEEL,
        "--shard",
        "2/2",
        "--keep",
        "legs/none",
        "--name",
        "none",
        "-q",
    ]);
    assert_eq!(empty.code, 0, "{}", empty.err);
    let (_, json) = merged(&place, &["--expect", "none", "--expect", "lost"]);
    let outcome = |name: &str| {
        let legs = json["legs"].as_array().expect("legs");
        let leg = legs
            .iter()
            .find(|leg| leg["name"] == name)
            .expect("the leg");
        (leg["status"].clone(), leg["outcome"].clone())
    };
    assert_eq!(outcome("none"), ("reported".into(), "passed".into()));
    assert_eq!(outcome("lost"), ("missing".into(), "failed".into()));
}

#[test]
fn a_report_on_standard_output_can_be_merged_too() {
    let place = Place::new();
    wheel(&place);
    let ran = place.run(&[
        "check",
        WHEEL,
        "--report",
        "json=one.json",
        "--arch",
        "arm64",
    ]);
    assert_eq!(ran.code, 1);
    let all = place.run(&[
        "merge",
        "one.json",
        "--keep",
        "none",
        "--report",
        "json=all.json",
    ]);
    assert_eq!(all.code, 1, "{}", all.err);
    let again = place.run(&["merge", "all.json", "--keep", "none"]);
    assert!(again.out.contains("it is a merged report"), "{}", again.out);
}

#[test]
fn a_damaged_report_of_a_check_is_unreadable_and_no_more() {
    let place = Place::new();
    legs(&place);
    let whole = place.read("legs/apple/report.json");
    for (from, to) in [
        ("\"opened\": false", "\"opened\": 7"),
        ("\"verdict\": \"fails\"", "\"verdict\": \"::error::\""),
        ("\"arch-mismatch\"", "\"pwned\""),
        ("\"wheels\": [", "\"wheels\": {"),
    ] {
        assert!(whole.contains(from), "{from}");
        place.write("legs/apple/report.json", whole.replace(from, to));
        let (ran, json) = merged(&place, &[]);
        assert_eq!(ran.code, 1);
        assert_eq!(json["legs"][0]["status"], "unreadable", "{to}");
    }
}

/// The outputs of the action with these inputs.
fn act(place: &Place, inputs: &[(&str, &str)]) -> (Ran, Vec<(String, String)>) {
    let mut command = place.command(&["action"]);
    for (name, value) in inputs {
        command.env(format!("LOADPROOF_INPUT_{name}"), value);
    }
    let ran = finished(
        &command
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_OUTPUT", place.path().join("outputs"))
            .env("GITHUB_STEP_SUMMARY", place.path().join("page.md"))
            .output()
            .expect("loadproof runs"),
    );
    let text = place.read("outputs");
    let mut lines = text.lines();
    let mut outputs = Vec::new();
    while let Some((name, end)) = lines.next().and_then(|line| line.split_once("<<")) {
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
        outputs.push((name.to_owned(), value.join("\n")));
    }
    (ran, outputs)
}

#[test]
fn the_action_leaves_the_report_of_wheels_under_the_name_of_its_leg() {
    let place = Place::new();
    wheel(&place);
    let inputs = [
        ("WHEELS", "*.whl"),
        ("NAME", "gate 1"),
        ("CHECK_RUN", "off"),
    ];
    let (ran, outputs) = act(&place, &inputs);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let output = |name: &str| {
        let found = outputs.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone()).expect("the output")
    };
    assert_eq!(output("outcome"), "failure");
    let causes: Vec<String> = serde_json::from_str(&output("causes")).expect("a list");
    assert!(causes.contains(&"record-mismatch".to_owned()), "{causes:?}");
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(output("report-json")).expect("the report"))
            .expect("JSON");
    assert_eq!(report["wheels"][0]["file"], WHEEL);
    assert!(std::path::Path::new(&output("report-junit")).is_file());
    // Another machine downloads what was uploaded.
    let uploaded = place.path().join("uploaded");
    std::fs::rename(output("directory"), &uploaded).expect("it is moved");
    std::fs::remove_file(place.path().join("outputs")).expect("the next step has its own");
    let (_, outputs) = act(
        &place,
        &[
            ("MERGE", &uploaded.display().to_string()),
            ("EXPECT", "gate 1"),
            ("CHECK_RUN", "off"),
        ],
    );
    let merged = outputs
        .iter()
        .find(|(name, _)| name == "report-json")
        .map(|(_, path)| path.clone())
        .expect("a path");
    let merged: Value =
        serde_json::from_str(&std::fs::read_to_string(merged).expect("the report")).expect("JSON");
    let legs = merged["legs"].as_array().expect("legs");
    assert_eq!(legs.len(), 1, "{legs:?}");
    assert_eq!(
        (&legs[0]["name"], &legs[0]["status"]),
        (&"gate 1".into(), &"reported".into())
    );
}
