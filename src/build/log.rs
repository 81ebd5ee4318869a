//! Compiler and linker lines that say why a build failed. A real sample stands above each pattern.

/// One complaint of a compiler or linker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildFault {
    /// Line of the log, from 1.
    pub log_line: usize,
    /// The line itself.
    pub text: String,
    /// The source file it names.
    pub file: Option<String>,
    /// Line in that file.
    pub line: Option<u32>,
    /// Column in that file.
    pub column: Option<u32>,
    /// What it complains about.
    pub kind: FaultKind,
}

/// What a compiler or linker complains about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// A header is not on the include path.
    HeaderMissing {
        /// As written in the `#include`.
        header: String,
    },
    /// A library is not on the link path.
    LinkLibraryMissing {
        /// Without `-l`.
        library: String,
    },
    /// A framework is not on the framework path.
    LinkFrameworkMissing {
        /// Its name.
        framework: String,
    },
    /// The linker found no definition.
    UndefinedSymbol {
        /// As the linker prints it (demangled by GNU ld).
        symbol: String,
    },
    /// The compiler refuses a flag.
    FlagUnsupported {
        /// The flag.
        flag: String,
    },
    /// The compiler itself, or Xcode's tools, are not there.
    CompilerMissing {
        /// The command or the tool's complaint.
        what: String,
    },
    /// A build tool is not there: ninja, cmake.
    BuildToolMissing {
        /// Its name.
        tool: String,
    },
    /// A Python module that the build itself needs is not there.
    BuildModuleMissing {
        /// Its name.
        module: String,
    },
    /// torch wants a newer C++.
    CxxStandardTooLow,
    /// Any other error of the compiler.
    CompileError {
        /// The compiler's sentence.
        message: String,
    },
}

/// Every complaint in the log, in its order.
pub fn faults(log: &str) -> Vec<BuildFault> {
    log.lines()
        .enumerate()
        .filter_map(|(index, line)| fault(index + 1, line))
        .collect()
}

fn fault(log_line: usize, raw: &str) -> Option<BuildFault> {
    // Every pattern holds one of these; most lines of a log hold none.
    const MARKS: [&str; 10] = [
        "error",
        "cannot find",
        "not found",
        "undefined reference",
        "unable to",
        "No module named",
        "referenced from",
        "command failed",
        "No such file",
        "Ninja is required",
    ];
    let text = raw.trim();
    if !MARKS.iter().any(|mark| text.contains(mark)) {
        return None;
    }
    let kind_of = |kind| BuildFault {
        log_line,
        text: text.to_owned(),
        file: None,
        line: None,
        column: None,
        kind,
    };
    if let Some(located) = located_error(log_line, text) {
        return Some(located);
    }
    link_fault(text).or_else(|| tool_fault(text)).map(kind_of)
}

/// `ext.cpp:3:10: fatal error: 'nowhere.h' file not found` and its relatives.
fn located_error(log_line: usize, text: &str) -> Option<BuildFault> {
    let (place, message) = [": fatal error: ", ": error: "]
        .iter()
        .find_map(|mark| text.split_once(mark))?;
    let mut parts = place.rsplitn(3, ':');
    let last = parts.next()?.parse::<u32>().ok()?;
    let middle = parts.next()?;
    let (file, line, column) = match (middle.parse::<u32>(), parts.next()) {
        (Ok(line), Some(file)) => (file.to_owned(), line, Some(last)),
        _ => (place.rsplit_once(':')?.0.to_owned(), last, None),
    };
    let kind = compiler_complaint(message);
    Some(BuildFault {
        log_line,
        text: text.to_owned(),
        file: Some(file),
        line: Some(line),
        column,
        kind,
    })
}

fn compiler_complaint(message: &str) -> FaultKind {
    // gcc: `ext.cpp:3:10: fatal error: nowhere.h: No such file or directory`
    if let Some(header) = message.strip_suffix(": No such file or directory") {
        return FaultKind::HeaderMissing {
            header: header.to_owned(),
        };
    }
    // clang: `ext.cpp:3:10: fatal error: 'nowhere.h' file not found`
    if let Some(header) = message
        .strip_suffix("' file not found")
        .and_then(|rest| rest.strip_prefix('\''))
    {
        return FaultKind::HeaderMissing {
            header: header.to_owned(),
        };
    }
    // torch/all.h:4:2: error: #error C++17 or later compatible compiler is required to use PyTorch.
    if message.contains("or later compatible compiler is required") {
        return FaultKind::CxxStandardTooLow;
    }
    FaultKind::CompileError {
        message: message.to_owned(),
    }
}

fn link_fault(text: &str) -> Option<FaultKind> {
    // GNU ld: `/usr/bin/ld: cannot find -lnowhere: No such file or directory`
    if let Some((_, rest)) = text.split_once("cannot find -l") {
        let library = rest.split([':', ' ']).next().unwrap_or(rest);
        return Some(FaultKind::LinkLibraryMissing {
            library: library.to_owned(),
        });
    }
    // ld64: `ld: library not found for -lnowhere`
    if let Some((_, library)) = text.split_once("library not found for -l") {
        return Some(FaultKind::LinkLibraryMissing {
            library: library.to_owned(),
        });
    }
    // ld-prime: `ld: library 'nowhere' not found`
    if let Some(library) = between(text, "ld: library '", "' not found") {
        return Some(FaultKind::LinkLibraryMissing { library });
    }
    // lld: `ld64.lld: error: library not found for -lnowhere`, `ld.lld: error: unable to find library -lnowhere`
    if let Some((_, library)) = text.split_once("unable to find library -l") {
        return Some(FaultKind::LinkLibraryMissing {
            library: library.to_owned(),
        });
    }
    // ld64: `ld: framework not found Nowhere`; ld-prime: `ld: framework 'Nowhere' not found`
    let framework = text
        .split_once("framework not found ")
        .map(|(_, rest)| rest.to_owned());
    if let Some(framework) = framework.or_else(|| between(text, "ld: framework '", "' not found")) {
        return Some(FaultKind::LinkFrameworkMissing { framework });
    }
    // GNU ld: `ext.cpp:(.text+0x5): undefined reference to `missing()'`
    if let Some((_, rest)) = text.split_once("undefined reference to ") {
        let symbol = rest.trim_matches(['`', '\'', '"']);
        return Some(FaultKind::UndefinedSymbol {
            symbol: symbol.to_owned(),
        });
    }
    // ld64: `"missing()", referenced from:`
    let symbol = text
        .strip_suffix("\", referenced from:")
        .and_then(|rest| rest.strip_prefix('"'));
    symbol.map(|symbol| FaultKind::UndefinedSymbol {
        symbol: symbol.to_owned(),
    })
}

fn tool_fault(text: &str) -> Option<FaultKind> {
    // clang: `clang: error: unsupported option '-fopenmp'`; `error: unknown argument: '-mno'`
    for mark in [
        "unsupported option '",
        "unknown argument: '",
        "unrecognized command-line option '",
        "unrecognized command-line option ‘",
    ] {
        if let Some((_, rest)) = text.split_once(mark) {
            let flag = rest.split(['\'', '’']).next().unwrap_or(rest);
            return Some(FaultKind::FlagUnsupported {
                flag: flag.to_owned(),
            });
        }
    }
    // setuptools: `error: command 'g++' failed: No such file or directory`
    if let Some(command) = between(
        text,
        "error: command '",
        "' failed: No such file or directory",
    ) {
        return Some(FaultKind::CompilerMissing { what: command });
    }
    // xcrun: `xcrun: error: invalid active developer path (/Library/Developer/CommandLineTools), missing xcrun at: ...`
    if text.contains("xcrun: error: invalid active developer path") {
        return Some(FaultKind::CompilerMissing {
            what: text.to_owned(),
        });
    }
    // setuptools (macOS and Linux): `error: command 'clang' failed: unable to execute`, `unable to execute 'gcc': ...`
    if let Some(command) = between(text, "unable to execute '", "'") {
        return Some(FaultKind::CompilerMissing { what: command });
    }
    // torch: `RuntimeError: Ninja is required to load C++ extensions (pip install ninja to get it)`
    if text.contains("Ninja is required to load C++ extensions") {
        return Some(FaultKind::BuildToolMissing {
            tool: "ninja".to_owned(),
        });
    }
    // scikit-build-core: `ERROR: Could not find CMake with version >=3.15`; sh: `sh: 1: cmake: not found`
    if text.ends_with("cmake: not found") || text.ends_with("cmake: command not found") {
        return Some(FaultKind::BuildToolMissing {
            tool: "cmake".to_owned(),
        });
    }
    // Python: `ModuleNotFoundError: No module named 'torch'`
    let module = between(text, "ModuleNotFoundError: No module named '", "'")?;
    Some(FaultKind::BuildModuleMissing { module })
}

fn between(text: &str, before: &str, after: &str) -> Option<String> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inside, _)| inside.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{FaultKind, faults};

    fn first(log: &str) -> (FaultKind, Option<String>, Option<u32>) {
        let fault = faults(log).into_iter().next().expect("a fault in the log");
        (fault.kind, fault.file, fault.line)
    }

    #[test]
    fn headers_are_named_by_gcc_and_by_clang() {
        let header = FaultKind::HeaderMissing {
            header: "nowhere/x.h".to_owned(),
        };
        let gcc = "  src/ext.c:3:10: fatal error: nowhere/x.h: No such file or directory";
        assert_eq!(
            first(gcc),
            (header.clone(), Some("src/ext.c".to_owned()), Some(3))
        );
        let clang = "src/ext.c:3:10: fatal error: 'nowhere/x.h' file not found";
        assert_eq!(
            first(clang),
            (header, Some("src/ext.c".to_owned()), Some(3))
        );
    }

    #[test]
    fn libraries_are_named_by_every_linker() {
        for log in [
            "/usr/bin/ld: cannot find -lnowhere: No such file or directory",
            "ld: library not found for -lnowhere",
            "ld: library 'nowhere' not found",
            "ld64.lld: error: library not found for -lnowhere",
            "ld.lld: error: unable to find library -lnowhere",
        ] {
            assert_eq!(
                first(log).0,
                FaultKind::LinkLibraryMissing {
                    library: "nowhere".to_owned()
                },
                "{log}"
            );
        }
    }

    #[test]
    fn a_log_of_success_has_no_fault() {
        let log = "checking for -lfoo... no\nwarning: no previously-included files matching '*.so' found\n\
                   Successfully built errorlib\n0 errors\n";
        assert_eq!(faults(log), []);
    }
}
