//! C and C++ sources, as far as words go: which module functions they define, and where a name is defined or used.
//!
//! No preprocessor and no compiler: what is found by name is likely, not proved. Comments and strings are not looked at.

mod macros;
mod modules;

use std::ops::Range;

pub use macros::{Macros, included};
pub use modules::{ModuleDefinition, module_definitions, operator_libraries, speaks_of_modules};

use super::span::TextFile;
use crate::diagnosis::Source;

/// Bytes of a source.
const LONGEST: usize = 2 << 20;
/// Characters of a signature: a file of nothing but open brackets is looked through for each of them.
const SIGNATURE: usize = 2_000;
/// Endings of the files that compilers are given.
const ENDINGS: [&str; 9] = [
    ".c", ".cc", ".cpp", ".cxx", ".cu", ".mm", ".m", ".C", ".c++",
];
/// What a source does with a function's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Its body stands there.
    Definition,
    /// Its body stands there, for this file alone: `static`, or in a namespace without a name.
    LocalDefinition,
    /// Only its signature stands there.
    Declaration,
    /// It is called, or its address is taken.
    Call,
}

/// Is this a file that a compiler is given?
pub fn is_compiled(path: &str) -> bool {
    ENDINGS.iter().any(|ending| path.ends_with(ending))
}

/// Where a source names a function: `a::b::name`, `name`. All the words before `::` must stand in the source too.
pub fn uses(path: &str, text: &str, function: &str) -> Vec<(Use, Source)> {
    let mut parts: Vec<&str> = function.split("::").collect();
    let Some(name) = parts.pop().filter(|name| !name.is_empty()) else {
        return Vec::new();
    };
    if text.len() > LONGEST || !text.contains(name) {
        return Vec::new();
    }
    let code = code(text);
    let file = TextFile::new(path, text);
    let known: Vec<(&str, usize)> = words(&code).collect();
    let unnamed = unnamed_namespaces(&code);
    let mut found = Vec::new();
    if !parts
        .iter()
        .all(|part| known.iter().any(|(word, _)| word == part))
    {
        return found;
    }
    for (word, start) in known {
        let end = start + word.len();
        let called = code
            .get(end..)
            .is_some_and(|rest| rest.trim_start().starts_with(['(', '<']));
        if word != name || !called {
            continue;
        }
        let before = code.get(..start).unwrap_or_default();
        let qualified = before.trim_end().ends_with("::");
        // `x.name(` and `x->name(` are members of something else, unless the function is a member.
        if before.ends_with(['.', '>']) && parts.is_empty() {
            continue;
        }
        if qualified && !parts.is_empty() {
            let qualifier = before.trim_end().trim_end_matches(':').trim_end();
            if !parts.last().is_some_and(|last| qualifier.ends_with(last)) {
                continue;
            }
        }
        let kind = if follows_body(&code, end) {
            let around = unnamed.partition_point(|range| range.end < start);
            let unnamed = unnamed.get(around).is_some_and(|at| at.contains(&start));
            match unnamed || is_static(before) {
                true => Use::LocalDefinition,
                false => Use::Definition,
            }
        } else if is_declared(before) {
            Use::Declaration
        } else {
            Use::Call
        };
        found.push((kind, place(&file, start, end)));
    }
    found
}

/// `static` stands in front of what is named here.
fn is_static(before: &str) -> bool {
    let begins = before.rfind([';', '{', '}']).map_or(0, |at| at + 1);
    let statement = before.get(begins..).unwrap_or_default();
    let lines = statement.lines();
    let mut specifiers = lines.filter(|line| !line.trim_start().starts_with('#'));
    specifiers.any(|line| words(line).any(|(word, _)| word == "static"))
}

/// The namespaces without a name, the outermost where they are nested, in order.
fn unnamed_namespaces(code: &str) -> Vec<Range<usize>> {
    let (mut open, mut found): (Vec<bool>, Vec<Range<usize>>) = (Vec::new(), Vec::new());
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        if c == '{' {
            let before = code.get(..at).unwrap_or_default().trim_end();
            let unnamed = before.ends_with("namespace");
            open.push(unnamed);
            depth += usize::from(unnamed);
            if unnamed && depth == 1 {
                found.push(at..code.len());
            }
        } else if c == '}' && open.pop() == Some(true) {
            depth -= 1;
            if let Some(range) = found.last_mut().filter(|_| depth == 0) {
                range.end = at;
            }
        }
    }
    found
}

/// Before the name, and the qualifiers in front of it, stands a type: a signature, no call.
fn is_declared(before: &str) -> bool {
    let mut before = before.trim_end();
    while let Some(qualified) = before.strip_suffix("::") {
        before = qualified.trim_end().trim_end_matches(is_of_word).trim_end();
    }
    let word_at = before.trim_end_matches(is_of_word).len();
    let word = before.get(word_at..).unwrap_or_default();
    if word.is_empty() {
        return before.ends_with(['*', '&', '>'])
            && !before.ends_with("->")
            && !before.ends_with("&&");
    }
    let statements = [
        "return",
        "else",
        "do",
        "case",
        "throw",
        "co_return",
        "co_await",
        "co_yield",
        "new",
    ];
    !statements.contains(&word) && !word.starts_with(|c: char| c.is_ascii_digit())
}

/// After the brackets that follow comes `{`, with at most words, `->`, `:` and initialisers between: a body.
fn follows_body(code: &str, at: usize) -> bool {
    let rest = code.get(at..).unwrap_or_default();
    let end = rest.char_indices().nth(SIGNATURE);
    let rest = end.map_or(rest, |(end, _)| &rest[..end]);
    let Some(open) = rest.find('(') else {
        return false;
    };
    let mut depth = 0_usize;
    for (index, c) in rest.char_indices().skip_while(|(index, _)| *index < open) {
        match c {
            '(' => depth += 1,
            ')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    let after = rest.get(index + 1..).unwrap_or_default();
                    let end = after.find(['{', ';', ',', ')', '=']);
                    return end.is_some_and(|end| after[end..].starts_with('{'));
                }
            }
            '{' | '}' | ';' => return false,
            _ => {}
        }
    }
    false
}

fn place(file: &TextFile, start: usize, end: usize) -> Source {
    let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    file.place(byte(start), byte(end))
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Identifiers with the byte at which each begins.
fn words(code: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = code.get(at..)?;
        let start = at + rest.find(is_of_word)?;
        let rest = code.get(start..)?;
        let length = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
        at = start + length;
        Some((code.get(start..at)?, start))
    })
}

/// The text with comments and the insides of strings blanked out, byte for byte.
fn code(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut result = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let end = if rest.starts_with(b"//") {
            at + line_end(rest)
        } else if rest.starts_with(b"/*") {
            let inside = rest.get(2..).unwrap_or_default();
            let length = inside.windows(2).position(|pair| pair == b"*/");
            at + length.map_or(rest.len(), |length| length + 4)
        } else if byte == b'"' || byte == b'\'' && !is_of_number(bytes, at) {
            at + string_end(rest, byte)
        } else {
            result.push(byte);
            at += 1;
            continue;
        };
        let blanked = bytes.get(at..end).unwrap_or_default();
        result.extend(blanked.iter().map(|&b| if b == b'\n' { b } else { b' ' }));
        at = end;
    }
    String::from_utf8_lossy(&result).into_owned()
}

/// `1'000'000`: no character begins there.
fn is_of_number(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| bytes.get(at));
    before.is_some_and(u8::is_ascii_hexdigit)
}

fn line_end(rest: &[u8]) -> usize {
    let end = rest.iter().position(|&byte| byte == b'\n');
    end.unwrap_or(rest.len())
}

/// Bytes of a string or character, with its quotes; one that is not closed ends with its line.
fn string_end(rest: &[u8], quote: u8) -> usize {
    let mut escaped = false;
    for (at, &byte) in rest.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'\n' => return at,
            byte if byte == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn definitions_and_mentions_are_told_apart() {
        let text = "namespace kernel {\ndouble scale(double v, double f) {\n  return v * f; /* scale(1) */\n}\n}\n\
                    double x = kernel::scale(1, 2);\ndouble y = other::scale(1, 2);\nobject.scale(3);\n";
        let found: Vec<_> = uses("a.cpp", text, "kernel::scale")
            .into_iter()
            .map(|(kind, place)| (kind, place.line.unwrap()))
            .collect();
        assert_eq!(
            found,
            [(Use::Definition, 2), (Use::Call, 6), (Use::Call, 8)]
        );
        assert_eq!(uses("a.cpp", text, "else::scale"), []);
        let text =
            "long tally(long);\nint *tally(int);\nreturn tally(1);\nx = tally(2);\n{ tally(3); }\n";
        let kinds: Vec<_> = uses("a.c", text, "tally")
            .into_iter()
            .map(|(kind, _)| kind)
            .collect();
        let (declared, called) = (Use::Declaration, Use::Call);
        assert_eq!(kinds, [declared, declared, called, called, called]);
    }

    #[test]
    fn what_is_for_one_file_alone_is_no_definition_for_another() {
        let kinds = |text: &str| -> Vec<Use> {
            let found = uses("a.cpp", text, "scale").into_iter();
            found.map(|(kind, _)| kind).collect()
        };
        let local = [Use::LocalDefinition];
        assert_eq!(kinds("static inline int scale(int x) { return x; }"), local);
        assert_eq!(
            kinds("namespace {\nint scale(int x) { return x; }\n}"),
            local
        );
        let shared = [Use::Definition];
        assert_eq!(
            kinds("static int y;\nint scale(int x) { return x; }"),
            shared
        );
        assert_eq!(
            kinds("#define S static\nint scale(int x) { return x; }"),
            shared
        );
        assert_eq!(
            kinds("namespace { int z; }\nnamespace a { int scale(int x) { return x; } }"),
            shared
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(PyInit_x|PyInit_|PyMODINIT_FUNC|PYBIND11_MODULE|#define |##|\\\\|a,|\\(|\\)|\\{|\"|'|/\\*|\\*/|//|\n|é|a|::|1){0,60}") {
            let mut macros = Macros::default();
            macros.read("a.c", &text);
            module_definitions("a.c", &text, &macros);
            uses("a.c", &text, "é::a");
            prop_assert_eq!(code(&text).len(), text.len());
        }
    }
}
