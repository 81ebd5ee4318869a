//! What Python, numpy and torch notice, and how processes end.

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
        "duplicate-openmp-runtime" => openmp(named),
        "duplicate-objc-class" => objc(named),
        "crash-at-import" => crash(named),
        "crash-illegal-instruction" => illegal(named),
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
    let file = named.get("package_file")?;
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
    let package = named
        .package()
        .or_else(|| named.get("package"))
        .or_else(|| {
            named
                .get("module")?
                .split('.')
                .next()
                .filter(|name| !name.starts_with('_'))
        })?;
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

fn not_found(named: Named<'_>) -> Option<String> {
    let module = named.get("module")?;
    let top = module.split('.').next().unwrap_or(module);
    if top.starts_with('_') {
        return Some(format!(
            "{} is a part of Python itself that was not built with it: install the library that it needs (libffi for \
             `_ctypes`, OpenSSL for `_ssl`, xz for `_lzma`) and build Python again, or take one from python.org or uv.",
            code(top)
        ));
    }
    let mut all = vec![format!(
        "Install it with the Python that imports it: {} (the distribution may have another name than the module).",
        command(&["python3", "-m", "pip", "install", top])
    )];
    if [
        "torch",
        "numpy",
        "setuptools",
        "Cython",
        "pybind11",
        "wheel",
    ]
    .contains(&top)
    {
        all.push(format!(
            "In a build: pip builds in an environment of its own. Add {} to `[build-system] requires` in \
             `pyproject.toml`, or install it and build with `pip install --no-build-isolation .`.",
            code(top)
        ));
    }
    Some(steps(&all))
}

fn version(named: Named<'_>) -> Option<String> {
    let running = named
        .get("running")
        .map_or_else(String::new, |version| format!(" ({version})"));
    let wanted = named
        .get("compiled_for")
        .map_or_else(String::new, |version| format!(", or run Python {version}"));
    let build = named.package().map_or_else(
        || "`python3 -m pip install --force-reinstall --no-cache-dir .`".to_owned(),
        |package| reinstall(package, false),
    );
    Some(format!(
        "Build it with the Python that imports it{running}: {build}{wanted}."
    ))
}

fn environment(named: Named<'_>) -> Option<String> {
    let mut all = vec![
        "Use one Python for building and running, called by its path; `python3 -c \"import sys; \
         print(sys.executable)\"` shows which one runs."
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
            "{} is of another installation: unset `DYLD_LIBRARY_PATH`, or remove it.",
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
    let older = command(&["python3", "-m", "pip", "install", "numpy<2"]);
    let newer = command(&["python3", "-m", "pip", "install", "--upgrade", "numpy"]);
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
    Some(steps(&[
        format!(
            "The library that has the operator did not load, and the reason was swallowed. See it: {}.",
            code(&format!(
                "python3 -c \"import torch, glob; [torch.ops.load_library(f) for f in glob.glob('SITE-PACKAGES/{}/*.so')]\"",
                package.replace(['"', '\'', '$', '`', '\\'], "")
            ))
        ),
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
        ),
    ]))
}

fn openmp(named: Named<'_>) -> Option<String> {
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
    let module = named.get("module").filter(|module| !module.contains('/'));
    let import = format!("import {}", module.unwrap_or("MODULE"));
    Some(steps(&[
        format!(
            "See where: {}, or {} for the C++ side.",
            command(&["python3", "-X", "faulthandler", "-c", &import]),
            command(&["lldb", "--batch", "-o", "run", "-o", "bt", "--", "python3", "-c", &import])
        ),
        "Most often two copies of a library are in the process, or the extension is for another Python or torch: build it \
         again in a fresh environment."
            .to_owned(),
    ]))
}

fn illegal(named: Named<'_>) -> Option<String> {
    let what = named.get("instruction").map_or_else(
        || "instructions".to_owned(),
        |name| format!("{} instructions", code(name)),
    );
    Some(steps(&[
        format!(
            "The file uses {what} that this processor does not have. On Apple Silicon, do not run an x86_64 Python under \
             Rosetta: `python3 -c \"import platform; print(platform.machine())\"` should say `arm64`."
        ),
        "Your own extension: build without `-march=native` and `-mavx`.".to_owned(),
        named.package().map_or_else(
            || "A package: a version or a build without these instructions.".to_owned(),
            |package| format!("The package: {}.", reinstall(package, true)),
        ),
    ]))
}
