//! How processes end: signals as shells, Python and crash reports word them, and what runtimes print before.

use std::sync::LazyLock;

use super::pattern::Pattern;
use super::template::{Candidate, Family, Template, weight};

static FAMILY: LazyLock<Family> = LazyLock::new(|| Family::new(TEMPLATES));

const TEMPLATES: &[Template] = &[
    Template::new(
        "code-signature-invalid",
        weight::REFUSED,
        r"Termination Reason: (?P<termination>(?:Namespace )?CODESIGNING,[^\n]*)",
    ),
    Template::new(
        "code-signature-invalid",
        weight::REFUSED,
        r"\(?(?:SIGKILL )?\(Code Signature Invalid\)",
    ),
    // dyld's own reasons to end a program that starts, as crash reports number them.
    Template::new(
        "arch-mismatch",
        weight::REFUSED,
        r"Termination Reason: (?P<termination>(?:Namespace )?DYLD, (?:\[0x2\]|Code (?:0x)?2\b)[^\n]*)",
    ),
    Template::new(
        "dylib-version-incompatible",
        weight::REFUSED,
        r"Termination Reason: (?P<termination>(?:Namespace )?DYLD, (?:\[0x3\]|Code (?:0x)?3\b)[^\n]*)",
    ),
    Template::new(
        "code-signature-invalid",
        weight::REFUSED,
        r"Termination Reason: (?P<termination>(?:Namespace )?DYLD, (?:\[0x5\]|Code (?:0x)?5\b)[^\n]*)",
    ),
    Template::new(
        "duplicate-openmp-runtime",
        weight::PYTHON,
        r"Error \S*#15: Initializing (?P<openmp_new>\S+), but found (?P<openmp_old>\S+) already initialized",
    ),
    Template::new(
        "duplicate-objc-class",
        weight::WEAK,
        r"Class (?P<class>\w+) is implemented in both",
    ),
    Template::new(
        "crash-illegal-instruction",
        weight::PYTHON_VAGUE,
        r"was (?:compiled|built) to use (?P<instruction>[\w.]+)[^\n]* instructions, (?:but these aren't available on your machine|but your machine doesn't support)",
    ),
    Template::new(
        "crash-illegal-instruction",
        weight::PYTHON_VAGUE,
        r"was built using (?P<instruction>[\w.]+) instructions, which your CPU",
    ),
    Template::new(
        "crash-illegal-instruction",
        weight::PYTHON_VAGUE,
        r"NumPy was built with baseline optimizations: \((?P<instruction>[^)]+)\) but your machine doesn't support",
    ),
    Template::new(
        "crash-illegal-instruction",
        weight::PYTHON_VAGUE,
        r"Missing required CPU features",
    ),
    Template::new(
        "crash-illegal-instruction",
        weight::WEAK,
        r"[Ii]llegal (?:hardware )?instruction|\bSIGILL\b|EXC_BAD_INSTRUCTION|[Ee]xit (?:code|status):? 132\b",
    ),
    Template::new(
        "crash-at-import",
        weight::CRASH,
        r"Fatal Python error: (?:Segmentation fault|Bus error|Aborted)",
    ),
    Template::new(
        "crash-at-import",
        weight::CRASH,
        r"\b[Ss]egmentation fault\b|\bbus error\b|Bus error: \d+|\bSIG(?:SEGV|BUS)\b|EXC_BAD_ACCESS|quit unexpectedly|[Ee]xit (?:code|status):? (?:139|138)\b",
    ),
    Template::new(
        "crash-at-import",
        weight::CRASH,
        r"libc\+\+abi(?:\.dylib)?: (?:terminating|Pure virtual)|terminate called after throwing an instance of|Exception Type: EXC_CRASH \(SIGABRT\)|EXC_BREAKPOINT \(SIGTRAP\)",
    ),
    Template::new(
        "crash-at-import",
        weight::BARE_CRASH,
        r"Abort trap: 6|zsh: (?:abort|trace trap)\b|\[\d+\] \d+ abort\b|Trace/BPT trap: 5|[Ee]xit (?:code|status):? 134\b",
    ),
];

/// What crashed is the compiler or the linker: no import did, and the project has no cause for it.
const TOOLS: [&str; 8] = [
    "unable to execute command: ",
    "command failed due to signal",
    "frontend command failed",
    "ld: Assertion failed",
    "ld::AtomPlacement",
    "ld crashed",
    "ld terminated with signal",
    "internal compiler error",
];

/// Every ending that the text tells of.
pub(super) fn find(text: &str) -> Vec<Candidate> {
    let mut found = FAMILY.find(text);
    if TOOLS.iter().any(|words| text.contains(words)) {
        found.retain(|it| !it.cause.starts_with("crash-"));
    }
    found.extend(killed_beside_signature(text));
    found.extend(two_pythons(text));
    found
}

static KILLED: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::wrapping(r"\b[Ee]xit(?: code| status)?:? 137\b|Killed: 9|zsh: killed|Signals\.SIGKILL")
});

/// The kernel kills without a word. Only beside what `codesign` says is the signature to blame.
fn killed_beside_signature(text: &str) -> Option<Candidate> {
    let killed = KILLED.find(text)?;
    let signed = [
        "linker-signed",
        "code object is not signed",
        "invalid signature",
        "CODESIGNING",
        "will invalidate the code signature",
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

/// `3   org.python.python   0x000000010f12d96c PyThreadState_Get + 44`: image and function of a frame.
static FRAME: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(r"(?m)^\s*\d+\s+(\S+)\s+0x[0-9a-fA-F]+\s+(\S[^\n]*?)(?: \+ \d+|$)")
});

/// A crash report of a process with two Pythons: the extension called one while the other imported it, and the one that
/// was called has no thread, or nothing at all, set up.
fn two_pythons(text: &str) -> Option<Candidate> {
    let frames: Vec<(usize, usize, &str, &str)> = FRAME
        .captures_iter(text)
        .filter_map(|found| {
            let whole = found.get(0)?;
            Some((
                whole.start(),
                whole.end(),
                found.get(1)?.as_str(),
                found.get(2)?.as_str(),
            ))
        })
        .collect();
    let no_thread = frames.windows(2).find_map(|pair| {
        let [(at, _, _, fatal), (_, end, _, asked)] = pair else {
            return None;
        };
        let asks = ["PyThreadState_Get", "PyInterpreterState_Get"];
        (fatal.contains("Py_FatalError") && asks.iter().any(|name| asked.contains(name)))
            .then_some((*at, *end, None))
    });
    let (at, end, module) = no_thread.or_else(|| called_while_imported(&frames))?;
    let facts = module.map(|module: &str| ("module", module.trim_end_matches(".so").to_owned()));
    Some(Candidate {
        cause: "environment-mismatch",
        weight: weight::PYTHON_VAGUE,
        at,
        end,
        facts: facts.into_iter().collect(),
    })
}

/// The crash is in a function of Python's that an extension called, while it was imported.
fn called_while_imported<'a>(
    frames: &[(usize, usize, &'a str, &'a str)],
) -> Option<(usize, usize, Option<&'a str>)> {
    let of_python = |image: &str| {
        image.contains("org.python") || image.starts_with("libpython") || image == "Python"
    };
    let [(at, _, python, called), (_, end, module, _), below @ ..] = frames else {
        return None;
    };
    let imports = below.iter().any(|(_, _, image, function)| {
        of_python(image) && function.trim_start_matches('_').starts_with("PyImport_")
    });
    let is_call = called.starts_with("Py") || called.starts_with("_Py");
    (of_python(python) && is_call && module.ends_with(".so") && imports).then_some((
        *at,
        *end,
        Some(*module),
    ))
}
