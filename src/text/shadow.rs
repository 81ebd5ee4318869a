//! Python modules that are not there, only in part, or not the ones that were meant.
//!
//! Whether an installation is incomplete or a source tree hides it is told by the files of the traceback.

use std::sync::LazyLock;

use super::absent;
use super::pattern::Pattern;
use super::template::{Candidate, Family, Template, unwrapped, weight};
use super::traceback::{self, frames, is_installed};

static FAMILY: LazyLock<Family> = LazyLock::new(|| Family::new(TEMPLATES));

const TEMPLATES: &[Template] = &[
    // What mypyc compiles of several modules is one, named after a hash of them.
    Template::new(
        "extension-file-missing",
        weight::PYTHON,
        r"No module named '?(?P<module>[0-9a-f]{16,}__mypyc)",
    ),
    Template::new(
        "module-shadowed",
        weight::PYTHON,
        r"Error importing (?P<package>\w+): you (?:cannot|should not try to) import \w+ (?:while being in|from its) (?:\w+ )?source (?:directory|tree)",
    ),
    Template::new(
        "module-shadowed",
        weight::PYTHON,
        r"No module named '(?P<module>[\w.]+)'; '(?P<package>[\w.]+)' is not a package",
    ),
    Template::new(
        "module-shadowed",
        weight::PYTHON,
        r"has loaded the `(?P<module>[\w./]+)` folder of the \w+ repository rather than the C extensions",
    ),
    Template::new(
        "module-shadowed",
        weight::PYTHON,
        r"consider renaming '(?P<package_file>[^'\n]+)' (?:since it has the same name as|if it has the same name as) [^\n]*?(?:module named '(?P<module>\w+)'|a library you intended to import)",
    ),
    Template::new(
        "interpreter-broken",
        weight::PYTHON,
        r"bad interpreter: (?:(?P<file>/[^\n:]*?): )?[Nn]o such file or directory",
    ),
    Template::new(
        "extension-file-missing",
        weight::PYTHON,
        r"compiled module files exist, but seem incompatible with",
    ),
    Template::new(
        "extension-file-missing",
        weight::PYTHON_VAGUE,
        r"Cannot find \w+ [Ll]ibrary (?:file )?in (?:the )?(?:following|candidate) path",
    ),
    Template::new(
        "library-not-found-bare",
        weight::PYTHON_VAGUE,
        r#"OSError: (?:Could not (?:load|find/load) shared object file: (?:\w+ )?(?P<library>\S+)|no library called "(?P<library_called>[^"]+)")"#,
    ),
    Template::new(
        "library-not-found-bare",
        weight::PYTHON_VAGUE,
        r#"(?:failed to find |Unable to find |Could not find (?:the )?|OSError: |Library "|Could not find lib(?:rary)? )(?P<library>[\w.-]+)(?: shared library| library not found| library \(tried|" not found\.| or load any of its variants|\. +Check your installation)"#,
    ),
    Template::new(
        "library-not-found-bare",
        weight::PYTHON_VAGUE,
        r"Library \((?P<library>lib[\w.-]+)\) could not be loaded",
    ),
    Template::new(
        "library-not-found-bare",
        weight::PYTHON_VAGUE,
        r"OSError: library not found: u?'(?P<library>[\w.+-]+)'",
    ),
    Template::new(
        "library-not-found-bare",
        weight::PYTHON_VAGUE,
        r"(?P<library>[\w.+-]+) library not found using ctypes\.util\.find_library",
    ),
    Template::new(
        "library-not-found-bare",
        weight::PYTHON_VAGUE,
        r"ctypes\.util\.find_library\(\) did not manage to locate a library called '(?P<library>[^'/\n]+)'",
    ),
];

/// Everything about modules that the text tells of.
pub(super) fn find(text: &str) -> Vec<Candidate> {
    let mut found = FAMILY.find(text);
    for candidate in &mut found {
        if let Some(library) = candidate.facts.remove("library_called") {
            candidate.facts.insert("library", library);
        }
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
    let finders = [
        missing_name,
        absent::missing_module,
        no_attribute,
        base_name,
        not_built,
        silent_warning,
        shadowed_by_frame,
        unfound_library,
    ];
    found.extend(finders.iter().filter_map(|find| find(text)));
    found
}

pub(super) fn candidate(
    cause: &'static str,
    weight: u8,
    whole: regex::Match<'_>,
    facts: &[(&'static str, Option<&str>)],
) -> Candidate {
    let facts = facts
        .iter()
        .filter_map(|(name, value)| Some((*name, unwrapped((*value)?))));
    Candidate {
        cause,
        weight,
        at: whole.start(),
        end: whole.end(),
        facts: facts.collect(),
    }
}

static MISSING_NAME: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::wrapping(
        r"(?:ImportError: )?cannot import name '?(?P<name>\w+)'?(?: from (?:partially initialized module )?'(?P<package>[\w.]+)'(?: \(most likely due to a circular import\))?(?: \((?P<file>[^)\n]+)\))?)?",
    )
});

/// `cannot import name '_C' from 'package' (file)`: a compiled part that is not there. In what is installed it was
/// never shipped; in a source tree the tree hides what is installed.
fn missing_name(text: &str) -> Option<Candidate> {
    let captures = MISSING_NAME.captures(text)?;
    let name = captures.name("name")?.as_str();
    let group = |group| captures.name(group).map(|found| found.as_str());
    let (package, file) = (group("package"), group("file"));
    let before = text.get(..captures.get(0)?.start()).unwrap_or_default();
    let frames = frames(before);
    let Some(asker) = file.or(frames.last().copied()) else {
        return unfinished(captures.get(0)?, name, package);
    };
    // Installed packages lack plain names for reasons that are none of ours; a relative import in a source tree that
    // finds a module without the name found one that was compiled for another state of the tree.
    let compiled = name.starts_with('_')
        || package.is_some_and(|package| package.contains("._"))
        || is_own_part(before, name, frames.last().copied());
    let relative = text.contains("    from .");
    let own_name = file.is_some_and(|file| is_script_named(file, &frames));
    // Without a traceback it may also be two files of the project's that import each other.
    let alone = frames.is_empty() && package.zip(file).is_some_and(is_file_of);
    let (cause, weight) = match is_installed(asker) {
        true if compiled => ("extension-file-missing", weight::PYTHON),
        false if compiled || own_name || (file.is_none() && relative) => {
            ("module-shadowed", weight::PYTHON)
        }
        false if alone => ("module-shadowed", weight::WEAK),
        _ => return None,
    };
    Some(candidate(
        cause,
        weight,
        captures.get(0)?,
        &[
            ("module", Some(name)),
            ("package", package),
            ("package_file", file),
        ],
    ))
}

/// Without a file nobody knows where the package stands. A private part that a package which is still being imported
/// lacks is most often the compiled one.
fn unfinished(whole: regex::Match<'_>, name: &str, package: Option<&str>) -> Option<Candidate> {
    let suspect = name.starts_with('_') && whole.as_str().contains("partially initialized");
    suspect.then(|| {
        let facts = [("module", Some(name)), ("package", package)];
        candidate("extension-file-missing", weight::WEAK, whole, &facts)
    })
}

/// A package's own `__init__.py` asks the package for a part. Python looks for a file of that name before it gives up,
/// so there is none: the part is compiled, and was not.
fn is_own_part(before: &str, name: &str, asker: Option<&str>) -> bool {
    let Some(file) = asker.filter(|file| file.ends_with("/__init__.py")) else {
        return false;
    };
    let package = file.trim_end_matches("/__init__.py");
    let package = package.rsplit('/').next().unwrap_or(package);
    let statement = traceback::statement(before);
    statement.is_some_and(|line| {
        let asked = line
            .strip_prefix("from . import ")
            .or_else(|| line.strip_prefix(&format!("from {package} import ")));
        asked.is_some_and(|asked| asked.split([',', ' ']).any(|word| word == name))
    })
}

/// A module that is one file, of its own name: `shodan` in `/x/shodan.py`.
fn is_file_of((module, file): (&str, &str)) -> bool {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.strip_suffix(".py") == Some(module)
}

/// A script that has the name of what it imports finds itself: its file is both the first frame and the module.
fn is_script_named(file: &str, frames: &[&str]) -> bool {
    let base = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned();
    base(file) != "__init__.py"
        && frames.len() >= 2
        && frames
            .first()
            .is_some_and(|first| base(first) == base(file))
}

static NO_ATTRIBUTE: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::wrapping(
        r"(?:AttributeError: )?(?P<partially>partially initialized )?module '(?P<module>\w+)' has no attribute '\w+'(?P<circular> \(most likely due to a circular import)?",
    )
});

/// A script that has the name of what it imports.
fn no_attribute(text: &str) -> Option<Candidate> {
    let captures = NO_ATTRIBUTE.captures(text)?;
    let module = captures.name("module")?.as_str();
    let says = |group| captures.name(group).is_some();
    let unfinished = says("partially") || says("circular");
    if !captures.get(0)?.as_str().starts_with("AttributeError") && !unfinished {
        return None;
    }
    let own = format!("/{module}.py");
    let file = frames(text)
        .into_iter()
        .rfind(|file| file.ends_with(&own) && !is_installed(file));
    // Without the file it is a suspicion, and only where Python says that the module was not through with itself.
    let weight = match file {
        Some(_) => weight::PYTHON,
        None if unfinished => weight::WEAK,
        None => return None,
    };
    Some(candidate(
        "module-shadowed",
        weight,
        captures.get(0)?,
        &[("module", Some(module)), ("package_file", file)],
    ))
}

static BASE_NAME: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::wrapping(r"Shared library with base name '(?P<library>[^']+)' not found")
});

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

static NOT_BUILT: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::wrapping(
        r"C extension: (?:No module named )?'?(?P<module>[\w.]+?)'? not built|It seems that [\w-]+ has not been built correctly",
    )
});

/// A package that notices itself that its compiled part is missing.
fn not_built(text: &str) -> Option<Candidate> {
    let captures = NOT_BUILT.captures(text)?;
    let installed = frames(text).iter().any(|file| is_installed(file))
        || text.contains("Contents of ") && text.contains("/site-packages/");
    let cause = if installed {
        "extension-file-missing"
    } else {
        "module-shadowed"
    };
    let module = captures.name("module").map(|module| module.as_str());
    Some(candidate(
        cause,
        weight::PYTHON,
        captures.get(0)?,
        &[("module", module)],
    ))
}

static SILENT: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new(r"Failed to load \w+ Python extension:[ \t'\]]*(?:\n|$)"));

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

/// What is installed imports a module, and a file of the user's answers: the name is taken twice.
fn shadowed_by_frame(text: &str) -> Option<Candidate> {
    if !["ImportError: ", "AttributeError: "]
        .iter()
        .any(|error| text.contains(error))
    {
        return None;
    }
    let hidden = traceback::answered_by_another(text)?;
    Some(candidate(
        "module-shadowed",
        weight::PYTHON_VAGUE,
        hidden.frame,
        &[
            ("module", Some(hidden.module)),
            ("package_file", Some(hidden.file)),
        ],
    ))
}

static UNFOUND: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::wrapping(r"'NoneType' object has no attribute 'origin'"));

/// A package asks Python where its own library is, and there is none.
fn unfound_library(text: &str) -> Option<Candidate> {
    let whole = UNFOUND.find(text)?;
    text.contains("find_spec(").then_some(())?;
    let installed = frames(text).last().is_none_or(|file| is_installed(file));
    let cause = if installed {
        "extension-file-missing"
    } else {
        "module-shadowed"
    };
    Some(candidate(cause, weight::PYTHON_VAGUE, whole, &[]))
}
