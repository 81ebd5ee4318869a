//! Two Pythons, or two torches, mixed in one build or one process.

use super::symbol::{Origin, SymbolName};
use super::{
    Finding, Inspect, Module, Rule, Scene, mixed_includes, of_case, python_version_mismatch, rank,
};
use crate::diagnosis::Severity;
use crate::load::{LoadFailure, Reason};
use crate::python::{ImportAttempt, ImportOutcome, Interpreter};

pub(super) const RULE: Rule = Rule {
    id: "environment-mismatch",
    summary: "two Pythons or two torches are mixed",
    severity: Severity::Error,
    rank: rank::ENVIRONMENT,
    explanation: "## What it means

The module was compiled with the headers, or linked to the library, of another Python or torch than the one that
imports it.

## Why it breaks

CPython's structures and torch's C++ interface differ between versions, and nothing in the compiler notices: headers
are taken from the first `-I` that has them. A path of another environment comes in by `include_dirs`, `CFLAGS`,
`CPATH`, a CMake cache of an earlier run, or a `python-config` that is found on `PATH`. A module that is linked to a
`libpython` or a `Python.framework` brings a second interpreter into the process; its first call dies without a
current thread.

## How to fix

- Remove include directories of Pythons from `include_dirs` and `CFLAGS`: setuptools adds those of the Python that
  builds. In CMake pass `-DPython_EXECUTABLE=$(which python)` and delete `CMakeCache.txt`.
- Do not link a module to libpython: `-undefined dynamic_lookup` on macOS, nothing on Linux;
  CMake: `Python::Module`, not `Python::Python`.
- torch: build with `--no-build-isolation`, so that headers and libraries are those of the torch that will be used.

## How loadproof knows

It reads the compiler's commands in the build log and the dependents of the module, and compares them with the
interpreter's own include directory and version. On macOS it also looks at the `DYLD_` variables: that they are set is a
warning.
",
    inspect: &[
        Inspect::Environment(loader_variables),
        Inspect::Module(foreign_headers),
        Inspect::Module(foreign_libpython),
        Inspect::Failure(foreign_torch),
        Inspect::Ending(told_by_python),
    ],
};

/// Variables that put libraries of another place before those that a module names.
fn loader_variables(scene: &Scene<'_>) -> Option<Finding> {
    const NAMES: [&str; 4] = [
        "DYLD_INSERT_LIBRARIES",
        "DYLD_LIBRARY_PATH",
        "DYLD_FRAMEWORK_PATH",
        "DYLD_VERSIONED_LIBRARY_PATH",
    ];
    let python = scene.interpreter().filter(|python| python.on_macos())?;
    let set = |name: &&&str| {
        python
            .variables
            .get(**name)
            .is_some_and(|value| !value.is_empty())
    };
    let name = NAMES.iter().find(set)?;
    let value = python.variables.get(*name)?;
    // dyld drops them in programs that System Integrity Protection covers; Apple's own Pythons are such.
    let message = format!(
        "`{name}` is set: libraries in `{value}` are taken before those that a module names, and programs of the system \
         (`/bin/sh`, `/usr/bin/python3`) drop it, so that the same command behaves differently from a script"
    );
    Some(
        Finding::new(message, of_case(&RULE, &[("variable", *name)]))
            .only(Severity::Warning)
            .subject(*name)
            .fact("variable", *name)
            .evidence(*name, value),
    )
}

fn foreign_headers(scene: &Scene<'_>, module: &Module<'_>) -> Option<Finding> {
    let file = module.extension()?;
    // Made for every Python: other headers do no harm as such.
    if file.suffix.contains("abi3") {
        return None;
    }
    let foreign = mixed_includes::python(scene)?;
    let modules = scene
        .modules
        .iter()
        .filter(|module| module.extension().is_some());
    // A command does not say which module it is for.
    if modules.count() > 1 && !foreign.in_all_commands {
        return None;
    }
    Some(headers_finding(scene, module, &foreign))
}

fn headers_finding(
    scene: &Scene<'_>,
    module: &Module<'_>,
    foreign: &mixed_includes::Foreign<'_>,
) -> Finding {
    let running = scene.interpreter().map_or("", |python| &python.version);
    let directory = foreign.directory;
    Finding::new(
        format!(
            "`{}` is compiled with the headers of Python {} in `{directory}`, and imported by Python {running}",
            module.artifact.path, foreign.version
        ),
        of_case(&RULE, &[("include_directory", directory)]),
    )
    .subject(directory)
    .fact("compiled_for", foreign.version)
    .fact("running", running)
    .fact("flag", format!("-I{directory}"))
    .evidence(
        format!("include directories, {}", foreign.command.told),
        foreign.command.include_directories().join("\n"),
    )
}

fn foreign_libpython(scene: &Scene<'_>, module: &Module<'_>) -> Option<Finding> {
    let python = scene.interpreter()?;
    let (library, version) =
        linked_pythons(module).find(|(_, version)| *version != python.minor_version())?;
    Some(libpython_finding(module, python, library, version))
}

fn libpython_finding(
    module: &Module<'_>,
    python: &Interpreter,
    library: &str,
    version: &str,
) -> Finding {
    Finding::new(
        format!(
            "`{}` is linked to Python {version} by `{library}`, and imported by Python {}",
            module.artifact.path, python.version
        ),
        of_case(&RULE, &[("linked_python", library)]),
    )
    .subject(library)
    .fact("library", library)
    .fact("compiled_for", version)
    .fact("running", &python.version)
}

/// The libpythons among the dependents, with their version: `libpython3.8.so.1.0`, `@rpath/libpython3.8.dylib`,
/// `/Library/Frameworks/Python.framework/Versions/3.8/Python`.
fn linked_pythons<'a>(module: &'a Module<'_>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let dependents = module
        .image()
        .into_iter()
        .flat_map(|image| &image.dependents);
    dependents.filter_map(|dependent| {
        let name = dependent.install_name.as_str();
        let framework = name
            .split_once("/Python.framework/Versions/")
            .and_then(|(_, rest)| rest.strip_suffix("/Python"));
        let file = name.rsplit('/').next().unwrap_or(name);
        let version = framework.or_else(|| minor_version(file.strip_prefix("libpython")?))?;
        Some((name, version))
    })
}

/// The `3.8` at the start of `3.8m.so.1.0`.
fn minor_version(text: &str) -> Option<&str> {
    let rest = text
        .strip_prefix("3.")
        .or_else(|| text.strip_prefix("2."))?;
    let digits = rest.chars().take_while(char::is_ascii_digit).count();
    text.get(..digits.checked_add(2)?).filter(|_| digits > 0)
}

/// torch lacks a symbol that the module was compiled to use, and the headers were another torch's.
fn foreign_torch(scene: &Scene<'_>, module: &Module<'_>, failure: &LoadFailure) -> Option<Finding> {
    let name = SymbolName::of(module, failure);
    if failure.reason != Reason::SymbolNotFound || name.origin() != Origin::Torch {
        return None;
    }
    let foreign = mixed_includes::torch(scene)?;
    let torch = scene.torch_version().unwrap_or("another version");
    let message = format!(
        "`{}` is compiled with the headers of another torch, in `{}`, and torch {torch} does not have {}",
        module.artifact.path,
        foreign.directory,
        name.readable(&failure.subject)
    );
    let names = [
        ("include_directory", foreign.directory),
        ("interpreter", scene.python()),
    ];
    let remedy = of_case(&RULE, &names);
    Some(
        Finding::new(message, remedy)
            .subject(foreign.directory)
            .fact("symbol", &failure.subject)
            .fact("flag", format!("-I{}", foreign.directory))
            .fact_if("torch_version", scene.torch_version()),
    )
}

fn told_by_python(
    scene: &Scene<'_>,
    module: &Module<'_>,
    attempt: &ImportAttempt,
) -> Option<Finding> {
    match &attempt.outcome {
        ImportOutcome::Raised { message, .. } => {
            python_version_mismatch::versions(message)?;
            let foreign = mixed_includes::python(scene)?;
            Some(headers_finding(scene, module, &foreign))
        }
        ImportOutcome::Killed { .. } => {
            // Fatal Python error: PyThreadState_Get: no current thread
            // Fatal Python error: PyThreadState_Get: the function must be called with the GIL held, after Python ...
            let no_thread = "Fatal Python error: PyThreadState_Get: ";
            attempt
                .output
                .lines()
                .find(|line| line.starts_with(no_thread))?;
            let (library, version) = linked_pythons(module).next()?;
            Some(libpython_finding(
                module,
                scene.interpreter()?,
                library,
                version,
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::build::Ending;
    use crate::load::Reason;
    use crate::python::ImportOutcome;
    use crate::rules::testing::{Case, attempt, failure, id, said};

    const RULE: &str = "environment-mismatch";
    const OWN: &str = "-I/py/include/python3.11";
    const TOLD: &str = "Python version mismatch: module was compiled for Python 3.8, but the interpreter version is \
                        incompatible: 3.11.7.";

    fn compiled_with(flags: &str) -> Case {
        let mut case = Case::linux().built(
            &format!("gcc -fPIC {flags} -c a.c -o a.o"),
            Ending::Exited { code: 0 },
        );
        case.files
            .insert("/src/project/other/include/python3.8/Python.h".to_owned());
        case
    }

    #[test]
    fn headers_of_another_python_before_the_own_are_named() {
        let case = compiled_with(&format!("-Iother/include/python3.8 {OWN}"));
        let finding = said(case.module(), RULE);
        assert_eq!(finding.subject.as_deref(), Some("other/include/python3.8"));
        let told = said(case.raises("ImportError", TOLD), RULE);
        assert_eq!(told.subject, finding.subject);
    }

    #[test]
    fn headers_that_are_not_used_are_not_blamed() {
        let behind = compiled_with(&format!("{OWN} -Iother/include/python3.8"));
        assert_eq!(id(&behind.module()), None);
        assert_eq!(
            id(&behind.raises("ImportError", TOLD)),
            Some("python-version-mismatch")
        );
        let absent = compiled_with(&format!("-I/gone/include/python3.8 {OWN}"));
        assert_eq!(id(&absent.module()), None);
    }

    #[test]
    fn a_libpython_of_another_version_is_a_second_python() {
        let mut case = Case::macos();
        case.link("/Library/Frameworks/Python.framework/Versions/3.8/Python");
        assert_eq!(id(&case.module()), Some(RULE));
        let mut own = Case::linux();
        own.link("libpython3.11.so.1.0");
        assert_eq!(id(&own.module()), None);
        let mut died = attempt(ImportOutcome::Killed { signal: 6 });
        died.output = "Fatal Python error: PyThreadState_Get: no current thread\n".to_owned();
        assert_eq!(id(&own.ends(&died)), Some(RULE));
        assert_eq!(id(&Case::linux().ends(&died)), Some("crash-at-import"));
    }

    #[test]
    fn headers_of_the_torch_of_an_isolated_build_explain_its_missing_symbol() {
        let torch = "/tmp/pip-build-env-x/overlay/lib/python3.11/site-packages/torch/include";
        let missing = failure(Reason::SymbolNotFound, "_ZN3c1011CPUTensorIdEv");
        assert_eq!(
            id(&compiled_with(&format!("-I{torch} {OWN}")).load(&missing)),
            Some(RULE)
        );
        let own = "-I/env/lib/python3.11/site-packages/torch/include";
        assert_eq!(
            id(&compiled_with(own).load(&missing)),
            Some("symbol-missing-torch-abi")
        );
    }

    #[test]
    fn variables_of_the_loader_are_a_warning_on_macos() {
        let mut case = Case::macos();
        assert_eq!(id(&case.environment()), None);
        let variables = &mut case.interpreter().variables;
        variables.insert(
            "DYLD_LIBRARY_PATH".to_owned(),
            "/opt/homebrew/lib".to_owned(),
        );
        let finding = said(case.environment(), RULE);
        assert_eq!(finding.severity, Some(crate::diagnosis::Severity::Warning));
        assert_eq!(finding.subject.as_deref(), Some("DYLD_LIBRARY_PATH"));
        case.interpreter().system = "Linux".to_owned();
        assert_eq!(id(&case.environment()), None);
    }
}
