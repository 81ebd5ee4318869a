//! What dyld and ld.so say: libraries and symbols that are not found. What they refuse a file for is in `system`.

use super::template::{Candidate, weight};
use crate::dyld;
use crate::ldso;
use crate::load::{LoadFailure, Reason};
use crate::rules::{Origin, SymbolName};

/// Every load failure that the text tells of.
pub(super) fn find(text: &str) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut from = 0;
    for failure in dyld::parse_all(text) {
        let place = text
            .get(from..)
            .and_then(|rest| rest.find(failure.subject.as_str()))
            .map_or(from, |at| from.saturating_add(at));
        from = place;
        if let Some((cause, weight)) = classify(text, &failure) {
            let end = place.saturating_add(failure.subject.len()).min(text.len());
            found.push(candidate(cause, weight, place, end, &failure));
        }
    }
    if found.is_empty() {
        found.extend(elf(text));
    }
    found
}

fn candidate(
    cause: &'static str,
    weight: u8,
    at: usize,
    end: usize,
    failure: &LoadFailure,
) -> Candidate {
    let subject = match failure.reason {
        Reason::SymbolNotFound | Reason::VersionNotFound => "symbol",
        _ => "library",
    };
    Candidate {
        cause,
        weight,
        at,
        end,
        facts: [(subject, failure.subject.clone())].into(),
    }
}

fn classify(text: &str, failure: &LoadFailure) -> Option<(&'static str, u8)> {
    match failure.reason {
        Reason::LibraryNotFound | Reason::NotAFile => Some((library(failure), weight::LIBRARY)),
        Reason::SymbolNotFound => Some((macho_symbol(text, failure), weight::SYMBOL)),
        Reason::ArchMismatch => Some(("arch-mismatch", weight::REFUSED)),
        Reason::Codesign => Some(("code-signature-invalid", weight::REFUSED)),
        Reason::WrongFiletype => Some(("wrong-filetype", weight::REFUSED)),
        Reason::PlatformMismatch => Some(("platform-mismatch", weight::REFUSED)),
        _ => None,
    }
}

fn library(failure: &LoadFailure) -> &'static str {
    let library = failure.subject.as_str();
    let name = library.rsplit('/').next().unwrap_or(library);
    let is_python = name == ".Python"
        || (name == "Python" && library.contains("Python.framework/"))
        || name.starts_with("libpython");
    let by_program = failure
        .referenced_from
        .as_deref()
        .is_some_and(|asker| !asker.ends_with(".so") && !asker.ends_with(".dylib"));
    if is_python && by_program {
        "interpreter-broken"
    } else if library.starts_with('@') {
        "library-not-found-rpath"
    } else if library.contains('/') {
        "library-not-found-absolute"
    } else {
        "library-not-found-bare"
    }
}

fn macho_symbol(text: &str, failure: &LoadFailure) -> &'static str {
    let symbol = failure.subject.as_str();
    let expected = failure.expected_in.as_deref().unwrap_or_default();
    let of_system = expected.starts_with("/usr/lib/") || expected.starts_with("/System/");
    let flat = expected == "flat namespace";
    match SymbolName::new(symbol, true).origin() {
        Origin::CxxStandard => return "symbol-missing-libcxx",
        _ if text.contains("built for macOS ") || text.contains("built for Mac OS X ") => {
            return "min-os-too-new";
        }
        Origin::Python if text.contains(".pypy") || text.contains("/pypy") => {
            return "python-version-mismatch";
        }
        Origin::Python => return "symbol-missing-python",
        Origin::OtherToolchain => return "compiler-runtime-mismatch",
        // The C names of torch's Python binding are the same in every version: where none is found, no torch is there.
        Origin::Torch if flat && is_of_binding(symbol) => return "torch-not-imported-first",
        Origin::Torch => return "symbol-missing-torch-abi",
        Origin::Unknown => {}
    }
    if is_of_th(symbol) {
        return "symbol-missing-torch-abi";
    }
    if of_system || symbol.starts_with("__dyld_") {
        return "min-os-too-new";
    }
    if is_second_install(failure) {
        return "environment-mismatch";
    }
    "symbol-missing-other"
}

/// A C++ function of TH, the library below torch before ATen: `_THArgCheck`, `_THError` and so on, mangled.
fn is_of_th(symbol: &str) -> bool {
    let name = symbol
        .strip_prefix("__Z")
        .map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    name.is_some_and(|name| name.starts_with("_TH"))
}

fn is_of_binding(symbol: &str) -> bool {
    symbol.starts_with("_THP")
}

/// A package that ships `libNAME.dylib` was served another one of that name, from Homebrew or MacPorts.
fn is_second_install(failure: &LoadFailure) -> bool {
    let (Some(asker), Some(provider)) = (&failure.referenced_from, &failure.expected_in) else {
        return false;
    };
    let Some((_, inside)) = asker.split_once("/site-packages/") else {
        return false;
    };
    let package = inside.split('/').next().unwrap_or(inside);
    let elsewhere = [
        "/opt/homebrew/",
        "/usr/local/Cellar/",
        "/usr/local/opt/",
        "/opt/local/",
    ];
    elsewhere.iter().any(|prefix| provider.starts_with(prefix))
        && provider.ends_with(&format!("/lib{package}.dylib"))
}

/// Linux: one line is one message.
fn elf(text: &str) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut at = 0_usize;
    for line in text.split_inclusive('\n') {
        let start = at;
        at = at.saturating_add(line.len());
        let said = ["ImportError: ", "OSError: "]
            .iter()
            .find_map(|before| line.split_once(before));
        let Some(failure) = said.and_then(|(_, message)| ldso::message::parse(message.trim()))
        else {
            continue;
        };
        let cause = match failure.reason {
            Reason::LibraryNotFound if failure.subject.contains('/') => {
                "library-not-found-absolute"
            }
            Reason::LibraryNotFound => "library-not-found-bare",
            Reason::SymbolNotFound => elf_symbol(&failure),
            _ => continue,
        };
        let weight = match failure.reason {
            Reason::LibraryNotFound => weight::LIBRARY,
            _ => weight::SYMBOL,
        };
        found.push(candidate(cause, weight, start, at, &failure));
    }
    found
}

fn elf_symbol(failure: &LoadFailure) -> &'static str {
    match SymbolName::new(&failure.subject, false).origin() {
        Origin::CxxStandard => "symbol-missing-libcxx",
        Origin::Python => "symbol-missing-python",
        Origin::OtherToolchain => "compiler-runtime-mismatch",
        Origin::Torch => "symbol-missing-torch-abi",
        Origin::Unknown => "symbol-missing-other",
    }
}
