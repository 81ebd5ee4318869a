//! A failing run: two errors, a warning, a note, a gap in loadproof, skipped checks.

use std::collections::BTreeMap;

use super::{attempt, check, healthy, module, text, texts};
use crate::diagnosis::{Certainty, Diagnosis, Evidence, Excerpt, Place, Related, Severity, Source};
use crate::load::{Attempt, Likelihood, LoadFailure, LoadVerdict, Reason};
use crate::report::{Check, Disagreement, ImageReport, ModuleReport, Report, Verdict};

const C: &str = "hello/_C.cpython-311-x86_64-linux-gnu.so";
const OPS: &str = "hello/_ops.cpython-311-x86_64-linux-gnu.so";
const FAST: &str = "hello/_fast.cpython-311-x86_64-linux-gnu.so";
const CORE: &str = "hello/lib/libhellocore.so";

/// Two errors, a warning, a note, a disagreement, skipped checks.
pub(in crate::render) fn rich() -> Report {
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
        place: Place::Source(sources_entry()),
        label: Some(text("`greet.cpp` is not among the sources")),
        related: vec![Related {
            place: call(),
            label: text("used here, in `greet_all`"),
        }],
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

fn sources_entry() -> Source {
    Source {
        excerpt: Some(Excerpt {
            first_line: 11,
            lines: texts(&["        CppExtension(\"hello._C\", sources=[\"hello.cpp\"]),"]),
        }),
        ..Source::span("setup.py", (11, 44), (11, 57))
    }
}

fn call() -> Source {
    Source {
        excerpt: Some(Excerpt {
            first_line: 114,
            lines: texts(&["\treturn greet(42);"]),
        }),
        ..Source::at("hello.cpp", Some(114), Some(9)).likely()
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
        label: None,
        related: Vec::new(),
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
        place: Source::file("setup.py").into(),
        label: None,
        related: Vec::new(),
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
        label: None,
        related: Vec::new(),
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
