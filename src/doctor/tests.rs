//! One healthy environment, in which each test spoils what it is about.

use std::collections::BTreeMap;

use super::{Program, Surroundings, Verdict, WithVariables, examine};
use crate::image::Arch;
use crate::python::{
    Compiler, Interpreter, InterpreterProbe, TorchImport, TorchPackage, TorchProbe,
};

fn torch(version: &str, location: &str) -> TorchPackage {
    TorchPackage {
        version: version.to_owned(),
        location: location.to_owned(),
        library_directory: format!("{location}/lib"),
    }
}

fn imported(images: &[&str]) -> Option<TorchProbe> {
    Some(TorchProbe {
        outcome: TorchImport::Imported {
            version: "2.15.0".to_owned(),
            cxx11_abi: Some(true),
            config: String::new(),
            images: images.iter().map(|path| (*path).to_owned()).collect(),
        },
        milliseconds: 1,
    })
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    owned.collect()
}

fn python() -> Interpreter {
    Interpreter {
        executable: "/env/bin/python".to_owned(),
        implementation: "cpython".to_owned(),
        version: "3.11.7".to_owned(),
        machine: "x86_64".to_owned(),
        system: "Linux".to_owned(),
        prefix: "/env".to_owned(),
        base_prefix: "/py".to_owned(),
        include: "/py/include/python3.11".to_owned(),
        compilers: vec![Compiler {
            role: "CXX".to_owned(),
            command: "g++".to_owned(),
            version: Ok("g++ (Debian 12.2.0-14) 12.2.0".to_owned()),
        }],
        torch: Some(torch("2.15.0", "/env/lib/python3.11/site-packages/torch")),
        packages: texts(&[
            ("pip", "24.0"),
            ("setuptools", "80.0"),
            ("wheel", "0.45"),
            ("ninja", "1.13"),
            ("numpy", "2.1.0"),
        ]),
        ..Interpreter::default()
    }
}

fn healthy() -> Surroundings {
    Surroundings {
        machine: "x86_64".to_owned(),
        variables: texts(&[("PATH", "/usr/local/bin:/usr/bin:/bin")]),
        working_directory: "/home/dev".to_owned(),
        program: Program {
            named: "/env/bin/python".to_owned(),
            by: "VIRTUAL_ENV",
            path: Some("/env/bin/python".to_owned()),
            ..Program::default()
        },
        interpreter: Some(InterpreterProbe::Answered(Box::new(python()))),
        torch: imported(&["/env/lib/libgomp-24e2ab19.so.1.0.0"]),
        torch_archs: vec![Arch::X86_64],
        python_header: true,
        ..Surroundings::default()
    }
}

/// On a Mac with Apple Silicon.
fn mac() -> Surroundings {
    let mut seen = healthy();
    seen.macos = true;
    seen.machine = "arm64".to_owned();
    seen.torch_archs = vec![Arch::Arm64];
    edit(&mut seen, |python| {
        python.machine = "arm64".to_owned();
        python.system = "Darwin".to_owned();
        python.system_version = "14.5".to_owned();
        python.compilers[0].version =
            Ok("Apple clang version 16.0.0 (clang-1600.0.26.6)".to_owned());
    });
    seen
}

fn edit(seen: &mut Surroundings, change: impl FnOnce(&mut Interpreter)) {
    match &mut seen.interpreter {
        Some(InterpreterProbe::Answered(interpreter)) => change(interpreter),
        other => panic!("{other:?}"),
    }
}

/// The cause and the words of what is to be mended first.
fn first(seen: &Surroundings) -> (&'static str, String) {
    let checkup = examine(seen);
    let first = checkup.first().unwrap_or_else(|| panic!("{checkup:#?}"));
    let remedy = first.remedy.as_ref().expect("a problem has a remedy");
    (
        first.cause.expect("a problem has a cause"),
        format!("{}\n{remedy}", first.says),
    )
}

/// The causes of warnings, where nothing must be mended.
fn warnings(seen: &Surroundings) -> Vec<&'static str> {
    let checkup = examine(seen);
    assert_eq!(checkup.first(), None);
    let warnings = checkup.with(Verdict::Warning);
    warnings.filter_map(|warning| warning.cause).collect()
}

#[test]
fn an_environment_without_pip_gets_pip_before_torch() {
    let mut seen = healthy();
    edit(&mut seen, |python| python.torch = None);
    let (cause, words) = first(&seen);
    assert_eq!(cause, "module-not-found");
    assert!(!words.contains("ensurepip"), "{words}");
    edit(&mut seen, |python| {
        python.packages.remove("pip");
    });
    let (_, words) = first(&seen);
    let (pip, torch) = words.split_once("ensurepip").expect("pip is installed");
    assert!(
        !pip.contains("pip install") && torch.contains("pip install torch"),
        "{words}"
    );
}

#[test]
fn a_healthy_environment_has_nothing_to_mend() {
    assert_eq!(warnings(&healthy()), Vec::<&str>::new());
    assert_eq!(warnings(&mac()), Vec::<&str>::new());
}

#[test]
fn every_cause_that_is_named_is_a_rule() {
    let mut seen = healthy();
    seen.interpreter = None;
    seen.variables = texts(&[("LD_PRELOAD", "x"), ("KMP_DUPLICATE_LIB_OK", "1")]);
    for finding in examine(&seen).findings {
        let known = finding
            .cause
            .is_none_or(|cause| crate::rules::find(cause).is_some());
        assert!(known, "{finding:?}");
    }
}

#[test]
fn an_empty_path_comes_before_what_is_not_found_on_it() {
    let mut seen = healthy();
    seen.variables.clear();
    edit(&mut seen, |python| {
        python.compilers[0].version =
            Err("cannot be started: No such file or directory".to_owned());
        python.torch = None;
    });
    let (cause, words) = first(&seen);
    assert_eq!(cause, "compiler-missing-or-clt");
    assert!(words.starts_with("PATH is empty: no compiler"), "{words}");
    seen.variables = texts(&[("PATH", "/usr/bin")]);
    assert_eq!(first(&seen).0, "module-not-found");
    edit(&mut seen, |python| {
        python.torch = Some(torch("2.15.0", "/env/torch"))
    });
    let (cause, words) = first(&seen);
    assert_eq!(cause, "compiler-missing-or-clt");
    assert!(words.contains("apt install g++"), "{words}");
}

#[test]
fn the_systems_python_needs_an_environment_first() {
    let mut seen = healthy();
    seen.externally_managed = true;
    edit(&mut seen, |python| {
        python.prefix = python.base_prefix.clone();
        python.torch = None;
    });
    let (cause, words) = first(&seen);
    assert_eq!(cause, "environment-mismatch");
    assert!(words.contains("-m venv .venv"), "{words}");
    // A virtual environment of that Python is no such thing.
    edit(&mut seen, |python| python.prefix = "/env".to_owned());
    assert_eq!(first(&seen).0, "module-not-found");
}

#[test]
fn a_python_that_does_not_start_is_told_apart_by_what_is_gone() {
    let mut seen = healthy();
    let failed = |output: &str| {
        Some(InterpreterProbe::Failed {
            executable: "/env/bin/python".to_owned(),
            why: "it ended with exit code 1".to_owned(),
            output: output.to_owned(),
        })
    };
    seen.program.environment = Some("/env".to_owned());
    seen.interpreter = failed("ModuleNotFoundError: No module named 'encodings'");
    let (cause, words) = first(&seen);
    assert_eq!(cause, "interpreter-broken");
    assert!(
        words.contains("a part of that Python is gone") && words.contains("venv --clear /env"),
        "{words}"
    );
    seen.program.home = Some("/gone/bin".to_owned());
    seen.missing.insert("/gone/bin".to_owned());
    assert!(first(&seen).1.contains("in `/gone/bin`, is gone"));
    // A copied program may find another Python's library and start all the same.
    seen.interpreter = healthy().interpreter;
    assert!(first(&seen).1.contains("`/gone/bin`, is gone"));
    seen.program.home = None;
    seen.starts_bare = Some(true);
    seen.interpreter = failed("Traceback: in sitecustomize");
    assert!(first(&seen).1.contains("startup files"));
}

#[test]
fn another_torch_on_pythonpath_comes_before_the_torch_itself() {
    let mut seen = healthy();
    seen.variables
        .insert("PYTHONPATH".to_owned(), "/other".to_owned());
    let with = |package| Some(WithVariables::Answered { torch: package });
    seen.with_variables = with(Some(torch("2.1.0", "/other/torch")));
    let (cause, words) = first(&seen);
    assert_eq!(cause, "environment-mismatch");
    assert!(
        words.starts_with("PYTHONPATH puts torch 2.1.0 in `/other/torch` before torch 2.15.0"),
        "{words}"
    );
    edit(&mut seen, |python| python.torch = None);
    assert!(first(&seen).1.contains("from PYTHONPATH only"));
    assert!(!first(&seen).1.contains("ensurepip"));
    edit(&mut seen, |python| {
        python.packages.remove("pip");
    });
    let (_, words) = first(&seen);
    assert!(
        words.contains("unset PYTHONPATH") && words.contains("Install pip first"),
        "{words}"
    );
    let mut harmless = healthy();
    harmless
        .variables
        .insert("PYTHONPATH".to_owned(), "/tools".to_owned());
    harmless.with_variables = with(Some(torch(
        "2.15.0",
        "/env/lib/python3.11/site-packages/torch",
    )));
    assert_eq!(warnings(&harmless), Vec::<&str>::new());
    harmless.with_variables = Some(WithVariables::Failed {
        why: "it ended with exit code 1".to_owned(),
        output: String::new(),
    });
    assert!(first(&harmless).1.contains("`unset PYTHONPATH`"));
}

#[test]
fn a_torch_of_another_processor_is_seen_before_it_is_tried() {
    let mut seen = mac();
    seen.torch_archs = vec![Arch::X86_64];
    assert_eq!(first(&seen).0, "arch-mismatch");
    seen.torch_archs = vec![Arch::X86_64, Arch::Arm64];
    assert_eq!(examine(&seen).first(), None);
    edit(&mut seen, |python| {
        python.machine = "x86_64".to_owned();
        python.translated = true;
    });
    assert_eq!(warnings(&seen), ["arch-mismatch"]);
}

#[test]
fn two_runtimes_old_numpy_and_variables_are_warnings() {
    let mut seen = mac();
    seen.torch = imported(&[
        "/a/libomp.dylib",
        "/b/libiomp5.dylib",
        "/c/libompstats.dylib",
    ]);
    edit(&mut seen, |python| {
        python.torch = Some(torch("2.2.2", "/env/torch"));
        python.packages.remove("ninja");
    });
    seen.variables
        .insert("DYLD_LIBRARY_PATH".to_owned(), "/opt/lib".to_owned());
    assert_eq!(
        warnings(&seen),
        [
            "duplicate-openmp-runtime",
            "numpy-abi",
            "environment-mismatch"
        ]
    );
}

#[test]
fn builds_for_other_processors_and_newer_systems_are_problems() {
    let mut seen = mac();
    seen.variables
        .insert("ARCHFLAGS".to_owned(), "-arch x86_64".to_owned());
    assert_eq!(first(&seen).0, "arch-mismatch");
    seen.variables.insert(
        "ARCHFLAGS".to_owned(),
        "-arch x86_64 -arch arm64".to_owned(),
    );
    assert_eq!(examine(&seen).first(), None);
    seen.variables
        .insert("MACOSX_DEPLOYMENT_TARGET".to_owned(), "15.0".to_owned());
    assert_eq!(first(&seen).0, "min-os-too-new");
    seen.variables
        .insert("MACOSX_DEPLOYMENT_TARGET".to_owned(), "11.0".to_owned());
    assert_eq!(examine(&seen).first(), None);
}
