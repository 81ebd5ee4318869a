//! What the loader or the system refuses a file for.

use super::{Named, code, command, reinstall, sign, steps};

pub(super) fn remedy(id: &str, named: Named<'_>) -> Option<String> {
    match id {
        "arch-mismatch" => arch_mismatch(named),
        "code-signature-invalid" => signature(named),
        "gatekeeper-quarantine" => quarantine(named),
        "duplicate-rpath" => duplicate_rpath(named),
        "not-a-macho" => no_image(named),
        "malformed-macho" => damaged(named),
        _ => None,
    }
}

fn arch_mismatch(named: Named<'_>) -> Option<String> {
    let need = named.get("need_arch")?;
    if let Some(library) = named.get("ignored_library") {
        return Some(format!(
            "Give the linker {} for {need}, or for both processors; {} shows what it is for.",
            code(library),
            command(&["lipo", "-archs", library])
        ));
    }
    let file = named.first(&["dlopen_path", "library", "file"]);
    if named.is_elf() {
        return Some(match file.filter(|_| named.is_own() == Some(false)) {
            Some(file) => format!("Install {} for {need}.", code(file)),
            None => "Build it on this machine, with the Python that imports it.".to_owned(),
        });
    }
    let arch = if need.contains("arm64") {
        "arm64"
    } else {
        "x86_64"
    };
    let mut all = Vec::new();
    let from_arm = named
        .get("have_arch")
        .is_some_and(|have| have.contains("arm64"));
    if named.is_translated() || (arch == "x86_64" && from_arm && named.is_own() != Some(true)) {
        all.push(
            "On Apple Silicon, best use a Python for arm64, in a terminal that is not opened with Rosetta: this one is for \
             Intel's processors."
                .to_owned(),
        );
    }
    if let Some(package) = named.get("distribution").or_else(|| named.package()) {
        all.push(format!(
            "An installed package: install its {arch} wheel with the Python that imports it, {}.",
            named.pip_for(arch, package)
        ));
    }
    if named.is_own() != Some(false) {
        all.push(format!(
            "Your own extension: remove a fixed `-arch` from the arguments, or build with `ARCHFLAGS=\"-arch {arch}\"`."
        ));
    }
    if let Some(file) = file {
        if named.is_own() == Some(false) && named.package().is_none() {
            all.push(format!("Install {} for {need}.", code(file)));
        }
        all.push(format!(
            "{} shows what the file is for, `python3 -c \"import platform; print(platform.machine())\"` what Python is.",
            command(&["lipo", "-archs", file])
        ));
    }
    Some(steps(&all))
}

fn signature(named: Named<'_>) -> Option<String> {
    let reason = named.get("reason").unwrap_or_default();
    let file = named.first(&["signed_file", "library", "dlopen_path", "file"]);
    if reason.contains("Team ID") {
        let mut all = vec![
            "Use a Python without library validation: from python.org, Homebrew or uv. An app of your own: sign it with \
             the entitlement `com.apple.security.cs.disable-library-validation`, or sign every library in it with the \
             app's identity."
                .to_owned(),
        ];
        all.extend(file.map(|file| {
            format!(
                "{} shows the team of a file.",
                command(&["codesign", "-dv", "--verbose=4", file])
            )
        }));
        return Some(steps(&all));
    }
    let file = file?;
    Some(steps(&[
        format!(
            "Sign after the last change to the file (`install_name_tool`, `strip`, `lipo`): {}.",
            sign(file)
        ),
        format!(
            "{} checks it.",
            command(&["codesign", "--verify", "--verbose", file])
        ),
    ]))
}

fn quarantine(named: Named<'_>) -> Option<String> {
    let file = named.first(&["signed_file", "library", "dlopen_path", "file"])?;
    let mark = if file.contains('/') {
        command(&["xattr", "-d", "com.apple.quarantine", file])
    } else {
        command(&[
            "find",
            ".",
            "-name",
            file,
            "-exec",
            "xattr",
            "-d",
            "com.apple.quarantine",
            "{}",
            ";",
        ])
    };
    Some(steps(&[
        format!("Remove the mark where the file comes from, before it is packed: {mark}."),
        "A whole directory: `xattr -dr com.apple.quarantine DIRECTORY`. Files that `pip` or `curl` fetch have none."
            .to_owned(),
    ]))
}

fn duplicate_rpath(named: Named<'_>) -> Option<String> {
    let rpath = named.get("rpath")?;
    let mut all = vec![match named.get("brought") {
        Some(file) => format!("Update the package that brings {}.", code(file)),
        None => format!(
            "Pass {} once: it is in two of `extra_link_args`, `runtime_library_dirs` and `LDFLAGS`.",
            code(&format!("-Wl,-rpath,{rpath}"))
        ),
    }];
    if let Some(file) = named.first(&["library", "dlopen_path"]) {
        all.push(format!(
            "A finished file: {}, then {}.",
            command(&["install_name_tool", "-delete_rpath", rpath, file]),
            sign(file)
        ));
    }
    Some(steps(&all))
}

/// What is no image of this system.
fn no_image(named: Named<'_>) -> Option<String> {
    if named.get("content") == Some("git-lfs") {
        return Some("Fetch the file itself: `git lfs pull`, then build again.".to_owned());
    }
    if named.is_own() == Some(true) {
        return Some(
            "Remove the build directories and build on this system: `rm -rf build dist *.egg-info`."
                .to_owned(),
        );
    }
    let file = named.first(&["dlopen_path", "library", "file"])?;
    let mut all = Vec::new();
    match named.package() {
        Some(package) => all.push(format!(
            "Install the package for this system: {}; if there is no wheel for it, from source.",
            reinstall(package, false)
        )),
        None => all.push(format!(
            "Replace {} by one that is built for this system.",
            code(file)
        )),
    }
    all.push(format!(
        "{} shows what it is. A file that was built on Linux cannot be loaded on macOS: build it on a Mac.",
        command(&["file", file])
    ));
    Some(steps(&all))
}

/// An image that contradicts itself.
fn damaged(named: Named<'_>) -> Option<String> {
    let file = named.first(&["dlopen_path", "library", "file"])?;
    let mut all = Vec::new();
    all.push(match named.package() {
        Some(package) => format!("An installed package: {}.", reinstall(package, false)),
        None => format!(
            "Build or copy {} again, into an empty directory: `rm -rf build dist`.",
            code(file)
        ),
    });
    all.push(
        "If it stays so, leave out the step that edits the file (`strip`, `patchelf`, `install_name_tool`, a packer), or \
         update that tool."
            .to_owned(),
    );
    Some(steps(&all))
}
