//! Compilers, linkers and installers.

use super::super::symbol::{Origin, SymbolName, is_of_libsystem};
use super::{Named, code, command, steps};

pub(super) fn remedy(id: &str, named: Named<'_>) -> Option<String> {
    match id {
        "compiler-missing-or-clt" => compiler(named),
        "header-missing" => header(named),
        "compiler-flag-unsupported" => flag(named),
        "cxx-standard-too-low" => standard(named),
        "link-library-missing" => library(named),
        "link-undefined-symbols" => undefined(named),
        "deployment-target-conflict" => target(named),
        "build-tool-missing" => tool(named),
        "no-matching-wheel" => wheel(named),
        _ => None,
    }
}

fn compiler(named: Named<'_>) -> Option<String> {
    let what = named.get("identifier").unwrap_or_default();
    if what.contains("license") {
        return Some("Accept Xcode's licence: `sudo xcodebuild -license accept`.".to_owned());
    }
    match what {
        "Rust" => {
            return Some(
                "Install Rust (`brew install rust`, or rustup), or a version of the package that has a wheel for this \
                 Python: `python3 -m pip install --upgrade pip` first."
                    .to_owned(),
            );
        }
        "Fortran" => {
            return Some(
                "Install a Fortran compiler: `brew install gcc` brings gfortran. Or take a version of the package that has \
                 a wheel for this Python."
                    .to_owned(),
            );
        }
        _ => {}
    }
    if named.on_linux() {
        return Some(
            "Install a compiler (`apt install build-essential`, `dnf install gcc-c++`), or name one that is there: `CC=gcc \
             CXX=g++`."
                .to_owned(),
        );
    }
    let tools = "Install Apple's Command Line Tools: `xcode-select --install`; after an update of macOS, again.";
    if let Some(path) = named.get("developer_path") {
        return Some(steps(&[
            tools.to_owned(),
            format!(
                "{} is where they are looked for. Xcode itself is needed, or elsewhere: `sudo xcode-select -s \
                 /Applications/Xcode.app`.",
                code(path)
            ),
        ]));
    }
    let is_program = !what.is_empty() && !what.contains(' ') && !what.starts_with("CMAKE_");
    is_program.then(|| {
        steps(&[
            tools.to_owned(),
            format!(
                "{} is not there: name one that is, `export CC=clang CXX=clang++`.",
                code(what)
            ),
        ])
    })
}

fn header(named: Named<'_>) -> Option<String> {
    /// Headers of the system's SDK.
    const STANDARD: [&str; 15] = [
        "TargetConditionals.h",
        "assert.h",
        "atomic",
        "cmath",
        "cstdint",
        "iostream",
        "math.h",
        "memory",
        "stddef.h",
        "stdint.h",
        "stdio.h",
        "stdlib.h",
        "string",
        "string.h",
        "unordered_map",
    ];
    let header = named.get("header")?;
    let top = header.split('/').next().unwrap_or(header);
    let linux = named.on_linux();
    Some(match top {
        "torch" | "ATen" | "c10" | "caffe2" => "Declare the extension with `CppExtension` and \
             `cmdclass={\"build_ext\": BuildExtension}` from `torch.utils.cpp_extension`, and build with `pip install \
             --no-build-isolation .`: so torch's headers are on the include path."
            .to_owned(),
        "numpy" => "Add `numpy.get_include()` to `include_dirs` of the extension.".to_owned(),
        "pybind11" => "Add `pybind11.get_include()` to `include_dirs`, and `pybind11` to `build-system.requires`; torch \
             has its own copy, which `CppExtension` adds."
            .to_owned(),
        "Python.h" if linux => {
            "Install Python's headers: `apt install python3-dev` or `dnf install python3-devel`.".to_owned()
        }
        "Python.h" => "Build with a Python that ships its headers: from python.org, Homebrew or uv; a system Python may \
             have none."
            .to_owned(),
        "omp.h" if !linux => {
            "Apple's compiler brings no OpenMP: `brew install libomp`, then `CPPFLAGS=\"-I$(brew --prefix \
             libomp)/include\"`."
                .to_owned()
        }
        _ if !linux && STANDARD.contains(&header) => format!(
            "{} is in Apple's SDK: `xcode-select --install`, and unset an `SDKROOT` that points nowhere.",
            code(header)
        ),
        _ => {
            let brew = if linux {
                ""
            } else {
                "`CPPFLAGS=\"-I$(brew --prefix FORMULA)/include\"`, "
            };
            format!(
                "Install the library that has {}, and name its directory: {brew}`include_dirs=[...]` of the extension, or \
                 CMake's `target_include_directories`.",
                code(header)
            )
        }
    })
}

fn flag(named: Named<'_>) -> Option<String> {
    let flag = named.get("flag")?;
    let linux = named.on_linux();
    Some(if flag == "-arch" && linux {
        "`-arch` is Apple's: pass it only if `sys.platform == \"darwin\"`.".to_owned()
    } else if flag.contains("openmp") && !linux {
        "Apple's clang has no OpenMP of its own: `brew install libomp`, compile with `-Xpreprocessor -fopenmp \
         -I$(brew --prefix libomp)/include` and link with `-L$(brew --prefix libomp)/lib -lomp`; or leave OpenMP out on \
         macOS."
            .to_owned()
    } else if flag.starts_with("-m") && !linux {
        format!(
            "Remove {} from `extra_compile_args` where the target is arm64: it is a flag of x86 processors, or one that \
             this clang does not know. `-mcpu=native` is clang's word on Apple Silicon.",
            code(flag)
        )
    } else {
        format!(
            "Remove {} from `extra_compile_args` (or `CFLAGS`), or pass it only where the compiler knows it.",
            code(flag)
        )
    })
}

fn standard(named: Named<'_>) -> Option<String> {
    let required = named.get("required").unwrap_or("C++17");
    let digits: String = required.chars().filter(char::is_ascii_digit).collect();
    let wanted = (digits.len() == 2).then(|| format!("-std=c++{digits}"));
    let wanted = wanted.as_deref().unwrap_or("-std=c++17");
    Some(match named.get("flag") {
        Some(flag) => format!(
            "Remove {} from `extra_compile_args`: with torch, `BuildExtension` passes the standard that is needed; without, \
             pass {}.",
            code(flag),
            code(wanted)
        ),
        None => format!(
            "Compile as {required} or newer: {}, and remove an older `-std=`; `BuildExtension` adds the one that torch needs \
             where none is given.",
            code(&format!("extra_compile_args=[\"{wanted}\"]"))
        ),
    })
}

fn library(named: Named<'_>) -> Option<String> {
    if let Some(framework) = named.get("link_framework") {
        return Some(format!(
            "The SDK that is in use has no framework {}: `xcrun --show-sdk-path` shows it; update Xcode, or leave the \
             framework out.",
            code(framework)
        ));
    }
    let library = named.first(&["link_library", "file"])?;
    let linux = named.on_linux();
    Some(match library {
        "c10" | "torch" | "torch_cpu" | "torch_python" => {
            "Declare the extension with `CppExtension`, which adds torch's libraries and their directory.".to_owned()
        }
        "gomp" | "omp" | "iomp5" if !linux => "Apple's compiler brings no OpenMP, and GCC's `-lgomp` is not for it: \
             `brew install libomp`, and link with `-L$(brew --prefix libomp)/lib -lomp`."
            .to_owned(),
        "stdc++fs" | "stdc++" | "rt" | "dl" | "cuda" | "cudart" if !linux => format!(
            "Leave {} out on macOS (`sys.platform == \"linux\"` in setup.py): there is no such library.",
            code(&format!("-l{library}"))
        ),
        "System" | "c++" if !linux => "The SDK is not found: `xcode-select --install`, then `export SDKROOT=\"$(xcrun \
             --show-sdk-path)\"`."
            .to_owned(),
        _ if library.contains('/') || library.ends_with(".a") => format!(
            "Build or install {} first, or correct its path in the link arguments.",
            code(library)
        ),
        _ if linux => format!(
            "Install the library's development package (`-dev` or `-devel`), or add the directory that holds {} to \
             `library_dirs=[...]` of the extension.",
            code(&format!("lib{library}.so"))
        ),
        _ => format!(
            "Install the library {}, and name its directory: `LDFLAGS=\"-L$(brew --prefix FORMULA)/lib\"`, or \
             `library_dirs=[...]` of the extension.",
            code(library)
        ),
    })
}

fn undefined(named: Named<'_>) -> Option<String> {
    let symbol = named.get("symbol")?;
    let name = super::symbol::shown(symbol, named);
    let of_python = SymbolName::new(symbol, !named.is_elf()).origin() == Origin::Python;
    Some(if of_python {
        format!(
            "{name} is in Python itself, which an extension finds when it is loaded: link with `-undefined \
             dynamic_lookup` on macOS (setuptools does), and in CMake with `Python_add_library(NAME MODULE ...)`."
        )
    } else if !named.on_linux() && is_of_libsystem(symbol) {
        format!(
            "{name} is in libSystem, which everything on macOS is linked with: link through the compiler (`clang -bundle \
             ...`), which adds it, or give the linker `-lSystem -syslibroot \"$(xcrun --show-sdk-path)\"`."
        )
    } else {
        format!(
            "Add the source that defines {name} to `sources=[...]`, or the library that has it to `libraries=[...]`. If \
             a library for another processor was ignored (`ignoring file ...` above), install the right one."
        )
    })
}

fn target(named: Named<'_>) -> Option<String> {
    let version = named.first(&["python_target", "min_os"]);
    match version {
        Some(version) => {
            let mut all = vec![format!(
                "{}: it is at least what Python, the code, or the library that is linked needs. The wheel then needs that \
                 macOS, too.",
                command(&["export", &format!("MACOSX_DEPLOYMENT_TARGET={version}")])
            )];
            if let (Some(file), Some(target)) =
                (named.get("file"), named.get("deployment_target"))
            {
                all.push(format!(
                    "Or link {} built for macOS {target}.",
                    code(file)
                ));
            }
            Some(steps(&all))
        }
        None if named.get("header").is_some() => Some(
            "`export MACOSX_DEPLOYMENT_TARGET=10.14`, or newer: with an older target clang takes the old libstdc++, which \
             has no such header."
                .to_owned(),
        ),
        None => None,
    }
}

fn tool(named: Named<'_>) -> Option<String> {
    let tool = named.get("identifier")?.to_ascii_lowercase();
    let python = named.get("interpreter").unwrap_or("python3");
    let pip = |arguments: &[&str]| {
        let mut words = vec![python, "-m", "pip", "install"];
        words.extend(arguments);
        command(&words)
    };
    Some(match tool.as_str() {
        "pip" => format!(
            "Install it into that environment: {}.",
            command(&[python, "-m", "ensurepip"])
        ),
        "wheel" => format!(
            "Install it into the environment of the build: {}, or a setuptools from 70.1 on, which does not need it: {}.",
            pip(&["wheel"]),
            pip(&["-U", "setuptools"])
        ),
        "ninja" | "cmake" | "meson" | "cython" | "swig" => format!(
            "Install it into the environment of the build: {}.",
            pip(&[&tool])
        ),
        _ if named.on_linux() => format!(
            "Install it with the system's package manager: {}.",
            command(&["apt", "install", &tool])
        ),
        "pg_config" => "`brew install libpq`, and put `$(brew --prefix libpq)/bin` into PATH.".to_owned(),
        "mysql_config" => "`brew install mysql-client pkg-config`, and put `$(brew --prefix mysql-client)/bin` into PATH."
            .to_owned(),
        _ => format!("Install {}: {}.", code(&tool), command(&["brew", "install", &tool])),
    })
}

fn wheel(named: Named<'_>) -> Option<String> {
    if let Some(wheel) = named.get("wheel") {
        let tags: Vec<&str> = wheel.trim_end_matches(".whl").rsplitn(4, '-').collect();
        let [platform, _, python, ..] = tags.as_slice() else {
            return None;
        };
        let version = python.strip_prefix("cp").filter(|digits| digits.len() >= 2);
        let version = version
            .and_then(|digits| Some(format!("Python {}.{}", digits.get(..1)?, digits.get(1..)?)));
        return Some(steps(&[
            format!(
                "The wheel is for {} on {}: take the one for this Python and this machine.",
                version.unwrap_or_else(|| code(python)),
                code(platform)
            ),
            "`python3 -m pip debug --verbose` lists the tags that fit; an old pip does not know newer ones: `python3 -m \
             pip install --upgrade pip`."
                .to_owned(),
        ]));
    }
    let distribution = named.get("distribution")?;
    Some(steps(&[
        format!(
            "{} has no wheel for this Python, macOS and processor: use a Python that it supports (its page on PyPI lists \
             the files), and update pip first, `python3 -m pip install --upgrade pip`.",
            code(distribution)
        ),
        "A local build such as `+cu118` has no files for macOS: ask for the plain version."
            .to_owned(),
    ]))
}
