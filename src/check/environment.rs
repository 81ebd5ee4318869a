//! The facts of a Mac that is not there, in the form in which a real run writes them down.

use std::collections::BTreeMap;

use crate::dyld;
use crate::facts::{Artifact, FORMAT, Facts, Files, SystemAnswers};
use crate::load::{LoadFailure, LoadVerdict};
use crate::python::{Interpreter, InterpreterProbe, TorchImport, TorchPackage, TorchProbe};
use crate::site::{Target, Tree};
use crate::source::SourceAnswers;
use crate::{catalogue::Catalogue, dyld::Request};

/// What the process of a target is like before anything of the subject is opened.
pub(super) struct Environment {
    pub(super) process: dyld::Process,
    /// What is open when a module is opened that needs nothing.
    pub(super) alone: Vec<String>,
    /// What is open after `import torch`.
    pub(super) after_torch: Vec<String>,
    /// torch's version, and why it cannot be imported if it cannot.
    pub(super) torch: Option<(String, Option<String>)>,
}

/// The process of the target's Python.
pub(super) fn process(tree: &Tree) -> dyld::Process {
    let target = tree.target();
    let mut process = dyld::Process::new(target.arch, target.macos);
    process.executable = Some(tree.layout().executable.clone());
    process
}

/// What `import torch` opens, in order (torch/__init__.py: `_load_global_deps`, then `torch._C`).
pub(super) fn torch_images(tree: &Tree) -> Vec<String> {
    let site = &tree.layout().site_packages;
    let package = format!("{site}/torch/");
    let suffixes = tree.target().python.extension_suffixes();
    let mut images: Vec<String> = Vec::new();
    let global = format!("{package}lib/libtorch_global_deps.dylib");
    images.extend(
        tree.paths_in(&package)
            .find(|path| **path == global)
            .map(str::to_owned),
    );
    let module = suffixes.iter().map(|suffix| format!("{package}_C{suffix}"));
    images.extend(
        module
            .into_iter()
            .find(|path| tree.paths_in(path).next() == Some(path)),
    );
    images
}

/// Would `import torch` bring its libraries up? The first failure if not.
pub(super) fn torch_failure(tree: &Tree, images: &[String]) -> Option<LoadFailure> {
    let (last, before) = images.split_last()?;
    let mut process = process(tree);
    process.opened_before = before.iter().map(|path| Request::import(path)).collect();
    let load = dyld::load(&process, &Request::import(last), tree, Catalogue::builtin());
    (load.verdict() == LoadVerdict::Fails).then(|| load.failures.into_iter().next())?
}

/// The facts for the rules.
pub(super) fn facts(
    tree: &Tree,
    environment: &Environment,
    artifacts: Vec<Artifact>,
    name: &str,
) -> Facts {
    let layout = tree.layout();
    let torch = environment.torch.as_ref();
    let imported = torch.map(|(version, failure)| TorchProbe {
        outcome: match failure {
            None => TorchImport::Imported {
                version: version.clone(),
                cxx11_abi: None,
                config: String::new(),
                images: environment.after_torch.clone(),
            },
            Some(why) => TorchImport::Failed {
                why: why.clone(),
                output: String::new(),
            },
        },
        milliseconds: 0,
    });
    let mut interpreter = interpreter(tree);
    interpreter.images.clone_from(&environment.alone);
    interpreter.torch = torch.map(|(version, _)| TorchPackage {
        version: version.clone(),
        location: format!("{}/torch", layout.site_packages),
        library_directory: format!("{}/torch/lib", layout.site_packages),
    });
    Facts {
        format: FORMAT,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: String::new(),
        project: name.to_owned(),
        project_directory: String::new(),
        project_prefix: None,
        overlay: layout.site_packages.clone(),
        host_arch: tree.target().arch.to_string(),
        interpreter: InterpreterProbe::Answered(Box::new(interpreter)),
        torch: imported,
        build: None,
        artifacts,
        not_installed: None,
        imports: Vec::new(),
        requires_torch: None,
        sources: SourceAnswers::default(),
        imports_skipped: Some("the target is another machine".to_owned()),
        ldso: None,
        dyld: Some(environment.process.clone()),
        files: Files::default(),
        system: SystemAnswers::default(),
        timings: Vec::new(),
    }
}

fn interpreter(tree: &Tree) -> Interpreter {
    let (layout, target) = (tree.layout(), tree.target());
    Interpreter {
        // As people would call it: remedies name it, and nothing is at a path.
        executable: format!("python{}", target.python),
        real_executable: layout.executable.clone(),
        implementation: "cpython".to_owned(),
        version: target.python.to_string(),
        ext_suffixes: target.python.extension_suffixes(),
        platform: platform(target),
        machine: target.arch.to_string(),
        system: "Darwin".to_owned(),
        system_version: target.macos.to_string(),
        prefix: layout.prefix.clone(),
        base_prefix: layout.base_prefix.clone(),
        sys_path: vec![layout.site_packages.clone()],
        variables: BTreeMap::new(),
        ..Interpreter::default()
    }
}

/// `sysconfig.get_platform()` of a Python that supports all that its processor does.
fn platform(target: &Target) -> String {
    match target.arch {
        crate::image::Arch::X86_64 => "macosx-10.9-x86_64".to_owned(),
        arch => format!("macosx-11.0-{arch}"),
    }
}
