//! Every rule has a case that fires it and a near miss that does not: of a text, or of what loadproof sees itself.

#[path = "../../tests/messages/cases.rs"]
mod texts;

use super::RULES;
use super::testing::wheels::{MachoFile, WheelFiles, library, module, wheel};
use super::testing::{Case, Spoken, attempt, failure, id};
use crate::build::Ending;
use crate::image::{Format, Platform};
use crate::load::Reason;
use crate::python::ImportOutcome;

/// The rules that speak of a case.
type Speakers = fn() -> Vec<&'static str>;

const MODULE: &str = "x/_C.cpython-311-darwin.so";
const LIBSYSTEM: &str = "/usr/lib/libSystem.B.dylib";

/// The causes that no text tells of: the rule, a case of it, and what only looks like one.
const CASES: &[(&str, Speakers, Speakers)] = &[
    (
        "build-failed",
        || log("KeyError: 'CUDA_HOME'\nERROR: Failed building wheel for x"),
        || log("a.c:1:10: fatal error: x.h: No such file or directory"),
    ),
    (
        "build-path-in-rpath",
        || macho(|file| file.rpaths = vec!["/Users/runner/work/x/build"]),
        || macho(|file| file.rpaths = vec!["@loader_path/../x.dylibs", "/usr/lib"]),
    ),
    (
        "build-timed-out",
        || build("compiling", Ending::TimedOut { after: 60 }),
        || build("compiling", Ending::Killed { signal: 9 }),
    ),
    (
        "compile-error",
        || log("ext.c:8:5: error: unknown type name 'fwrite'"),
        || log("  File \"setup.py\", line 3\nSyntaxError: invalid syntax"),
    ),
    (
        "dynamic-lookup-with-chained-fixups",
        || warned("ld: warning: -undefined dynamic_lookup may not work with chained fixups"),
        || warned("ld: warning: -undefined suppress is deprecated"),
    ),
    (
        "executable-path-in-library",
        || macho(|file| file.dependents = vec!["@executable_path/liby.dylib"]),
        || macho(|file| file.rpaths = vec!["@executable_path/../lib"]),
    ),
    (
        "header-pad-small",
        || with_pad("@rpath/liby.dylib"),
        || with_pad(LIBSYSTEM),
    ),
    (
        "import-exited",
        || ends(ImportOutcome::Exited { code: 0 }),
        || ends(ImportOutcome::Killed { signal: 11 }),
    ),
    (
        "import-not-started",
        || {
            let why = "Permission denied".to_owned();
            ends(ImportOutcome::NotStarted { why })
        },
        || raises("PermissionError", "Permission denied"),
    ),
    (
        "import-raised",
        || raises("RuntimeError", "no licence"),
        || raises("ModuleNotFoundError", "No module named 'licence'"),
    ),
    (
        "import-timed-out",
        || ends(ImportOutcome::TimedOut { after: 3 }),
        || raises("TimeoutError", "did not end within 3 s"),
    ),
    (
        "install-name-unfindable",
        || shipped("x/lib/libx.dylib", "/opt/x/lib/libx.dylib", "numpy"),
        || shipped("x/lib/libx.dylib", "/DLC/x/lib/libx.dylib", "numpy"),
    ),
    (
        "not-stripped",
        || macho(|file| file.locals = 3000),
        || macho(|file| file.locals = 100),
    ),
    (
        "platform-mismatch",
        || refused(Reason::PlatformMismatch),
        || refused(Reason::Malformed),
    ),
    (
        "python-library-linked",
        || macho(|file| file.dependents = vec!["@rpath/libpython3.11.dylib"]),
        || macho(|file| file.dependents = vec!["@rpath/libpython_embed.dylib"]),
    ),
    (
        "record-mismatch",
        || listed(|line| line.replacen("sha256=", "sha256=A", 1)),
        || listed(|line| format!("{line}\r")),
    ),
    (
        "stable-abi-violated",
        || stable("_PyUnicode_Ready"),
        || stable("PyModule_Create2"),
    ),
    (
        "torch-import-failed",
        || broken_torch("libtorch.so"),
        || broken_torch("libm.so.6"),
    ),
    (
        "torch-library-vendored",
        || shipped("x/.dylibs/libc10.dylib", "@rpath/libc10.dylib", "torch"),
        || shipped("x/.dylibs/libc10d.dylib", "@rpath/libc10d.dylib", "torch"),
    ),
    (
        "wheel-malformed",
        || called("y-1.0-cp311-cp311-macosx_11_0_arm64.whl"),
        || called("X-1-cp311-cp311-macosx_11_0_arm64.whl"),
    ),
    (
        "wheel-tag-mismatch",
        || called("x-1.0-cp311-cp311-macosx_11_0_universal2.whl"),
        || called("x-1.0-cp311-cp311-macosx_12_0_arm64.whl"),
    ),
    (
        "wrong-filetype",
        || refused(Reason::WrongFiletype),
        || refused(Reason::Malformed),
    ),
];

fn first(spoken: &Spoken) -> Vec<&'static str> {
    id(spoken).into_iter().collect()
}

fn log(log: &str) -> Vec<&'static str> {
    first(&Case::linux().failed_build(log))
}

fn warned(log: &str) -> Vec<&'static str> {
    let said = Case::macos().warned(log).into_iter();
    said.map(|(id, _)| id).collect()
}

fn build(log: &str, ending: Ending) -> Vec<&'static str> {
    first(&Case::linux().built(log, ending).build())
}

fn ends(outcome: ImportOutcome) -> Vec<&'static str> {
    first(&Case::linux().ends(&attempt(outcome)))
}

fn raises(exception: &str, message: &str) -> Vec<&'static str> {
    first(&Case::linux().raises(exception, message))
}

/// What is said of a module for the iOS simulator that dyld refuses for that reason.
fn refused(reason: Reason) -> Vec<&'static str> {
    let mut case = Case::macos();
    if let Format::MachO(macho) = &mut case.image().format {
        macho.build_versions[0].platform = Platform::IosSimulator;
    }
    let installed = case.facts.artifacts[0].installed.clone();
    first(&case.load(&failure(reason, &installed)))
}

/// What is said of an environment whose torch does not come up, with a module that needs `library`.
fn broken_torch(library: &str) -> Vec<&'static str> {
    let mut case = Case::broken_torch();
    case.link(library);
    first(&case.environment())
}

fn of_wheel(wheel: &WheelFiles) -> Vec<&'static str> {
    wheel.said().into_iter().map(|(id, ..)| id).collect()
}

/// What is said of a wheel whose module is changed so.
fn macho(change: impl FnOnce(&mut MachoFile)) -> Vec<&'static str> {
    let mut file = module();
    change(&mut file);
    of_wheel(&wheel(vec![(MODULE, file)]))
}

/// What is said of a module with little room for load commands that needs this library.
fn with_pad(dependent: &'static str) -> Vec<&'static str> {
    macho(|file| {
        file.pad = 16;
        file.dependents = vec![dependent];
    })
}

/// What is said of a wheel that requires something and ships a library.
fn shipped(
    path: &'static str,
    install_name: &'static str,
    requires: &'static str,
) -> Vec<&'static str> {
    let mut case = wheel(vec![(MODULE, module()), (path, library(install_name))]);
    case.requires = vec![requires];
    of_wheel(&case)
}

/// What is said of a wheel for the stable ABI of Python 3.9 that uses a function.
fn stable(function: &'static str) -> Vec<&'static str> {
    let file = MachoFile {
        flat: vec![function],
        ..module()
    };
    let mut case = wheel(vec![("x/_C.abi3.so", file)]);
    case.name = "x-1.0-cp39-abi3-macosx_11_0_arm64.whl";
    of_wheel(&case)
}

/// What is said of a wheel of that name.
fn called(name: &'static str) -> Vec<&'static str> {
    let mut case = wheel(vec![(MODULE, module())]);
    case.name = name;
    of_wheel(&case)
}

/// What is said of a wheel whose RECORD has each right line changed so.
fn listed(change: impl Fn(&str) -> String) -> Vec<&'static str> {
    use base64::Engine as _;
    let mut case = wheel(vec![(MODULE, module())]);
    let whole = case.read();
    let lines = whole.files.iter().map(|file| {
        let hash = file.sha256.filter(|_| !file.path.ends_with("RECORD"));
        let line = hash.map_or(format!("{},,", file.path), |hash| {
            let hash = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash);
            format!("{},sha256={hash},{}", file.path, file.size)
        });
        change(&line) + "\n"
    });
    case.record = Some(lines.collect());
    of_wheel(&case)
}

#[test]
fn a_case_fires_its_rule_and_a_near_miss_does_not() {
    for (id, fires, near) in CASES {
        let mut speakers = fires();
        speakers.dedup();
        assert_eq!(speakers, [*id], "the case of `{id}`");
        assert!(!near().contains(id), "the near miss of `{id}` fires it");
    }
}

#[test]
fn every_rule_has_a_case_and_a_near_miss() {
    let here = CASES.iter().map(|(id, ..)| *id);
    let of_texts = texts::CASES.iter().map(|(id, ..)| *id);
    let mut covered: Vec<&str> = here.chain(of_texts).collect();
    covered.sort_unstable();
    for pair in covered.windows(2) {
        assert_ne!(pair[0], pair[1], "keep the case of a text alone");
    }
    for rule in RULES {
        assert!(
            covered.contains(&rule.id),
            "add a case and a near miss of `{}` here or, if a text can tell of it, to tests/messages/cases.rs",
            rule.id
        );
    }
    for id in covered {
        assert!(super::find(id).is_some(), "`{id}` is no rule");
    }
}
