//! What dyld's search depends on, told by the interpreter and its executable.

use crate::dyld::Process;
use crate::image::Arch;
use crate::load::{Content, ImageSource, Lookup};
use crate::python::Interpreter;

/// dyld's view of a fresh process of this interpreter; `None` on other systems.
pub(super) fn process(interpreter: &Interpreter, disk: &dyn ImageSource) -> Option<Process> {
    if !interpreter.on_macos() {
        return None;
    }
    let arch = if interpreter.machine == "arm64" {
        Arch::Arm64
    } else {
        Arch::X86_64
    };
    let mut process = Process::new(arch, interpreter.system_version.parse().ok()?);
    let variables = interpreter
        .variables
        .iter()
        .filter(|(name, _)| name.starts_with("DYLD_"));
    process.environment = variables
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    process.executable = Some(interpreter.real_executable.clone());
    let Lookup::File { real_path, .. } = disk.lookup(&interpreter.real_executable) else {
        return Some(process);
    };
    if let Content::MachO { slices } = &*disk.content(&real_path)
        && let Some(slice) = slices.iter().find(|slice| slice.arch == arch)
    {
        process.learn_from(slice, &real_path);
    }
    Some(process)
}
