//! Environment variables that decide about builds and loads.

use super::Finding;
use super::seen::Surroundings;
use crate::image::Version;

/// Variables of builds.
pub(super) fn of_builds(seen: &Surroundings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in ["SDKROOT", "DEVELOPER_DIR"] {
        if let Some(path) = seen
            .variable(name)
            .filter(|path| seen.missing.contains(*path))
        {
            findings.push(
                Finding::problem(name, format!("{name} is `{path}`, which is not there"))
                    .cause("compiler-missing-or-clt")
                    .remedy(format!("`unset {name}`.")),
            );
        }
    }
    findings.extend(arch_flags(seen));
    findings.extend(deployment_target(seen));
    for name in ["CFLAGS", "CXXFLAGS", "CPPFLAGS"] {
        let abi = seen
            .variable(name)
            .filter(|flags| flags.contains("-D_GLIBCXX_USE_CXX11_ABI="));
        if let Some(flags) = abi {
            findings.push(
                Finding::warning(
                    name,
                    format!("{name} is `{flags}`: torch's `BuildExtension` passes what torch was built with"),
                )
                .cause("symbol-missing-torch-abi")
                .remedy(format!("Take `-D_GLIBCXX_USE_CXX11_ABI` out of {name}.")),
            );
        }
    }
    if let (Some(conda), Some(venv)) = (seen.variable("CONDA_PREFIX"), seen.variable("VIRTUAL_ENV"))
    {
        findings.push(
            Finding::warning(
                "environments",
                format!("two environments are active: conda's `{conda}` and `{venv}`"),
            )
            .cause("environment-mismatch")
            .remedy("`conda deactivate`, or `deactivate`: compilers and libraries of one get into builds for the other."),
        );
    }
    findings
}

/// ARCHFLAGS that leave out the interpreter's own processor.
fn arch_flags(seen: &Surroundings) -> Option<Finding> {
    let flags = seen.variable("ARCHFLAGS").filter(|_| seen.macos)?;
    let machine = seen.python().map(|python| python.machine.as_str())?;
    let named: Vec<&str> = flags
        .split_whitespace()
        .collect::<Vec<_>>()
        .windows(2)
        .filter(|pair| pair.first() == Some(&"-arch"))
        .filter_map(|pair| pair.last().copied())
        .collect();
    if named.is_empty() || named.contains(&machine) {
        return Some(Finding::note(
            "ARCHFLAGS",
            format!("ARCHFLAGS is `{flags}`"),
        ));
    }
    Some(
        Finding::problem(
            "ARCHFLAGS",
            format!("ARCHFLAGS is `{flags}`, and this Python is {machine}: it cannot load what it builds"),
        )
        .cause("arch-mismatch")
        .remedy("`unset ARCHFLAGS`."),
    )
}

fn deployment_target(seen: &Surroundings) -> Option<Finding> {
    let name = "MACOSX_DEPLOYMENT_TARGET";
    let target = seen.variable(name).filter(|_| seen.macos)?;
    let Ok(version) = target.parse::<Version>() else {
        return Some(
            Finding::problem(name, format!("{name} is `{target}`, which is no version"))
                .cause("deployment-target-conflict")
                .remedy(format!("`unset {name}`.")),
        );
    };
    let running = seen
        .python()
        .and_then(|python| python.system_version.parse::<Version>().ok());
    if running.is_some_and(|running| version > running) {
        return Some(
            Finding::problem(
                name,
                format!("{name} is {target}, newer than this system: it refuses what is built so"),
            )
            .cause("min-os-too-new")
            .remedy(format!("`export {name}=11.0`, or unset it.")),
        );
    }
    Some(Finding::note(name, format!("{name} is {target}")))
}

/// Variables of loads.
pub(super) fn of_loads(seen: &Surroundings) -> Vec<Finding> {
    let mut findings = Vec::new();
    let names = seen.variables.keys().map(String::as_str);
    let of_loader = |name: &&str| match seen.macos {
        true => name.starts_with("DYLD_"),
        false => ["LD_LIBRARY_PATH", "LD_PRELOAD", "LD_BIND_NOW"].contains(name),
    };
    for name in names.filter(of_loader) {
        let Some(value) = seen.variable(name) else {
            continue;
        };
        let harm = if seen.macos {
            "libraries in it are taken before those that a module names, and programs of the system (`/usr/bin/python3`, `/bin/sh`) drop it"
        } else {
            "what it names is taken before what a module asks for by its own paths"
        };
        if name == "LD_BIND_NOW" {
            findings.push(Finding::note(
                name,
                format!("{name} is set: every symbol is looked up at once"),
            ));
            continue;
        }
        findings.push(
            Finding::warning(name, format!("{name} is `{value}`: {harm}"))
                .cause("environment-mismatch")
                .remedy(format!("`unset {name}`.")),
        );
    }
    if seen.variable("KMP_DUPLICATE_LIB_OK").is_some() {
        findings.push(
            Finding::warning(
                "KMP_DUPLICATE_LIB_OK",
                "KMP_DUPLICATE_LIB_OK hides that two OpenMP runtimes are in one process: crashes and wrong results may follow",
            )
            .cause("duplicate-openmp-runtime")
            .remedy("`unset KMP_DUPLICATE_LIB_OK`."),
        );
    }
    findings
}
