//! What a Python says about itself, as printed by the probe scripts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The answer to "which Python is this?".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InterpreterProbe {
    /// It answered.
    Answered(Box<Interpreter>),
    /// It could not be started, or did not answer as it should.
    Failed {
        /// The command as given.
        executable: String,
        /// What happened: a lowercase fragment.
        why: String,
        /// What it printed, if anything.
        output: String,
    },
}

/// A Python interpreter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// sys.executable.
    pub executable: String,
    /// The program that runs, with every symbolic link resolved: what dyld calls the main executable. For a
    /// framework's Python it is the one in Python.app, which `executable` starts.
    pub real_executable: String,
    /// sys.implementation.name: `cpython`.
    pub implementation: String,
    /// `3.11.7`.
    pub version: String,
    /// importlib.machinery.EXTENSION_SUFFIXES, in the importer's order.
    pub ext_suffixes: Vec<String>,
    /// sysconfig.get_platform(): `macosx-11.0-arm64`.
    pub platform: String,
    /// platform.machine() of the running process.
    pub machine: String,
    /// It runs under Rosetta.
    pub translated: bool,
    /// `Darwin`, `Linux`.
    pub system: String,
    /// macOS version, or the kernel's release.
    pub system_version: String,
    /// sys.prefix.
    pub prefix: String,
    /// sys.base_prefix: another than `prefix` in a virtual environment.
    pub base_prefix: String,
    /// Directory of Python.h.
    pub include: String,
    /// sys.path without the script's own entry and without PYTHONPATH.
    pub sys_path: Vec<String>,
    /// Variables that decide about builds and loads, as the interpreter saw them.
    pub variables: BTreeMap<String, String>,
    /// The MACOSX_DEPLOYMENT_TARGET that this Python was built for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_target: Option<String>,
    /// The compiler commands that this Python's builds use unless CC or CXX say otherwise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub configured_compilers: BTreeMap<String, String>,
    /// What this Python was configured with, of the flags that its builds take over: `CFLAGS`, `LDSHARED` and their like.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub configured_flags: BTreeMap<String, String>,
    /// The compilers that a build would use, asked for their version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compilers: Vec<Compiler>,
    /// `xcode-select -p`, on macOS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub developer_directory: Option<String>,
    /// Paths of the images in a freshly started process, in load order as far as the system tells it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// torch, found without importing it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub torch: Option<TorchPackage>,
    /// The modules that builds need, with their version: pip, setuptools, ninja, wheel.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub packages: BTreeMap<String, String>,
}

/// A compiler that was asked for its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compiler {
    /// `CC` or `CXX`.
    pub role: String,
    /// The command.
    pub command: String,
    /// First line of `--version`, or what went wrong.
    pub version: Result<String, String>,
}

/// torch as it stands on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TorchPackage {
    /// From torch/version.py; empty if that file does not say.
    pub version: String,
    /// The package's directory.
    pub location: String,
    /// Directory of libtorch_cpu and its like.
    pub library_directory: String,
}

/// What `import torch` did in a process of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TorchProbe {
    /// How it ended.
    pub outcome: TorchImport,
    /// Wall time in milliseconds.
    pub milliseconds: u64,
}

/// The ways in which importing torch can end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TorchImport {
    /// It came up.
    Imported {
        /// torch.__version__.
        version: String,
        /// torch._C._GLIBCXX_USE_CXX11_ABI.
        cxx11_abi: Option<bool>,
        /// torch.__config__.show().
        config: String,
        /// Paths of the images in the process afterwards.
        images: Vec<String>,
    },
    /// It did not.
    Failed {
        /// Last line of the exception, or how the process ended.
        why: String,
        /// What it printed.
        output: String,
    },
}

impl Interpreter {
    /// Is it a virtual environment (PEP 405)?
    pub fn is_virtual_environment(&self) -> bool {
        self.prefix != self.base_prefix
    }

    /// `3.11`.
    pub fn minor_version(&self) -> &str {
        let mut dots = self.version.match_indices('.').map(|(at, _)| at);
        dots.nth(1)
            .and_then(|at| self.version.get(..at))
            .unwrap_or(&self.version)
    }

    /// It runs on macOS.
    pub fn on_macos(&self) -> bool {
        self.system == "Darwin"
    }
}
