//! Another file answers to the module's name.

use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank};
use crate::diagnosis::Severity;
use crate::python::{ImportAttempt, ImportOutcome, Situation, find_module};

pub(super) const RULE: Rule = Rule {
    id: "module-shadowed",
    summary: "another file of the same name is found before the installed module",
    severity: Severity::Error,
    rank: rank::PYTHON,
    explanation: "## What it means

Python does not get as far as the installed file: another package or module of the same name comes first on its path.

## Why it breaks

The directories of PYTHONPATH, and the directory in which Python is started, come before the installed packages. If one
of them is a source tree, its package is taken, and that has no compiled module in it: `No module named 'pkg._C'` or
`cannot import name '_C'`. A script or module that is named like a module of the standard library (`token.py`,
`types.py`) or like the package itself does the same.

## How to fix

- Do not work from within the source tree, and take it out of PYTHONPATH: `unset PYTHONPATH`.
- Move the package below `src/` (`package_dir={\"\": \"src\"}`): then it cannot be imported by accident.
- To work on the sources, install them as such: `python -m pip install --no-build-isolation -e .`.
- A module of your own that is named like one of the standard library: rename it.

## How loadproof knows

It follows PYTHONPATH and the path of the standard library to the first file of that name, and imports the module once
with the user's PYTHONPATH: the file that was taken is not the installed one.
",
    inspect: &[Inspect::Module(hidden), Inspect::Ending(taken)],
};

fn hidden(scene: &Scene<'_>, module: &Module<'_>) -> Option<Finding> {
    let name = module.extension()?.module.as_str();
    let by = found_earlier(scene, module)?;
    Some(finding(scene, module, name, &by))
}

fn taken(scene: &Scene<'_>, module: &Module<'_>, attempt: &ImportAttempt) -> Option<Finding> {
    let by = match &attempt.outcome {
        ImportOutcome::Shadowed { by } => by.clone(),
        ImportOutcome::Raised {
            exception, message, ..
        } if says_absent(module, exception, message) => {
            let package = attempt.package_origin.clone();
            let elsewhere = package.filter(|file| scene.shown(file) == file);
            let user_path = attempt.situation == Situation::UserPath;
            elsewhere.or_else(|| found_earlier(scene, module).filter(|_| user_path))?
        }
        _ => return None,
    };
    Some(finding(scene, module, &attempt.module, &by))
}

/// Python found the package and not the module in it, or not the name.
fn says_absent(module: &Module<'_>, exception: &str, message: &str) -> bool {
    let Some(file) = module.extension() else {
        return false;
    };
    let name = file.module.as_str();
    // ModuleNotFoundError: No module named 'pkg._C'
    // ModuleNotFoundError: No module named 'pkg._C'; 'pkg' is not a package
    let absent = message
        .strip_prefix("No module named '")
        .and_then(|rest| rest.strip_prefix(name))
        .is_some_and(|rest| rest.starts_with('\''));
    // ImportError: cannot import name '_C' from 'pkg' (/src/pkg/__init__.py)
    // ImportError: cannot import name '_C' from partially initialized module 'pkg' (most likely due to ...)
    let last = format!("cannot import name '{}' from ", file.module.last());
    match exception {
        "ModuleNotFoundError" => absent,
        "ImportError" => message.starts_with(&last),
        _ => false,
    }
}

/// The file of the module's top-level name that comes before installed packages: in PYTHONPATH or in the standard
/// library.
fn found_earlier(scene: &Scene<'_>, module: &Module<'_>) -> Option<String> {
    let python = scene.interpreter()?;
    let user_path = python
        .variables
        .get("PYTHONPATH")
        .map_or("", String::as_str);
    let library = python
        .sys_path
        .iter()
        .map(String::as_str)
        .take_while(|entry| {
            !entry.ends_with("/site-packages") && !entry.ends_with("/dist-packages")
        });
    let entries = user_path.split(':').chain(library);
    let entries: Vec<String> = entries
        .filter(|entry| !entry.is_empty() && *entry != scene.facts.overlay)
        .map(str::to_owned)
        .collect();
    let name = module.extension()?.module.top().to_owned();
    find_module(&name, &entries, &python.ext_suffixes, scene.files).map(|found| found.file)
}

fn finding(scene: &Scene<'_>, module: &Module<'_>, name: &str, by: &str) -> Finding {
    let top = name.split('.').next().unwrap_or(name);
    let what = match by {
        "" => "a module that is built into Python".to_owned(),
        file => format!("`{file}`"),
    };
    let message = format!(
        "importing `{name}` takes {what}, not the installed `{}`",
        module.artifact.path
    );
    let entry = pythonpath_entry(scene, by);
    let names = [
        ("module", top),
        ("package_file", by),
        ("own", if by.is_empty() { "builtin" } else { "" }),
        ("pythonpath", entry.unwrap_or_default()),
    ];
    let remedy = of_case(&RULE, &names);
    let finding = Finding::new(message, remedy)
        .subject(top)
        .fact("module", name)
        .fact("shadowed_by", by);
    match entry {
        Some(entry) => finding.evidence("PYTHONPATH", entry),
        None => finding,
    }
}

/// The entry of PYTHONPATH in which the file is.
fn pythonpath_entry<'a>(scene: &Scene<'a>, file: &str) -> Option<&'a str> {
    let user_path = scene.interpreter()?.variables.get("PYTHONPATH")?;
    user_path.split(':').find(|entry| {
        let entry = entry.trim_end_matches('/');
        !entry.is_empty()
            && file
                .strip_prefix(entry)
                .is_some_and(|rest| rest.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use crate::python::{ImportOutcome, Situation};
    use crate::rules::testing::{Case, attempt, id, said};

    const RULE: &str = "module-shadowed";

    fn with_source_tree() -> Case {
        let mut case = Case::linux();
        let variables = &mut case.interpreter().variables;
        variables.insert("PYTHONPATH".to_owned(), "/src/project".to_owned());
        case.files.insert("/src/project/pkg/__init__.py".to_owned());
        case
    }

    #[test]
    fn a_source_tree_on_pythonpath_is_predicted_and_observed() {
        let case = with_source_tree();
        let finding = said(case.module(), RULE);
        assert_eq!(finding.subject.as_deref(), Some("pkg"));
        assert!(
            finding.remedy.contains("`/src/project`"),
            "{}",
            finding.remedy
        );
        let mut import = attempt(ImportOutcome::Raised {
            exception: "ModuleNotFoundError".to_owned(),
            message: "No module named 'pkg._C'".to_owned(),
            traceback: String::new(),
        });
        import.situation = Situation::UserPath;
        assert_eq!(said(case.ends(&import), RULE).subject, finding.subject);
        // Without PYTHONPATH the tree is not to blame.
        import.situation = Situation::Alone;
        assert_eq!(id(&case.ends(&import)), Some("module-not-found"));
    }

    #[test]
    fn a_module_that_came_from_elsewhere_is_named() {
        let by = "/py/lib/python3.11/pkg.py".to_owned();
        let finding = said(
            Case::linux().ends(&attempt(ImportOutcome::Shadowed { by })),
            RULE,
        );
        assert!(
            finding.message.contains("`/py/lib/python3.11/pkg.py`"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn a_package_that_is_only_installed_elsewhere_shadows_nothing() {
        let mut case = Case::linux();
        case.files
            .insert("/env/lib/python3.11/site-packages/pkg/__init__.py".to_owned());
        assert_eq!(id(&case.module()), None);
    }
}
