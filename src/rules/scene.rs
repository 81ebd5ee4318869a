//! What a rule may look at.

use std::sync::Arc;

use crate::build::{BuildFault, CompileCommand, LinkCommand};
use crate::diagnosis::{Place, Source};
use crate::dyld::SystemLibraries;
use crate::facts::{Artifact, Facts};
use crate::image::{Arch, Image};
use crate::load::{Content, Export, ImageSource, Question};
use crate::purpose::{ModuleKind, needs_torch};
use crate::python::{ExtensionFile, Interpreter, InterpreterProbe, TorchImport};

/// The facts of the run, with what was read out of them once.
pub struct Scene<'a> {
    /// All that was seen.
    pub facts: &'a Facts,
    /// The file system's answers.
    pub files: &'a dyn ImageSource,
    /// What is known of the very system of the run; what it does not know the catalogue answers.
    pub system: &'a dyn SystemLibraries,
    /// Every complaint in the build's log.
    pub build_faults: &'a [BuildFault],
    /// Every compiler command that is known to have run.
    pub compile_commands: &'a [CompileCommand],
    /// Every command in the build's log that links a shared library.
    pub link_commands: &'a [LinkCommand],
    /// What the artifacts are for. One per artifact, in the same order.
    pub modules: &'a [Module<'a>],
}

impl<'a> Scene<'a> {
    /// The interpreter, if it answered.
    pub fn interpreter(&self) -> Option<&'a Interpreter> {
        match &self.facts.interpreter {
            InterpreterProbe::Answered(interpreter) => Some(interpreter),
            InterpreterProbe::Failed { .. } => None,
        }
    }

    /// The place of a file that a tool named, absolute or relative to the build's directory: relative to the project
    /// if it is in it, else the project as a whole.
    pub fn source_place(&self, file: &str, line: Option<u32>, column: Option<u32>) -> Place {
        let root = format!("{}/", self.facts.project_directory.trim_end_matches('/'));
        let inside = match file.strip_prefix(&root) {
            Some(inside) => Some(inside),
            None if file.starts_with('/') => None,
            None => Some(file),
        };
        match inside.and_then(own) {
            Some(inside) => Source::at(inside, line, column).into(),
            None => Place::Project,
        }
    }

    /// A text of a loader or of Python with the paths of installed files as they are in the wheel: the overlay is a
    /// directory of this run only.
    pub fn without_overlay(&self, text: &str) -> String {
        let overlay = &self.facts.overlay;
        if overlay.is_empty() {
            text.to_owned()
        } else {
            without_root(text, &format!("{overlay}/"))
        }
    }

    /// Could torch be imported?
    pub fn torch_came_up(&self) -> bool {
        let outcome = self.facts.torch.as_ref().map(|probe| &probe.outcome);
        matches!(outcome, Some(TorchImport::Imported { .. }))
    }

    /// A path as people know it: what is installed in the overlay by its path in the wheel, all else as it is.
    pub fn shown<'p>(&self, path: &'p str) -> &'p str {
        // The overlay's own path may have symbolic links in it (`/tmp` on macOS); the artifacts' paths have none.
        let resolved = self
            .facts
            .artifacts
            .iter()
            .filter_map(|artifact| artifact.installed.strip_suffix(&artifact.path));
        let roots = [self.facts.overlay.as_str()].into_iter().chain(resolved);
        roots
            .map(|root| root.trim_end_matches('/'))
            .filter(|root| !root.is_empty())
            .find_map(|root| path.strip_prefix(root)?.strip_prefix('/'))
            .unwrap_or(path)
    }

    /// The same of a file that was found by way of another's directory (`pkg/sub/../.dylibs/liba.dylib`).
    pub(super) fn shown_file(&self, path: &str) -> String {
        let shown = self.shown(path);
        let is_inside = !shown.starts_with('/');
        let straight = is_inside.then(|| straight(shown)).flatten();
        straight.unwrap_or_else(|| shown.to_owned())
    }

    /// The interpreter's path, for commands.
    pub(super) fn python(&self) -> &'a str {
        self.interpreter()
            .map_or("python3", |python| &python.executable)
    }

    /// The system as remedies know it.
    pub(super) fn system(&self) -> &'static str {
        if self.on_macos() == Some(true) {
            "macos"
        } else {
            "linux"
        }
    }

    /// Does the interpreter run on macOS? `None` where it did not answer.
    pub fn on_macos(&self) -> Option<bool> {
        self.interpreter().map(Interpreter::on_macos)
    }

    /// torch.__version__, or what stands in its files.
    pub fn torch_version(&self) -> Option<&'a str> {
        match self.facts.torch.as_ref().map(|probe| &probe.outcome) {
            Some(TorchImport::Imported { version, .. }) => Some(version),
            _ => {
                let package = self.interpreter()?.torch.as_ref()?;
                Some(package.version.as_str()).filter(|version| !version.is_empty())
            }
        }
    }

    /// torch._C._GLIBCXX_USE_CXX11_ABI, if torch came up.
    pub fn torch_cxx11_abi(&self) -> Option<bool> {
        match self.facts.torch.as_ref().map(|probe| &probe.outcome) {
            Some(TorchImport::Imported { cxx11_abi, .. }) => *cxx11_abi,
            _ => None,
        }
    }
}

/// One native file of the wheel.
pub struct Module<'a> {
    /// The file.
    pub artifact: &'a Artifact,
    /// What it is.
    pub content: Arc<Content>,
    /// What it is for.
    pub kind: ModuleKind,
    /// Number of the slice that the interpreter's process would take, if there is one.
    pub slice: Option<usize>,
    /// The processor of the interpreter's process.
    pub process_arch: Arch,
}

impl Module<'_> {
    /// The image that the process would take.
    pub fn image(&self) -> Option<&Image> {
        match &*self.content {
            Content::MachO { slices } => slices.get(self.slice?),
            Content::Elf { image } => Some(image),
            _ => None,
        }
    }

    /// Every image in the file.
    pub fn images(&self) -> Vec<&Image> {
        match &*self.content {
            Content::MachO { slices } => slices.iter().collect(),
            Content::Elf { image } => vec![image],
            _ => Vec::new(),
        }
    }

    /// The file as an extension module.
    pub fn extension(&self) -> Option<&ExtensionFile> {
        match &self.kind {
            ModuleKind::Extension(file) => Some(file),
            ModuleKind::Operators(_)
            | ModuleKind::Library
            | ModuleKind::Opened
            | ModuleKind::Program => None,
        }
    }

    /// The format as remedies know it.
    pub(super) fn format(&self) -> &'static str {
        if self.is_macho() { "mach-o" } else { "elf" }
    }

    /// Is it a Mach-O image? A file that is no image at all is none.
    pub fn is_macho(&self) -> bool {
        self.images().iter().any(|image| image.macho().is_some())
    }

    /// Does the image export this C function? `None` if that cannot be told.
    pub fn exports(&self, scene: &Scene<'_>, function: &str) -> Option<bool> {
        let image = self.image()?;
        let symbol = if image.macho().is_some() {
            format!("_{function}")
        } else {
            function.to_owned()
        };
        let question = Question {
            symbol: &symbol,
            version: None,
        };
        match scene
            .files
            .export(&self.artifact.installed, self.slice.unwrap_or(0), &question)
        {
            Export::Absent | Export::OtherVersion { .. } => Some(false),
            Export::Defined { .. } | Export::Reexport { .. } => Some(true),
            Export::Damaged { .. } | Export::NotRecorded => None,
        }
    }

    /// Is it linked to one of torch's libraries?
    pub fn needs_torch(&self) -> bool {
        needs_torch(&self.content)
    }
}

/// A path of a project without `.` and `..`; `None` where it leads out of the project, or into an environment in it.
fn own(path: &str) -> Option<String> {
    const OTHERS: [&str; 6] = [
        "site-packages",
        "dist-packages",
        ".venv",
        "venv",
        ".tox",
        ".nox",
    ];
    let is_others = path.split('/').any(|part| OTHERS.contains(&part));
    (!is_others).then(|| straight(path)).flatten()
}

/// A relative path without `.` and `..`; `None` where it leads out or nowhere.
fn straight(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// A text without a directory where a path begins with it. Below another directory, as in dyld's
/// `/System/Volumes/Preboot/Cryptexes/OS` in front of what it tries, it is part of a longer path.
fn without_root(text: &str, root: &str) -> String {
    let mut short = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in text.match_indices(root) {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || "/._-+".contains(c)) {
            continue;
        }
        short.push_str(&text[from..at]);
        from = at + root.len();
    }
    short.push_str(&text[from..]);
    short
}

#[cfg(test)]
mod tests {
    use super::{own, without_root};

    #[test]
    fn a_projects_own_file_is_neither_above_it_nor_in_an_environment() {
        for (path, expected) in [
            ("./src/../a.cpp", Some("a.cpp")),
            ("build//../src/a.cpp", Some("src/a.cpp")),
            ("../a.cpp", None),
            ("a/../../b.cpp", None),
            (".venv/lib/python3.11/site-packages/torch/include/x.h", None),
            ("venv/include/x.h", None),
            (".", None),
        ] {
            assert_eq!(own(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn a_directory_is_left_out_where_a_path_begins_with_it() {
        let text =
            "tried: '/v/site/x.so' (no such file), '/OS/v/site/x.so' (no such file), /v/site/y.so";
        let expected = "tried: 'x.so' (no such file), '/OS/v/site/x.so' (no such file), y.so";
        assert_eq!(without_root(text, "/v/site/"), expected);
        assert_eq!(without_root("nothing", "/v/site/"), "nothing");
    }
}
