//! What a project needs to be built with, where the inputs leave that open.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::inputs::{Inputs, Torch};
use crate::host::{probe, verify};
use crate::python::{Interpreter, InterpreterProbe};

/// The files in which a project says that it builds with torch.
const DECLARATIONS: [&str; 6] = [
    "setup.py",
    "pyproject.toml",
    "setup.cfg",
    "CMakeLists.txt",
    "requirements.txt",
    "requirements-build.txt",
];
/// Bytes of such a file that are looked at.
const LIMIT: u64 = 1024 * 1024;

/// How the project is built.
pub(super) struct Needs {
    /// In an environment with torch that loadproof makes.
    pub(super) provision: bool,
    /// In an isolated environment with what pyproject.toml asks for.
    pub(super) isolation: bool,
}

/// A runner has a bare Python. A project that names torch is built against one: this Python's, else one that is provided.
/// Every other project gets what its pyproject.toml asks for, unless this Python has setuptools itself.
pub(super) fn of(inputs: &Inputs) -> Needs {
    let project = Path::new(&inputs.project);
    if inputs.torch == Torch::Provision {
        return Needs {
            provision: true,
            isolation: false,
        };
    }
    let own_command = inputs.build_command.is_some() || project.is_file();
    let names_torch = DECLARATIONS
        .iter()
        .any(|name| names_torch(&project.join(name)));
    let python = interpreter(inputs);
    let has = |package: &str| {
        python
            .as_ref()
            .is_none_or(|python| python.packages.contains_key(package))
    };
    let has_torch = python.as_ref().is_none_or(|python| python.torch.is_some());
    Needs {
        provision: inputs.torch == Torch::Auto && names_torch && !has_torch,
        isolation: !own_command && !names_torch && !has("setuptools"),
    }
}

/// `None` where none answers: `verify` will say so.
fn interpreter(inputs: &Inputs) -> Option<Interpreter> {
    let python = verify::find_python(inputs.python.as_deref().map(Path::new)).ok()?;
    match probe::interpreter(&python, &std::env::temp_dir(), &[]) {
        InterpreterProbe::Answered(interpreter) => Some(*interpreter),
        InterpreterProbe::Failed { .. } => None,
    }
}

/// The word torch, not as a part of another one such as `torchvision` or `pytorch`.
fn names_torch(file: &Path) -> bool {
    let mut text = Vec::new();
    let read = File::open(file).and_then(|file| file.take(LIMIT).read_to_end(&mut text));
    if read.is_err() {
        return false;
    }
    let text = String::from_utf8_lossy(&text).to_lowercase();
    text.split(|c: char| !c.is_alphanumeric())
        .any(|word| word == "torch")
}
