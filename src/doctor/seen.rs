//! What was seen of the environment.

use std::collections::{BTreeMap, BTreeSet};

use crate::image::{Arch, Version};
use crate::python::{Interpreter, InterpreterProbe, TorchPackage, TorchProbe};

/// All that was seen.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// It is macOS.
    pub macos: bool,
    /// The processor of the machine as its own programs see it: `arm64`, `x86_64`.
    pub machine: String,
    /// The environment of loadproof's own process, as far as it matters.
    pub variables: BTreeMap<String, String>,
    /// The directory in which loadproof was started.
    pub working_directory: String,
    /// Names in it that would be imported in place of installed packages: `torch`, `numpy`.
    pub shadowing: Vec<String>,
    /// The Python that was looked for.
    pub program: Program,
    /// What it said of itself; absent if there is none.
    pub interpreter: Option<InterpreterProbe>,
    /// It starts without its startup files (`-I -S`), asked only where it does not start with them.
    pub starts_bare: Option<bool>,
    /// The same Python with the user's PYTHON* variables; absent if there are none.
    pub with_variables: Option<WithVariables>,
    /// `EXTERNALLY-MANAGED` beside its standard library: pip refuses to install into it.
    pub externally_managed: bool,
    /// What `import torch` did.
    pub torch: Option<TorchProbe>,
    /// The processors that libtorch_cpu is made for.
    pub torch_archs: Vec<Arch>,
    /// What the C++ compiler makes programs for, as it says: `arm64-apple-darwin23.5.0`.
    pub compiler_target: Option<String>,
    /// Python.h is in its include directory.
    pub python_header: bool,
    /// Apple's tools, on macOS.
    pub tools: Option<CommandLineTools>,
    /// Paths that variables name and that are not there.
    pub missing: BTreeSet<String>,
}

/// The Python that was looked for.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// As it was named: by `--python`, by VIRTUAL_ENV, or `python3`.
    pub named: String,
    /// Who named it.
    pub by: &'static str,
    /// Its path; absent if there is none.
    pub path: Option<String>,
    /// Where its link leads, if that is not there.
    pub dangling: Option<String>,
    /// The directory of the virtual environment that it belongs to.
    pub environment: Option<String>,
    /// `home` in `pyvenv.cfg`: the directory of the Python that made the environment.
    pub home: Option<String>,
}

/// A Python that was started with the user's PYTHON* variables.
#[derive(Debug, Clone)]
pub enum WithVariables {
    /// It answered.
    Answered {
        /// The torch that it would import.
        torch: Option<TorchPackage>,
    },
    /// It did not.
    Failed {
        /// A lowercase fragment.
        why: String,
        /// What it printed.
        output: String,
    },
}

/// Apple's tools for the command line.
#[derive(Debug, Clone)]
pub struct CommandLineTools {
    /// `xcode-select -p`, or what it printed.
    pub directory: Result<String, String>,
    /// The SDK that `xcrun` finds, or what it printed.
    pub sdk: Result<Sdk, String>,
}

/// An SDK.
#[derive(Debug, Clone)]
pub struct Sdk {
    /// Its directory.
    pub path: String,
    /// Its version, if xcrun tells it.
    pub version: Option<Version>,
}

impl Surroundings {
    /// The Python, if it answered.
    pub fn python(&self) -> Option<&Interpreter> {
        match &self.interpreter {
            Some(InterpreterProbe::Answered(interpreter)) => Some(interpreter),
            _ => None,
        }
    }

    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }
}
