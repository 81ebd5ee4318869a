//! What builds need: PATH, compilers, Apple's tools, headers, Python packages.

use super::Finding;
use super::seen::Surroundings;
use crate::python::{Compiler, Interpreter};

/// PATH, where it is the reason that programs are not found.
pub(super) fn path(seen: &Surroundings) -> Option<Finding> {
    let path = seen.variables.get("PATH").map_or("", String::as_str);
    let of_system = path.split(':').any(|entry| {
        let entry = entry.trim_end_matches('/');
        entry == "/usr/bin" || entry == "/bin"
    });
    let no_python = seen.interpreter.is_none() && seen.program.dangling.is_none();
    let compilers = seen.python().map_or(&[][..], |python| &python.compilers);
    let not_found =
        |compiler: &&Compiler| compiler.version.is_err() && !compiler.command.starts_with('/');
    let compiler = compilers
        .iter()
        .find(not_found)
        .map(|compiler| &compiler.command);
    if of_system || !(no_python || compiler.is_some()) {
        return None;
    }
    let what = match (no_python, compiler) {
        (true, _) => "no Python is found on it".to_owned(),
        (false, Some(compiler)) => format!("no compiler is found on it (`{compiler}`)"),
        (false, None) => String::new(),
    };
    let says = if path.is_empty() {
        format!("PATH is empty: {what}")
    } else {
        format!("PATH has neither /usr/bin nor /bin: {what}")
    };
    let cause = if no_python {
        "interpreter-broken"
    } else {
        "compiler-missing-or-clt"
    };
    Some(
        Finding::problem("PATH", says)
            .cause(cause)
            .remedy("`export PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`, then look again."),
    )
}

/// The compilers that a build would use.
pub(super) fn compiler(seen: &Surroundings, interpreter: &Interpreter) -> Vec<Finding> {
    let part = "compiler";
    if let Some(tools) = &seen.tools
        && let Err(printed) = &tools.directory
    {
        return vec![
            Finding::problem(part, "Apple's Command Line Tools are not installed")
                .cause("compiler-missing-or-clt")
                .remedy("`xcode-select --install`.")
                .evidence(printed),
        ];
    }
    let cxx = interpreter
        .compilers
        .iter()
        .find(|compiler| compiler.role == "CXX");
    let Some(compiler) = cxx.or_else(|| interpreter.compilers.first()) else {
        return vec![Finding::unknown(
            part,
            "this Python does not say which compiler it uses",
        )];
    };
    match &compiler.version {
        Err(why) => vec![missing(seen, compiler, why)],
        Ok(version) => {
            let target = seen.compiler_target.as_ref();
            let target = target.map_or(String::new(), |target| format!(", for {target}"));
            let what = format!("`{}`: {version}{target}", compiler.command);
            let of_gnu =
                version.contains("GCC") || version.contains("g++") || version.contains("gcc");
            if seen.macos && of_gnu {
                return vec![
                    Finding::warning(
                        part,
                        format!("{what}: GNU's libstdc++ does not go together with torch's libc++"),
                    )
                    .cause("compiler-runtime-mismatch")
                    .remedy("Build with Apple's compiler: `export CC=clang CXX=clang++`."),
                ];
            }
            vec![Finding::fine(part, what)]
        }
    }
}

fn missing(seen: &Surroundings, compiler: &Compiler, why: &str) -> Finding {
    let Compiler { role, command, .. } = compiler;
    let by_user = seen.variable(role) == Some(command);
    let says = match by_user {
        true => format!("{role} names `{command}`, which {why}"),
        false => format!("`{command}`, which this Python builds with, {why}"),
    };
    let licence = why.contains("license");
    let install = if seen.macos {
        "`xcode-select --install`."
    } else {
        "Install one: `apt install g++` (Debian, Ubuntu), `dnf install gcc-c++` (Fedora)."
    };
    let remedy = match (licence, by_user) {
        (true, _) => "`sudo xcodebuild -license accept`.".to_owned(),
        (false, true) => format!("`unset {role}`, or name a compiler that is there."),
        (false, false) => install.to_owned(),
    };
    Finding::problem("compiler", says)
        .cause("compiler-missing-or-clt")
        .remedy(remedy)
}

/// The SDK that a build would use, on macOS.
pub(super) fn sdk(seen: &Surroundings) -> Option<Finding> {
    let part = "SDK";
    let tools = seen
        .tools
        .as_ref()
        .filter(|tools| tools.directory.is_ok())?;
    Some(match &tools.sdk {
        Ok(sdk) => {
            let version = sdk.version.map_or(String::new(), |version| format!("macOS {version}, "));
            Finding::fine(part, format!("{version}`{}`", sdk.path))
        }
        Err(printed) => Finding::problem(part, "xcrun finds no SDK")
            .cause("compiler-missing-or-clt")
            .remedy("`xcode-select --install`, or `sudo xcode-select --switch /Library/Developer/CommandLineTools`.")
            .evidence(printed),
    })
}

/// Python.h.
pub(super) fn headers(seen: &Surroundings, interpreter: &Interpreter) -> Finding {
    let part = "Python's headers";
    let include = &interpreter.include;
    if seen.python_header {
        return Finding::fine(part, format!("`{include}`"));
    }
    let remedy = if seen.macos {
        "Use a Python with headers: that of python.org, Homebrew or `uv python install`."
    } else {
        "Install them: `apt install python3-dev` (Debian, Ubuntu), `dnf install python3-devel` (Fedora)."
    };
    Finding::problem(part, format!("there is no Python.h in `{include}`"))
        .cause("header-missing")
        .remedy(remedy)
}

/// The Python packages that a build without isolation needs.
pub(super) fn packages(interpreter: &Interpreter) -> Vec<Finding> {
    let part = "build packages";
    let python = &interpreter.executable;
    let has = |name: &str| interpreter.packages.contains_key(name);
    if !has("pip") {
        return vec![
            Finding::problem(part, "pip is not installed in this Python")
                .cause("build-tool-missing")
                .remedy(format!("`{python} -m ensurepip --upgrade`.")),
        ];
    }
    let absent: Vec<&str> = ["setuptools", "wheel", "ninja"]
        .into_iter()
        .filter(|name| !has(name))
        .collect();
    if absent.is_empty() {
        let versions = ["pip", "setuptools", "wheel", "ninja"].map(|name| {
            let version = interpreter.packages.get(name).map_or("", String::as_str);
            format!("{name} {version}")
        });
        return vec![Finding::fine(part, versions.join(", "))];
    }
    let says = format!(
        "{} not installed: a build against this environment's torch needs them",
        absent.join(", ")
    );
    let install = format!("`{python} -m pip install {}`.", absent.join(" "));
    // ninja only makes builds faster.
    let finding = match absent.as_slice() {
        ["ninja"] => Finding::note(
            part,
            "ninja is not installed: builds compile one file after the other",
        ),
        _ => Finding::warning(part, says).cause("module-not-found"),
    };
    vec![finding.remedy(install)]
}
