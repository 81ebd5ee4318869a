//! What is said when a compiler, a build tool or a Python module of the build is not there.

use super::{FaultKind, between};

/// Programs that builds start by name. A name outside the list could as well be a missing data file.
const TOOLS: [&str; 15] = [
    "cmake",
    "ninja",
    "make",
    "gmake",
    "meson",
    "swig",
    "cython",
    "nasm",
    "yasm",
    "git",
    "nvcc",
    "pkg-config",
    "autoreconf",
    "bazel",
    "protoc",
];

/// The complaint. `previous` is the line before it.
pub(super) fn fault(text: &str, previous: &str) -> Option<FaultKind> {
    missing_compiler(text, previous)
        .or_else(|| missing_tool(text))
        .or_else(|| missing_module(text))
}

fn missing_compiler(text: &str, previous: &str) -> Option<FaultKind> {
    let missing = |what: &str| {
        Some(FaultKind::CompilerMissing {
            what: what.to_owned(),
        })
    };
    // setuptools: `error: command 'g++' failed: No such file or directory`
    if let Some(command) = between(
        text,
        "error: command '",
        "' failed: No such file or directory",
    ) {
        return if TOOLS.contains(&command) {
            None
        } else {
            missing(command)
        };
    }
    // setuptools since 75: `error: [Errno 2] No such file or directory: 'g++'`, below the command that it tried.
    // The same words tell of any missing file, so the command must start with that name.
    if let Some(command) = between(text, "error: [Errno 2] No such file or directory: '", "'")
        && previous.split(' ').next() == Some(command)
    {
        return missing(command);
    }
    // distutils: `unable to execute 'gcc': No such file or directory`
    if let Some(command) = between(text, "unable to execute '", "': No such file or directory") {
        return missing(command);
    }
    // `xcrun: error: invalid active developer path (/Library/Developer/CommandLineTools), missing xcrun at: ...`
    // `You have not agreed to the Xcode license agreements. Please run 'sudo xcodebuild -license' ...`
    // `Agreeing to the Xcode/iOS license requires admin privileges, please run “sudo xcodebuild -license” ...`
    let of_xcode = [
        "xcrun: error: invalid active developer path",
        "You have not agreed to the Xcode license agreements",
        "Agreeing to the Xcode/iOS license requires admin privileges",
    ];
    if of_xcode.iter().any(|words| text.starts_with(words)) {
        return missing(text);
    }
    // CMake: `No CMAKE_CXX_COMPILER could be found.`
    let variable = between(text, "No ", " could be found.")?;
    if variable.starts_with("CMAKE_") && variable.ends_with("_COMPILER") {
        return missing(variable);
    }
    None
}

/// Programs that every system has: a script asks for one in passing, and what it lacks then is a path, not a tool.
const OF_EVERY_SYSTEM: [&str; 16] = [
    "awk", "cat", "cp", "cut", "grep", "head", "ls", "mkdir", "ps", "rm", "sed", "sh", "tail",
    "tr", "uname", "which",
];

fn missing_tool(text: &str) -> Option<FaultKind> {
    let missing = |tool: &str| {
        Some(FaultKind::BuildToolMissing {
            tool: tool.to_owned(),
        })
    };
    // setuptools before 70.1 without the package wheel: `error: invalid command 'bdist_wheel'`
    if text == "error: invalid command 'bdist_wheel'" {
        return missing("wheel");
    }
    // `/opt/venv/bin/python: No module named pip`
    if let Some(python) = text.strip_suffix(": No module named pip")
        && python
            .rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with("python"))
    {
        return missing("pip");
    }
    // torch: `RuntimeError: Ninja is required to load C++ extensions (pip install ninja to get it)`
    // CMake: `CMake was unable to find a build program corresponding to "Ninja".  CMAKE_MAKE_PROGRAM is not set.`
    if text.starts_with("RuntimeError: Ninja is required to load C++ extensions")
        || text.contains("CMake was unable to find a build program corresponding to \"Ninja\"")
    {
        return missing("ninja");
    }
    // scikit-build-core: `CMakeNotFoundError: Could not find CMake with version >=3.15`
    if text.contains("Could not find CMake with version ") {
        return missing("cmake");
    }
    // setuptools: `error: command 'swig' failed: No such file or directory`
    let command = between(
        text,
        "error: command '",
        "' failed: No such file or directory",
    );
    if let Some(tool) = command.filter(|tool| TOOLS.contains(tool)) {
        return missing(tool);
    }
    // subprocess: `FileNotFoundError: [Errno 2] No such file or directory: 'cmake'`
    let called = between(
        text,
        "FileNotFoundError: [Errno 2] No such file or directory: '",
        "'",
    );
    let tool = called
        .filter(|tool| TOOLS.contains(tool))
        .or_else(|| not_found_by_shell(text))
        .filter(|tool| !OF_EVERY_SYSTEM.contains(tool))?;
    if ["cc", "c++", "gcc", "g++", "clang", "clang++"].contains(&tool) {
        return Some(FaultKind::CompilerMissing {
            what: tool.to_owned(),
        });
    }
    missing(tool)
}

/// dash: `/bin/sh: 1: cmake: not found`; bash: `bash: line 1: cmake: command not found`;
/// zsh: `zsh:1: command not found: cmake`.
fn not_found_by_shell(text: &str) -> Option<&str> {
    let (shell, rest) = text.split_once(':')?;
    const SHELLS: [&str; 8] = [
        "sh", "bash", "dash", "zsh", "-bash", "pyenv", "make", "gmake",
    ];
    if !SHELLS.contains(&shell.rsplit('/').next()?) {
        return None;
    }
    if let Some((_, tool)) = rest.split_once("command not found: ") {
        return Some(tool);
    }
    // make: `make: cc: No such file or directory`
    let of_make = rest
        .strip_suffix(": No such file or directory")
        .filter(|name| shell.ends_with("make") && !name.contains(['/', '.']));
    let rest = rest
        .strip_suffix(": command not found")
        .or_else(|| rest.strip_suffix(": not found"))
        .or(of_make)?;
    rest.rsplit(": ").next().map(str::trim)
}

fn missing_module(text: &str) -> Option<FaultKind> {
    // Python: `ModuleNotFoundError: No module named 'torch'`
    // pip: `pip._vendor.pyproject_hooks._impl.BackendUnavailable: Cannot import 'scikit_build_core.build'`
    let backend = text
        .split_once("BackendUnavailable: Cannot import '")
        .and_then(|(_, rest)| rest.split_once('\''))
        .map(|(module, _)| module);
    let module = between(text, "ModuleNotFoundError: No module named '", "'").or(backend)?;
    Some(FaultKind::BuildModuleMissing {
        module: module.to_owned(),
    })
}
