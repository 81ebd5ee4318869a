//! The reports that the tests of every format share: a rich one, a healthy one, an empty one and a hostile one; the same
//! of a check for machines that are not there.

use super::{Format, Options, render};

use crate::load::LoadVerdict;
use crate::report::{
    AttemptReport, BuildSummary, Check, HostSummary, ImageReport, InterpreterSummary, LinkSummary,
    ModuleReport, Needs, Report, Timing, TorchSummary, Verdict,
};

mod checked;
mod hostile;
mod rich;

pub(super) use checked::{checked, hostile_check};
pub(super) use hostile::{NASTY, hostile};
pub(super) use rich::rich;

pub(super) fn rendered(report: &Report, format: Format, options: &Options) -> Vec<u8> {
    let mut bytes = Vec::new();
    render(report, format, options, &mut bytes).expect("a vector takes everything");
    bytes
}

pub(super) fn all() -> [Report; 6] {
    [
        rich(),
        healthy(),
        empty(),
        hostile(),
        checked(),
        hostile_check(),
    ]
}

pub(super) fn text(value: &str) -> String {
    value.to_owned()
}

pub(super) fn texts(values: &[&str]) -> Vec<String> {
    values.iter().copied().map(text).collect()
}

/// One module, built, loadable, imported.
pub(super) fn healthy() -> Report {
    Report {
        tool_version: text("0.1.0"),
        started_at: text("2026-11-23T05:29:08Z"),
        project: text("fixtures/extensions/hello"),
        host: HostSummary {
            system: text("Linux"),
            version: text("6.1.0-31"),
            arch: text("x86_64"),
        },
        interpreter: Some(interpreter()),
        build: Some(build(&["hello-1.0-cp311-cp311-linux_x86_64.whl"])),
        modules: vec![module(
            "hello/_C.cpython-311-x86_64-linux-gnu.so",
            Some("hello._C"),
        )],
        targets: None,
        causes: Vec::new(),
        disagreements: Vec::new(),
        checks: vec![
            check("build-failed", "build", None, Verdict::Passed),
            check(
                "module-init-missing",
                "module",
                Some("hello/_C.cpython-311-x86_64-linux-gnu.so"),
                Verdict::Passed,
            ),
        ],
        timings: timings(),
    }
}

/// Nothing native was found.
fn empty() -> Report {
    Report {
        interpreter: None,
        build: None,
        modules: Vec::new(),
        checks: Vec::new(),
        timings: Vec::new(),
        ..healthy()
    }
}

pub(super) fn module(path: &str, name: Option<&str>) -> ModuleReport {
    let opened = format!("/tmp/overlay/{path}");
    let image = |path: &str, found_by: &str, loaded_by| ImageReport {
        path: text(path),
        found_by: text(found_by),
        loaded_by,
    };
    let imported = || attempt("after-torch", "imported", &opened, true);
    ModuleReport {
        path: text(path),
        module: name.map(text),
        archs: texts(&["x86_64"]),
        minos: None,
        would_load: LoadVerdict::Loads,
        failures: Vec::new(),
        assumptions: Vec::new(),
        images: vec![
            image(&opened, "opened", None),
            image("/venv/torch/lib/libtorch_cpu.so", "loaded before", Some(0)),
            image("/venv/torch/lib/libc10.so", "loaded before", Some(1)),
            image(
                "/lib/x86_64-linux-gnu/libstdc++.so.6",
                "ld.so.cache",
                Some(0),
            ),
        ],
        edges: Vec::new(),
        needs: vec![Needs {
            library: Some(text("libtorch_cpu.so")),
            symbols: texts(&["_ZN2at4_ops3add4callEv"]),
        }],
        attempts: name.map(|_| imported()).into_iter().collect(),
        not_imported: name
            .is_none()
            .then(|| text("it is a shared library, not a module")),
    }
}

pub(super) fn attempt(situation: &str, outcome: &str, detail: &str, counts: bool) -> AttemptReport {
    AttemptReport {
        situation: text(situation),
        outcome: text(outcome),
        detail: text(detail),
        counts,
        predicted: if outcome == "imported" {
            LoadVerdict::Loads
        } else {
            LoadVerdict::Fails
        },
        operators: Vec::new(),
    }
}

pub(super) fn check(
    rule: &'static str,
    stage: &'static str,
    module: Option<&str>,
    verdict: Verdict,
) -> Check {
    Check {
        rule,
        stage,
        module: module.map(text),
        verdict,
    }
}

fn interpreter() -> InterpreterSummary {
    InterpreterSummary {
        executable: text("/venv/bin/python"),
        version: text("CPython 3.11.7"),
        arch: text("x86_64"),
        translated: false,
        prefix: text("/venv"),
        virtual_environment: true,
        torch: Some(TorchSummary {
            version: text("2.15.0+cpu"),
            location: text("/venv/torch"),
            cxx11_abi: Some(true),
            import_error: None,
        }),
    }
}

pub(super) fn build(produced: &[&str]) -> BuildSummary {
    BuildSummary {
        command: text("python -m pip wheel --no-deps --no-build-isolation ."),
        succeeded: true,
        ending: text("exit code 0"),
        produced: texts(produced),
        links: vec![LinkSummary {
            output: "build/lib/hello/_C.so".to_owned(),
            told: "build log line 42".to_owned(),
            words: vec!["build/hello.o".to_owned(), "-lc10".to_owned()],
        }],
        unread: Vec::new(),
        log_lines: 120,
        log_tail: Vec::new(),
    }
}

pub(super) fn timings() -> Vec<Timing> {
    let timing = |stage: &str, seconds, own| Timing {
        stage: text(stage),
        seconds,
        own,
    };
    vec![
        timing("interpreter", 0.04, true),
        timing("build", 27.31, false),
        timing("install", 0.62, false),
        timing("check", 0.11, true),
        timing("import hello._C after-torch", 2.95, false),
    ]
}
