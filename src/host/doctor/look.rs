//! Looks around: asks the Python, and reads what it names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::shell;
use crate::cli::doctor::DoctorArgs;
use crate::doctor::{Program, Surroundings, WithVariables};
use crate::host::work::Work;
use crate::host::{disk, probe, running_system};
use crate::image::Arch;
use crate::load::{Content, ImageSource};
use crate::python::{Interpreter, InterpreterProbe};

/// `import torch` reads a gigabyte from a cold disk.
const TORCH_LIMIT: Duration = Duration::from_secs(180);

/// Variables that decide about builds and loads.
const NAMES: [&str; 17] = [
    "ARCHFLAGS",
    "CC",
    "CFLAGS",
    "CONDA_PREFIX",
    "CPPFLAGS",
    "CXX",
    "CXXFLAGS",
    "DEVELOPER_DIR",
    "KMP_DUPLICATE_LIB_OK",
    "LDFLAGS",
    "LD_BIND_NOW",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "MACOSX_DEPLOYMENT_TARGET",
    "PATH",
    "SDKROOT",
    "VIRTUAL_ENV",
];

/// Packages that builds and extensions import, and that a directory must not hide.
const PACKAGES: [&str; 4] = ["torch", "numpy", "setuptools", "pip"];

pub(super) fn around(args: &DoctorArgs) -> anyhow::Result<Surroundings> {
    let work = Work::new()?;
    let cwd = work.directory("doctor")?;
    let mut seen = Surroundings {
        macos: cfg!(target_os = "macos"),
        machine: machine(),
        variables: variables(),
        program: program(args.python.as_deref()),
        tools: shell::command_line_tools(&cwd),
        ..Surroundings::default()
    };
    if let Ok(here) = std::env::current_dir() {
        seen.shadowing = shadowing(&here);
        seen.working_directory = here.display().to_string();
    }
    seen.missing = missing(&seen);
    let Some(path) = seen.program.path.clone().map(PathBuf::from) else {
        return Ok(seen);
    };
    let limit = Duration::from_secs(args.timeout);
    let answer = probe::interpreter_within(&path, &cwd, &[], limit);
    match &answer {
        InterpreterProbe::Failed { .. } => {
            seen.starts_bare = Some(shell::starts_bare(&path, &cwd, limit))
        }
        InterpreterProbe::Answered(interpreter) => {
            about(&mut seen, interpreter, &path, &cwd, limit)
        }
    }
    seen.interpreter = Some(answer);
    Ok(seen)
}

/// What the interpreter leads to.
fn about(
    seen: &mut Surroundings,
    interpreter: &Interpreter,
    path: &Path,
    cwd: &Path,
    limit: Duration,
) {
    seen.python_header = Path::new(&interpreter.include).join("Python.h").is_file();
    seen.externally_managed = interpreter
        .sys_path
        .iter()
        .any(|entry| Path::new(entry).join("EXTERNALLY-MANAGED").is_file());
    let compilers = interpreter.compilers.iter();
    let working = compilers.rev().find(|compiler| compiler.version.is_ok());
    seen.compiler_target = working.and_then(|compiler| shell::target(&compiler.command, cwd));
    let of_python = |name: &String| name.starts_with("PYTHON");
    if seen.variables.keys().any(of_python) {
        seen.with_variables = Some(match probe::with_variables(path, cwd, limit) {
            Ok(torch) => WithVariables::Answered { torch },
            Err((why, output)) => WithVariables::Failed { why, output },
        });
    }
    if let Some(torch) = &interpreter.torch {
        seen.torch_archs = library_archs(Path::new(&torch.library_directory));
        seen.torch = Some(probe::torch(path, cwd, TORCH_LIMIT));
    }
}

fn library_archs(directory: &Path) -> Vec<Arch> {
    let disk = disk::Disk::new();
    let named = |name: &str| directory.join(name).display().to_string();
    let candidates = [
        "libtorch_cpu.dylib",
        "libtorch_cpu.so",
        "libc10.dylib",
        "libc10.so",
    ];
    let contents = candidates.iter().map(|name| disk.content(&named(name)));
    let archs = contents.map(|content| match &*content {
        Content::MachO { slices } => slices.iter().map(|slice| slice.arch).collect(),
        Content::Elf { image } => vec![image.arch],
        _ => Vec::new(),
    });
    archs
        .into_iter()
        .find(|archs| !archs.is_empty())
        .unwrap_or_default()
}

fn machine() -> String {
    if cfg!(target_os = "macos") {
        return running_system::arch().to_string();
    }
    std::env::consts::ARCH.to_owned()
}

fn variables() -> BTreeMap<String, String> {
    let wanted = |name: &str| {
        NAMES.contains(&name) || name.starts_with("DYLD_") || name.starts_with("PYTHON")
    };
    std::env::vars_os()
        .filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            wanted(&name).then(|| (name, value.to_string_lossy().into_owned()))
        })
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// The Python that `verify` would take; a link to nothing counts, since that is what a broken environment has.
fn program(asked: Option<&Path>) -> Program {
    let active =
        std::env::var_os("VIRTUAL_ENV").map(|prefix| PathBuf::from(prefix).join("bin/python"));
    let active = active.filter(|python| python.symlink_metadata().is_ok());
    let (named, by) = match (asked, active) {
        (Some(asked), _) => (asked.to_path_buf(), "--python"),
        (None, Some(active)) => (active, "VIRTUAL_ENV"),
        (None, None) => (PathBuf::from("python3"), "on PATH"),
    };
    let path = probe::find_program(&named);
    let place = path
        .clone()
        .or_else(|| named.symlink_metadata().is_ok().then(|| named.clone()));
    let environment = place
        .as_deref()
        .and_then(|place| place.parent()?.parent().map(Path::to_path_buf))
        .filter(|directory| directory.join("pyvenv.cfg").is_file());
    let home = environment.as_ref().and_then(|directory| {
        let text = fs::read_to_string(directory.join("pyvenv.cfg")).ok()?;
        let mut pairs = text.lines().filter_map(|line| line.split_once('='));
        let found = pairs.find(|(key, _)| key.trim() == "home")?;
        Some(found.1.trim().to_owned())
    });
    Program {
        named: named.display().to_string(),
        by,
        dangling: place
            .filter(|_| path.is_none())
            .and_then(|place| probe::dangling(&place)),
        path: path.map(|path| path.display().to_string()),
        environment: environment.map(|directory| directory.display().to_string()),
        home,
    }
}

fn shadowing(here: &Path) -> Vec<String> {
    let hides = |name: &&str| {
        here.join(name).join("__init__.py").is_file() || here.join(format!("{name}.py")).is_file()
    };
    PACKAGES
        .into_iter()
        .filter(hides)
        .map(str::to_owned)
        .collect()
}

fn missing(seen: &Surroundings) -> BTreeSet<String> {
    let named = ["SDKROOT", "DEVELOPER_DIR"]
        .iter()
        .filter_map(|name| seen.variables.get(*name));
    let named = named.filter(|path| path.starts_with('/'));
    let paths = named.chain(&seen.program.home);
    paths
        .filter(|path| !Path::new(path).exists())
        .cloned()
        .collect()
}
