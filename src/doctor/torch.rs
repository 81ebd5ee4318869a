//! torch: whether it is there, fits the Python, and comes up; and what it shares a process with.

use std::collections::BTreeSet;

use super::Finding;
use super::python::last_lines;
use super::seen::Surroundings;
use crate::image::Arch;
use crate::python::{Interpreter, TorchImport, TorchPackage};
use crate::rules::command;

const PART: &str = "torch";

/// The installed torch.
pub(super) fn torch(seen: &Surroundings, interpreter: &Interpreter) -> Vec<Finding> {
    let Some(package) = &interpreter.torch else {
        return vec![absent(seen, interpreter)];
    };
    if let Some(mismatch) = other_processor(seen, interpreter, package) {
        return vec![mismatch];
    }
    let python = &interpreter.executable;
    let archs: Vec<String> = seen.torch_archs.iter().map(Arch::to_string).collect();
    let archs = match archs.is_empty() {
        true => String::new(),
        false => format!("({}) ", archs.join(" and ")),
    };
    let at = format!("{archs}in `{}`", package.location);
    match seen.torch.as_ref().map(|probe| &probe.outcome) {
        Some(TorchImport::Imported { version, .. }) => {
            vec![Finding::fine(
                PART,
                format!("torch {version} {at}, and it comes up"),
            )]
        }
        Some(TorchImport::Failed { why, output }) => {
            let why = why.trim().trim_end_matches('.');
            vec![
                Finding::problem(
                    PART,
                    format!("torch {} {at} does not come up: {why}", package.version),
                )
                .cause("torch-import-failed")
                .remedy(format!(
                    "Install it anew: `{python} -m pip install --force-reinstall torch`."
                ))
                .evidence(last_lines(output)),
            ]
        }
        None => vec![Finding::unknown(
            PART,
            format!("torch {} {at}, not tried", package.version),
        )],
    }
}

fn absent(seen: &Surroundings, interpreter: &Interpreter) -> Finding {
    let managed = seen.externally_managed && !interpreter.is_virtual_environment();
    let remedy = if managed {
        "Install it into a virtual environment: `python3 -m venv .venv`, then `.venv/bin/python -m pip install torch \
         setuptools wheel ninja`."
            .to_owned()
    } else {
        installing(interpreter, &["torch", "setuptools", "wheel", "ninja"])
    };
    Finding::problem(PART, "torch is not installed in this Python")
        .cause("module-not-found")
        .remedy(remedy)
}

/// How this Python installs packages. `python -m venv --without-pip` and uv make environments without pip.
pub(super) fn installing(interpreter: &Interpreter, packages: &[&str]) -> String {
    let python = interpreter.executable.as_str();
    let mut install = vec![python, "-m", "pip", "install"];
    install.extend(packages);
    let install = command(&install);
    if interpreter.packages.contains_key("pip") {
        return format!("{install}.");
    }
    let ensure = command(&[python, "-m", "ensurepip", "--upgrade"]);
    format!("Install pip first, {ensure}, then {install}.")
}

fn other_processor(
    seen: &Surroundings,
    interpreter: &Interpreter,
    package: &TorchPackage,
) -> Option<Finding> {
    let machine = interpreter.machine.as_str();
    let fits = |arch: &Arch| arch.to_string() == machine;
    let known = ["arm64", "x86_64", "aarch64"].contains(&machine);
    if !known || seen.torch_archs.is_empty() || seen.torch_archs.iter().any(fits) {
        return None;
    }
    let archs: Vec<String> = seen.torch_archs.iter().map(Arch::to_string).collect();
    Some(
        Finding::problem(
            PART,
            format!(
                "torch in `{}` is for {}, and this Python for {machine}",
                package.location,
                archs.join(" and ")
            ),
        )
        .cause("arch-mismatch")
        .remedy(format!(
            "Install the torch of this Python's processor: `{} -m pip install --force-reinstall --no-cache-dir torch`.",
            interpreter.executable
        )),
    )
}

/// The OpenMP runtimes in a process that imported torch.
pub(super) fn openmp(seen: &Surroundings) -> Option<Finding> {
    let TorchImport::Imported { images, .. } = &seen.torch.as_ref()?.outcome else {
        return None;
    };
    let runtimes: BTreeSet<&str> = images
        .iter()
        .map(String::as_str)
        .filter(|path| is_openmp(path))
        .collect();
    let part = "OpenMP";
    let listed = |quote: &str| {
        let names: Vec<String> = runtimes
            .iter()
            .map(|path| format!("{quote}{path}{quote}"))
            .collect();
        names.join(" and ")
    };
    match runtimes.len() {
        0 => None,
        1 => Some(Finding::fine(
            part,
            format!("one runtime comes with torch: {}", listed("`")),
        )),
        _ => Some(
            Finding::warning(
                part,
                format!(
                    "`import torch` alone brings {} runtimes: {}",
                    runtimes.len(),
                    listed("`")
                ),
            )
            .cause("duplicate-openmp-runtime")
            .remedy(
                "Take numpy, MKL and torch from one source (pip or conda), in a new environment.",
            ),
        ),
    }
}

/// `libomp.dylib`, `libiomp5.so`, `libgomp-24e2ab19.so.1.0.0`.
pub(super) fn is_openmp(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ["libomp", "libiomp5", "libgomp"].iter().any(|runtime| {
        let rest = name.strip_prefix(runtime);
        rest.is_some_and(|rest| rest.starts_with(['.', '-']))
    })
}

/// numpy 2 beside a torch that was built for numpy 1.
pub(super) fn numpy(interpreter: &Interpreter) -> Option<Finding> {
    let part = "numpy";
    let installed = interpreter.packages.get("numpy")?;
    let torch = interpreter.torch.as_ref()?;
    let number = |version: &str| -> Option<(u32, u32)> {
        let mut parts = version.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    };
    let (numpy, version) = (number(installed)?, number(&torch.version)?);
    // torch 2.3 was the first to be built for numpy 2 and to run with both.
    if numpy.0 < 2 || version >= (2, 3) {
        return Some(Finding::fine(part, format!("numpy {installed}")));
    }
    Some(
        Finding::warning(
            part,
            format!(
                "numpy {installed} is installed, and torch {} is compiled for numpy 1",
                torch.version
            ),
        )
        .cause("numpy-abi")
        .remedy(format!(
            "`{} -m pip install 'numpy<2'`, or a torch from 2.3 on.",
            interpreter.executable
        )),
    )
}
