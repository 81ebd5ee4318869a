//! The Python itself does not start.

use super::{Finding, Inspect, Rule, Scene, of_case, rank};
use crate::diagnosis::Severity;
use crate::python::InterpreterProbe;

pub(super) const RULE: Rule = Rule {
    id: "interpreter-broken",
    summary: "the Python itself does not start",
    severity: Severity::Error,
    rank: rank::ENVIRONMENT,
    explanation: "## What it means

The interpreter could not be started, or did not answer the question which Python it is.

## Why it breaks

A virtual environment holds a link to, or a copy of, the Python that made it. When that Python is upgraded or removed
(Homebrew, pyenv and Xcode do so), the environment is left with a link to nothing, or with a program that looks for a
`Python.framework` or `libpython` which is gone.

## How to fix

- Make the environment anew: `rm -rf .venv`, then `python3 -m venv .venv`, and install its packages again.
- A Python from elsewhere: `--python /path/to/python3`.
- A startup file that fails (`sitecustomize.py`, a `.pth` file in site-packages): its traceback is in the evidence.

## How loadproof knows

It starts the interpreter, isolated from the user's settings, and asks it about itself.
",
    inspect: &[Inspect::Environment(broken)],
};

fn broken(scene: &Scene<'_>) -> Option<Finding> {
    let InterpreterProbe::Failed {
        executable,
        why,
        output,
    } = &scene.facts.interpreter
    else {
        return None;
    };
    let library = missing_library(output);
    let message = match library {
        Some(library) => format!("`{executable}` does not start: its library `{library}` is gone"),
        None => format!(
            "`{executable}` cannot be used: {}",
            why.trim_end_matches('.')
        ),
    };
    let names = [
        ("interpreter", executable.as_str()),
        ("library", library.unwrap_or_default()),
    ];
    let finding = Finding::new(message, of_case(&RULE, &names))
        .subject(executable)
        .fact("interpreter", executable)
        .fact_if("library", library);
    Some(if output.trim().is_empty() {
        finding
    } else {
        finding.evidence(format!("output of {executable}"), output)
    })
}

/// The library that the program itself lacks.
fn missing_library(output: &str) -> Option<&str> {
    output.lines().find_map(|line| {
        // dyld[44988]: Library not loaded: /usr/local/Cellar/python@3.10/3.10.6_1/Frameworks/Python.framework/Python
        // dyld: Library not loaded: @executable_path/../.Python
        if line.starts_with("dyld") {
            let (_, library) = line.split_once(": Library not loaded: ")?;
            return Some(library.trim_matches('\''));
        }
        // python: error while loading shared libraries: libpython3.9.so.1.0: cannot open shared object file: ...
        let (_, rest) = line.split_once(": error while loading shared libraries: ")?;
        rest.split_once(": cannot open shared object file")
            .map(|(library, _)| library)
    })
}

#[cfg(test)]
mod tests {
    use crate::python::InterpreterProbe;
    use crate::rules::testing::{Case, id, said};

    #[test]
    fn the_library_that_went_away_is_named() {
        let mut case = Case::macos();
        case.facts.interpreter = InterpreterProbe::Failed {
            executable: ".venv/bin/python".to_owned(),
            why: "killed by SIGABRT".to_owned(),
            output: "dyld[9]: Library not loaded: @executable_path/../.Python\n  Referenced from: <U> /x".to_owned(),
        };
        let finding = said(case.environment(), "interpreter-broken");
        assert_eq!(
            finding.message,
            "`.venv/bin/python` does not start: its library `@executable_path/../.Python` is gone"
        );
    }

    #[test]
    fn a_python_that_answers_is_whole() {
        assert_eq!(id(&Case::macos().environment()), None);
    }
}
