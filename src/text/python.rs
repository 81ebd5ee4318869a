//! What Python says, and what extensions, numpy and torch say through its exceptions.

use std::sync::LazyLock;

use regex::Regex;

use super::template::{Candidate, Family, Template, weight, wrapping};

static FAMILY: LazyLock<Family> = LazyLock::new(|| Family::new(TEMPLATES));

const TEMPLATES: &[Template] = &[
    Template::new(
        "module-init-missing",
        weight::PYTHON,
        r"dynamic module does not define (?:module export|init) function(?: \((?P<init_function>\w+)\))?",
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
        r"CPU dispatcher tracer already initi?l",
    ),
    Template::new(
        "numpy-abi",
        weight::PYTHON,
        r"module compiled against (?:API|ABI) version (?P<api_compiled>\w+) but this version of numpy is (?P<api_runtime>\w+)",
    ),
    Template::new(
        "numpy-abi",
        weight::PYTHON,
        r"module was compiled against NumPy C-API version (?P<api_compiled>\w+) (?:\([^)]*\) )?but the running NumPy has C-API version (?P<api_runtime>\w+)",
    ),
    Template::new(
        "numpy-abi",
        weight::PYTHON,
        r"numpy\.[\w.]+ size changed, may indicate binary incompatibility\. Expected (?P<size_expected>\d+) from C header, got (?P<size_got>\d+) from PyObject",
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
        weight::PYTHON_VAGUE,
        r"IMPORTANT: PLEASE READ THIS FOR ADVICE ON HOW TO SOLVE THIS ISSUE|Importing the (?:multiarray numpy extension module|numpy [cC]-extensions) failed",
    ),
    Template::new(
        "torch-op-missing",
        weight::PYTHON,
        r"(?:operator|No such operator) (?P<operator>\w+::\w+)(?: does not exist)?",
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
        r"bad magic number in '[\w.]+'",
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
        r"SystemError: dynamic module not initialized properly",
    ),
    Template::new(
        "module-shadowed",
        weight::PYTHON,
        r"Error importing (?P<package>\w+): you (?:cannot|should not try to) import \w+ (?:while being in|from its) (?:\w+ )?source (?:directory|tree)",
    ),
];

/// Everything of Python's that the text tells of.
pub(super) fn find(text: &str) -> Vec<Candidate> {
    let mut found = FAMILY.find(text);
    found.retain(|candidate| {
        // `operator x::y` is an error only with one of the two phrases.
        let words = text.get(candidate.at..candidate.end).unwrap_or_default();
        !words.starts_with("operator") || words.ends_with("exist")
    });
    for candidate in &mut found {
        if candidate.cause == "module-shadowed"
            && let Some(package) = candidate.facts.get("package")
        {
            let own = format!("{package}/__init__.py");
            let file = frames(text).into_iter().find(|file| file.ends_with(&own));
            if let Some(file) = file {
                candidate.facts.insert("package_file", file.to_owned());
            }
        }
    }
    found.extend(missing_name(text));
    found.extend(missing_module(text));
    found.extend(no_attribute(text));
    found.extend(base_name(text));
    found.extend(silent_warning(text));
    found
}

fn candidate(
    cause: &'static str,
    weight: u8,
    whole: regex::Match<'_>,
    facts: &[(&'static str, Option<&str>)],
) -> Candidate {
    let facts = facts
        .iter()
        .filter_map(|(name, value)| Some((*name, super::template::unwrapped((*value)?))));
    Candidate {
        cause,
        weight,
        at: whole.start(),
        end: whole.end(),
        facts: facts.collect(),
    }
}

static FRAME: LazyLock<Regex> =
    LazyLock::new(|| wrapping(r#"File "([^"\n]+)", line \d+(?:, in [^\n]*)?"#));

/// The files of a traceback's frames, the last call last.
fn frames(text: &str) -> Vec<&str> {
    let files = FRAME.captures_iter(text).filter_map(|frame| frame.get(1));
    files.map(|file| file.as_str()).collect()
}

/// A file of what is installed, of the standard library, or of no file at all.
fn is_installed(file: &str) -> bool {
    let places = ["site-packages/", "dist-packages/", "/lib/python", "<"];
    places.iter().any(|place| file.contains(place))
}

static MISSING_NAME: LazyLock<Regex> = LazyLock::new(|| {
    wrapping(
        r"ImportError: cannot import name '?(?P<name>\w+)'?(?: from (?:partially initialized module )?'(?P<package>[\w.]+)'(?: \(most likely due to a circular import\))?(?: \((?P<file>[^)\n]+)\))?)?",
    )
});

/// `cannot import name '_C' from 'package' (file)`: a compiled part that is not there. In what is installed it was
/// never shipped; in a source tree the tree hides what is installed.
fn missing_name(text: &str) -> Option<Candidate> {
    let captures = MISSING_NAME.captures(text)?;
    let name = captures.name("name")?.as_str();
    let group = |group| captures.name(group).map(|found| found.as_str());
    let (package, file) = (group("package"), group("file"));
    let frames = frames(text);
    let asker = file.or(frames.last().copied())?;
    // Installed packages lack plain names for reasons that are none of ours; a relative import in a source tree that
    // finds a module without the name found one that was compiled for another state of the tree.
    let compiled = name.starts_with('_');
    let relative = text.contains("    from .");
    let cause = match is_installed(asker) {
        true if compiled => "extension-file-missing",
        false if compiled || (file.is_none() && relative) => "module-shadowed",
        _ => return None,
    };
    Some(candidate(
        cause,
        weight::PYTHON,
        captures.get(0)?,
        &[
            ("module", Some(name)),
            ("package", package),
            ("package_file", file),
        ],
    ))
}

static MISSING_MODULE: LazyLock<Regex> = LazyLock::new(|| {
    wrapping(r"(?:ModuleNotFoundError|ImportError): No module named '?(?P<module>[\w.]+)'?")
});

/// `No module named`: of a package's private part, the compiled part is missing.
fn missing_module(text: &str) -> Option<Candidate> {
    let captures = MISSING_MODULE.captures(text)?;
    let module = captures.name("module")?.as_str().trim_end_matches('.');
    let private = module
        .rsplit_once('.')
        .is_some_and(|(_, last)| last.starts_with('_'));
    let asker = frames(text).last().copied();
    // Without a frame nothing tells a source tree from an installation: that is a suspicion, not an observation.
    let (cause, weight) = match (private, asker) {
        (false, _) => ("module-not-found", weight::PYTHON_VAGUE),
        (true, Some(file)) if is_installed(file) => {
            ("extension-file-missing", weight::PYTHON_VAGUE)
        }
        (true, Some(_)) => ("module-shadowed", weight::PYTHON_VAGUE),
        (true, None) => ("module-shadowed", weight::WEAK),
    };
    Some(candidate(
        cause,
        weight,
        captures.get(0)?,
        &[("module", Some(module))],
    ))
}

static NO_ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| {
    wrapping(
        r"AttributeError: partially initialized module '(?P<module>\w+)' has no attribute '\w+'",
    )
});

/// A script that has the name of what it imports.
fn no_attribute(text: &str) -> Option<Candidate> {
    let captures = NO_ATTRIBUTE.captures(text)?;
    let module = captures.name("module")?.as_str();
    let own = format!("/{module}.py");
    let file = frames(text)
        .into_iter()
        .rfind(|file| file.ends_with(&own) && !is_installed(file))?;
    Some(candidate(
        "module-shadowed",
        weight::PYTHON,
        captures.get(0)?,
        &[("module", Some(module)), ("package_file", Some(file))],
    ))
}

static BASE_NAME: LazyLock<Regex> =
    LazyLock::new(|| wrapping(r"Shared library with base name '(?P<library>[^']+)' not found"));

/// A package that looks for its library by name: in a source tree, that tree hides what is installed.
fn base_name(text: &str) -> Option<Candidate> {
    let captures = BASE_NAME.captures(text)?;
    let in_tree = frames(text).last().is_some_and(|file| !is_installed(file));
    let cause = if in_tree {
        "module-shadowed"
    } else {
        "library-not-found-bare"
    };
    let library = captures.name("library").map(|library| library.as_str());
    Some(candidate(
        cause,
        weight::PYTHON,
        captures.get(0)?,
        &[("library", library)],
    ))
}

static SILENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"Failed to load \w+ Python extension:[ \t]*(?:\n|$)")
        .expect("a regular expression of ours")
});

/// A warning that the extension did not load, without a reason: there was no file to load.
fn silent_warning(text: &str) -> Option<Candidate> {
    let whole = SILENT.find(text)?;
    Some(candidate(
        "extension-file-missing",
        weight::PYTHON_VAGUE,
        whole,
        &[],
    ))
}
