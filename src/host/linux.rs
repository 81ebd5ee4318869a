//! What ld.so's search depends on, read from this machine.

use std::fs;
use std::path::Path;

use crate::image::Arch;
use crate::ldso::{self, Process};
use crate::load::{Content, ImageSource, Lookup};
use crate::python::Interpreter;

/// The loader's view of a fresh process of this interpreter; `None` on other systems.
pub(super) fn process(interpreter: &Interpreter, disk: &dyn ImageSource) -> Option<Process> {
    if interpreter.system != "Linux" {
        return None;
    }
    let arch = match interpreter.machine.as_str() {
        "x86_64" => Arch::X86_64,
        "aarch64" => Arch::Aarch64,
        _ => Arch::Elf(0, 0),
    };
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flags = cpu
        .lines()
        .find_map(|line| line.strip_prefix("flags"))
        .unwrap_or_default();
    let hwcaps = ldso::hwcaps::subdirectories(arch, flags.trim_start_matches([' ', '\t', ':']));
    let cache = fs::read("/etc/ld.so.cache").unwrap_or_default();
    let triplet = format!("{}-linux-gnu", interpreter.machine);
    // Debian and its children compile their multiarch directory into glibc.
    let multiarch =
        Path::new("/etc/debian_version").exists() && Path::new("/usr/lib").join(&triplet).is_dir();
    let variable = |name: &str| interpreter.variables.get(name).cloned();
    Some(Process {
        arch,
        executable: interpreter.real_executable.clone(),
        interpreter: program_interpreter(&interpreter.real_executable, disk),
        loaded: Vec::new(),
        library_path: variable("LD_LIBRARY_PATH"),
        preload: variable("LD_PRELOAD"),
        cache: ldso::cache::parse(&cache, arch, &hwcaps),
        directories: Process::default_directories(arch, multiarch),
        hwcaps,
        lib: if multiarch {
            format!("lib/{triplet}")
        } else {
            "lib64".to_owned()
        },
        platform: Some(interpreter.machine.clone()),
        secure: false,
        working_directory: "/".to_owned(),
        musl_path: fs::read_to_string(format!("/etc/ld-musl-{}.path", interpreter.machine)).ok(),
    })
}

/// PT_INTERP of the executable.
fn program_interpreter(executable: &str, disk: &dyn ImageSource) -> Option<String> {
    let Lookup::File { real_path, .. } = disk.lookup(executable) else {
        return None;
    };
    match &*disk.content(&real_path) {
        Content::Elf { image } => image.elf()?.interpreter.clone(),
        _ => None,
    }
}
