//! What the loader or the system refuses, and libraries that are not found.

use super::{Named, code, command, reinstall, sign, steps};
use crate::purpose::is_torch_library;

pub(super) fn remedy(id: &str, named: Named<'_>) -> Option<String> {
    match id {
        "arch-mismatch" => arch_mismatch(named),
        "code-signature-invalid" => signature(named),
        "gatekeeper-quarantine" => quarantine(named),
        "duplicate-rpath" => duplicate_rpath(named),
        "library-not-found-rpath" => rpath(named),
        "library-not-found-absolute" => absolute(named),
        "library-not-found-bare" => bare(named),
        "interpreter-broken" => interpreter(named),
        "not-a-macho" | "malformed-macho" => damaged(named),
        "dylib-version-incompatible" => older_library(named),
        _ => None,
    }
}

fn arch_mismatch(named: Named<'_>) -> Option<String> {
    let need = named.get("need_arch")?;
    let arch = if need.contains("arm64") {
        "arm64"
    } else {
        "x86_64"
    };
    let mut all = Vec::new();
    if let Some(package) = named.package() {
        all.push(format!(
            "An installed package: install its {arch} wheel with the Python that imports it, {}.",
            command(&[
                "arch",
                &format!("-{arch}"),
                "python3",
                "-m",
                "pip",
                "install",
                "--force-reinstall",
                "--no-cache-dir",
                package
            ])
        ));
    }
    all.push(format!(
        "Your own extension: remove a fixed `-arch` from the arguments, or build with `ARCHFLAGS=\"-arch {arch}\"`."
    ));
    if let Some(file) = named.first(&["dlopen_path", "library", "file"]) {
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

/// `../` for each directory between the file's own and site-packages.
fn up_to_packages(file: &str) -> Option<String> {
    let (_, inside) = file.split_once("/site-packages/")?;
    Some("../".repeat(inside.matches('/').count()))
}

const IMPORT_TORCH: &str =
    "Import torch before the module: put `import torch` at the top of the package's `__init__.py`.";

fn rpath(named: Named<'_>) -> Option<String> {
    let library = named.get("library")?;
    let name = library.rsplit('/').next().unwrap_or(library);
    let module = named.module();
    let mut all = Vec::new();
    let rpath = if is_torch_library(library) {
        all.push(format!(
            "{IMPORT_TORCH} dyld then takes the libraries that are loaded."
        ));
        let up = module.and_then(up_to_packages);
        format!(
            "@loader_path/{}torch/lib",
            up.unwrap_or_else(|| "../".to_owned())
        )
    } else {
        all.push(format!(
            "Put {} into the package beside the module and link with `extra_link_args=[\"-Wl,-rpath,@loader_path\"]`; \
             `delocate-wheel` does both for a finished wheel.",
            code(name)
        ));
        "@loader_path".to_owned()
    };
    if let Some(module) = module {
        all.push(format!(
            "A finished file: {}, then {}.",
            command(&["install_name_tool", "-add_rpath", &rpath, module]),
            sign(module)
        ));
    }
    if let Some(package) = named.package().filter(|_| !is_torch_library(library)) {
        all.push(format!(
            "A package of others that came without its library: {}.",
            reinstall(package, false)
        ));
    }
    Some(steps(&all))
}

/// The formula of a library in Homebrew's directories.
fn formula(library: &str) -> Option<&str> {
    let prefixes = [
        "/opt/homebrew/opt/",
        "/usr/local/opt/",
        "/opt/homebrew/Cellar/",
        "/usr/local/Cellar/",
    ];
    let rest = prefixes
        .iter()
        .find_map(|prefix| library.strip_prefix(prefix))?;
    rest.split('/').next()
}

fn absolute(named: Named<'_>) -> Option<String> {
    let library = named.get("library")?;
    if named.is_elf() {
        return Some(
            "Copy the library into the wheel with `auditwheel repair`, or link it by `-l` and its soname.".to_owned(),
        );
    }
    let name = library.rsplit('/').next().unwrap_or(library);
    let mut all = vec![
        "For a wheel: copy the library in with `delocate-wheel -w fixed dist/*.whl`.".to_owned(),
    ];
    if let Some(formula) = formula(library) {
        all.push(format!(
            "On this machine alone: {}, or build against the one that is installed.",
            command(&["brew", "install", formula])
        ));
    }
    if let Some(module) = named.module() {
        all.push(format!(
            "A finished file, with the library beside it: {}, then {}.",
            command(&[
                "install_name_tool",
                "-change",
                library,
                &format!("@loader_path/{name}"),
                module
            ]),
            sign(module)
        ));
    }
    Some(steps(&all))
}

fn bare(named: Named<'_>) -> Option<String> {
    let library = named.get("library")?;
    let name = library.rsplit('/').next().unwrap_or(library);
    if is_torch_library(library) {
        return Some(IMPORT_TORCH.to_owned());
    }
    if named.is_elf() {
        return Some(format!(
            "Put {} into the package and link with `extra_link_args=[\"-Wl,-rpath,$ORIGIN\"]`, or link the library \
             statically.",
            code(name)
        ));
    }
    let mut all = Vec::new();
    match named.get("referenced_from") {
        Some(module) => {
            all.push(format!(
                "Put {} into the package and link with `extra_link_args=[\"-Wl,-rpath,@loader_path\"]`; give the \
                 library an install name that starts with `@rpath/`.",
                code(name)
            ));
            all.push(format!(
                "A finished file: {}, then {}.",
                command(&["install_name_tool", "-change", library, &format!("@loader_path/{name}"), module]),
                sign(module)
            ));
        }
        None => all.push(format!(
            "Install {}, and open it by its full path: macOS searches no directory of Homebrew for a bare name.",
            code(name)
        )),
    }
    Some(steps(&all))
}

fn interpreter(named: Named<'_>) -> Option<String> {
    let program = named.first(&["referenced_from", "interpreter"])?;
    Some(match environment_of(program) {
        Some(environment) => format!(
            "The Python that this environment was made with is gone. Make the environment again: {}, which empties it \
             first, then install what was in it.",
            command(&["python3", "-m", "venv", "--clear", environment])
        ),
        None => format!(
            "{} needs a Python that is not on this machine: install that version, or have the program packed with its \
             own.",
            code(program)
        ),
    })
}

/// The directory of the virtual environment that a program may be of. Directories of the system, of package managers
/// and homes are none: what stands there must not be emptied.
fn environment_of(program: &str) -> Option<&str> {
    const SHARED: [&str; 7] = [
        "/usr",
        "/opt",
        "/bin",
        "/Library",
        "/System",
        "/Applications",
        "/nix",
    ];
    const MANAGED: [&str; 8] = [
        "conda",
        "miniforge",
        "mambaforge",
        "/Cellar/",
        ".framework/",
        ".app/",
        "/.pyenv/versions/",
        "/uv/python/",
    ];
    let (environment, _) = program.rsplit_once("/bin/")?;
    let is_home = ["/Users/", "/home/"].iter().any(|homes| {
        let name = environment.strip_prefix(homes);
        name.is_some_and(|name| !name.contains('/'))
    });
    let is_other = SHARED.iter().any(|start| environment.starts_with(start))
        || MANAGED.iter().any(|part| environment.contains(part));
    let named = !["", "~", "/root"].contains(&environment);
    (named && !is_home && !is_other).then_some(environment)
}

fn damaged(named: Named<'_>) -> Option<String> {
    let file = named.first(&["dlopen_path", "library", "file"])?;
    let mut all = Vec::new();
    if let Some(package) = named.package() {
        all.push(format!(
            "Install the package for macOS: {}; if there is no wheel for macOS, from source.",
            reinstall(package, false)
        ));
    }
    all.push(format!(
        "{} shows what it is. A file that was built on Linux cannot be loaded here: build it on a Mac.",
        command(&["file", file])
    ));
    Some(steps(&all))
}

fn older_library(named: Named<'_>) -> Option<String> {
    let library = named.get("library")?;
    let mut all = Vec::new();
    let name = library.rsplit('/').next().unwrap_or(library);
    let wanted = named
        .get("version_required")
        .map_or_else(String::new, |version| {
            format!(" to one with the compatibility version {version} or later")
        });
    all.push(match formula(library) {
        Some(formula) => format!(
            "Update {}{wanted}: {}.",
            code(name),
            command(&["brew", "upgrade", formula])
        ),
        None => format!(
            "Update {}{wanted}, or remove the older copy that is found first.",
            code(name)
        ),
    });
    if let Some(module) = named.module() {
        all.push(format!(
            "Or build {} against the library that is there. {} shows which version it asks for.",
            code(module),
            command(&["otool", "-L", module])
        ));
    }
    Some(steps(&all))
}
