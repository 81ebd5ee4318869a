//! How processes end, and what two libraries do to each other in one.

use super::{Named, code, command, reinstall, sign, steps};

pub(super) fn remedy(id: &str, named: Named<'_>) -> Option<String> {
    match id {
        "duplicate-openmp-runtime" => openmp(named),
        "duplicate-objc-class" => objc(named),
        "crash-at-import" => crash(named),
        "crash-illegal-instruction" => illegal(named),
        _ => None,
    }
}

fn openmp(named: Named<'_>) -> Option<String> {
    if named.get("stage") == Some("wheel") {
        return Some(
            "Leave it out: `delocate-wheel --exclude libomp`, and link to `@rpath/libomp.dylib`, which torch has loaded."
                .to_owned(),
        );
    }
    if named.is_own() == Some(true) {
        return Some(
            "Link the module to the OpenMP runtime that torch brings, and leave any other out of the wheel.".to_owned(),
        );
    }
    let (new, old) = (named.get("openmp_new")?, named.get("openmp_old")?);
    Some(steps(&[
        format!(
            "Two packages bring an OpenMP runtime of their own, {} and {}: let both use one. In a conda environment take \
             both from conda (`conda install nomkl`), in a virtual environment both from pip.",
            code(old),
            code(new)
        ),
        "Your own extension: do not link OpenMP statically and ship no copy; use the one that torch has loaded.".to_owned(),
        "`KMP_DUPLICATE_LIB_OK=TRUE` only hides it: results may be wrong.".to_owned(),
    ]))
}

fn objc(named: Named<'_>) -> Option<String> {
    let class = named.get("class")?;
    Some(format!(
        "Two packages ship the library that defines {}: use one of them, or versions that share it. Nothing fails: it \
         may be harmless; a crash after it is not.",
        code(class)
    ))
}

fn crash(named: Named<'_>) -> Option<String> {
    if named.get("exception").is_some() {
        return Some(
            "Catch the exception where it is thrown: in a static initialiser nobody else can."
                .to_owned(),
        );
    }
    let python = named.python();
    let file = named.get("file");
    if let (Some("SIGKILL"), Some(file), false) = (named.get("signal"), file, named.on_linux()) {
        return Some(format!(
            "Check the signature first: {}; sign again with {}.",
            command(&["codesign", "--verify", "--verbose", file]),
            sign(file)
        ));
    }
    let module = named.get("module").filter(|module| !module.contains('/'));
    let import = format!("import {}", module.unwrap_or("MODULE"));
    let debugger = if named.on_linux() {
        command(&[
            "gdb", "-batch", "-ex", "run", "-ex", "bt", "--args", python, "-c", &import,
        ])
    } else {
        command(&[
            "lldb", "--batch", "-o", "run", "-o", "bt", "--", python, "-c", &import,
        ])
    };
    Some(steps(&[
        format!(
            "See where: {}, or {debugger} for the C++ side.",
            command(&[python, "-X", "faulthandler", "-c", &import]),
        ),
        "Most often two copies of a library are in the process, or the extension is for another Python or torch: build it \
         again in a fresh environment."
            .to_owned(),
    ]))
}

fn illegal(named: Named<'_>) -> Option<String> {
    if let Some(flag) = named.get("flag") {
        return Some(format!(
            "Remove {} from the compiler's arguments: it builds for the processor of the build machine.",
            code(flag)
        ));
    }
    let rosetta = "Use a Python for arm64 on Apple Silicon: Rosetta does not have every instruction of Intel's processors. \
                   `python3 -c \"import platform; print(platform.machine())\"` should say `arm64`.";
    let own = "Build without flags that choose a processor (`-march=native`, `-mavx`), the libraries that it loads as well.";
    if named.is_own() == Some(true) {
        let remedy = if named.is_translated() { rosetta } else { own };
        return Some(remedy.to_owned());
    }
    Some(steps(&[
        rosetta.to_owned(),
        named.package().map_or_else(
            || "A package: a version or a build for this processor.".to_owned(),
            |package| format!("The package: {}.", reinstall(package, true)),
        ),
        format!(
            "Your own extension: build{}",
            own.trim_start_matches("Build")
        ),
    ]))
}
