//! The Python: whether it starts, whose it is, and what the user's variables do to it.

use super::Finding;
use super::seen::{Surroundings, WithVariables};
use crate::python::{Interpreter, InterpreterProbe};
use crate::rules::command;
use crate::torch_symbols;

const PART: &str = "Python";

/// The interpreter itself.
pub(super) fn interpreter(seen: &Surroundings) -> Vec<Finding> {
    match &seen.interpreter {
        None => vec![absent(seen)],
        Some(InterpreterProbe::Failed { why, output, .. }) => vec![broken(seen, why, output)],
        Some(InterpreterProbe::Answered(interpreter)) => answered(seen, interpreter),
    }
}

fn absent(seen: &Surroundings) -> Finding {
    let program = &seen.program;
    let named = &program.named;
    if let Some(target) = &program.dangling {
        let says = match &program.environment {
            Some(environment) => format!(
                "the virtual environment `{environment}` is broken: `{named}` leads to `{target}`, which is gone"
            ),
            None => format!("`{named}` leads to `{target}`, which is gone"),
        };
        return Finding::problem(PART, says)
            .cause("interpreter-broken")
            .remedy(anew(seen));
    }
    let says = format!("there is no Python at `{named}` ({})", program.by);
    Finding::problem(PART, says)
        .cause("interpreter-broken")
        .remedy("Install Python 3, or name one: `loadproof doctor --python /path/to/python3`.")
}

/// How to make an environment again, by the Python that still starts.
fn anew(seen: &Surroundings) -> String {
    match &seen.program.environment {
        Some(environment) => format!(
            "Make the environment anew with a Python that starts: {}, and install its packages again.",
            command(&["python3", "-m", "venv", "--clear", environment])
        ),
        None => "Install that Python again, or name another one with `--python`.".to_owned(),
    }
}

/// The directory of the Python that made the environment, if it is gone.
fn home_gone(seen: &Surroundings) -> Option<&String> {
    let home = seen.program.home.as_ref();
    home.filter(|home| seen.missing.contains(*home))
}

fn broken(seen: &Surroundings, why: &str, output: &str) -> Finding {
    let program = &seen.program;
    let path = program.path.as_ref().unwrap_or(&program.named);
    let library_gone = [
        "No module named 'encodings'",
        "Library not loaded",
        "cannot open shared object file",
    ];
    let finding = if let Some(home) = home_gone(seen) {
        Finding::problem(
            PART,
            format!("`{path}` does not start: the Python that made its environment, in `{home}`, is gone"),
        )
        .remedy(anew(seen))
    } else if library_gone.iter().any(|words| output.contains(words)) {
        Finding::problem(
            PART,
            format!("`{path}` does not start: a part of that Python is gone"),
        )
        .remedy(anew(seen))
    } else if seen.starts_bare == Some(true) {
        Finding::problem(
            PART,
            format!("`{path}` does not get through its startup files: {why}"),
        )
        .remedy(format!(
            "Look for the file that does it: `{path} -v -c pass` names each; `sitecustomize.py`, `usercustomize.py` and \
             the `.pth` files in site-packages run at every start."
        ))
    } else {
        let remedy = match program.environment {
            Some(_) => anew(seen),
            None => format!(
                "See what `{path}` is (a wrapper, an alias, a stub of the system?), and name a Python that starts: \
                 `loadproof doctor --python /path/to/python3`."
            ),
        };
        Finding::problem(PART, format!("`{path}` does not work as a Python: {why}")).remedy(remedy)
    };
    finding
        .cause("interpreter-broken")
        .evidence(last_lines(output))
}

/// The end of what a program printed.
pub(super) fn last_lines(output: &str) -> &str {
    let output = output.trim_end();
    let start = output.rmatch_indices('\n').nth(11).map_or(0, |(at, _)| at);
    let mut start = start.max(output.len().saturating_sub(4096));
    while !output.is_char_boundary(start) {
        start = start.saturating_add(1);
    }
    output.get(start..).unwrap_or_default()
}

fn answered(seen: &Surroundings, interpreter: &Interpreter) -> Vec<Finding> {
    let Interpreter {
        implementation,
        version,
        machine,
        executable,
        ..
    } = interpreter;
    let what = format!("{implementation} {version} ({machine}), `{executable}`");
    if let Some(home) = home_gone(seen) {
        let says = format!(
            "{what}: the Python that made its environment, in `{home}`, is gone, and what it runs on is another one's"
        );
        return vec![
            Finding::problem(PART, says)
                .cause("interpreter-broken")
                .remedy(anew(seen)),
        ];
    }
    let mut findings = vec![owner(seen, interpreter, &what)];
    if implementation != "cpython" {
        findings.push(
            Finding::problem(
                PART,
                format!("{implementation} is not CPython, and torch has no build for it"),
            )
            .cause("no-matching-wheel")
            .remedy("Use CPython."),
        );
    }
    if let Some(active) = seen.variable("VIRTUAL_ENV")
        && seen.program.by != "--python"
        && !same_place(active, &interpreter.prefix)
    {
        findings.push(
            Finding::warning(
                PART,
                format!(
                    "VIRTUAL_ENV is `{active}`, and this Python belongs to `{}`",
                    interpreter.prefix
                ),
            )
            .cause("environment-mismatch")
            .remedy(format!(
                "Use that environment's: `--python {active}/bin/python`; or `unset VIRTUAL_ENV`."
            )),
        );
    }
    findings
}

fn same_place(a: &str, b: &str) -> bool {
    a.trim_end_matches('/') == b.trim_end_matches('/')
}

/// Whose Python it is. Into the system's own nothing can be installed.
fn owner(seen: &Surroundings, interpreter: &Interpreter, what: &str) -> Finding {
    if interpreter.is_virtual_environment() {
        return Finding::fine(PART, format!("{what}, in a virtual environment"));
    }
    let of_apple = seen.macos
        && [
            "/Library/Developer/CommandLineTools/",
            "/Applications/Xcode",
        ]
        .iter()
        .any(|start| interpreter.base_prefix.starts_with(start));
    if !of_apple && !seen.externally_managed {
        return Finding::fine(PART, what);
    }
    let whose = if of_apple {
        "Apple's own"
    } else {
        "the system's own"
    };
    let remedy = format!(
        "Make an environment and work in it: `{} -m venv .venv`, then `.venv/bin/python -m pip install torch setuptools \
         wheel ninja`, then `loadproof doctor --python .venv/bin/python`.",
        interpreter.executable
    );
    let says = format!("{what}: it is {whose}, into which pip does not install");
    match &interpreter.torch {
        Some(_) => Finding::warning(PART, says),
        None => Finding::problem(PART, format!("{says}, and it has no torch")),
    }
    .cause("environment-mismatch")
    .remedy(remedy)
}

/// PYTHONPATH, PYTHONHOME and their like.
pub(super) fn variables(seen: &Surroundings, interpreter: &Interpreter) -> Vec<Finding> {
    let part = "PYTHON variables";
    let path = seen.variable("PYTHONPATH");
    match &seen.with_variables {
        None => Vec::new(),
        Some(WithVariables::Failed { why, output }) => {
            let named: Vec<&str> = seen
                .variables
                .keys()
                .map(String::as_str)
                .filter(|name| name.starts_with("PYTHON"))
                .collect();
            let says = format!(
                "with {} set, Python does not start: {why}",
                named.join(", ")
            );
            vec![
                Finding::problem(part, says)
                    .cause("interpreter-broken")
                    .remedy(format!("`unset {}`.", named.join(" ")))
                    .evidence(last_lines(output)),
            ]
        }
        Some(WithVariables::Answered { torch }) => {
            let Some(path) = path else {
                return vec![Finding::fine(part, "they do no harm")];
            };
            vec![of_path(path, torch.as_ref(), interpreter)]
        }
    }
}

fn of_path(
    path: &str,
    with: Option<&crate::python::TorchPackage>,
    interpreter: &Interpreter,
) -> Finding {
    let part = "PYTHONPATH";
    let version = |package: &crate::python::TorchPackage| match package.version.as_str() {
        "" => "a torch without a version".to_owned(),
        version => format!("torch {version}"),
    };
    match (with, &interpreter.torch) {
        (Some(with), Some(own)) if with.location != own.location => Finding::problem(
            part,
            format!(
                "PYTHONPATH puts {} in `{}` before {} in `{}`",
                version(with),
                with.location,
                version(own),
                own.location
            ),
        )
        .cause("environment-mismatch")
        .remedy("`unset PYTHONPATH`, or take that directory out of it: extensions are built and loaded against whichever comes first."),
        (Some(with), None) => Finding::problem(
            part,
            format!(
                "{} comes from PYTHONPATH only, from `{}`: this Python has none of its own",
                version(with),
                with.location
            ),
        )
        .cause("environment-mismatch")
        .remedy(format!(
            "`unset PYTHONPATH`, and install torch where it is used. {}",
            super::torch::installing(interpreter, &["torch"])
        )),
        _ => Finding::note(
            part,
            format!("PYTHONPATH is `{path}`: its directories come before all installed packages"),
        ),
    }
}

/// A package in the current directory that hides an installed one.
pub(super) fn working_directory(seen: &Surroundings) -> Option<Finding> {
    let name = seen.shadowing.first()?;
    let here = &seen.working_directory;
    Some(
        Finding::warning(
            "directory",
            format!("`{here}` holds `{name}`, which a Python that is started here imports in place of the installed one"),
        )
        .cause("module-shadowed")
        .remedy("Start Python in another directory, or rename it."),
    )
}

/// Rosetta, and Intel's last torch.
pub(super) fn processor(seen: &Surroundings, interpreter: &Interpreter) -> Option<Finding> {
    let part = "processor";
    let Interpreter { machine, .. } = interpreter;
    if !seen.macos {
        return Some(Finding::fine(part, format!("{machine}, as the machine's")));
    }
    if machine == "arm64" {
        return Some(Finding::fine(part, "arm64, as the machine's"));
    }
    let last = torch_symbols::known().releases(crate::image::Arch::X86_64);
    let last = last
        .as_ref()
        .and_then(|all| all.last())
        .unwrap_or("2.2.2")
        .to_owned();
    if interpreter.translated || seen.machine == "arm64" {
        return Some(
            Finding::warning(
                part,
                format!(
                    "this Python is Intel's ({machine}), translated by Rosetta on an Apple Silicon machine: \
                     what it builds is for Intel, and its last torch is {last}"
                ),
            )
            .cause("arch-mismatch")
            .remedy("Install a Python for arm64 (python.org, Homebrew in /opt/homebrew, `uv python install`), in a terminal that is not opened with Rosetta."),
        );
    }
    Some(Finding::note(
        part,
        format!("{machine}: the last torch for Intel Macs is {last}"),
    ))
}
