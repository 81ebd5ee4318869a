//! Symbols that are not found: shown as people write them, with the library that should have them.

use super::super::symbol::SymbolName;
use super::{Named, code, command, reinstall, steps};

pub(super) fn remedy(id: &str, named: Named<'_>) -> Option<String> {
    match id {
        "symbol-missing-torch-abi" => torch(named),
        "torch-not-imported-first" => not_imported(named),
        "symbol-missing-python" | "compiler-runtime-mismatch" => rebuild(id, named),
        "symbol-missing-libcxx" | "min-os-too-new" => newer_system(id, named),
        "symbol-missing-other" => other(named),
        _ => None,
    }
}

/// The symbol as a C++ programmer writes it.
pub(super) fn readable(symbol: &str) -> String {
    let name = SymbolName::new(symbol, true).readable(symbol);
    code(name.trim_matches('`'))
}

/// The same, in the format of the case.
pub(super) fn shown(symbol: &str, named: Named<'_>) -> String {
    let name = SymbolName::new(symbol, !named.is_elf()).readable(symbol);
    code(name.trim_matches('`'))
}

/// The library of torch that a name belongs to, by its namespace. What of `c10` lives beside the operators is in
/// libtorch_cpu.
fn torch_library(symbol: &str) -> &'static str {
    let name = SymbolName::new(symbol, true)
        .demangled()
        .unwrap_or_else(|| symbol.trim_start_matches('_').to_owned());
    let of_operators = [
        "c10::Dispatcher",
        "c10::RegisterOperators",
        "c10::IValue",
        "c10::FunctionSchema",
        "c10::OperatorName",
        "c10::OperatorHandle",
        "c10::TensorType",
        "c10::Type",
        "c10::KernelFunction",
        "c10::ListType",
        "c10::ivalue",
    ];
    if name.starts_with("THP")
        || name.starts_with("torch::autograd::THP")
        || name.contains("PyObject")
    {
        "libtorch_python"
    } else if name.starts_with("c10::")
        && !of_operators.iter().any(|prefix| name.starts_with(prefix))
        || name.starts_with("caffe2::TypeMeta")
        || name.starts_with("caffe2::detail::_typeMeta")
    {
        "libc10"
    } else {
        "libtorch_cpu"
    }
}

fn torch(named: Named<'_>) -> Option<String> {
    let symbol = named.get("symbol")?;
    let library = named
        .get("expected_in")
        .and_then(|path| path.rsplit('/').next())
        .filter(|name| name.starts_with("libtorch") || name.starts_with("libc10"))
        .map_or_else(
            || torch_library(symbol),
            |name| name.trim_end_matches(".dylib"),
        );
    let mut all = vec![format!(
        "{} belongs to torch ({library}), and the torch that is installed does not have it: the extension was compiled \
         against another version.",
        readable(symbol)
    )];
    all.push(
        "Your own extension: build it against the torch that is installed here, `pip install --no-build-isolation .`, \
         again after each update of torch."
            .to_owned(),
    );
    if let Some(package) = named.package().filter(|package| *package != "torch") {
        all.push(format!(
            "A package of others: install the version that its page gives for your torch (`python3 -c \"import torch; \
             print(torch.__version__)\"`), or build it here: {}.",
            command(&["python3", "-m", "pip", "install", "--force-reinstall", "--no-build-isolation", "--no-binary", package, package])
        ));
    }
    Some(steps(&all))
}

fn not_imported(named: Named<'_>) -> Option<String> {
    let symbol = named.get("symbol")?;
    Some(format!(
        "{} is in libtorch_python, which `import torch` loads: put `import torch` before the import of the extension, at \
         the top of the package's `__init__.py`.",
        readable(symbol)
    ))
}

fn rebuild(id: &str, named: Named<'_>) -> Option<String> {
    let symbol = named.get("symbol")?;
    let mut all = vec![if id == "symbol-missing-python" {
        format!(
            "{} is not in the Python that runs: the extension was compiled for another version. Build it with the \
             Python that imports it.",
            readable(symbol)
        )
    } else if named.is_elf() {
        format!(
            "{} is of another compiler's runtime library: build with the compiler that torch was built with, `CC=gcc \
             CXX=g++`, without `-stdlib=libc++`.",
            shown(symbol, named)
        )
    } else {
        format!(
            "{} is of another compiler's runtime library: build it, and the libraries it loads, with Apple's compiler, \
             `CC=clang CXX=clang++`.",
            readable(symbol)
        )
    }];
    all.extend(named.package().map(|package| {
        format!(
            "An installed package: {}.",
            reinstall(package, id != "symbol-missing-python")
        )
    }));
    Some(steps(&all))
}

fn newer_system(id: &str, named: Named<'_>) -> Option<String> {
    let built = named.get("min_os");
    let symbol = named.get("symbol");
    if built.is_none() && symbol.is_none() {
        return None;
    }
    let mut all = Vec::new();
    let what = match (symbol, named.get("expected_in")) {
        (Some(symbol), Some(library)) => {
            format!(
                "{} is not in {} of the running macOS. ",
                readable(symbol),
                code(library)
            )
        }
        (Some(symbol), None) => format!("{} is not in the running macOS. ", readable(symbol)),
        (None, _) => String::new(),
    };
    let target = built.map_or_else(String::new, |version| format!(" (now {version})"));
    all.push(format!(
        "{what}Build with `MACOSX_DEPLOYMENT_TARGET` set to the oldest macOS that must work{target}, and take libraries \
         that are built so, too."
    ));
    if id == "symbol-missing-libcxx" {
        all.push(
            "Compiled with Homebrew's LLVM: link with its own libc++, `-L$(brew --prefix llvm)/lib/c++`, or use \
             Apple's compiler."
                .to_owned(),
        );
    }
    if let Some(package) = named.package() {
        all.push(format!(
            "An installed package: an older version that still supports this macOS, or build it here: {}.",
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
