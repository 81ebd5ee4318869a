//! Compiler and linker lines that say why a build failed. A real sample stands above each pattern.
//!
//! A log also holds names that others chose (files, packages, echoed commands), so a pattern is anchored: at the start
//! of the line, or behind the name of the program that complains.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::lines::{any_of, numbered};

mod compiler;
mod linker;
mod stack;
mod tool;
mod warnings;

pub use compiler::standard_asked;
pub use stack::{Frame, Step, stack};
pub use warnings::{BuildWarning, WarningKind, build_warnings};

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
    /// The linker found two definitions.
    SymbolDefinedTwice {
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
    CxxStandardTooLow {
        /// As the header words it: `C++17`.
        needed: String,
    },
    /// A source file that the compiler was given is not there.
    SourceMissing {
        /// As given.
        file: String,
    },
    /// Something ended the compiler, most often the system for lack of memory.
    CompilerKilled,
    /// Any other error of the compiler.
    CompileError {
        /// The compiler's sentence.
        message: String,
    },
}

impl FaultKind {
    /// A compiler or linker said so itself. What other tools print may be a question they asked in passing.
    pub fn is_of_the_compiler(&self) -> bool {
        match self {
            FaultKind::HeaderMissing { .. }
            | FaultKind::LinkLibraryMissing { .. }
            | FaultKind::LinkFrameworkMissing { .. }
            | FaultKind::UndefinedSymbol { .. }
            | FaultKind::SymbolDefinedTwice { .. }
            | FaultKind::FlagUnsupported { .. }
            | FaultKind::CxxStandardTooLow { .. }
            | FaultKind::SourceMissing { .. }
            | FaultKind::CompilerKilled
            | FaultKind::CompileError { .. } => true,
            FaultKind::CompilerMissing { .. }
            | FaultKind::BuildToolMissing { .. }
            | FaultKind::BuildModuleMissing { .. } => false,
        }
    }
}

/// Every complaint in the log, in its order.
pub fn faults(log: &str) -> Vec<BuildFault> {
    let mut previous = "";
    let mut found = Vec::new();
    for (number, raw) in numbered(log) {
        let text = raw.trim();
        found.extend(fault(number, text, previous));
        if !text.is_empty() {
            previous = text;
        }
    }
    found
}

/// Every pattern holds one of these; most lines of a log hold none. Some begin with a capital letter, at times.
static MARK: LazyLock<AhoCorasick> = LazyLock::new(|| {
    any_of([
        "rror: ",
        "annot find",
        "annot import",
        "ot found",
        "ndefined reference",
        "multiple definition of",
        "uplicate symbol",
        "nable to",
        "o module named",
        "eferenced from",
        "o such file",
        "icense",
        "ould be found",
        "ould not find",
    ])
});

/// `previous` is the line before: the command that is complained about.
fn fault(log_line: usize, text: &str, previous: &str) -> Option<BuildFault> {
    if !MARK.is_match(text) {
        return None;
    }
    if let Some(located) = compiler::located_error(log_line, text) {
        return Some(located);
    }
    let place = linker::place(text);
    linker::fault(text)
        .or_else(|| compiler::unlocated_error(text))
        .or_else(|| tool::fault(text, previous))
        .map(|kind| BuildFault {
            log_line,
            text: text.to_owned(),
            file: place.map(|(file, _)| file.to_owned()),
            line: place.map(|(_, line)| line),
            column: None,
            kind,
        })
}

/// What is between `before`, with which the text starts, and `after`.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(before)?;
    rest.split_once(after).map(|(inside, _)| inside)
}

/// `clang: error: unsupported option '-fopenmp'`: what a program says that names itself and no place.
fn program_error(text: &str) -> Option<(&str, &str)> {
    let (program, message) = text
        .split_once(": error: ")
        .or_else(|| text.split_once(": fatal error: "))?;
    let is_program = !program.is_empty() && !program.contains([' ', ':', '\'', '"']);
    is_program.then_some((program, message))
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
    fn what_is_not_there_is_named() {
        let compiler = |what: &str| FaultKind::CompilerMissing {
            what: what.to_owned(),
        };
        let tool = |tool: &str| FaultKind::BuildToolMissing {
            tool: tool.to_owned(),
        };
        let module = |module: &str| FaultKind::BuildModuleMissing {
            module: module.to_owned(),
        };
        let samples = [
            (
                "error: command 'g++' failed: No such file or directory",
                compiler("g++"),
            ),
            (
                "gcc-x -c a.c\nerror: [Errno 2] No such file or directory: 'gcc-x'",
                compiler("gcc-x"),
            ),
            (
                "unable to execute 'gcc': No such file or directory",
                compiler("gcc"),
            ),
            (
                "  No CMAKE_CXX_COMPILER could be found.",
                compiler("CMAKE_CXX_COMPILER"),
            ),
            ("/bin/sh: 1: cmake: not found", tool("cmake")),
            ("zsh:1: command not found: ninja", tool("ninja")),
            (
                "FileNotFoundError: [Errno 2] No such file or directory: 'cmake'",
                tool("cmake"),
            ),
            (
                "ModuleNotFoundError: No module named 'torch'",
                module("torch"),
            ),
            (
                "x.BackendUnavailable: Cannot import 'flit.core'",
                module("flit.core"),
            ),
        ];
        for (log, kind) in samples {
            assert_eq!(first(log).0, kind, "{log}");
        }
    }

    #[test]
    fn refused_flags_are_named_by_gcc_and_by_clang() {
        for (log, flag) in [
            ("clang: error: unsupported option '-fopenmp'", "-fopenmp"),
            (
                "g++: error: unrecognized command-line option ‘-arch’",
                "-arch",
            ),
            (
                "clang: error: the clang compiler does not support '-march=native'",
                "-march=native",
            ),
            (
                "clang++: error: unsupported argument 'native' to option '-march='",
                "-march=native",
            ),
            (
                "cc1plus: error: bad value (‘native’) for ‘-march=’ switch",
                "-march=native",
            ),
            ("error: invalid value 'c++77' in '-std=c++77'", "-std=c++77"),
        ] {
            let log = if log.starts_with("error") {
                format!("clang: {log}")
            } else {
                log.to_owned()
            };
            assert_eq!(
                first(&log).0,
                FaultKind::FlagUnsupported {
                    flag: flag.to_owned()
                },
                "{log}"
            );
        }
    }

    #[test]
    fn undefined_symbols_are_named_by_every_linker() {
        let symbol = FaultKind::UndefinedSymbol {
            symbol: "missing()".to_owned(),
        };
        for log in [
            "/usr/bin/ld: c.cpp:(.text+0x15): undefined reference to `missing()'",
            "ld.lld: error: undefined symbol: missing()",
            "      \"missing()\", referenced from:",
            "  missing(), referenced from:",
        ] {
            assert_eq!(first(log).0, symbol, "{log}");
        }
        assert_eq!(faults("the tables are short, referenced from:"), []);
        let with_line = "/usr/bin/ld: /src/c.cpp:7: undefined reference to `missing()'";
        assert_eq!(
            first(with_line),
            (symbol, Some("/src/c.cpp".to_owned()), Some(7))
        );
    }

    #[test]
    fn symbols_that_are_defined_twice_are_named_by_every_linker() {
        let twice = |symbol: &str| FaultKind::SymbolDefinedTwice {
            symbol: symbol.to_owned(),
        };
        for (log, symbol) in [
            ("ld64.lld: error: duplicate symbol: _twice", "_twice"),
            ("ld.lld: error: duplicate symbol: twice", "twice"),
            ("duplicate symbol '_twice' in:", "_twice"),
            ("duplicate symbol 'ns::twice()' in:", "ns::twice()"),
            ("duplicate symbol _twice in:", "_twice"),
        ] {
            assert_eq!(first(log), (twice(symbol), None, None), "{log}");
        }
        let log = "/usr/bin/ld: b/h.o: in function `twice':\n\
                   /src/h.c:1: multiple definition of `twice'; b/g.o:/src/g.c:4: first defined here\n";
        assert_eq!(
            first(log),
            (twice("twice"), Some("/src/h.c".to_owned()), Some(1))
        );
        let plain = "/usr/bin/ld: b/h.o:(.bss+0x0): multiple definition of `twice'; b/g.o:(.bss+0x0): first defined here";
        assert_eq!(first(plain), (twice("twice"), None, None));
        assert_eq!(
            faults("ld: 1 duplicate symbols\nfound duplicate symbol x in a table"),
            []
        );
    }

    #[test]
    fn names_that_others_chose_are_no_faults() {
        let log = "gcc -c error.c\nerror: [Errno 2] No such file or directory: 'README.md'\n\
                   sh: ps: command not found\n\
                   copying cannot find -lfoo -> build\n  adding 'pkg/library not found for -lx'\n\
                   clang: warning: unknown argument: '-fno-gnu-unique'\n\
                   error: command '/usr/bin/g++' failed with exit code 1\n\
                   FileNotFoundError: [Errno 2] No such file or directory: 'data.bin'\n";
        assert_eq!(faults(log), []);
    }

    #[test]
    fn a_log_of_success_has_no_fault() {
        let log = "checking for -lfoo... no\nwarning: no previously-included files matching '*.so' found\n\
                   Successfully built errorlib\n0 errors\n";
        assert_eq!(faults(log), []);
    }
}
