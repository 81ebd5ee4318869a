//! What compilers, linkers, Xcode's tools and pip say.

use std::sync::LazyLock;

use super::template::{Candidate, Family, Template, weight};
use crate::build::{self, BuildFault, FaultKind};
use crate::rules::{Origin, SymbolName};

static FAMILY: LazyLock<Family> = LazyLock::new(|| Family::new(TEMPLATES));

const TEMPLATES: &[Template] = &[
    Template::new(
        "deployment-target-conflict",
        weight::WEAK,
        r"warning: include path for (?:stdlibc\+\+|libstdc\+\+) headers not found; pass '-stdlib=libc\+\+'",
    ),
    Template::new(
        "compiler-missing-or-clt",
        weight::BUILD,
        r"invalid active developer path(?: \((?P<developer_path>[^)]+)\))?",
    ),
    Template::new(
        "compiler-missing-or-clt",
        weight::BUILD,
        r#"active developer path \("(?P<developer_path>[^")]+)"\) does not exist"#,
    ),
    Template::new(
        "compiler-missing-or-clt",
        weight::BUILD,
        r"tool '\w+' requires Xcode, but active developer directory '(?P<developer_path>[^']+)'",
    ),
    Template::new(
        "compiler-missing-or-clt",
        weight::BUILD,
        r"xcode-select: (?:error: |note: )?(?:[Nn]o developer tools were found|unable to get active developer directory)|No developer tools (?:were found|installed)|You have not agreed to the Xcode|Agreeing to the Xcode(?:/iOS)? [Ll]icense",
    ),
    Template::new(
        "compiler-missing-or-clt",
        weight::BUILD,
        r#"xcrun: error: (?:unable to find utility "(?P<identifier>[^"]+)"|SDK "(?P<sdk>[^"]+)" cannot be located)"#,
    ),
    Template::new(
        "compiler-missing-or-clt",
        weight::BUILD,
        r"C compiler cannot create executables|no acceptable C compiler found|Unknown compiler\(s\): \[\[|can't find (?P<identifier>Rust) compiler|package requires (?P<wanted>Rust) and Cargo|no (?P<config>Fortran) compiler found|error: linker `cc` not found|CMAKE_\w+_COMPILER not set, after EnableLanguage|No working compiler found|wheels for Python [\d.]+ requires X[Cc]ode|Xcode not set up properly|is not a full path to an existing compiler tool|No Xcode or CLT version detected|unable to execute command: Executable \S+ doesn't exist",
    ),
    Template::new(
        "compiler-missing-or-clt",
        weight::LINK_REST,
        r"The C(?:XX)? compiler identification is unknown",
    ),
    Template::new(
        "header-missing",
        weight::BUILD,
        r"'(?P<header>[^'\n]+)' file not found",
    ),
    Template::new(
        "header-missing",
        weight::BUILD,
        r"(?:^|[Ee]rror: )(?P<header>[\w./+-]+\.(?:h|hpp|hh|hxx|inc)): No such file or directory",
    ),
    Template::new(
        "header-missing",
        weight::BUILD,
        r"headers or library files could not be found for (?P<header>\w+)",
    ),
    Template::new(
        "compiler-flag-unsupported",
        weight::BUILD,
        r"(?:unsupported option|unknown argument:?|the clang compiler does not support|unrecognized command[ -]line option) '(?P<flag>-[^'\n]+)'",
    ),
    Template::new(
        "compiler-flag-unsupported",
        weight::BUILD,
        r"error: (?:invalid argument '(?P<flag>-[^'\n]+)' (?:not allowed with|only allowed with)|argument unused during compilation: '(?P<unused_flag>-[^'\n]+)')",
    ),
    Template::new(
        "compiler-flag-unsupported",
        weight::BUILD,
        r"ld: unknown options?: (?P<flag>-\S+)",
    ),
    Template::new(
        "compiler-flag-unsupported",
        weight::BUILD,
        r"error: unknown target CPU '(?P<cpu>[^']+)'",
    ),
    Template::new(
        "deployment-target-conflict",
        weight::BUILD,
        r#"\$MACOSX_DEPLOYMENT_TARGET mismatch: now "(?P<deployment_target>[\d.]+)" but "(?P<python_target>[\d.]+)" during configure"#,
    ),
    Template::new(
        "deployment-target-conflict",
        weight::BUILD,
        r"invalid version number in '(?:MACOSX_DEPLOYMENT_TARGET|-mmacosx-version-min)=(?P<deployment_target>[^']*)'",
    ),
    // GCC's words.
    Template::new(
        "deployment-target-conflict",
        weight::BUILD,
        r"unknown value '(?P<deployment_target>[^'\n]*)' of '-mmacosx-version-min'",
    ),
    Template::new(
        "deployment-target-conflict",
        weight::BUILD,
        r"' \W{0,2}is (?:unavailable: introduced in macOS|(?:only|partial)(?: available on|: introduced in) (?:macOS|OS X)) (?P<min_os>[\d.]*\d)",
    ),
    Template::new(
        "deployment-target-conflict",
        weight::BUILD,
        r"error: call to unavailable [^\n]*introduced in (?:macOS|OS X) (?P<min_os>[\d.]*\d)",
    ),
    Template::new(
        "deployment-target-conflict",
        weight::BUILD,
        r"invalid deployment target for -stdlib=libc\+\+ \(requires (?:OS X|macOS) (?P<min_os>[\d.]*\d)|error: thread-local storage is not supported for the current target|ld: targeted OS version does not support use of thread local variables",
    ),
    Template::new(
        "deployment-target-conflict",
        weight::BUILD,
        r"do not satisfy target Mac\s?OS version (?P<deployment_target>[\d.]*\d)(?:: \S+ has a minimum target of (?P<min_os>[\d.]*\d))?",
    ),
    Template::new(
        "deployment-target-conflict",
        weight::WEAK,
        r"This wheel needs a higher macOS version than",
    ),
    Template::new(
        "deployment-target-conflict",
        weight::WEAK,
        r"'MACOSX_DEPLOYMENT_TARGET' is set to (?P<deployment_target>[\d.]*\d), but the range of supported",
    ),
    Template::new(
        "deployment-target-conflict",
        weight::WEAK,
        r"building for macOS-(?P<deployment_target>[\d.]+), but linking with [^\n]*? which was built for newer version (?P<min_os>[\d.]*\d)",
    ),
    Template::new(
        "deployment-target-conflict",
        weight::WEAK,
        r"was built for newer \w+(?: X)? version \((?P<min_os>[\d.]+)\) than being linked \((?P<deployment_target>[\d.]+)\)",
    ),
    Template::new(
        "cxx-standard-too-low",
        weight::BUILD,
        r"(?P<required>C\+\+\d\d) or later compatible compiler is required",
    ),
    Template::new(
        "cxx-standard-too-low",
        weight::BUILD,
        r"error:? [^\n]{0,60}(?:You need |[Rr]equires (?:at least )?|less than |at least )(?P<required>[Cc]\+\+\d\d)",
    ),
    Template::new(
        "cxx-standard-too-low",
        weight::BUILD,
        r"error:? [^\n]{0,30}\b(?P<required>C\+\+\d\d)(?: standard)?(?: or (?:later|newer|above|higher|greater))?(?: support| compiler)? (?:is|are) (?:required|needed)",
    ),
    Template::new(
        "cxx-standard-too-low",
        weight::BUILD,
        r"This file requires compiler and library support for the ISO (?P<required>C\+\+ ?\d+) standard|Unsupported compiler -- at least (?P<least>C\+\+\d\d) support is needed",
    ),
    Template::new(
        "link-library-missing",
        weight::BUILD,
        r"\blibrary (?:not found for -l(?P<link_library>[^\s:'`]+)|'(?P<quoted_library>[^']+)' not found)",
    ),
    Template::new(
        "link-library-missing",
        weight::BUILD,
        r"\bframework (?:not found (?P<link_framework>[^\s:'`]+)|'(?P<quoted_framework>[^']+)' not found)",
    ),
    Template::new(
        "link-library-missing",
        weight::BUILD,
        r"\bld: file (?:not found: (?P<file>[^\s`]+)|cannot be open\(\)ed, errno=2 path=(?P<path>\S+))",
    ),
    Template::new(
        "link-library-missing",
        weight::BUILD,
        r"No rule to make target ['`\x22](?P<file>[^'`\x22\n]+\.(?:dylib|a|so|tbd))['`\x22]",
    ),
    Template::new(
        "symbol-missing-libcxx",
        weight::BUILD,
        r"error: no (?:member|template|type)(?: template)? named '(?P<symbol>\w+)' in namespace 'std\b",
    ),
    Template::new(
        "link-undefined-symbols",
        weight::LINK_REST,
        r"(?:symbol\(s\) not found|Undefined symbols?) for (?:inferred )?architecture (?P<arch>\w+)",
    ),
    Template::new(
        "build-tool-missing",
        weight::BUILD,
        r"CMAKE_MAKE_PROGRAM is not set",
    ),
    Template::new(
        "build-tool-missing",
        weight::BUILD,
        r"Running '(?:[^'\n]*/)?(?P<identifier>[^'/\n]+)' '--version' failed with: [Nn]o such file or directory",
    ),
    Template::new(
        "build-tool-missing",
        weight::BUILD,
        r"(?:^|\n|RuntimeError:\s|['\x22(`])\s*Ninja is required to load C\+\+ extensions?(?:\s|\.|['\x22`]|$)",
    ),
    Template::new(
        "build-tool-missing",
        weight::BUILD,
        r"(?:^|[^\x22'(])(?P<identifier>CMake) must be installed to build|(?:Cannot find|Could not find) (?P<wanted>CMake)(?: executable| with version|\.)|(?P<config>pg_config|mysql_config)(?: executable)? not found",
    ),
];

/// Names of facts that differ only in the form of the message.
const SAME: [(&str, &str); 7] = [
    ("quoted_library", "link_library"),
    ("quoted_framework", "link_framework"),
    ("path", "file"),
    ("unused_flag", "flag"),
    ("least", "required"),
    ("wanted", "identifier"),
    ("config", "identifier"),
];

/// Every complaint of a build that the text tells of.
pub(super) fn find(text: &str) -> Vec<Candidate> {
    // A configure step asks questions that are meant to fail.
    if ["_configtest", "CMakeTmp", "CMakeScratch", "conftest."]
        .iter()
        .any(|probe| text.contains(probe))
    {
        return Vec::new();
    }
    let mut found = FAMILY.find(text);
    for candidate in &mut found {
        for (form, name) in SAME {
            if let Some(value) = candidate.facts.remove(form) {
                candidate.facts.insert(name, value);
            }
        }
        if let Some(standard) = candidate.facts.get_mut("required") {
            *standard = standard.to_uppercase();
        }
        let fact = |name| candidate.facts.get(name).map(String::as_str);
        if fact("header").is_some_and(is_standard)
            || fact("link_library").is_some_and(|it| is_old(text, it))
        {
            candidate.cause = "deployment-target-conflict";
        }
        // A line that raises the error is source text, and a warning of what is not available ends no build.
        let line = line_of(text, candidate.at);
        let is_source = candidate.cause == "build-tool-missing" && line.contains("raise ");
        let is_warning = line.contains("warning: ") && candidate.weight < weight::WEAK;
        if is_source || is_warning {
            candidate.weight = weight::NONE;
        }
    }
    found.retain(|candidate| candidate.weight != weight::NONE);
    found.extend(
        build::faults(text)
            .iter()
            .filter_map(|fault| of_fault(text, fault)),
    );
    found
}

/// The line up to this place.
fn line_of(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or_default();
    before.rsplit('\n').next().unwrap_or(before)
}

/// A part of the system that only old deployment targets are linked with. libstdc++ is one, where the link does not ask
/// for it by name.
fn is_old(text: &str, library: &str) -> bool {
    let chosen = library == "stdc++" && !text.contains(" -lstdc++ ");
    chosen || library.starts_with("crt1.10.") || library.starts_with("gcc_s.10.")
}

/// A header of C++ itself, as `unordered_map`: with the libstdc++ that an old deployment target chooses, it is missing.
fn is_standard(header: &str) -> bool {
    !header.contains(['/', '.']) && header.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

fn of_fault(text: &str, fault: &BuildFault) -> Option<Candidate> {
    let (cause, weight, fact) = match &fault.kind {
        FaultKind::LinkLibraryMissing { library } if is_old(text, library) => (
            "deployment-target-conflict",
            weight::BUILD,
            ("link_library", library),
        ),
        FaultKind::HeaderMissing { header } if is_standard(header) => (
            "deployment-target-conflict",
            weight::BUILD,
            ("header", header),
        ),
        FaultKind::HeaderMissing { header } => {
            ("header-missing", weight::BUILD, ("header", header))
        }
        FaultKind::LinkLibraryMissing { library } if library.contains('.') => {
            ("link-library-missing", weight::BUILD, ("file", library))
        }
        FaultKind::LinkLibraryMissing { library } => (
            "link-library-missing",
            weight::BUILD,
            ("link_library", library),
        ),
        FaultKind::LinkFrameworkMissing { framework } => (
            "link-library-missing",
            weight::BUILD,
            ("link_framework", framework),
        ),
        FaultKind::UndefinedSymbol { symbol } => {
            (undefined(symbol), weight::BUILD, ("symbol", symbol))
        }
        FaultKind::FlagUnsupported { flag } => {
            ("compiler-flag-unsupported", weight::BUILD, ("flag", flag))
        }
        FaultKind::CompilerMissing { what } => (
            "compiler-missing-or-clt",
            weight::BUILD,
            ("identifier", what),
        ),
        FaultKind::BuildToolMissing { tool } => {
            ("build-tool-missing", weight::BUILD, ("identifier", tool))
        }
        FaultKind::CxxStandardTooLow { needed } => {
            ("cxx-standard-too-low", weight::BUILD, ("required", needed))
        }
        // Python's own words are read with Python's; the rest is nobody's cause but the project's.
        FaultKind::BuildModuleMissing { .. }
        | FaultKind::SourceMissing { .. }
        | FaultKind::SymbolDefinedTwice { .. }
        | FaultKind::CompilerKilled
        | FaultKind::CompileError { .. } => return None,
    };
    let at = line_start(text, fault.log_line);
    Some(Candidate {
        cause,
        weight,
        at,
        end: at.saturating_add(fault.text.len()).min(text.len()),
        facts: [(fact.0, fact.1.clone())].into(),
    })
}

fn undefined(symbol: &str) -> &'static str {
    let standard = symbol.starts_with("std::")
        || SymbolName::new(symbol, true).origin() == Origin::CxxStandard;
    if standard {
        "symbol-missing-libcxx"
    } else {
        "link-undefined-symbols"
    }
}

/// Where the line starts, counted from 1.
fn line_start(text: &str, line: usize) -> usize {
    let before = text.split_inclusive('\n').take(line.saturating_sub(1));
    before.map(str::len).sum()
}
