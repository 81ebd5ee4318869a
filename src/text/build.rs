//! What compilers, linkers, Xcode's tools and pip say.

use std::sync::LazyLock;

use super::template::{Candidate, Family, Template, weight};
use crate::build::{self, BuildFault, FaultKind};
use crate::rules::{Origin, SymbolName};

static FAMILY: LazyLock<Family> = LazyLock::new(|| Family::new(TEMPLATES));

const TEMPLATES: &[Template] = &[
    Template::new(
        "compiler-missing-or-clt",
        weight::BUILD,
        r"xcrun: error: invalid active developer path \((?P<developer_path>[^)]+)\)",
    ),
    Template::new(
        "compiler-missing-or-clt",
        weight::BUILD,
        r"tool '\w+' requires Xcode, but active developer directory '(?P<developer_path>[^']+)'",
    ),
    Template::new(
        "compiler-missing-or-clt",
        weight::BUILD,
        r"xcode-select: (?:error: |note: )?[Nn]o developer tools were found|You have not agreed to the Xcode",
    ),
    Template::new(
        "header-missing",
        weight::BUILD,
        r"'(?P<header>[^'\n]+)' file not found",
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
    Template::new(
        "deployment-target-conflict",
        weight::BUILD,
        r"error: [^\n]* is (?:unavailable: introduced in macOS|only available on macOS) (?P<min_os>[\d.]*\d)",
    ),
    Template::new(
        "deployment-target-conflict",
        weight::WEAK,
        r"building for macOS-(?P<deployment_target>[\d.]+), but linking with [^\n]*? which was built for newer version (?P<min_os>[\d.]*\d)",
    ),
    Template::new(
        "deployment-target-conflict",
        weight::WEAK,
        r"was built for newer \w+ version \((?P<min_os>[\d.]+)\) than being linked \((?P<deployment_target>[\d.]+)\)",
    ),
    Template::new(
        "no-matching-wheel",
        weight::BUILD,
        r"Could not find a version that satisfies the requirement (?P<distribution>[\w.-]+)",
    ),
    Template::new(
        "no-matching-wheel",
        weight::BUILD,
        r"No matching distribution found for (?P<distribution>[\w.-]+)",
    ),
    Template::new(
        "no-matching-wheel",
        weight::BUILD,
        r"(?P<wheel>[\w.+-]+\.whl) is not a supported wheel on this platform",
    ),
    Template::new(
        "cxx-standard-too-low",
        weight::BUILD,
        r"(?P<required>C\+\+\d\d) or later compatible compiler is required",
    ),
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
        let header = candidate.facts.get("header").map(String::as_str);
        if header.is_some_and(is_standard) {
            candidate.cause = "deployment-target-conflict";
        }
    }
    found.extend(
        build::faults(text)
            .iter()
            .filter_map(|fault| of_fault(text, fault)),
    );
    found
}

/// A header of C++ itself, as `unordered_map`: with the libstdc++ that an old deployment target chooses, it is missing.
fn is_standard(header: &str) -> bool {
    !header.contains(['/', '.']) && header.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

fn of_fault(text: &str, fault: &BuildFault) -> Option<Candidate> {
    let (cause, weight, fact) = match &fault.kind {
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
