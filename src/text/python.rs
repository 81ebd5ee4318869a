//! What Python says, and what extensions, numpy and torch say through its exceptions.

use std::sync::LazyLock;

use super::pattern::Pattern;
use super::template::{Candidate, Family, Template, weight};

static FAMILY: LazyLock<Family> = LazyLock::new(|| Family::new(TEMPLATES));

const TEMPLATES: &[Template] = &[
    Template::new(
        "module-init-missing",
        weight::PYTHON,
        r"dynamic module does not define (?:module export|init) function(?: \((?P<init_function>\w+)\))?",
    ),
    // Where Python loads modules by the functions of NeXTStep.
    Template::new(
        "module-init-missing",
        weight::PYTHON,
        r"Loaded module does not contain symbol (?P<init_function>_init\w+)",
    ),
    Template::new(
        "module-loaded-twice",
        weight::PYTHON,
        r"cannot load module more than once per process",
    ),
    Template::new(
        "module-loaded-twice",
        weight::PYTHON,
        r"Interpreter change detected",
    ),
    Template::new(
        "module-loaded-twice",
        weight::PYTHON,
        r"SystemError: extension module '(?P<module>[\w.]+)' is already cached",
    ),
    Template::new(
        "module-loaded-twice",
        weight::PYTHON,
        r"CPU dispatcher tracer already initi?l",
    ),
    Template::new(
        "module-loaded-twice",
        weight::PYTHON,
        r"PyO3 modules [^\n]{0,60}?(?:may only be initialized once|do not yet support subinterpreters)",
    ),
    Template::new(
        "module-loaded-twice",
        weight::PYTHON,
        r#"generic_type: type "(?P<class>[^"]+)" is already registered|Only a single TORCH_LIBRARY can be used to register the namespace|Tried to register an operator [^\n]* multiple times|function '\w+' already has a docstring"#,
    ),
    Template::new(
        "numpy-abi",
        weight::PYTHON,
        r"module compiled against (?:API|ABI) version (?P<api_compiled>\w+) but this version of numpy is (?P<api_runtime>0x[0-9a-f]+|\w+)",
    ),
    Template::new(
        "numpy-abi",
        weight::PYTHON,
        r"module was compiled against NumPy C-API version (?P<api_compiled>\w+) (?:\([^)]*\) )?but the running NumPy has C-API version (?P<api_runtime>\w+)",
    ),
    Template::new(
        "numpy-abi",
        weight::PYTHON,
        r"numpy\.[\w.]+ size changed, may indicate binary incompatibility(?:\. Expected (?P<size_expected>\d+)(?: from C header)?, got (?P<size_got>\d+)(?: from PyObject)?)?",
    ),
    Template::new(
        "numpy-abi",
        weight::PYTHON,
        r"initialization of _internal failed without raising an exception|Numba needs NumPy (?P<required>[\d.]*\d) or less",
    ),
    Template::new(
        "numpy-abi",
        weight::PYTHON,
        r"A module that was compiled using NumPy 1\.x cannot be run in",
    ),
    Template::new("numpy-abi", weight::PYTHON_VAGUE, r"_ARRAY_API not found"),
    Template::new(
        "numpy-abi",
        weight::PYTHON_VAGUE,
        r"numpy\.(?:_?core\.multiarray|core\.umath) failed to import",
    ),
    Template::new(
        "numpy-import-failed",
        weight::ADVICE,
        r"IMPORTANT: PLEASE READ THIS FOR ADVICE ON HOW TO SOLVE THIS ISSUE|Importing the (?:multiarray numpy extension module|numpy [cC]-extensions) failed",
    ),
    Template::new(
        "torch-op-missing",
        weight::PYTHON,
        r"(?:operator|No such operator|Could not find the operator|Could not find schema for|Unknown builtin op:) (?P<operator>\w+::\w+)(?: does not exist)?",
    ),
    Template::new(
        "torch-op-missing",
        weight::PYTHON,
        r"Couldn't load custom C\+\+ ops\.(?: This can happen if your PyTorch and (?P<library>\w+) versions are incompatible)?",
    ),
    Template::new(
        "torch-op-missing",
        weight::PYTHON,
        r"'_OpNamespace' '[\w.]+' object has no attribute '\w+'",
    ),
    Template::new(
        "python-version-mismatch",
        weight::PYTHON,
        r"Python version mismatch: module was compiled for (?:Python|version) (?P<compiled_for>[\d.]*\d),(?: (?:but|while) the interpreter(?: version)? is (?:incompatible:|running version) (?P<running>[\d.]*\d))?",
    ),
    Template::new(
        "python-version-mismatch",
        weight::PYTHON,
        r"[Bb]ad magic number in (?:'(?P<module>[\w.]+)'|\S*\.pyc|\w[\w.]*:)",
    ),
    Template::new(
        "python-version-mismatch",
        weight::PYTHON,
        r"compiletime version (?P<compiled_for>[\d.]*\d) of module '[\w.]+' does not match runtime version (?P<running>[\d.]*\d)",
    ),
    Template::new(
        "python-version-mismatch",
        weight::BUILD,
        r"configured Python interpreter version \((?P<running>[\d.]+)\) is (?:newer|lower) than PyO3's (?:maximum|minimum) supported version(?: \((?P<required>[\d.]+)\))?",
    ),
    Template::new(
        "environment-mismatch",
        weight::PYTHON,
        r"Fatal\W+Python error: (?:PyThreadState_Get|PyInterpreterState_Get|take_gil|PyEval_SaveThread)\S*:? (?:no current thread|the function must be called with the GIL held|PyThreadState_Get|NULL tstate)",
    ),
    Template::new(
        "environment-mismatch",
        weight::PYTHON,
        r"PyThreadState_Get: no current thread",
    ),
    Template::new(
        "environment-mismatch",
        weight::PYTHON,
        r"SystemError: dynamic module not initialized properly|AssertionError: SRE module mismatch|cannot import name '?(?:MAXREPEAT|_remove_dead_weakref)\b|No module named '?encodings'?|PyMUTEX_LOCK\(gil->mutex\) failed",
    ),
    Template::new(
        "environment-mismatch",
        weight::BUILD,
        r#"Could NOT find Python\w*: Found unsuitable version "(?P<found_version>[\d.]+)", but required is (?:at least|exact version) "(?P<required>[\d.]+)""#,
    ),
    Template::new(
        "environment-mismatch",
        weight::BUILD,
        r"[Mm]ismatch between [Pp]ython interpreter (?:\((?P<running>[\d.]+)\) )?and libraries|Python interpreter and libraries are in different version",
    ),
    // Explicit checks of setup scripts and of packages.
    Template::new(
        "python-version-mismatch",
        weight::BUILD,
        r"Cannot install on Python version (?P<running>[\d.]*\d); only versions (?P<required>[^\n]+?) are supported",
    ),
    Template::new(
        "python-version-mismatch",
        weight::BUILD,
        r"RuntimeError: Python version (?P<required>[<>=!~]+ ?[\d.]*\d) required",
    ),
    Template::new(
        "python-version-mismatch",
        weight::PYTHON,
        r"requires Python '?(?P<required>[<>=!~]+ ?[\d.]*\d)[^\n]{0,40}? but the running Python is (?P<running>[\d.]*\d)",
    ),
    Template::new(
        "environment-mismatch",
        weight::PYTHON,
        r"Plugin uses incompatible Qt library",
    ),
    Template::new(
        "environment-mismatch",
        weight::PYTHON,
        r"(?:ERROR|[Ee]rror|FATAL|[Ff]atal)[^\n]{0,80}? linked against both \w[\w.+-]* and \w[\w.+-]*|library at runtime is not compatible with [^\n]{0,40}? used at compile time",
    ),
    Template::new(
        "environment-mismatch",
        weight::PYTHON,
        r"Fatal\W+Python error: Interpreter not initialized \(version mismatch\?\)",
    ),
    Template::new(
        "environment-mismatch",
        weight::PYTHON,
        r"You might be loading two sets of Qt binaries|Cannot mix incompatible Qt library",
    ),
    Template::new(
        "module-not-found",
        weight::BUILD,
        r"ERROR: The Python (?P<module>\w+) extension was not compiled",
    ),
    Template::new(
        "torch-op-missing",
        weight::PYTHON,
        r"Tried to instantiate class '[\w.]+', but it does not exist! Ensure that it is registered",
    ),
];

/// Everything of Python's that the text tells of.
pub(super) fn find(text: &str) -> Vec<Candidate> {
    let mut found = FAMILY.find(text);
    found.extend(two_versions(text));
    found.retain(|candidate| {
        // `operator x::y` is an error only with one of the phrases.
        let words = text.get(candidate.at..candidate.end).unwrap_or_default();
        !words.starts_with("operator") || words.ends_with("exist")
    });
    found
}

/// What CMake's older modules say that they found of Python.
static FOUND: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(
        r#"Found Python(?P<part>Interp|Libs): [^\n]*\(found (?:suitable )?(?:exact )?version "(?P<version>\d+\.\d+)"#,
    )
});

/// CMake looks for the interpreter and for its library apart, and may find two Pythons: headers and library of one, the
/// name and place of the module of the other. Of several of each, one of the same version is meant.
fn two_versions(text: &str) -> Option<Candidate> {
    let all: Vec<_> = FOUND.captures_iter(text).collect();
    let is = |found: &&regex::Captures<'_>, part: &str| &found["part"] == part;
    let running = all.iter().find(|it| is(it, "Interp"))?;
    let linked = all.iter().find(|it| is(it, "Libs"))?;
    let fits = all
        .iter()
        .any(|it| is(&it, "Interp") && it["version"] == linked["version"]);
    let (first, last) = (running.get(0)?, linked.get(0)?);
    (!fits).then(|| Candidate {
        cause: "environment-mismatch",
        weight: weight::WEAK,
        at: first.start().min(last.start()),
        end: first.end().max(last.end()),
        facts: [("running", running["version"].to_owned())].into(),
    })
}
