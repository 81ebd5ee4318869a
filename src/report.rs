//! The result of a run: what was checked, what was found, and where prediction and reality disagree.
//!
//! A report holds nothing that a replay on another machine could not know; every renderer reads only this.

mod matrix;

use serde::{Deserialize, Serialize};

use crate::diagnosis::{Diagnosis, Severity};
use crate::load::{Edge, LoadFailure, LoadVerdict};

pub use matrix::{SubjectRows, TargetCell, TargetMatrix, TargetRow, TargetSummary};

/// Everything that is said about one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Version of loadproof that recorded the facts.
    pub tool_version: String,
    /// When the run started: RFC 3339, UTC, whole seconds.
    pub started_at: String,
    /// The project as the user named it.
    pub project: String,
    /// The machine.
    pub host: HostSummary,
    /// The interpreter; absent when none could be asked.
    pub interpreter: Option<InterpreterSummary>,
    /// The build; absent when nothing was built (a wheel was given).
    pub build: Option<BuildSummary>,
    /// Every native module and shared library, in wheel order.
    pub modules: Vec<ModuleReport>,
    /// Who loads where, if this is a check for machines that are not there.
    pub targets: Option<TargetMatrix>,
    /// Every cause, most severe first, then by place.
    pub causes: Vec<Diagnosis>,
    /// Where loadproof was wrong about this machine.
    pub disagreements: Vec<Disagreement>,
    /// Every rule applied to every place, also the silent and the skipped ones.
    pub checks: Vec<Check>,
    /// How long each stage took, in the order in which they ran.
    pub timings: Vec<Timing>,
}

/// The machine that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostSummary {
    /// `macOS` or `Linux`.
    pub system: String,
    /// `15.5`, or the kernel's release.
    pub version: String,
    /// `arm64`, `x86_64`, `aarch64`.
    pub arch: String,
}

/// The interpreter that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InterpreterSummary {
    /// Its executable.
    pub executable: String,
    /// `CPython 3.11.7`.
    pub version: String,
    /// Processor of the running interpreter.
    pub arch: String,
    /// Runs under Rosetta.
    pub translated: bool,
    /// sys.prefix, and whether it is a virtual environment.
    pub prefix: String,
    /// A virtual environment.
    pub virtual_environment: bool,
    /// torch's version, and where it is.
    pub torch: Option<TorchSummary>,
}

/// torch as installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TorchSummary {
    /// `2.15.0+cpu`.
    pub version: String,
    /// The package's directory.
    pub location: String,
    /// torch._C._GLIBCXX_USE_CXX11_ABI, where torch could be imported.
    pub cxx11_abi: Option<bool>,
    /// Why `import torch` failed, if it did.
    pub import_error: Option<String>,
}

/// What the build did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BuildSummary {
    /// The command, shell-quoted.
    pub command: String,
    /// It ended well.
    pub succeeded: bool,
    /// `exit code 0`, `killed by SIGKILL`, `stopped after 600 s`.
    pub ending: String,
    /// File name of the wheel, or of the artifacts.
    pub produced: Vec<String>,
    /// What was linked, as far as the log shows it, in its order.
    pub links: Vec<LinkSummary>,
    /// Files about the build's own commands that could not be read, each with why.
    pub unread: Vec<String>,
    /// Number of lines of the log.
    pub log_lines: usize,
    /// The last lines of the log (30 at most), where the build failed.
    pub log_tail: Vec<String>,
}

/// One command that linked a shared library or a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkSummary {
    /// What it makes, as given.
    pub output: String,
    /// Where the command was found: `build log line 12`.
    pub told: String,
    /// What the linker is given, in its order: files, `-l`, `-L`, `-Wl,-rpath,`, `-framework`.
    pub words: Vec<String>,
}

/// One native file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModuleReport {
    /// Path in the wheel.
    pub path: String,
    /// Dotted module name; absent for a plain shared library.
    pub module: Option<String>,
    /// Architectures of its slices.
    pub archs: Vec<String>,
    /// Minimum macOS of its slices, where it is Mach-O.
    pub minos: Option<String>,
    /// Would it load, in the situation that counts (after `import torch` where it needs torch)?
    pub would_load: LoadVerdict,
    /// Every predicted failure in that situation.
    pub failures: Vec<LoadFailure>,
    /// What had to be assumed.
    pub assumptions: Vec<String>,
    /// The images that the load brings in: who loads whom, for the graph.
    pub images: Vec<ImageReport>,
    /// Who asks for whom, by index into `images`; empty where only the first asker of each is known.
    pub edges: Vec<Edge>,
    /// The symbols that it needs, by where they must come from.
    pub needs: Vec<Needs>,
    /// The real imports, in the order in which they were tried.
    pub attempts: Vec<AttemptReport>,
    /// Why no import was tried, if none was.
    pub not_imported: Option<String>,
}

/// Symbols that a module needs of one library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// The library's install name or soname; absent where any image may have them.
    pub library: Option<String>,
    /// Names as in the file, sorted.
    pub symbols: Vec<String>,
}

/// One image in a module's load graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageReport {
    /// Its path.
    pub path: String,
    /// How it was found.
    pub found_by: String,
    /// Index of the image that asked for it first.
    pub loaded_by: Option<usize>,
}

/// One real import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttemptReport {
    /// `alone`, `after-torch`, `user-path`.
    pub situation: String,
    /// `imported`, `shadowed`, `raised`, `killed`, `exited`, `timed-out`, `not-started`.
    pub outcome: String,
    /// The file that was imported, or the last line of the exception, or the signal.
    pub detail: String,
    /// This attempt is the one that counts for the module.
    pub counts: bool,
    /// What the simulation said for the same situation.
    pub predicted: LoadVerdict,
    /// The torch operators that it registered, such as `mine::scale`; for a library that is no module.
    pub operators: Vec<String>,
}

/// A gap in loadproof: what was predicted is not what happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    /// Path in the wheel.
    pub module: String,
    /// `alone`, `after-torch`, `user-path`.
    pub situation: String,
    /// What the simulation said.
    pub predicted: String,
    /// What the machine did.
    pub observed: String,
}

/// One rule applied to one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The rule's id.
    pub rule: &'static str,
    /// The stage: `build`, `module`, `load`, `import`.
    pub stage: &'static str,
    /// Path in the wheel; absent for the build.
    pub module: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
}

/// What a check came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Verdict {
    /// It was applied and is silent.
    Passed,
    /// It speaks: indices into [`Report::causes`].
    Failed {
        /// The causes.
        causes: Vec<usize>,
    },
    /// It could not be applied.
    Skipped {
        /// Why.
        reason: String,
    },
}

/// How long a stage took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// `interpreter`, `provision`, `build`, `install`, `check`, `torch`, `import hello._C alone`.
    pub stage: String,
    /// Wall time.
    pub seconds: f64,
    /// It is work of loadproof itself rather than of the build, the installation or the import.
    pub own: bool,
}

impl Report {
    /// What tells this run from those of the same project elsewhere: `macOS 15 arm64, CPython 3.13`.
    pub fn leg(&self) -> String {
        let HostSummary {
            system,
            version,
            arch,
        } = &self.host;
        let major = version.split('.').next().unwrap_or_default();
        let mut leg = match system.as_str() {
            // The kernel's release says nothing about what loads.
            "macOS" => format!("{system} {major} {arch}"),
            _ => format!("{system} {arch}"),
        };
        if let Some(python) = &self.interpreter {
            let minor: Vec<&str> = python.version.splitn(3, '.').take(2).collect();
            leg.push_str(&format!(", {}", minor.join(".")));
        }
        leg
    }

    /// Is there a finding at or above `level`?
    pub fn fails(&self, level: Severity) -> bool {
        self.causes.iter().any(|cause| cause.severity >= level)
    }

    /// Number of causes of one severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.causes
            .iter()
            .filter(|cause| cause.severity == severity)
            .count()
    }

    /// What to say where this machine's part of the wheels is empty: that is nobody's fault.
    pub fn empty_part(&self) -> Option<&'static str> {
        let matrix = self.targets.as_ref()?;
        let empty = matrix.subjects.is_empty() && self.is_empty();
        empty.then_some("this part of the wheels is empty")
    }

    /// Nothing native was there to check, and no cause says why.
    pub fn is_empty(&self) -> bool {
        self.modules.is_empty() && self.causes.is_empty()
    }
}
