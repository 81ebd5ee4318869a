//! The reports that the tests of every format share: a rich one, a healthy one, an empty one and a hostile one.

use std::collections::BTreeMap;

use super::{Format, Options, render};
use crate::diagnosis::{Certainty, Diagnosis, Evidence, Place, Severity};
use crate::load::{Attempt, Likelihood, LoadFailure, LoadVerdict, Reason};
use crate::report::{
    AttemptReport, BuildSummary, Check, Disagreement, HostSummary, ImageReport, InterpreterSummary,
    ModuleReport, Report, Timing, TorchSummary, Verdict,
};

pub(super) use super::hostile::hostile;

pub(super) fn rendered(report: &Report, format: Format, options: &Options) -> Vec<u8> {
    let mut bytes = Vec::new();
    render(report, format, options, &mut bytes).expect("a vector takes everything");
    bytes
}

pub(super) fn all() -> [Report; 4] {
    [rich(), healthy(), empty(), hostile()]
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

const C: &str = "hello/_C.cpython-311-x86_64-linux-gnu.so";
const OPS: &str = "hello/_ops.cpython-311-x86_64-linux-gnu.so";
const FAST: &str = "hello/_fast.cpython-311-x86_64-linux-gnu.so";
const CORE: &str = "hello/lib/libhellocore.so";

/// Two errors, a warning, a note, a disagreement, skipped checks.
pub(super) fn rich() -> Report {
    let mut healthy = healthy();
    healthy.modules = vec![
        undefined_symbol(),
        missing_library(),
        unexpected(),
        module(CORE, None),
    ];
    healthy.causes = vec![
        symbol_missing(),
        library_missing(),
        too_new(),
        needs_torch(),
    ];
    healthy.disagreements = vec![Disagreement {
        module: text(FAST),
        situation: text("after-torch"),
        predicted: text("it loads"),
        observed: text("raised ImportError: libgomp.so.1: cannot open shared object file"),
    }];
    healthy.checks = checks();
    healthy
}

fn symbol_missing() -> Diagnosis {
    Diagnosis {
        rule: "symbol-missing-other",
        severity: Severity::Error,
        certainty: Certainty::Confirmed,
        place: Place::Source {
            file: text("hello.cpp"),
            line: Some(14),
            column: Some(12),
        },
        subject: Some(text("_ZN5hello5greetEi")),
        message: text("`_ZN5hello5greetEi` is undefined: no image of this load provides it"),
        evidence: vec![
            Evidence {
                source: text("import of hello._C"),
                text: text(
                    "ImportError: /tmp/overlay/hello/_C.cpython-311-x86_64-linux-gnu.so: undefined symbol: _ZN5hello5greetEi",
                ),
            },
            Evidence {
                source: text("simulated load"),
                text: text(
                    "asked of 41 images, from hello/_C.cpython-311-x86_64-linux-gnu.so to /lib64/ld-linux-x86-64.so.2\nnone defines it",
                ),
            },
        ],
        remedy: text(
            "Compile the file that defines it: add it to `sources` in `setup.py`, then build again:\n\n```sh\npip wheel --no-deps --no-build-isolation .\n```",
        ),
        facts: BTreeMap::from([
            ("symbol", text("_ZN5hello5greetEi")),
            ("referenced_from", text(C)),
        ]),
        modules: texts(&[C]),
    }
}

fn library_missing() -> Diagnosis {
    Diagnosis {
        rule: "library-not-found-bare",
        severity: Severity::Error,
        certainty: Certainty::Predicted,
        place: Place::Artifact {
            path: text(OPS),
            arch: Some(text("x86_64")),
        },
        subject: Some(text("libvector.so.3")),
        message: text("`libvector.so.3` is in no directory that the loader searches"),
        evidence: vec![Evidence {
            source: text("simulated load"),
            text: text(
                "/opt/vector/lib/libvector.so.3: no such file\n/lib/x86_64-linux-gnu/libvector.so.3: no such file",
            ),
        }],
        remedy: text(
            "Choose one:\n\n- put the library beside the module and link with `-Wl,-rpath,$ORIGIN`\n- install it where the loader looks",
        ),
        facts: BTreeMap::from([("library", text("libvector.so.3"))]),
        modules: texts(&[OPS]),
    }
}

fn too_new() -> Diagnosis {
    Diagnosis {
        rule: "local-path-in-image",
        severity: Severity::Warning,
        certainty: Certainty::Observed,
        place: Place::Source {
            file: text("setup.py"),
            line: None,
            column: None,
        },
        subject: Some(text("/home/me/vector/lib")),
        message: text(
            "the run path `/home/me/vector/lib` exists only on the machine that built this",
        ),
        evidence: Vec::new(),
        remedy: text("Give `$ORIGIN` relative paths in `runtime_library_dirs`."),
        facts: BTreeMap::new(),
        modules: texts(&[C, OPS]),
    }
}

fn needs_torch() -> Diagnosis {
    Diagnosis {
        rule: "torch-not-imported-first",
        severity: Severity::Note,
        certainty: Certainty::Predicted,
        place: Place::Project,
        subject: None,
        message: text("the modules load only after `import torch`"),
        evidence: Vec::new(),
        remedy: text(
            "Write `import torch` in `hello/__init__.py`, before the modules are imported.",
        ),
        facts: BTreeMap::new(),
        modules: texts(&[C]),
    }
}

fn undefined_symbol() -> ModuleReport {
    let mut broken = module(C, Some("hello._C"));
    broken.would_load = LoadVerdict::Fails;
    broken.failures = vec![LoadFailure {
        reason: Reason::SymbolNotFound,
        subject: text("_ZN5hello5greetEi"),
        referenced_from: Some(text(
            "/tmp/overlay/hello/_C.cpython-311-x86_64-linux-gnu.so",
        )),
        expected_in: None,
        symbol_version: None,
        have_arch: None,
        need_arch: None,
        chain: texts(&["/tmp/overlay/hello/_C.cpython-311-x86_64-linux-gnu.so"]),
        tried: Vec::new(),
        message: text("undefined symbol: _ZN5hello5greetEi"),
        likelihood: Likelihood::Certain,
    }];
    broken.attempts = vec![
        attempt(
            "alone",
            "raised",
            "ImportError: libc10.so: cannot open shared object file",
            false,
        ),
        attempt(
            "after-torch",
            "raised",
            "ImportError: undefined symbol: _ZN5hello5greetEi",
            true,
        ),
    ];
    broken
}

fn missing_library() -> ModuleReport {
    let mut broken = module(OPS, Some("hello._ops"));
    broken.would_load = LoadVerdict::Fails;
    broken.failures = vec![LoadFailure {
        reason: Reason::LibraryNotFound,
        subject: text("libvector.so.3"),
        referenced_from: Some(text("/tmp/overlay/hello/lib/libhellocore.so")),
        expected_in: None,
        symbol_version: None,
        have_arch: None,
        need_arch: None,
        chain: texts(&[
            "/tmp/overlay/hello/_ops.cpython-311-x86_64-linux-gnu.so",
            "/tmp/overlay/hello/lib/libhellocore.so",
        ]),
        tried: vec![Attempt {
            path: text("/opt/vector/lib/libvector.so.3"),
            why: text("no such file"),
        }],
        message: text("libvector.so.3: cannot open shared object file: No such file or directory"),
        likelihood: Likelihood::Certain,
    }];
    broken.images.push(ImageReport {
        path: text("/tmp/overlay/hello/lib/libhellocore.so"),
        found_by: text("DT_RUNPATH $ORIGIN/lib of hello/_ops.cpython-311-x86_64-linux-gnu.so"),
        loaded_by: Some(0),
    });
    broken.attempts = Vec::new();
    broken.not_imported = Some(text("`--no-import` was given"));
    broken
}

fn unexpected() -> ModuleReport {
    let mut surprising = module(FAST, Some("hello._fast"));
    surprising.assumptions = texts(&["exports of `/usr/lib/libfoo.so` are not known"]);
    surprising.attempts = vec![attempt(
        "after-torch",
        "raised",
        "ImportError: libgomp.so.1: cannot open shared object file",
        true,
    )];
    surprising
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
        attempts: name.map(|_| imported()).into_iter().collect(),
        not_imported: name
            .is_none()
            .then(|| text("it is a shared library, not a module")),
    }
}

fn attempt(situation: &str, outcome: &str, detail: &str, counts: bool) -> AttemptReport {
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

fn checks() -> Vec<Check> {
    let failed = |cause: usize| Verdict::Failed {
        causes: vec![cause],
    };
    let skipped = |reason: &str| Verdict::Skipped {
        reason: text(reason),
    };
    vec![
        check("build-failed", "build", None, Verdict::Passed),
        check("header-missing", "build", None, Verdict::Passed),
        check("symbol-missing-other", "load", Some(C), failed(0)),
        check("symbol-missing-other", "import", Some(C), failed(0)),
        check("local-path-in-image", "module", Some(C), failed(2)),
        check("torch-not-imported-first", "load", Some(C), failed(3)),
        check("library-not-found-bare", "load", Some(OPS), failed(1)),
        check("local-path-in-image", "module", Some(OPS), failed(2)),
        check(
            "import-raised",
            "import",
            Some(OPS),
            skipped("`--no-import` was given"),
        ),
        check(
            "code-signature-invalid",
            "module",
            Some(OPS),
            skipped("only macOS checks signatures"),
        ),
        check("module-init-missing", "module", Some(FAST), Verdict::Passed),
        check(
            "code-signature-invalid",
            "module",
            Some(FAST),
            skipped("only macOS checks signatures"),
        ),
        check(
            "library-not-found-bare",
            "load",
            Some(CORE),
            Verdict::Passed,
        ),
    ]
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
