//! A real Python that opens a library.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use loadproof::elf;
use loadproof::image::Arch;
use loadproof::ldso::{Process, ProcessImage, cache, hwcaps};
use loadproof::load::Content;
use serde_json::Value;

/// What a real `dlopen` did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Real {
    Opened,
    Refused(String),
    Killed(i32),
    Exited(i32),
}

/// One `dlopen` in a fresh Python.
#[derive(Default)]
pub(crate) struct Request<'a> {
    pub(crate) library_path: Option<&'a str>,
    pub(crate) preload: Option<&'a str>,
    /// Opened before: whether with RTLD_GLOBAL, and the path.
    pub(crate) before: &'a [(bool, String)],
    pub(crate) directory: Option<&'a Path>,
}

/// Opens a path; tells the state of the process just before, and the end.
pub(crate) fn open(path: &str, request: &Request<'_>) -> (Process, Real) {
    let mut command = Command::new(executable());
    command.args(["-I", "-c", include_str!("open.py")]);
    for (global, path) in request.before {
        let flag = if *global { "global" } else { "local" };
        command.arg(format!("{flag}={path}"));
    }
    command.arg(path);
    command.env("LC_ALL", "C");
    for (name, value) in [
        ("LD_LIBRARY_PATH", request.library_path),
        ("LD_PRELOAD", request.preload),
    ] {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if let Some(directory) = request.directory {
        command.current_dir(directory);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let facts = lines.next().unwrap_or_else(|| {
        panic!(
            "python told nothing: {}",
            String::from_utf8_lossy(&output.stderr)
        )
    });
    let real = match lines.next() {
        Some(end) => end["error"]
            .as_str()
            .map_or(Real::Opened, |error| Real::Refused(error.to_owned())),
        None => match output.status.signal() {
            Some(signal) => Real::Killed(signal),
            None => Real::Exited(output.status.code().unwrap()),
        },
    };
    (process(&facts, request), real)
}

fn executable() -> &'static str {
    static EXECUTABLE: OnceLock<String> = OnceLock::new();
    EXECUTABLE.get_or_init(|| say("import sys; print(sys.executable)"))
}

/// What a Python expression prints.
pub(crate) fn say(script: &str) -> String {
    let output = Command::new("python3")
        .args(["-I", "-c", script])
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn process(facts: &Value, request: &Request<'_>) -> Process {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let executable = text(&facts["executable"]);
    let Content::Elf { image } = elf::read(&std::fs::read(&executable).unwrap()) else {
        panic!("python is no ELF file");
    };
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap();
    let flags = cpu.lines().find(|line| line.starts_with("flags"));
    let hwcaps = hwcaps::subdirectories(image.arch, flags.unwrap_or_default());
    let multiarch = Path::new("/etc/debian_version").exists();
    let loaded = facts["loaded"].as_array().unwrap().iter().map(|path| {
        let path = text(path);
        let global = request
            .before
            .iter()
            .any(|(global, it)| *global && *it == path);
        ProcessImage { path, global }
    });
    Process {
        arch: image.arch,
        executable,
        interpreter: image.elf().and_then(|part| part.interpreter.clone()),
        loaded: loaded.collect(),
        library_path: request.library_path.map(str::to_owned),
        preload: request.preload.map(str::to_owned),
        cache: std::fs::read("/etc/ld.so.cache")
            .map(|data| cache::parse(&data, image.arch, &hwcaps))
            .unwrap_or_default(),
        directories: Process::default_directories(image.arch, multiarch),
        hwcaps,
        lib: match (multiarch, image.arch) {
            (true, Arch::Aarch64) => "lib/aarch64-linux-gnu".to_owned(),
            (true, _) => "lib/x86_64-linux-gnu".to_owned(),
            (false, _) => "lib64".to_owned(),
        },
        platform: None,
        secure: false,
        working_directory: text(&facts["directory"]),
        musl_path: None,
    }
}
