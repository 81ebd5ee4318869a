//! What linkers say: GNU ld and gold, Apple's ld64 and its successor, lld, mold.

use super::{FaultKind, program_error};

/// The complaint of a linker.
pub(super) fn fault(text: &str) -> Option<FaultKind> {
    missing_library(text)
        .or_else(|| missing_framework(text))
        .or_else(|| undefined_symbol(text))
        .or_else(|| defined_twice(text))
}

/// The source line that GNU ld names where it has debug information:
/// `/usr/bin/ld: /src/ext.cpp:7: undefined reference to ...`; of two definitions it names the second.
pub(super) fn place(text: &str) -> Option<(&str, u32)> {
    let (place, _) = text
        .split_once(": undefined reference to ")
        .or_else(|| text.split_once(": multiple definition of "))?;
    let place = place.rsplit_once("ld: ").map_or(place, |(_, rest)| rest);
    let (file, line) = place.rsplit_once(':')?;
    Some((file, line.parse().ok()?))
}

/// `/usr/bin/ld: cannot find -lfoo` without the linker's name.
pub(super) fn linker_message(text: &str) -> Option<&str> {
    let (program, message) = text.split_once(": ")?;
    let name = program.rsplit('/').next().unwrap_or(program);
    // `ld`, `ld.bfd`, `x86_64-linux-gnu-ld`, `ld64.lld`, `ld64.lld-19`, `mold`
    let is_linker = name.contains("ld") && !name.contains([' ', '\'', '"']);
    is_linker.then(|| {
        let message = message.strip_prefix("error: ").unwrap_or(message);
        message.strip_prefix("fatal: ").unwrap_or(message)
    })
}

fn missing_library(text: &str) -> Option<FaultKind> {
    let message = linker_message(text)?;
    // GNU ld: `/usr/bin/ld: cannot find -lnowhere: No such file or directory`
    // ld64: `ld: library not found for -lnowhere`; lld: `ld64.lld: error: library not found for -lnowhere`
    // lld: `ld.lld: error: unable to find library -lnowhere`; mold: `mold: fatal: library not found: nowhere`
    let named = [
        "cannot find -l",
        "library not found for -l",
        "unable to find library -l",
        "library not found: ",
    ];
    let rest = named.iter().find_map(|before| message.strip_prefix(before));
    let library = match rest {
        Some(rest) => rest.split([':', ' ']).next().unwrap_or(rest),
        None => missing_file(message)?,
    };
    Some(FaultKind::LinkLibraryMissing {
        library: library.to_owned(),
    })
}

fn missing_file(message: &str) -> Option<&str> {
    // Apple's ld since Xcode 15: `ld: library 'nowhere' not found`
    if let Some(rest) = message.strip_prefix("library '") {
        return rest.strip_suffix("' not found");
    }
    // ld64: `ld: file not found: python.exe`; newer: `ld: file cannot be open()ed, errno=2 path=libfoo.a in 'libfoo.a'`
    if let Some(file) = message.strip_prefix("file not found: ") {
        return Some(file);
    }
    // GNU ld: `/usr/bin/ld: cannot find /opt/lib/libfoo.a: No such file or directory`
    let rest = message.strip_prefix("cannot find ")?;
    rest.strip_suffix(": No such file or directory")
}

fn missing_framework(text: &str) -> Option<FaultKind> {
    let message = linker_message(text)?;
    // ld64: `ld: framework not found Nowhere`; Apple's ld since Xcode 15: `ld: framework 'Nowhere' not found`
    let framework = match message.strip_prefix("framework not found ") {
        Some(framework) => framework,
        None => message
            .strip_prefix("framework '")?
            .strip_suffix("' not found")?,
    };
    Some(FaultKind::LinkFrameworkMissing {
        framework: framework.to_owned(),
    })
}

/// A name as linkers print it, mangled or not, and no sentence: blanks stand in its brackets only, or behind words of
/// the compiler's.
fn is_symbol(name: &str) -> bool {
    const WORDS: [&str; 8] = [
        "vtable for ",
        "VTT for ",
        "typeinfo for ",
        "typeinfo name for ",
        "guard variable for ",
        "non-virtual thunk to ",
        "virtual thunk to ",
        "thread-local wrapper routine for ",
    ];
    let name = WORDS
        .iter()
        .find_map(|words| name.strip_prefix(words))
        .unwrap_or(name);
    let end = name.find(['(', '<']).unwrap_or(name.len());
    let (head, _) = name.split_at(end);
    !head.is_empty() && (!head.contains(char::is_whitespace) || head.starts_with("operator "))
}

fn undefined_symbol(text: &str) -> Option<FaultKind> {
    let undefined = |symbol: &str| {
        Some(FaultKind::UndefinedSymbol {
            symbol: symbol.to_owned(),
        })
    };
    // GNU ld: `/usr/bin/ld: ext.cpp:(.text+0x5): undefined reference to `missing()'`
    if let Some((_, rest)) = text.split_once(": undefined reference to ") {
        let rest = rest.strip_prefix(['`', '\'', '‘'])?;
        return undefined(rest.trim_end_matches(['\'', '’']));
    }
    // lld and mold: `ld.lld: error: undefined symbol: missing()`
    if let Some((_, message)) = program_error(text)
        && let Some(symbol) = message.strip_prefix("undefined symbol: ")
    {
        return undefined(symbol);
    }
    // ld64: `"missing()", referenced from:`; Apple's ld since Xcode 15: `missing(), referenced from:`
    let symbol = text.strip_suffix(", referenced from:")?;
    match symbol.strip_prefix('"') {
        Some(quoted) => undefined(quoted.strip_suffix('"')?),
        None if is_symbol(symbol) => undefined(symbol),
        None => None,
    }
}

fn defined_twice(text: &str) -> Option<FaultKind> {
    let symbol = if let Some((_, rest)) = text.split_once(": multiple definition of ") {
        // GNU ld: `h.c:1: multiple definition of `twice'; b/g.o:g.c:4: first defined here`
        let (symbol, _) = rest
            .strip_prefix(['`', '\'', '‘'])?
            .split_once([';', '’'])?;
        symbol.trim_end_matches('\'')
    } else if let Some((_, message)) = program_error(text) {
        // lld: `ld64.lld: error: duplicate symbol: _twice`
        message.strip_prefix("duplicate symbol: ")?
    } else {
        // ld64: `duplicate symbol _twice in:`; since Xcode 10 `duplicate symbol '_twice' in:`
        let symbol = text
            .strip_prefix("duplicate symbol ")?
            .strip_suffix(" in:")?;
        symbol.trim_matches('\'')
    };
    Some(FaultKind::SymbolDefinedTwice {
        symbol: symbol.to_owned(),
    })
}
