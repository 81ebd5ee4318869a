//! `loadproof dlopen`: from the flags to a process, a simulation and its report.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use anyhow::Context;

use super::disk::Disk;
use super::running_system;
use crate::catalogue::Catalogue;
use crate::cli::dlopen::{Dlopen, Format, Machine, Mode};
use crate::dyld::{self, CompleteCache, FirstKnown, Process, Request, SystemLibraries};
use crate::image::{Arch, Version};
use crate::load::{Content, ImageSource, Load, LoadVerdict, Lookup};
use crate::render;

/// The image loads.
pub const LOADS: u8 = 0;
/// It fails, or nobody knows.
pub const FAILS: u8 = 1;

/// The newest macOS whose dyld the simulation knows.
const NEWEST: Version = Version::new(26, 0, 0);

/// Runs the command; the result is the exit code.
pub fn run(args: &Dlopen, out: &mut dyn Write) -> anyhow::Result<u8> {
    let request = Request {
        path: args.path.clone(),
        lazy: args.mode == Mode::Lazy,
        local: false,
        caller: args.caller.clone(),
    };
    let (process, load) = simulate(&args.machine, &request)?;
    match args.report {
        Format::Json => render::dlopen::json(&load, out),
        Format::Terminal => render::dlopen::terminal(&process, &request, &load, out),
    }
    .context("failed to write the report")?;
    Ok(match load.verdict() {
        LoadVerdict::Loads => LOADS,
        LoadVerdict::Fails | LoadVerdict::Unknown => FAILS,
    })
}

/// Opens an image in the process that the flags describe.
pub(super) fn simulate(args: &Machine, request: &Request) -> anyhow::Result<(Process, Load)> {
    let mut disk = match &args.root {
        Some(root) => Disk::under(root),
        None => Disk::new(),
    };
    if args.all_page_hashes {
        disk = disk.with_all_page_hashes();
    }
    let process = process(args, &request.path, &disk)?;
    let listed = listed_libraries(args)?;
    // A folder that stands for `/` holds another system than the one that runs.
    let ask_running = listed.is_none() && args.root.is_none();
    let running = ask_running
        .then(|| running_system::cache(process.target()))
        .flatten();
    let both;
    let system: &dyn SystemLibraries = match (&listed, &running) {
        (Some(listed), _) => listed,
        (None, Some(running)) => {
            both = FirstKnown(running, Catalogue::builtin());
            &both
        }
        (None, None) => Catalogue::builtin(),
    };
    let mut load = dyld::load(&process, request, &disk, system);
    for link in disk.flattened_links() {
        let what = "which holds only a path, is the symbolic link that it was before a copy";
        load.assumptions.push(format!("`{link}`, {what}"));
    }
    Ok((process, load))
}

fn process(args: &Machine, path: &str, disk: &Disk) -> anyhow::Result<Process> {
    let cwd = match (&args.cwd, &args.root) {
        (Some(cwd), _) => cwd.clone(),
        (None, Some(_)) => "/".to_owned(),
        (None, None) => {
            let here = std::env::current_dir().context("failed to get the working directory")?;
            here.to_string_lossy().into_owned()
        }
    };
    let arch = match args.arch {
        Some(arch) => arch.into(),
        None => default_arch(path, &cwd, disk),
    };
    let mut process = Process::new(
        arch,
        args.macos
            .unwrap_or_else(|| running_system::version().unwrap_or(NEWEST)),
    );
    process.cwd = cwd;
    process.executable.clone_from(&args.executable);
    process.opened_before = args.preload.iter().map(|text| preload(text)).collect();
    process.environment.clone_from(&args.env);
    learn_from_executable(&mut process, disk);
    set_facts(&mut process, &args.process);
    Ok(process)
}

/// The architecture of this machine, if it is a Mac; else that of the image, Apple Silicon's if it has several.
fn default_arch(path: &str, cwd: &str, disk: &Disk) -> Arch {
    if cfg!(target_os = "macos") {
        return running_system::arch();
    }
    let absolute = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{cwd}/{path}")
    };
    let Lookup::File { real_path, .. } = disk.lookup(&absolute) else {
        return Arch::Arm64;
    };
    let content = disk.content(&real_path);
    let Content::MachO { slices } = content.as_ref() else {
        return Arch::Arm64;
    };
    let has = |arch| slices.iter().any(|slice| slice.arch == arch);
    if has(Arch::X86_64) && !has(Arch::Arm64) && !has(Arch::Arm64e) {
        Arch::X86_64
    } else {
        Arch::Arm64
    }
}

/// `/path/x.so` or `/path/x.so:RTLD_NOW|RTLD_LOCAL`.
fn preload(text: &str) -> Request {
    let (path, mode) = match text.rsplit_once(':') {
        Some((path, mode)) if mode.starts_with("RTLD_") => (path, mode),
        Some(_) | None => (text, ""),
    };
    Request {
        path: path.to_owned(),
        lazy: mode.contains("RTLD_LAZY"),
        local: mode.contains("RTLD_LOCAL"),
        caller: None,
    }
}

/// The signature of the executable tells whether it is hardened, and what it may do nevertheless.
fn learn_from_executable(process: &mut Process, disk: &Disk) {
    let Some(executable) = process.executable.as_deref() else {
        return;
    };
    let absolute = match executable.strip_prefix('/') {
        Some(_) => executable.to_owned(),
        None => format!("{}/{executable}", process.cwd),
    };
    let Lookup::File { real_path, .. } = disk.lookup(&absolute) else {
        return;
    };
    let content = disk.content(&real_path);
    if let Content::MachO { slices } = content.as_ref() {
        let arch = process.arch;
        if let Some(image) = slices.iter().find(|slice| slice.arch == arch) {
            process.learn_from(image, &real_path);
        }
    }
}

/// The facts that the command line states win over what the executable shows.
fn set_facts(process: &mut Process, facts: &[(String, String)]) {
    // What follows from the hardened runtime comes first, so that single facts may say otherwise.
    for (_, value) in facts.iter().filter(|(key, _)| key == "hardened_runtime") {
        let hardened = value == "true";
        process.hardened = hardened;
        process.library_validation = hardened;
        process.permissions.path_variables = !hardened;
    }
    for (key, value) in facts {
        set_fact(process, key, value);
    }
}

fn set_fact(process: &mut Process, key: &str, value: &str) {
    let truth = value == "true";
    let permissions = &mut process.permissions;
    match key {
        "library_validation" => process.library_validation = truth,
        "platform_binary" => process.platform_binary = truth,
        "team_id" => {
            let none = matches!(value, "" | "none" | "null");
            process.team_id = (!none).then(|| value.to_owned());
        }
        "cpu" => process.haswell = is_haswell(value),
        "haswell" => process.haswell = truth,
        // Rosetta knows no AVX2 slices.
        "rosetta" | "translated" => process.haswell &= !truth,
        "restricted" | "setuid" if truth => {
            permissions.path_variables = false;
            permissions.at_paths = false;
            permissions.fallback_paths = false;
        }
        "amfi_allow_path_vars" => permissions.path_variables = truth,
        "amfi_allow_at_paths" | "amfi_allow_at_path" => permissions.at_paths = truth,
        "amfi_allow_fallback_paths" => permissions.fallback_paths = truth,
        "amfi_allow_embedded_vars" => permissions.embedded_variables = truth,
        // The hardened runtime is dealt with; on anything else no load depends.
        _ => {}
    }
}

/// Rosetta and the generations before Haswell do not take x86_64h slices.
fn is_haswell(cpu: &str) -> bool {
    const OLDER: [&str; 10] = [
        "x86_64",
        "core2",
        "merom",
        "penryn",
        "nehalem",
        "westmere",
        "sandybridge",
        "ivybridge",
        "rosetta",
        "generic",
    ];
    let name: String = cpu
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    let name = name.to_lowercase();
    !OLDER.contains(&name.as_str()) && !name.starts_with("pre")
}

fn listed_libraries(args: &Machine) -> anyhow::Result<Option<CompleteCache>> {
    let Some(path) = &args.system_libraries else {
        return Ok(None);
    };
    #[derive(serde::Deserialize)]
    struct Listed {
        dylibs: BTreeMap<String, BTreeSet<String>>,
    }
    let read = || format!("failed to read the system libraries of {}", path.display());
    let text = std::fs::read_to_string(path).with_context(read)?;
    let listed: Listed = serde_json::from_str(&text).with_context(read)?;
    Ok(Some(CompleteCache::new(listed.dylibs)))
}
