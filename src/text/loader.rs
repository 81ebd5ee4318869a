//! What dyld and ld.so say: libraries and symbols that are not found. What they refuse a file for is in `system`.

use std::sync::LazyLock;

use super::pattern::Pattern;
use super::template::{Candidate, unwrapped, weight};
use crate::dyld;
use crate::ldso;
use crate::load::{LoadFailure, Reason};
use crate::rules::{Origin, SymbolName, is_of_libsystem};

/// Every load failure that the text tells of.
pub(super) fn find(text: &str) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut lookups = Vec::new();
    let mut from = 0;
    for mut failure in dyld::parse_all(text) {
        let place = text
            .get(from..)
            .and_then(|rest| rest.find(failure.subject.as_str()))
            .map_or(from, |at| from.saturating_add(at));
        from = place;
        let end = place.saturating_add(failure.subject.len()).min(text.len());
        if failure.reason == Reason::SymbolNotFound
            && let Some(rest) = text.get(end..).and_then(continuation)
        {
            failure.subject.push_str(rest);
        }
        if failure.message.starts_with("dlsym(") {
            lookups.push(lookup(place, end, failure.subject));
        } else if let Some((cause, weight)) = classify(text, &failure) {
            found.push(candidate(cause, weight, place, end, &failure));
        }
    }
    if found.is_empty() {
        found.extend(elf(text));
    }
    if found.is_empty() {
        found.extend(retold(text));
    }
    found.extend(lookups);
    found
}

/// A function that a program asked for by name: a module's own, or one of a library.
fn lookup(at: usize, end: usize, symbol: String) -> Candidate {
    let (cause, weight, name) = if symbol.starts_with("PyInit_") {
        ("module-init-missing", weight::PYTHON, "init_function")
    } else {
        ("symbol-missing-other", weight::PYTHON_VAGUE, "symbol")
    };
    Candidate {
        cause,
        weight,
        at,
        end,
        facts: [(name, symbol)].into(),
    }
}

/// The rest of a symbol that a log broke: a line of nothing but a name.
fn continuation(after: &str) -> Option<&str> {
    let line = after.strip_prefix('\n')?.lines().next()?;
    let line = line.trim_end_matches(['\'', '"', '`', ']']);
    let name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    (line.len() >= 6 && line.contains('_') && line.chars().all(name)).then_some(line)
}

/// A missing symbol without dyld's punctuation, a missing library without the words before it, and what tools that
/// follow the dependents of a file say of them.
static RETOLD: LazyLock<[Pattern; 5]> = LazyLock::new(|| {
    [
        Pattern::wrapping(
            r"[Ss]ymbol not found(?: in flat namespace)?:? [`'(]*(?P<symbol>_\w+|N[1-9]\w{8,})(?:[`')\s]+(?:Referenced from:? (?P<referenced_from>[^\n]+?)[`'\s]+)?Expected in:? (?P<expected_in>[^\s`']+))?",
        ),
        Pattern::wrapping(
            r"(?P<library>[^\s(:'`]+)\n\s*Referenced from:\s*(?P<referenced_from>[^\n]+)\n\s*Reason:\s*(?:image not found|tried:)",
        ),
        Pattern::wrapping(
            r"Library not loaded: '?(?P<library>[^\s']+)'? Referenced from:? (?P<referenced_from>[^\n]+)",
        ),
        // dyld3 where it has no older wording.
        Pattern::wrapping(
            r"[Ss]ymbol '(?P<symbol>[^'\n]+)' not found, expected in '(?P<expected_in>[^'\n]+)', needed by '(?P<referenced_from>[^'\n]+)'",
        ),
        Pattern::wrapping(
            r"(?:could not resolve ')?(?P<library>@\w+/[^\s'`]+|[\w.+-]*/[^\s'`:]+\.dylib)(?: not found:? Needed by:? |', dependency of ')(?P<referenced_from>[^\s'`]+)",
        ),
    ]
});

fn retold(text: &str) -> Option<Candidate> {
    let captures = RETOLD.iter().find_map(|regex| regex.captures(text))?;
    let whole = captures.get(0)?;
    let group = |name| captures.name(name).map(|found| unwrapped(found.as_str()));
    let symbol = group("symbol").map(whole_name);
    let reason = match symbol {
        Some(_) => Reason::SymbolNotFound,
        None => Reason::LibraryNotFound,
    };
    let failure = LoadFailure {
        referenced_from: group("referenced_from"),
        expected_in: group("expected_in"),
        ..LoadFailure::of(reason, symbol.or_else(|| group("library"))?)
    };
    let (cause, weight) = classify(text, &failure)?;
    let mut found = candidate(cause, weight, whole.start(), whole.end(), &failure);
    let named = [
        ("referenced_from", failure.referenced_from),
        ("expected_in", failure.expected_in),
    ];
    for (name, value) in named {
        found.facts.extend(value.map(|value| (name, value)));
    }
    Some(found)
}

/// A mangled name whose first letters a page took for markup: `N2at6Tensor3addEv`.
fn whole_name(symbol: String) -> String {
    if symbol.starts_with('_') {
        return symbol;
    }
    let whole = format!("__Z{symbol}");
    match SymbolName::new(&whole, true).demangled() {
        Some(_) => whole,
        None => symbol,
    }
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
    // Bold type of a page may end behind the name; no mangled name ends so.
    let name = match failure.subject.strip_prefix('_') {
        Some(_) => failure.subject.trim_end_matches('*'),
        None => &failure.subject,
    };
    Candidate {
        cause,
        weight,
        at,
        end,
        facts: [(subject, name.to_owned())].into(),
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
        Reason::Malformed if is_structural(failure) => Some(("malformed-macho", weight::DAMAGED)),
        _ => None,
    }
}

/// dyld's own words for what is wrong with the structure of a file; other words may tell of anything.
fn is_structural(failure: &LoadFailure) -> bool {
    const STARTS: [&str; 14] = [
        "segment '",
        "section '",
        "__TEXT segment",
        "load command",
        "malformed",
        "truncated",
        "overlapping segments",
        "slice ",
        "cpu type",
        "too many LC_",
        "missing LC_",
        "multiple LC_",
        "MH_DYLIB is missing",
        "duplicate linked dylib",
    ];
    let mut whys = failure.tried.iter().map(|attempt| attempt.why.as_str());
    whys.any(|why| STARTS.iter().any(|start| why.starts_with(start)))
        && !failure.message.contains("is not valid mach-o")
}

fn library(failure: &LoadFailure) -> &'static str {
    let library = failure.subject.as_str();
    let name = library.rsplit('/').next().unwrap_or(library);
    let of_framework =
        library.contains("Python.framework/") || library.contains("Python3.framework/");
    let is_python = name == ".Python"
        || (["Python", "Python3"].contains(&name) && (of_framework || library.starts_with('@')))
        || name.starts_with("libpython");
    let by_program = failure
        .referenced_from
        .as_deref()
        .is_some_and(|asker| !asker.ends_with(".so") && !asker.ends_with(".dylib"));
    if is_python && by_program {
        "interpreter-broken"
    // Homebrew's placeholders for absolute paths start with two.
    } else if library.starts_with('@') && !library.starts_with("@@") {
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
    let of_system = ["/usr/lib/", "/System/"]
        .iter()
        .any(|prefix| expected.starts_with(prefix));
    let flat = expected == dyld::FLAT;
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
    if of_system || symbol.starts_with("__dyld_") || (flat && is_of_libsystem(symbol)) {
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
    symbol.trim_start_matches('_').starts_with("THP")
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

/// Linux: one line is one message, or two where the file stands alone on the first.
fn elf(text: &str) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut at = 0_usize;
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let start = at;
        at = at.saturating_add(line.len());
        let mut message = line.trim().to_owned();
        let rest = |next: &&str| next.trim_start().starts_with("undefined symbol: ");
        if message.ends_with(':')
            && let Some(rest) = lines.next_if(rest)
        {
            at = at.saturating_add(rest.len());
            message = format!("{message} {}", rest.trim());
        }
        let Some(failure) = elf_message(&message).and_then(ldso::message::parse) else {
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

/// What ld.so said: behind the exception's name, or from the file's name on, which is enough with a symbol.
fn elf_message(line: &str) -> Option<&str> {
    let mut exceptions = ["ImportError: ", "OSError: "].iter();
    if let Some((_, message)) = exceptions.find_map(|before| line.split_once(before)) {
        return Some(message.trim());
    }
    let (before, _) = line.split_once(": undefined symbol: ")?;
    let file = before.rsplit([' ', '`', '\'', '"']).next()?;
    let is_library = file.ends_with(".so") || file.contains(".so.");
    let from = before.len().saturating_sub(file.len());
    line.get(from..).filter(|_| is_library)
}

fn elf_symbol(failure: &LoadFailure) -> &'static str {
    match SymbolName::new(&failure.subject, false).origin() {
        Origin::CxxStandard => "symbol-missing-libcxx",
        Origin::Python => "symbol-missing-python",
        Origin::OtherToolchain => "compiler-runtime-mismatch",
        Origin::Torch if is_of_binding(&failure.subject) => "torch-not-imported-first",
        Origin::Torch => "symbol-missing-torch-abi",
        Origin::Unknown => "symbol-missing-other",
    }
}
