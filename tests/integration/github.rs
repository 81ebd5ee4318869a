//! Check runs and comments: every request is valid, a refusal changes nothing, nothing is made twice.

use serde_json::{Value, json};

use crate::api::{Api, Fault, Request};
use crate::run::{Place, Ran, finished, root};

const HEAD: &str = "ec26c3e57ca3a959ca5aad62de7213c562f8c821";

/// A report of a leg with as many causes as wanted.
fn report(causes: usize) -> String {
    let cause = |number: usize| {
        json!({
            "id": "symbol-missing-other", "severity": "error", "certainty": "predicted", "subject": format!("sym{number}"),
            "message": format!("`m{number}.so` needs `sym{number}` 💩"), "remedy": "Link it.",
            "place": {"kind": "source", "file": "src/a.c", "line": number + 1, "column": 3, "end_line": number + 1,
                      "end_column": 9, "likely": false, "excerpt": null, "path": null, "arch": null},
            "label": null, "related": [], "evidence": [{"source": "m.so", "text": "x".repeat(200)}], "facts": {},
            "modules": ["m.so"],
        })
    };
    let report = json!({
        "schema": 1, "tool": {"name": "loadproof", "version": "0.1.0"}, "started_at": "2026-11-25T10:00:00Z",
        "project": "hello", "outcome": "failed", "fail_on": "error",
        "host": {"system": "macOS", "version": "15.5", "arch": "arm64"}, "interpreter": null, "build": null,
        "modules": [{"path": "m.so", "module": "m", "archs": ["arm64"], "minos": "11.0", "would_load": "loads",
                     "failures": [], "assumptions": [], "images": [], "attempts": [], "not_imported": null}],
        "causes": (0..causes).map(cause).collect::<Vec<Value>>(),
        "disagreements": [], "checks": [], "timings": [],
    });
    report.to_string()
}

struct Setting {
    place: Place,
    event: (&'static str, String),
}

impl Setting {
    fn new(causes: usize) -> Setting {
        let place = Place::new();
        place.write("legs/arm64/report.json", report(causes));
        Setting {
            place,
            event: event("pull_request", "pull_request"),
        }
    }

    fn merge(&self, api: &Api, more: &[&str]) -> Ran {
        let mut arguments = vec!["merge", "legs"];
        arguments.extend(more);
        self.run(api, &arguments, &[])
    }

    fn run(&self, api: &Api, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let event = self.place.write("event.json", &self.event.1);
        let mut command = self.place.command(arguments);
        command
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_API_URL", &api.url)
            .env("GITHUB_TOKEN", "secret")
            .env("GITHUB_REPOSITORY", "someone/project")
            .env("GITHUB_EVENT_NAME", self.event.0)
            .env("GITHUB_EVENT_PATH", event)
            .env("GITHUB_SHA", "f".repeat(40))
            .env("GITHUB_RUN_ID", "700")
            .env("GITHUB_RUN_ATTEMPT", "1")
            .env("GITHUB_JOB", "verify")
            .env("GITHUB_WORKFLOW", "ci")
            .envs(variables.iter().copied());
        finished(&command.output().expect("loadproof runs"))
    }
}

fn event(name: &'static str, file: &str) -> (&'static str, String) {
    let path = root().join(format!("fixtures/github/events/{file}.json"));
    (name, std::fs::read_to_string(path).expect("an event"))
}

fn notices(ran: &Ran) -> usize {
    ran.err
        .lines()
        .filter(|line| line.starts_with("::notice "))
        .count()
}

fn bodies(api: &Api) -> Vec<Value> {
    api.state()
        .written()
        .into_iter()
        .map(|request| request.body.clone())
        .collect()
}

fn valid(api: &Api) {
    assert_eq!(api.state().invalid, Vec::<String>::new());
}

#[test]
fn every_request_of_a_check_run_is_valid_and_no_annotation_is_lost() {
    for (causes, requests) in [(0, 1), (1, 1), (50, 1), (51, 2), (1000, 20)] {
        let api = Api::new();
        let ran = Setting::new(causes).merge(&api, &["--report", "check-run"]);
        assert_eq!(ran.code, i32::from(causes > 0), "{}{}", ran.out, ran.err);
        valid(&api);
        assert_eq!(notices(&ran), 0, "{}", ran.err);
        let bodies = bodies(&api);
        assert_eq!(bodies.len(), requests);
        assert_eq!(
            api.state().check_runs[0]["output"]["annotations_count"],
            causes
        );
        assert_eq!(bodies[0]["head_sha"], HEAD);
        let conclusion = if causes > 0 { "failure" } else { "success" };
        assert_eq!(bodies[0]["conclusion"], conclusion);
    }
}

#[test]
fn an_annotation_stands_on_its_span() {
    let api = Api::new();
    Setting::new(1).merge(&api, &["--report", "check-run"]);
    let annotation = bodies(&api)[0]["output"]["annotations"][0].clone();
    assert_eq!(annotation["path"], "src/a.c");
    assert_eq!(
        (&annotation["start_line"], &annotation["end_line"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        (&annotation["start_column"], &annotation["end_column"]),
        (&json!(3), &json!(8))
    );
    assert!(
        annotation["message"]
            .as_str()
            .expect("text")
            .contains("\\U0001f4a9"),
        "{annotation}"
    );
}

#[test]
fn a_real_run_makes_a_check_run() {
    let api = Api::new();
    let setting = Setting::new(0);
    let facts = root().join("fixtures/recorded/undefined-symbol.json");
    let facts = facts.to_str().expect("UTF-8");
    let ran = setting.run(
        &api,
        &[
            "replay",
            facts,
            "--report",
            "check-run",
            "--name",
            "macos-15",
        ],
        &[],
    );
    assert_eq!(ran.code, 1, "{}", ran.err);
    valid(&api);
    let run = api.state().check_runs[0].clone();
    assert_eq!(run["name"], "loadproof / macos-15");
    assert_eq!(run["output"]["annotations_count"], 1, "{run}");
    assert_eq!(
        run["details_url"],
        "https://github.com/someone/project/actions/runs/700"
    );
}

/// What goes wrong, with how often the request may be seen and whether it comes to an end all the same.
fn faults() -> Vec<(&'static str, Fault, bool)> {
    let message = |text: &str| json!({"message": text}).to_string();
    let plain = |status: u16, text: &str| Fault::Answer(status, Vec::new(), message(text));
    let after = |status: u16, text: &str| {
        Fault::Answer(status, vec![("retry-after", "1".to_owned())], message(text))
    };
    vec![
        ("401", plain(401, "Bad credentials"), false),
        (
            "403",
            plain(403, "Resource not accessible by integration"),
            false,
        ),
        (
            "403 secondary",
            after(403, "You have exceeded a secondary rate limit"),
            true,
        ),
        ("429", after(429, "Too many requests"), true),
        (
            "403 for an hour",
            Fault::Answer(
                403,
                vec![("retry-after", "3600".to_owned())],
                message("wait"),
            ),
            false,
        ),
        ("404", plain(404, "Not Found"), false),
        ("422", plain(422, "Validation Failed"), false),
        ("500", plain(500, "Server Error"), true),
        (
            "502",
            Fault::Answer(
                502,
                Vec::new(),
                "<html>Bad gateway ::error::x</html>".to_owned(),
            ),
            true,
        ),
        ("502 but done", Fault::Lie(502, "<html>".to_owned()), true),
        ("reset", Fault::Reset, true),
        ("reset but done", Fault::DoneAndReset, true),
        ("garbage", Fault::Lie(201, "\u{0}garbage".to_owned()), true),
        ("another JSON", Fault::Lie(201, "[]".to_owned()), true),
    ]
}

/// The first request of `method` meets the fault; what comes after it is answered as it should be.
fn first(method: &'static str, fault: Fault) -> Api {
    Api::with(move |request: &Request, before| {
        (request.method == method && before == 0).then(|| fault.clone())
    })
}

/// Every request of `method` does.
fn always(method: &'static str, fault: Fault) -> Api {
    Api::with(move |request: &Request, _| (request.method == method).then(|| fault.clone()))
}

#[test]
fn a_fault_changes_no_verdict_and_makes_no_second_check_run() {
    for (name, fault, ends_well) in faults() {
        let api = first("POST", fault.clone());
        let ran = Setting::new(60).merge(&api, &["--report", "check-run"]);
        assert_eq!(ran.code, 1, "{name}: {}", ran.err);
        assert_eq!(
            notices(&ran),
            usize::from(!ends_well),
            "{name}: {}",
            ran.err
        );
        assert_eq!(
            api.state().check_runs.len(),
            usize::from(ends_well),
            "{name}"
        );
        if ends_well {
            assert_eq!(
                api.state().check_runs[0]["output"]["annotations_count"],
                60,
                "{name}"
            );
        }
        valid(&api);

        let api = always("POST", fault);
        let ran = Setting::new(1).merge(&api, &["--report", "check-run"]);
        assert_eq!(ran.code, 1, "{name}: {}", ran.err);
        assert!(notices(&ran) <= 1, "{name}: {}", ran.err);
        assert!(api.state().check_runs.len() <= 1, "{name}");
        assert!(!ran.err.contains("\n::error::x"), "{name}: {}", ran.err);
    }
}

#[test]
fn a_fault_on_the_way_appends_no_annotation_twice() {
    for (name, fault, ends_well) in faults() {
        let api = first("PATCH", fault);
        let ran = Setting::new(120).merge(&api, &["--report", "check-run"]);
        assert_eq!(ran.code, 1, "{name}: {}", ran.err);
        assert_eq!(
            notices(&ran),
            usize::from(!ends_well),
            "{name}: {}",
            ran.err
        );
        let count = if ends_well { 120 } else { 50 };
        assert_eq!(
            api.state().check_runs[0]["output"]["annotations_count"],
            count,
            "{name}"
        );
        valid(&api);
    }
}

#[test]
fn a_fault_makes_no_second_comment() {
    for (name, fault, ends_well) in faults() {
        let api = first("POST", fault);
        let ran = Setting::new(1).merge(&api, &["--comment"]);
        assert_eq!(ran.code, 1, "{name}: {}", ran.err);
        assert_eq!(
            notices(&ran),
            usize::from(!ends_well),
            "{name}: {}",
            ran.err
        );
        assert_eq!(api.state().comments.len(), usize::from(ends_well), "{name}");
        valid(&api);
    }
}

#[test]
fn silence_is_waited_for_once() {
    let api = first("POST", Fault::DoneAndSilent);
    let ran = Setting::new(1).merge(&api, &["--report", "check-run"]);
    assert_eq!((ran.code, notices(&ran)), (1, 0), "{}", ran.err);
    assert_eq!(api.state().check_runs.len(), 1);
}

#[test]
fn no_network_and_no_token_are_a_notice() {
    let api = Api::new();
    let setting = Setting::new(1);
    let arguments = ["merge", "legs", "--report", "check-run"];
    for variables in [
        [("GITHUB_API_URL", "http://127.0.0.1:9")],
        [("GITHUB_API_URL", "https://nowhere.invalid")],
        [("GITHUB_API_URL", "http://api.example")],
        [("GITHUB_API_URL", "::")],
        [("GITHUB_TOKEN", "")],
        [("GITHUB_TOKEN", "a\nb")],
        [("GITHUB_REPOSITORY", "../..")],
        [("GITHUB_SHA", "")],
    ] {
        let mut setting = Setting {
            event: ("push", "{}".to_owned()),
            place: Place::new(),
        };
        setting.place.write("legs/arm64/report.json", report(1));
        let ran = setting.run(&api, &arguments, &variables);
        assert_eq!(
            (ran.code, notices(&ran)),
            (1, 1),
            "{variables:?}: {}",
            ran.err
        );
        assert!(!ran.err.contains("secret"), "{}", ran.err);
        setting.event.1.clear();
    }
    assert_eq!(api.state().requests.len(), 0);
    drop(setting);
}

#[test]
fn every_event_leads_to_its_own_commit() {
    let merge_commit = "f".repeat(40);
    for (name, file, head) in [
        ("pull_request", "pull_request", HEAD),
        (
            "pull_request",
            "pull_request-fork",
            "a10867b14bb761a232cd80139fbd4c0d33264240",
        ),
        ("push", "push", "6113728f27ae82c7b1a177c8d03f9e96e0adf246"),
        (
            "merge_group",
            "merge_group",
            "2ffea6db159f6b6c47a24e778fb9ef40cf6b1c7d",
        ),
        (
            "workflow_run",
            "workflow_run",
            "5779607b49aab1200488439f02372c57b4f75444",
        ),
        (
            "workflow_dispatch",
            "workflow_dispatch",
            merge_commit.as_str(),
        ),
    ] {
        let api = Api::new();
        let setting = Setting {
            event: event(name, file),
            ..Setting::new(1)
        };
        setting.merge(&api, &["--report", "check-run"]);
        valid(&api);
        assert_eq!(api.state().check_runs[0]["head_sha"], head, "{name}");
    }
}

#[test]
fn a_comment_goes_to_the_pull_request_of_the_event() {
    for (name, file, number) in [
        ("pull_request", "pull_request", Some(2)),
        ("pull_request", "pull_request-fork", Some(2)),
        ("workflow_run", "workflow_run", Some(7)),
        ("workflow_run", "workflow_run-fork", Some(9)),
        ("push", "push", None),
        ("merge_group", "merge_group", None),
        ("workflow_dispatch", "workflow_dispatch", None),
    ] {
        let api = Api::new();
        let pull = |number: u64, sha: &str| json!({"number": number, "head": {"sha": sha}});
        let head = "5779607b49aab1200488439f02372c57b4f75444";
        api.state().pulls = vec![pull(8, &"a".repeat(40)), pull(9, head)];
        let setting = Setting {
            event: event(name, file),
            ..Setting::new(1)
        };
        let ran = setting.merge(&api, &["--comment"]);
        assert_eq!((ran.code, notices(&ran)), (1, 0), "{}", ran.err);
        valid(&api);
        let path =
            number.map(|number| format!("/api/v3/repos/someone/project/issues/{number}/comments"));
        let written: Vec<String> = api
            .state()
            .written()
            .iter()
            .map(|request| request.path.clone())
            .collect();
        assert_eq!(
            written,
            path.into_iter().collect::<Vec<_>>(),
            "{name} {file}"
        );
    }
}

#[test]
fn a_pull_request_whose_head_moved_on_gets_no_comment() {
    let api = Api::new();
    api.state().pulls = vec![json!({"number": 9, "head": {"sha": "a".repeat(40)}})];
    let setting = Setting {
        event: event("workflow_run", "workflow_run-fork"),
        ..Setting::new(1)
    };
    let ran = setting.merge(&api, &["--comment"]);
    assert_eq!(
        (ran.code, notices(&ran), api.state().comments.len()),
        (1, 0, 0),
        "{}",
        ran.err
    );
}

#[test]
fn the_comment_is_kept_up_to_date_and_never_by_an_older_run() {
    let api = Api::new();
    // Ours is behind a page of others.
    api.state().comments = (0..120)
        .map(|id| json!({"id": id, "body": "talk", "user": {"type": "User"}}))
        .collect();
    let setting = Setting::new(1);
    let run = |id: &str, attempt: &str| {
        let ran = setting.run(
            &api,
            &["merge", "legs", "--comment"],
            &[("GITHUB_RUN_ID", id), ("GITHUB_RUN_ATTEMPT", attempt)],
        );
        assert_eq!((ran.code, notices(&ran)), (1, 0), "{}", ran.err);
        let state = api.state();
        assert_eq!(state.comments.len(), 121);
        state.comments[120]["body"]
            .as_str()
            .expect("text")
            .to_owned()
    };
    let first = run("700", "1");
    assert!(
        first.starts_with("<!-- loadproof:report:v1 key=ci run=700 attempt=1 head=ec26"),
        "{first}"
    );
    assert!(first.contains("symbol-missing-other"), "{first}");
    let before = api.state().written().len();
    assert_eq!(run("700", "1"), first);
    assert_eq!(
        api.state().written().len(),
        before,
        "the same text is not written again"
    );
    let newer = run("701", "2");
    assert!(newer.contains("run=701 attempt=2"), "{newer}");
    for (id, attempt) in [("700", "9"), ("701", "1"), ("9", "1")] {
        assert_eq!(run(id, attempt), newer);
    }
    valid(&api);
}

#[test]
fn requests_go_through_a_proxy() {
    let proxy = crate::api::proxy();
    let api = Api::new();
    let setting = Setting::new(1);
    let arguments = ["merge", "legs", "--report", "check-run"];
    // The name does not exist: only the proxy can know where it leads.
    let url = api.url.replace("127.0.0.1", "localhost");
    let ran = setting.run(
        &api,
        &arguments,
        &[
            ("GITHUB_API_URL", url.as_str()),
            ("http_proxy", proxy.url.as_str()),
            ("NO_PROXY", ""),
        ],
    );
    assert_eq!((ran.code, notices(&ran)), (1, 0), "{}", ran.err);
    assert_eq!(proxy.tunnels(), 1);
    assert_eq!(api.state().check_runs.len(), 1);
    let ran = setting.run(
        &api,
        &arguments,
        &[
            ("GITHUB_API_URL", url.as_str()),
            ("http_proxy", proxy.url.as_str()),
            ("NO_PROXY", "localhost"),
        ],
    );
    assert_eq!((ran.code, proxy.tunnels()), (1, 1), "{}", ran.err);
}
