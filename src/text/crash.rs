//! How processes end: signals as shells, Python and crash reports word them, and what runtimes print before.

use std::sync::LazyLock;

use regex::Regex;

use super::template::{Candidate, Family, Template, weight, wrapping};

static FAMILY: LazyLock<Family> = LazyLock::new(|| Family::new(TEMPLATES));

const TEMPLATES: &[Template] = &[
    Template::new(
        "code-signature-invalid",
        weight::REFUSED,
        r"Termination Reason: (?P<termination>Namespace CODESIGNING,[^\n]*)",
    ),
    Template::new(
        "code-signature-invalid",
        weight::REFUSED,
        r"\(?SIGKILL \(Code Signature Invalid\)",
    ),
    Template::new(
        "duplicate-openmp-runtime",
        weight::PYTHON,
        r"OMP: Error #15: Initializing (?P<openmp_new>\S+), but found (?P<openmp_old>\S+) already initialized",
    ),
    Template::new(
        "duplicate-objc-class",
        weight::WEAK,
        r"objc\[\d+\]: Class (?P<class>\w+) is implemented in both",
    ),
    Template::new(
        "crash-illegal-instruction",
        weight::PYTHON_VAGUE,
        r"was compiled to use (?P<instruction>[\w.]+)[^\n]* instructions, but these aren't available on your machine",
    ),
    Template::new(
        "crash-illegal-instruction",
        weight::WEAK,
        r"[Ii]llegal (?:hardware )?instruction|\bSIGILL\b",
    ),
    Template::new(
        "crash-at-import",
        weight::CRASH,
        r"Fatal Python error: (?:Segmentation fault|Bus error|Aborted)",
    ),
    Template::new(
        "crash-at-import",
        weight::CRASH,
        r"\b[Ss]egmentation fault\b|\bbus error\b|Bus error: \d+|\bSIG(?:SEGV|BUS)\b",
    ),
    Template::new(
        "crash-at-import",
        weight::CRASH,
        r"libc\+\+abi(?:\.dylib)?: terminating|terminate called after throwing an instance of|Exception Type: EXC_CRASH \(SIGABRT\)",
    ),
];

/// Every ending that the text tells of.
pub(super) fn find(text: &str) -> Vec<Candidate> {
    let mut found = FAMILY.find(text);
    found.extend(killed_beside_signature(text));
    found
}

static KILLED: LazyLock<Regex> = LazyLock::new(|| {
    wrapping(r"\b[Ee]xit(?: code| status)?:? 137\b|Killed: 9|zsh: killed|Signals\.SIGKILL")
});

/// The kernel kills without a word. Only beside what `codesign` says is the signature to blame.
fn killed_beside_signature(text: &str) -> Option<Candidate> {
    let killed = KILLED.find(text)?;
    let signed = [
        "linker-signed",
        "code object is not signed",
        "invalid signature",
        "CODESIGNING",
    ];
    signed
        .iter()
        .any(|words| text.contains(words))
        .then(|| Candidate {
            cause: "code-signature-invalid",
            weight: weight::WEAK,
            at: killed.start(),
            end: killed.end(),
            facts: [("signal", "SIGKILL".to_owned())].into(),
        })
}
