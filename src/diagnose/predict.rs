//! What the loader would do with a module in a given situation.

use crate::catalogue::Catalogue;
use crate::dyld::{FirstKnown, Request};
use crate::facts::Facts;
use crate::image::Arch;
use crate::ldso::ProcessImage;
use crate::load::{Content, Load, LoadFailure};
use crate::purpose::ModuleKind;
use crate::python::{ImportAttempt, Interpreter, Situation, TorchImport};
use crate::rules::{Module, Scene};

/// The processor of a process of this interpreter.
pub(super) fn process_arch(interpreter: &Interpreter) -> Arch {
    match (interpreter.on_macos(), interpreter.machine.as_str()) {
        (_, "x86_64") => Arch::X86_64,
        (true, "arm64") => Arch::Arm64,
        (false, "aarch64") => Arch::Aarch64,
        _ => Arch::Elf(0, 0),
    }
}

/// The slice that a process takes: the loader's choice among several is simulated by the loader itself; here it only
/// says which slice is *ours* to look at.
pub(super) fn slice(content: &Content, arch: Arch) -> Option<usize> {
    match content {
        Content::MachO { slices } => slices.iter().position(|slice| slice.arch == arch),
        Content::Elf { .. } => Some(0),
        _ => None,
    }
}

/// Simulates opening the module, with what the process had loaded at that moment if the attempt tells, else with what
/// such a process usually has.
pub(super) fn load(
    scene: &Scene<'_>,
    module: &Module<'_>,
    situation: Situation,
    attempt: Option<&ImportAttempt>,
) -> Load {
    let told = attempt.and_then(|attempt| attempt.images_before.as_deref());
    let images = told.unwrap_or_else(|| usual_images(scene.facts, situation));
    if let Some(process) = &scene.facts.ldso {
        let mut process = process.clone();
        process.loaded = images
            .iter()
            .filter(|path| **path != process.executable)
            .map(|path| loaded(path))
            .collect();
        return crate::ldso::load(&process, &module.artifact.installed, scene.files);
    }
    if let Some(process) = &scene.facts.dyld {
        let mut process = process.clone();
        // What the shared cache holds is not on disk and is loaded by whoever needs it.
        let on_disk = images
            .iter()
            .filter(|path| !crate::dyld::might_be_cached(path));
        process.opened_before = on_disk.map(|path| Request::import(path)).collect();
        let system = FirstKnown(scene.system, Catalogue::builtin());
        let mut request = Request::import(&module.artifact.installed);
        match module.kind {
            ModuleKind::Program => {
                process.executable = Some(module.artifact.installed.clone());
                return crate::dyld::start(&process, scene.files, &system);
            }
            // What ctypes opens, and torch.ops.load_library with it, is RTLD_LOCAL.
            ModuleKind::Opened => request.local = true,
            ModuleKind::Extension(_) | ModuleKind::Operators(_) | ModuleKind::Library => {}
        }
        return crate::dyld::load(&process, &request, scene.files, &system);
    }
    unknown("loads on this system are not simulated")
}

/// torch opens this library with RTLD_GLOBAL before anything else (torch/__init__.py, `_load_global_deps`).
fn loaded(path: &str) -> ProcessImage {
    ProcessImage {
        path: path.to_owned(),
        global: path.ends_with("/libtorch_global_deps.so"),
    }
}

fn usual_images(facts: &Facts, situation: Situation) -> &[String] {
    let torch = facts.torch.as_ref().map(|probe| &probe.outcome);
    match (situation, torch, &facts.interpreter) {
        (Situation::AfterTorch, Some(TorchImport::Imported { images, .. }), _) => images,
        (_, _, crate::python::InterpreterProbe::Answered(interpreter)) => &interpreter.images,
        _ => &[],
    }
}

fn unknown(why: &str) -> Load {
    Load {
        images: Vec::new(),
        edges: Vec::new(),
        failures: Vec::new(),
        assumptions: Vec::new(),
        unknown: Some(why.to_owned()),
    }
}

/// Reads the text of an ImportError as the system's loader words it.
pub(super) fn parse_message(scene: &Scene<'_>, text: &str) -> Option<LoadFailure> {
    match (&scene.facts.ldso, &scene.facts.dyld) {
        (Some(_), _) => crate::ldso::message::parse(text),
        (None, Some(_)) => crate::dyld::parse(text),
        (None, None) => None,
    }
}
