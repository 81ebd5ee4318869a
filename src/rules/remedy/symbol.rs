//! Symbols that are not found: shown as people write them, with the library that should have them.

use super::super::symbol::SymbolName;
use super::{Named, code, command, reinstall, steps};

pub(super) fn remedy(id: &str, named: Named<'_>) -> Option<String> {
    match id {
        "symbol-missing-torch-abi" => torch(named),
        "torch-not-imported-first" => not_imported(named),
        "symbol-missing-python" => of_python(named),
        "compiler-runtime-mismatch" => other_toolchain(named),
        "symbol-missing-libcxx" => of_cxx_library(named),
        "min-os-too-new" => newer_system(named),
        "symbol-missing-other" => other(named),
        _ => None,
    }
}

/// The symbol as a C++ programmer writes it.
pub(super) fn shown(symbol: &str, named: Named<'_>) -> String {
    let name = SymbolName::new(symbol, !named.is_elf()).readable(symbol);
    code(name.trim_matches('`'))
}

/// Building against the torch that is here.
fn build_here(named: Named<'_>) -> String {
    format!(
        "Your own extension: build it against the torch that is installed here, {}, again after each update of torch.",
        named.python_m(&["pip", "install", "--no-build-isolation", "."])
    )
}

/// A wheel whose requirement lets in a torch that its files do not fit.
fn torch_of_wheel(named: Named<'_>) -> String {
    if let Some(pin) = named.get("torch_pin") {
        let pin = code(&format!("torch{pin}"));
        return format!("Require what the files fit: {pin}, or build a wheel for each torch.");
    }
    let remedy = match named.get("symbol") {
        Some(_) => {
            "Build the wheel against a release of torch, not a nightly one, and require that release."
        }
        None => "Build all of its files against one release of torch, and require that.",
    };
    remedy.to_owned()
}

fn torch(named: Named<'_>) -> Option<String> {
    if named.get("stage") == Some("wheel") {
        return Some(torch_of_wheel(named));
    }
    let symbol = named.get("symbol");
    if let Some(flag) = named.get("flag") {
        return Some(format!(
            "Remove {} from `extra_compile_args`: `BuildExtension` passes what torch was built with.",
            code(flag)
        ));
    }
    if let Some(abi) = named.get("torch_cxx11_abi") {
        return Some(format!(
            "Compile with `-D_GLIBCXX_USE_CXX11_ABI={abi}`, as torch was: `BuildExtension` passes it, CMake has it in \
             `TORCH_CXX_FLAGS`."
        ));
    }
    if named.get("linked") == Some("no") {
        return Some(
            "Declare the extension with `CppExtension`, which links torch's libraries, and `import torch` before it."
                .to_owned(),
        );
    }
    // On macOS, torch's symbols name libc++'s types; a symbol with libstdc++'s was compiled by GCC.
    if !named.is_elf() && symbol.is_some_and(|it| SymbolName::new(it, true).mentions_libstdcxx()) {
        return Some("Build with Apple's compiler: `CC=clang CXX=clang++`.".to_owned());
    }
    let mut all = vec![build_here(named)];
    let package = named.package().filter(|package| *package != "torch");
    if let Some(package) = package {
        all.push(format!(
            "A package of others: install the version that its page gives for your torch ({} shows it), or build it here: \
             {}.",
            named.python_m(&["pip", "show", "torch"]),
            named.python_m(&["pip", "install", "--force-reinstall", "--no-deps", "--no-build-isolation", "--no-binary", package, package])
        ));
    }
    if let Some(version) = named.get("torch_install") {
        all.push(format!(
            "Or the other way: install a torch that it fits, {}.",
            named.python_m(&["pip", "install", &format!("torch=={version}")])
        ));
    } else if let Some(releases) = named.get("torch_fits") {
        // One part a processor.
        let parts = releases.split("; ").filter(|part| *part != "no release");
        let parts: Vec<&str> = parts.collect();
        if !parts.is_empty() {
            let releases = parts.join("; ");
            all.push(format!(
                "Or install a torch that has the symbol: {releases}."
            ));
        }
    }
    Some(steps(&all))
}

fn not_imported(named: Named<'_>) -> Option<String> {
    Some(match named.get("init_file") {
        Some(file) => format!(
            "Write `import torch` into {}, before the line that imports the extension.",
            code(file)
        ),
        None => "Put `import torch` before the import of the extension, at the top of the package's `__init__.py`."
            .to_owned(),
    })
}

fn of_python(named: Named<'_>) -> Option<String> {
    named.get("symbol")?;
    let abi3 = named.get("abi") == Some("abi3")
        || named
            .module()
            .is_some_and(|file| file.ends_with(".abi3.so"));
    let mut all = vec![if abi3 {
        "Your own extension: define `Py_LIMITED_API` as the oldest Python that must work, so that the compiler refuses what \
         it lacks."
            .to_owned()
    } else {
        format!(
            "Your own extension: build with the Python that imports it, {}, after generating Cython or SWIG sources anew.",
            named.python_m(&["pip", "install", "--force-reinstall", "--no-deps", "."])
        )
    }];
    all.extend(
        named
            .package()
            .map(|package| format!("An installed package: {}.", reinstall(package, false))),
    );
    Some(steps(&all))
}

fn other_toolchain(named: Named<'_>) -> Option<String> {
    let symbol = named.get("symbol")?;
    let name = shown(symbol, named);
    let mut all = vec![if named.is_elf() {
        format!(
            "{name} is of another compiler's runtime library: build with the compiler that torch was built with, `CC=gcc \
             CXX=g++`, without `-stdlib=libc++`."
        )
    } else {
        format!(
            "{name} is of another compiler's runtime library: build it, and the libraries it loads, with Apple's compiler, \
             `CC=clang CXX=clang++`."
        )
    }];
    all.extend(
        named
            .package()
            .map(|package| format!("An installed package: {}.", reinstall(package, true))),
    );
    Some(steps(&all))
}

/// Builds for systems older than the one that builds.
fn newer_system(named: Named<'_>) -> Option<String> {
    if named.is_elf() {
        return Some(
            "Build on the oldest system that must work, for example in a manylinux container."
                .to_owned(),
        );
    }
    // Since macOS 11 the major version is what counts.
    let target = |version: &str| {
        let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
        let minor = minor.split('.').next().unwrap_or("0");
        match major {
            "10" => format!("10.{minor}"),
            _ => format!("{major}.0"),
        }
    };
    let running = named.get("running_os").map(target);
    let built = named.get("min_os");
    if running.is_none() && built.is_none() && named.get("symbol").is_none() {
        return None;
    }
    let now = built.map_or_else(String::new, |version| format!(" (now {version})"));
    let mut all = vec![match running {
        Some(version) => format!(
            "Build with {} or older{now}, and take libraries that are built so, too.",
            command(&["export", &format!("MACOSX_DEPLOYMENT_TARGET={version}")])
        ),
        None => format!(
            "Build with `MACOSX_DEPLOYMENT_TARGET` set to the oldest macOS that must work{now}, and take libraries that are \
             built so, too."
        ),
    }];
    if let Some(package) = named.package() {
        all.push(format!(
            "An installed package: an older version that still supports this macOS, or build it here: {}. Or update macOS.",
            reinstall(package, true)
        ));
    }
    Some(steps(&all))
}

fn of_cxx_library(named: Named<'_>) -> Option<String> {
    let symbol = named.get("symbol").unwrap_or_default();
    let at_load = named.get("stage") == Some("load")
        || named
            .first(&["dlopen_path", "referenced_from", "expected_in"])
            .is_some();
    if !at_load {
        // A name without a signature is the compiler's, which has not read of it.
        let is_compilers = !symbol.contains([':', '_', '(']);
        return Some(match is_compilers {
            true => format!(
                "The C++ library that the compiler reads has no {}: compile as a newer C++ (`-std=c++17`, `-std=c++20`), \
                 include the header that declares it, or update Apple's Command Line Tools.",
                code(&format!("std::{symbol}"))
            ),
            false => "Let the C++ compiler link, with the standard library that the objects were compiled against: \
                      `language=\"c++\"` in the extension, and one compiler for all (`CC=clang CXX=clang++`)."
                .to_owned(),
        });
    }
    if named.is_elf() {
        return Some(
            "Build on the oldest system that must work (a manylinux container), or update the libstdc++ that the process \
             loads first."
                .to_owned(),
        );
    }
    let mut all = vec![
        "Build with `MACOSX_DEPLOYMENT_TARGET` set to the oldest macOS that must work: the compiler then names the function \
         that is too new."
            .to_owned(),
        "Compiled with Homebrew's LLVM: link with its own libc++, `-L$(brew --prefix llvm)/lib/c++`, or use Apple's \
         compiler, `CC=clang CXX=clang++`."
            .to_owned(),
    ];
    if let Some(package) = named.package() {
        all.push(format!(
            "An installed package: an older version that still supports this macOS, or build it here: {}. Or update macOS.",
            reinstall(package, true)
        ));
    }
    Some(steps(&all))
}

/// How to link what `-fopenmp` or a Fortran compiler calls.
fn runtime(symbol: &str, is_elf: bool) -> Option<String> {
    let name = symbol.trim_start_matches('_');
    let is_of = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let remedy = if is_of(&["kmpc_", "GOMP_", "omp_"]) {
        match is_elf {
            true => "It is of OpenMP's runtime: put `-fopenmp` into `extra_link_args`, too.",
            false => {
                "It is of OpenMP's runtime, which macOS does not have: link with `-lomp` (`brew install libomp`; beside \
                 torch the `libomp.dylib` in torch's `lib`, so that the process has one), and let the wheel bring it."
            }
        }
    } else if is_of(&["gfortran_"]) {
        "It is of Fortran's runtime: link with gfortran, or with `-lgfortran` from the directory of \
         `gfortran -print-file-name=libgfortran.dylib`, and let the wheel bring it."
    } else {
        return None;
    };
    Some(remedy.to_owned())
}

fn other(named: Named<'_>) -> Option<String> {
    if named.get("symbol_version").is_some() {
        let library = named.get("expected_in");
        let library = library.map_or_else(|| "the library that lacks it".to_owned(), code);
        return Some(format!(
            "Update {library}, or build against the one that is installed."
        ));
    }
    let symbol = named.get("symbol")?;
    if let Some(runtime) = runtime(symbol, named.is_elf()) {
        return Some(runtime);
    }
    let mut all = vec![format!(
        "{} of your own: add the source that defines it to `sources=[...]`.",
        shown(symbol, named)
    )];
    let provider = named.get("expected_in").filter(|path| path.contains('/'));
    all.push(match provider {
        Some(library) => format!(
            "{} is another version than the one that the module was built against: update it, or build against it. {} \
             lists what it has.",
            code(library),
            command(&["nm", if named.is_elf() { "-D" } else { "-gU" }, library])
        ),
        None => "Of a library: add it to `libraries=[...]`. The linker's warning `ignoring file ...` in the build log \
                 means that it was for another processor."
            .to_owned(),
    });
    if let Some(package) = named.package() {
        all.push(format!(
            "An installed package: {}.",
            reinstall(package, false)
        ));
    }
    Some(steps(&all))
}
