//! What Python, numpy and torch notice.

use super::named::distribution;
use super::{Named, code, command, reinstall, steps};

pub(super) fn remedy(id: &str, named: Named<'_>) -> Option<String> {
    match id {
        "module-init-missing" => init(named),
        "module-shadowed" => shadowed(named),
        "extension-file-missing" => extension(named),
        "module-not-found" => not_found(named),
        "python-version-mismatch" => version(named),
        "environment-mismatch" => environment(named),
        "numpy-abi" => numpy_abi(named),
        "torch-op-missing" => operator(named),
        _ => None,
    }
}

fn init(named: Named<'_>) -> Option<String> {
    let function = named.get("init_function")?;
    let name = function
        .strip_prefix("PyInit_")
        .or_else(|| function.strip_prefix("init"))
        .unwrap_or(function);
    Some(format!(
        "The file is imported as {}: let the source say so, {} (with torch: `PYBIND11_MODULE(TORCH_EXTENSION_NAME, \
         m)`), or name the extension in setup.py after the source.",
        code(name),
        code(&format!("PYBIND11_MODULE({name}, m)"))
    ))
}

fn shadowed(named: Named<'_>) -> Option<String> {
    if let Some(entry) = named.get("pythonpath") {
        return Some(format!(
            "Take {} out of `PYTHONPATH`, or move the package below `src/` in the source tree.",
            code(entry)
        ));
    }
    let module = named.get("module").and_then(|name| name.split('.').next());
    let file = named.get("package_file");
    let of_python = |file: &str| file.contains("/lib/python") && !file.contains("-packages/");
    if named.get("own") == Some("builtin") || file.is_some_and(of_python) {
        return Some(format!(
            "Rename {}: Python itself has a module of that name, which comes first.",
            code(module?)
        ));
    }
    let file = file?;
    match file.strip_suffix("/__init__.py") {
        Some(directory) => {
            let parent = directory.rsplit_once('/').map_or(".", |(parent, _)| parent);
            Some(steps(&[
                format!(
                    "Run Python in another directory than {}: it takes {} from there, where nothing is compiled.",
                    code(parent),
                    code(directory)
                ),
                "Or compile in place: `python3 -m pip install --no-build-isolation -e .` in the source tree.".to_owned(),
            ]))
        }
        None => Some(format!(
            "Rename {}: it has the name of a module that Python or a package imports. Remove the `__pycache__` beside it.",
            code(file)
        )),
    }
}

fn extension(named: Named<'_>) -> Option<String> {
    if named.is_own() == Some(true) {
        return Some(format!(
            "Build it with the Python that imports it: {}. One file for many Pythons needs the limited API and the suffix \
             `.abi3.so` (`py_limited_api=True`).",
            named.python_m(&["pip", "install", "--force-reinstall", "--no-deps", "."])
        ));
    }
    let of_module = || {
        let top = named.get("module")?.split('.').next()?;
        (!top.starts_with('_')).then_some(top)
    };
    let package = named
        .package()
        .or_else(|| Some(distribution(named.get("package").or_else(of_module)?)))?;
    Some(steps(&[
        format!(
            "The compiled part of {} is missing, or is for another Python: {}.",
            code(package),
            reinstall(package, false)
        ),
        format!(
            "{} lists the files that are there, with the Python they are for.",
            command(&["python3", "-m", "pip", "show", "--files", package])
        ),
    ]))
}

/// Modules of Python's own that are only built where a library is: what Homebrew calls it.
const PARTS_OF_PYTHON: [(&str, &str); 13] = [
    ("_bz2", "bzip2"),
    ("_ctypes", "libffi"),
    ("_curses", "ncurses"),
    ("_dbm", "gdbm"),
    ("_gdbm", "gdbm"),
    ("_hashlib", "openssl@3"),
    ("_lzma", "xz"),
    ("_sqlite3", "sqlite"),
    ("_ssl", "openssl@3"),
    ("_tkinter", "tcl-tk"),
    ("_zstd", "zstd"),
    ("readline", "readline"),
    ("zlib", "zlib"),
];

fn not_found(named: Named<'_>) -> Option<String> {
    let module = named.get("module")?;
    if named.is_own() == Some(true) {
        return Some(
            "Check that its package is complete: every directory on the way needs to be in `packages=[...]`."
                .to_owned(),
        );
    }
    let top = module.split('.').next().unwrap_or(module);
    if let Some((_, formula)) = PARTS_OF_PYTHON.iter().find(|(name, _)| *name == top) {
        return Some(format!(
            "{} is a part of Python itself that was not built with it, for want of a library: {}, then build Python again \
             (`pyenv install --force VERSION`), or take one from python.org or uv.",
            code(top),
            command(&["brew", "install", formula])
        ));
    }
    let stage = named.get("stage");
    let isolation = format!(
        "In a build: pip builds in an environment of its own. Add {} to `requires` of `[build-system]` in \
         `pyproject.toml`, or install it and build without isolation, {}.",
        code(distribution(top)),
        named.python_m(&["pip", "install", "--no-build-isolation", "."])
    );
    if stage == Some("isolated") {
        return Some(isolation);
    }
    let install = format!(
        "Install it with the Python that imports it: {} (the distribution may have another name than the module).",
        named.python_m(&["pip", "install", distribution(top)])
    );
    let builds = [
        "torch",
        "numpy",
        "setuptools",
        "Cython",
        "pybind11",
        "wheel",
        "skbuild",
        "mesonpy",
    ];
    let in_build = stage == Some("build") || builds.contains(&top);
    Some(if in_build {
        steps(&[install, isolation])
    } else {
        install
    })
}

fn version(named: Named<'_>) -> Option<String> {
    if let Some(required) = named.get("required") {
        return Some(format!(
            "Use a Python that fits {}, or a version of the package that supports this one.",
            code(required)
        ));
    }
    let compiled_for = named.get("compiled_for");
    if let (None, Some(module)) = (compiled_for, named.get("module")) {
        return Some(format!(
            "Delete the `.pyc` file of {}, which another Python made, and install or build the package again with the \
             Python that imports it.",
            code(module)
        ));
    }
    let running = named
        .get("running")
        .map_or_else(String::new, |version| format!(" ({version})"));
    let wanted =
        compiled_for.map_or_else(String::new, |version| format!(", or run Python {version}"));
    let build = named.package().map_or_else(
        || {
            format!(
                "remove what was built, `rm -rf build dist`, then {}",
                named.python_m(&["pip", "install", "--force-reinstall", "--no-deps", "."])
            )
        },
        |package| reinstall(package, false),
    );
    Some(format!(
        "Build it with the Python that imports it{running}: {build}{wanted}."
    ))
}

fn environment(named: Named<'_>) -> Option<String> {
    if let Some(variable) = named.get("variable") {
        return Some(format!(
            "{}; give the module an rpath to the libraries it needs.",
            command(&["unset", variable])
        ));
    }
    if let Some(directory) = named.get("include_directory") {
        return Some(if directory.contains("/pip-build-env-") {
            format!(
                "Build against the torch of this environment: {}.",
                named.python_m(&["pip", "install", "--no-build-isolation", "."])
            )
        } else {
            format!(
                "Remove {} from `include_dirs` (or `CFLAGS`): the headers of the Python and the torch that build are added \
                 by themselves.",
                code(directory)
            )
        });
    }
    if let Some(library) = named.get("linked_python") {
        return Some(format!(
            "Build with the Python that imports it, and do not link {}: `Python::Module` in CMake, `-undefined \
             dynamic_lookup` on macOS.",
            code(library)
        ));
    }
    let mut all = vec![
        "Use one Python for building and running, called by its path; `python3 -c \"import sys; \
         print(sys.executable)\"` shows which one runs. `unset PYTHONHOME PYTHONPATH`, which mix two."
            .to_owned(),
    ];
    if let Some(module) = named.module() {
        all.push(format!(
            "{} shows what the module is linked to: no Python may be among it.",
            command(&["otool", "-L", module])
        ));
    }
    if let Some(library) = named.get("expected_in").filter(|path| path.contains('/')) {
        all.push(format!(
            "{} is of another installation: `unset DYLD_LIBRARY_PATH`, or remove it.",
            code(library)
        ));
    }
    all.push(named.package().map_or_else(
        || "Build the extension again with that Python, with `-undefined dynamic_lookup` instead of a Python library."
            .to_owned(),
        |package| format!("Build it again: {}.", reinstall(package, true)),
    ));
    Some(steps(&all))
}

fn numpy_abi(named: Named<'_>) -> Option<String> {
    let number = |name| {
        let value: &str = named.get(name)?;
        let digits = value.strip_prefix("0x");
        match digits {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => value.parse::<u64>().ok(),
        }
    };
    let older = named.python_m(&["pip", "install", "numpy<2"]);
    let newer = named.python_m(&["pip", "install", "--upgrade", "numpy"]);
    let sizes = (number("size_expected"), number("size_got"));
    let versions = (number("api_compiled"), number("api_runtime"));
    // numpy.dtype had 96 bytes in NumPy 1 and has 88 in NumPy 2; all else only grew.
    let is_newer = match (sizes, versions) {
        ((Some(96), Some(88)), _) => true,
        ((Some(expected), Some(got)), _) => got > expected,
        (_, (Some(compiled), Some(runtime))) => runtime > compiled,
        _ => true,
    };
    Some(if is_newer {
        steps(&[
            format!("The installed numpy is newer than the module was compiled for: {older}."),
            "Or update the module, or build it again: code that is compiled against NumPy 2 runs with 1 and 2.".to_owned(),
        ])
    } else {
        steps(&[
            format!("The installed numpy is older than the module was compiled for: {newer}."),
            "Your own module: build against the oldest numpy that must work, or against NumPy 2."
                .to_owned(),
        ])
    })
}

fn operator(named: Named<'_>) -> Option<String> {
    let package = named
        .get("operator")
        .and_then(|operator| operator.split("::").next())
        .or_else(|| named.get("library"))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !package.chars().all(plain) {
        return None;
    }
    let load = format!(
        "import glob, torch, importlib.util as u; [torch.ops.load_library(f) for f in \
         glob.glob(u.find_spec(\"{package}\").submodule_search_locations[0] + \"/*.so\")]"
    );
    let of_torch = package.starts_with("torch");
    Some(steps(&[
        format!(
            "The library that has the operator did not load, and the reason was swallowed. See it: {}.",
            command(&["python3", "-c", &load])
        ),
        if of_torch {
            format!(
                "Most often it is of another torch: install both together, {}.",
                command(&[
                    "python3",
                    "-m",
                    "pip",
                    "install",
                    "--force-reinstall",
                    "torch",
                    package
                ])
            )
        } else {
            "Most often it is of another torch: install the version that its page gives for your torch, or build it \
             against the torch that is here, `python3 -m pip install --no-build-isolation .`."
                .to_owned()
        },
    ]))
}
