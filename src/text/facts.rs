//! Names and values that stand around a cause's own words: who opened what, which symbol, how it ended.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::pattern::Pattern;
use super::template::unwrapped;

/// Patterns of facts; the first place counts, the first pattern with a name wins.
const PATTERNS: &[(&str, &str)] = &[
    (
        "dlopen_path",
        r"dlopen\(([^\n]*?),\s*(?:0x[0-9A-Fa-f]+|\d+)\)",
    ),
    // A log may have broken the line inside.
    (
        "dlopen_path",
        r"dlopen\(([^()]{1,1200}?),\s*(?:0\s*x[0-9A-Fa-f]+|\d+)\)",
    ),
    ("dlopen_mode", r"dlopen\([^\n]*?,\s*(0x[0-9A-Fa-f]+|\d+)\)"),
    (
        "dlopen_mode",
        r"dlopen\([^()]{1,1200}?,\s*(0\s*x[0-9A-Fa-f]+|\d+)\)",
    ),
    (
        "symbol",
        r"[Ss]ymbol not found(?: in flat namespace)?:? [('`]?((?:__Z[\w$.]+(?:\n[\w$]{6,}(?:\n|$))?)|[^\s'`)]+(?:\n[\w$]*_[\w$]*(?:\n|$))?)",
    ),
    (
        "symbol",
        r#"Undefined symbols[^\n]*\n\s*(?:Undefined symbols[^\n]*\n\s*)?"([^"\n]+)", referenced from:"#,
    ),
    ("library", r"Library not loaded: '?([^'\n]+)"),
    (
        "referenced_from_uuid",
        r"Referenced from: <([0-9A-F-]{36})>",
    ),
    (
        "referenced_from",
        r"Referenced from:\s*(?:<[^>\n]*>\s*)?'?([^'\n]+)",
    ),
    ("referenced_from", r"(\S+) \(which was built for"),
    (
        "referenced_from",
        r"dependent dylib '[^'\n]+' not found for '([^'\n]+)'",
    ),
    ("expected_in_uuid", r"Expected in: <([0-9A-F-]{36})>"),
    (
        "expected_in",
        r"Expected in:\s*(?:<[^>\n]*>\s*)?'?([^'\n]+)",
    ),
    ("expected_in", r"symbol not found in (flat namespace)"),
    ("have_arch", r"\(have '?\(?([^')]+)'?\)?, ?need "),
    (
        "have_arch",
        r"Mach-O (?:64-bit )?(?:bundle|dynamically linked shared library|executable) (\w+)",
    ),
    ("need_arch", r"\(have [^)]*\)?, need \(?('[^)]+'|[^')]+)\)"),
    ("arch", r"Undefined symbols for architecture (\w+)"),
    ("min_os", r"built for (?:macOS|Mac OS X) ([\d.]*\d)"),
    (
        "reason",
        r"not valid for use in process(?: using Library Validation)?: ([^\n]+)",
    ),
    (
        "reason",
        r"reason: (mapped file [^\n]+|mapping process [^\n]+)",
    ),
    (
        "reason",
        r"(library load (?:disallowed|denied) by system policy)",
    ),
    ("signed_file", r"code signature in <[^>]*> '([^']+)'"),
    (
        "exit_code",
        r"(?:[Ee]xit (?:code|status)|[Ee]xit|exit code:) (\d+)",
    ),
    ("exit_code", r"exit code: (\d+)"),
    ("identifier", r"use of undeclared identifier '([^'\n]+)'"),
    ("signal", r"Signals\.(SIG[A-Z]+)"),
    ("signal", r"\b(SIG(?:SEGV|BUS|ILL|ABRT|KILL|TRAP|FPE))\b"),
    ("signal", r"(Abort trap: 6)"),
    ("signal", r"\] \d+ (segmentation fault|bus error)"),
];

static COMPILED: LazyLock<Vec<(&str, Pattern)>> = LazyLock::new(|| {
    let compiled = PATTERNS
        .iter()
        .map(|(name, pattern)| (*name, Pattern::wrapping(pattern)));
    compiled.collect()
});

/// Words that stand for a signal without naming it.
const SIGNALS: &[(&str, &str)] = &[
    ("llegal instruction", "SIGILL"),
    ("llegal hardware instruction", "SIGILL"),
    ("Fatal Python error: Segmentation fault", "SIGSEGV"),
    ("Fatal Python error: Bus error", "SIGBUS"),
    ("Python error: ", "SIGABRT"),
    ("libc++abi", "SIGABRT"),
    ("terminate called", "SIGABRT"),
    ("Segmentation fault", "SIGSEGV"),
    ("segmentation fault", "SIGSEGV"),
    ("bus error", "SIGBUS"),
    ("Killed: 9", "SIGKILL"),
    ("137", "SIGKILL"),
];

/// What stands in the text around a cause.
pub(super) fn around(text: &str) -> BTreeMap<&'static str, String> {
    let mut facts = BTreeMap::new();
    for (name, regex) in COMPILED.iter() {
        if facts.contains_key(name) {
            continue;
        }
        if let Some(value) = regex.captures(text).and_then(|found| found.get(1)) {
            let value = tidy(name, value.as_str());
            if !value.is_empty() {
                facts.insert(*name, value);
            }
        }
    }
    if !facts.contains_key("signal")
        && let Some((_, signal)) = SIGNALS.iter().find(|(words, _)| text.contains(words))
    {
        facts.insert("signal", (*signal).to_owned());
    }
    facts
}

fn tidy(name: &str, value: &str) -> String {
    let ends: &[&str] = match name {
        "referenced_from" | "expected_in" | "library" => &[
            " (built for ",
            " (which was built ",
            " Expected in:",
            " Referenced from:",
            " Reason:",
        ],
        _ => &[],
    };
    let end = ends.iter().filter_map(|end| value.find(end)).min();
    let value = end.and_then(|end| value.get(..end)).unwrap_or(value);
    let value = unwrapped(value);
    match name {
        "need_arch" | "have_arch" => value.replace('\'', ""),
        "reason" => balanced(&value),
        _ => value,
    }
}

/// Up to the closing bracket that was opened before the value.
fn balanced(value: &str) -> String {
    let mut depth = 0_usize;
    let end = value.find(|character| {
        match character {
            '(' => depth = depth.saturating_add(1),
            ')' if depth == 0 => return true,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        false
    });
    let value = end.and_then(|end| value.get(..end)).unwrap_or(value);
    value.trim().to_owned()
}
