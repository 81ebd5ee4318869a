//! Asks a Python about itself and about torch.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::command::{Ended, run};
use crate::build::Ending;
use crate::python::{
    Compiler, Interpreter, InterpreterProbe, TorchImport, TorchPackage, TorchProbe,
};

const INTERPRETER: &str = concat!(
    include_str!("python/images.py"),
    include_str!("python/interpreter.py")
);
const TORCH: &str = concat!(
    include_str!("python/images.py"),
    include_str!("python/torch.py")
);

/// A Python that answers slower than this is not going to be of use.
const LIMIT: Duration = Duration::from_secs(60);

/// Environment variables over those of this process.
pub(super) type Variables = [(String, String)];

/// A Python that runs one of our scripts: PYTHON* variables ignored, nothing written, an empty directory as cwd.
///
/// `-E` and not `-I`: packages of the user's site directory are where `pip install --user` puts torch.
pub(super) fn python(
    executable: &Path,
    script: &str,
    cwd: &Path,
    variables: &Variables,
) -> Command {
    let mut command = Command::new(executable);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command.args(["-E", "-B", "-c", script]).current_dir(cwd);
    // An old SDK's compatibility shim would report macOS 10.16 instead of the real version.
    command.env("SYSTEM_VERSION_COMPAT", "0");
    command
}

/// Asks the interpreter about itself.
pub(super) fn interpreter(
    executable: &Path,
    cwd: &Path,
    variables: &Variables,
) -> InterpreterProbe {
    interpreter_within(executable, cwd, variables, LIMIT)
}

/// The same, with the time that it may take.
pub(super) fn interpreter_within(
    executable: &Path,
    cwd: &Path,
    variables: &Variables,
    limit: Duration,
) -> InterpreterProbe {
    let ended = run(
        python(executable, INTERPRETER, cwd, variables),
        limit,
        &mut |_| {},
    );
    let failed = |why: String, output: String| InterpreterProbe::Failed {
        executable: executable.display().to_string(),
        why,
        output,
    };
    match answer::<Interpreter>(ended, "loadproof-interpreter:") {
        Ok(mut interpreter) => {
            interpreter.compilers = compilers(&interpreter, cwd);
            if interpreter.on_macos() {
                interpreter.developer_directory = developer_directory(cwd);
            }
            InterpreterProbe::Answered(Box::new(interpreter))
        }
        Err((why, output)) => failed(why, output),
    }
}

/// The torch that the interpreter would import with the user's PYTHON* variables; else why it did not answer, and what it
/// printed.
pub(super) fn with_variables(
    executable: &Path,
    cwd: &Path,
    limit: Duration,
) -> Result<Option<TorchPackage>, (String, String)> {
    let mut command = Command::new(executable);
    command.args(["-B", "-c", INTERPRETER]).current_dir(cwd);
    let ended = run(command, limit, &mut |_| {});
    answer::<Interpreter>(ended, "loadproof-interpreter:").map(|interpreter| interpreter.torch)
}

/// Imports torch in a process of its own.
pub(super) fn torch(executable: &Path, cwd: &Path, limit: Duration) -> TorchProbe {
    let ended = run(python(executable, TORCH, cwd, &[]), limit, &mut |_| {});
    let milliseconds = u64::try_from(ended.elapsed.as_millis()).unwrap_or(u64::MAX);
    let outcome = match answer::<TorchImport>(ended, "loadproof-torch:") {
        Ok(TorchImport::Failed { why, .. }) => TorchImport::Failed {
            why,
            output: String::new(),
        },
        Ok(imported) => imported,
        Err((why, output)) => TorchImport::Failed { why, output },
    };
    TorchProbe {
        outcome,
        milliseconds,
    }
}

/// The tagged JSON line of a script's output, or why there is none, with the output.
fn answer<T: serde::de::DeserializeOwned>(ended: Ended, tag: &str) -> Result<T, (String, String)> {
    let (output, _) = ended.output.into_text();
    if !ended.ending.is_success() {
        let why = match ended.ending {
            Ending::NotStarted { why } => why,
            other => format!("it ended with {}", other.describe()),
        };
        return Err((why, output));
    }
    let Some(line) = output.lines().rev().find_map(|line| line.strip_prefix(tag)) else {
        return Err((
            "it does not answer like a Python 3.8 or newer".to_owned(),
            output,
        ));
    };
    serde_json::from_str(line).map_err(|why| (format!("its answer cannot be read: {why}"), output))
}

/// The compilers that a build with this interpreter would use, by CC and CXX or the interpreter's own configuration.
fn compilers(interpreter: &Interpreter, cwd: &Path) -> Vec<Compiler> {
    let mut asked: Vec<Compiler> = Vec::new();
    for role in ["CC", "CXX"] {
        let configured = interpreter.configured_compilers.get(role);
        let Some(command) = interpreter.variables.get(role).or(configured) else {
            continue;
        };
        let Some(words) = shlex::split(command) else {
            continue;
        };
        let Some(program) = words.first() else {
            continue;
        };
        let known = asked
            .iter()
            .find(|other| other.command == *command)
            .map(|other| other.version.clone());
        let version = known.unwrap_or_else(|| compiler_version(program, cwd));
        asked.push(Compiler {
            role: role.to_owned(),
            command: command.clone(),
            version,
        });
    }
    asked
}

fn compiler_version(program: &str, cwd: &Path) -> Result<String, String> {
    let mut command = Command::new(program);
    command.arg("--version").current_dir(cwd);
    let ended = run(command, Duration::from_secs(20), &mut |_| {});
    let (output, _) = ended.output.into_text();
    let first = output.lines().next().unwrap_or_default().to_owned();
    match ended.ending {
        ending if ending.is_success() => Ok(first),
        Ending::NotStarted { why } => Err(format!("cannot be started: {why}")),
        other => Err(format!("ended with {}: {first}", other.describe())),
    }
}

fn developer_directory(cwd: &Path) -> Option<String> {
    let mut command = Command::new("/usr/bin/xcode-select");
    command.arg("-p").current_dir(cwd);
    let ended = run(command, Duration::from_secs(10), &mut |_| {});
    let succeeded = ended.ending.is_success();
    let (output, _) = ended.output.into_text();
    succeeded.then(|| output.trim().to_owned())
}

/// The Python to use when none is named: the active virtual environment's, else `python3` on PATH.
pub(super) fn default_python() -> PathBuf {
    let active =
        std::env::var_os("VIRTUAL_ENV").map(|prefix| PathBuf::from(prefix).join("bin/python"));
    active
        .filter(|python| python.symlink_metadata().is_ok())
        .unwrap_or_else(|| PathBuf::from("python3"))
}

/// The file that a command name or path means, if there is one.
pub(super) fn find_program(name: &Path) -> Option<PathBuf> {
    if name.components().count() > 1 {
        let path = std::path::absolute(name).ok()?;
        return path.is_file().then_some(path);
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file())
}

/// The end of a chain of links that leads to nothing.
pub(super) fn dangling(place: &Path) -> Option<String> {
    place.symlink_metadata().ok().filter(|_| !place.exists())?;
    let mut at = place.to_path_buf();
    for _ in 0..40 {
        let Ok(target) = std::fs::read_link(&at) else {
            return Some(at.display().to_string());
        };
        at = at.parent()?.join(target);
    }
    None
}
