//! A real error text to a [`LoadFailure`]. Above each template stands a line that it was made for.

use crate::load::{LoadFailure, Reason};

use super::failure;

/// Reads what `dlopen` said, as Python's ImportError or ctypes' OSError show it. `None` where the text is not one of
/// ld.so's.
pub fn parse(text: &str) -> Option<LoadFailure> {
    let text = text.trim();
    let text = ["ImportError: ", "OSError: "]
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .unwrap_or(text);
    let parsed = musl(text)
        .or_else(|| required_version(text))
        .or_else(|| undefined_symbol(text))
        .or_else(|| link_time_reference(text))
        .or_else(|| file(text))?;
    Some(parsed)
}

/// ```text
/// Error loading shared library libfoo.so: No such file or directory (needed by /x/y.so)
/// Error relocating /x/y.so: foo: symbol not found
/// ```
fn musl(text: &str) -> Option<LoadFailure> {
    if let Some(rest) = text.strip_prefix("Error relocating ") {
        let (path, symbol) = rest.strip_suffix(": symbol not found")?.rsplit_once(": ")?;
        return Some(LoadFailure {
            referenced_from: Some(path.to_owned()),
            ..failure(Reason::SymbolNotFound, symbol, text.to_owned())
        });
    }
    let rest = text.strip_prefix("Error loading shared library ")?;
    let (name, words) = rest.split_once(": ")?;
    let (words, asker) = match words
        .strip_suffix(')')
        .and_then(|it| it.split_once(" (needed by "))
    {
        Some((words, asker)) => (words, Some(asker.to_owned())),
        None => (words, None),
    };
    let reason = match words {
        "Exec format error" => Reason::Malformed,
        "Is a directory" => Reason::NotAFile,
        _ => Reason::LibraryNotFound,
    };
    Some(LoadFailure {
        referenced_from: asker,
        ..failure(reason, name, text.to_owned())
    })
}

/// ```text
/// /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by /x/y.so)
/// ```
fn required_version(text: &str) -> Option<LoadFailure> {
    let (library, rest) = text.split_once(": version `")?;
    let (version, rest) = rest.split_once("' not found (required by ")?;
    Some(LoadFailure {
        referenced_from: Some(rest.strip_suffix(')')?.to_owned()),
        expected_in: Some(library.to_owned()),
        symbol_version: Some(version.to_owned()),
        ..failure(Reason::VersionNotFound, version, text.to_owned())
    })
}

/// ```text
/// /x/y.so: undefined symbol: _Z3foov
/// /x/y.so: undefined symbol: fcntl64, version GLIBC_2.28
/// ```
fn undefined_symbol(text: &str) -> Option<LoadFailure> {
    let (path, rest) = text.split_once(": undefined symbol: ")?;
    let (symbol, version) = match rest.split_once(", version ") {
        Some((symbol, version)) => (symbol, Some(version.to_owned())),
        None => (rest, None),
    };
    Some(LoadFailure {
        referenced_from: Some(path.to_owned()),
        symbol_version: version,
        ..failure(Reason::SymbolNotFound, symbol, text.to_owned())
    })
}

/// glibc before 2.30:
/// ```text
/// /x/y.so: symbol foo, version V_1 not defined in file libfoo.so.1 with link time reference
/// /x/y.so: symbol foo version V_1 not defined in file libfoo.so.1 with link time reference
/// ```
fn link_time_reference(text: &str) -> Option<LoadFailure> {
    let (path, rest) = text.split_once(": symbol ")?;
    let rest = rest.strip_suffix(" with link time reference")?;
    let (rest, library) = rest.split_once(" not defined in file ")?;
    let (symbol, version) = rest
        .split_once(", version ")
        .or_else(|| rest.split_once(" version "))?;
    Some(LoadFailure {
        referenced_from: Some(path.to_owned()),
        expected_in: Some(library.to_owned()),
        symbol_version: Some(version.to_owned()),
        ..failure(Reason::SymbolNotFound, symbol, text.to_owned())
    })
}

/// ```text
/// libfoo.so.1: cannot open shared object file: No such file or directory
/// /x/y.so: wrong ELF class: ELFCLASS32
/// /x/y.so: invalid ELF header
/// /x/y.so: cannot read file data: Is a directory
/// ```
fn file(text: &str) -> Option<LoadFailure> {
    let (subject, words) = FILE_WORDS.iter().find_map(|(words, reason)| {
        let (subject, rest) = text.split_once(&format!(": {words}"))?;
        let ends = rest.is_empty() || rest.starts_with(": ");
        ends.then_some((subject, (*words, rest, *reason)))
    })?;
    let (words, rest, reason) = words;
    let directory = words == "cannot read file data" && rest == ": Is a directory";
    let reason = if directory { Reason::NotAFile } else { reason };
    let have_arch = words.strip_prefix("wrong ELF class: ").map(str::to_owned);
    Some(LoadFailure {
        have_arch,
        ..failure(reason, subject, text.to_owned())
    })
}

/// What glibc says of a file, and what it means.
const FILE_WORDS: &[(&str, Reason)] = &[
    ("cannot open shared object file", Reason::LibraryNotFound),
    ("wrong ELF class: ELFCLASS32", Reason::ArchMismatch),
    ("wrong ELF class: ELFCLASS64", Reason::ArchMismatch),
    ("file too short", Reason::Malformed),
    ("invalid ELF header", Reason::Malformed),
    ("cannot read file data", Reason::Malformed),
    (
        "ELF file data encoding not little-endian",
        Reason::Malformed,
    ),
    (
        "ELF file version ident does not match current one",
        Reason::Malformed,
    ),
    ("ELF file OS ABI invalid", Reason::Malformed),
    ("ELF file ABI version invalid", Reason::Malformed),
    ("nonzero padding in e_ident", Reason::Malformed),
    (
        "ELF file version does not match current one",
        Reason::Malformed,
    ),
    (
        "ELF file's phentsize not the expected size",
        Reason::Malformed,
    ),
    (
        "ELF load command address/offset not page-aligned",
        Reason::Malformed,
    ),
    ("ELF load command past end of file", Reason::Malformed),
    ("object file has no loadable segments", Reason::Malformed),
    ("object file has no dynamic section", Reason::Malformed),
    (
        "only ET_DYN and ET_EXEC can be loaded",
        Reason::WrongFiletype,
    ),
    ("cannot dynamically load executable", Reason::WrongFiletype),
    (
        "cannot dynamically load position-independent executable",
        Reason::WrongFiletype,
    ),
    (
        "cannot enable executable stack as shared object requires",
        Reason::ExecutableStack,
    ),
    ("shared object cannot be dlopen()ed", Reason::WrongFiletype),
];

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::load::Reason;

    #[test]
    fn each_template_gives_its_fields() {
        let undefined =
            parse("ImportError: /x/y.so: undefined symbol: fcntl64, version GLIBC_2.28\n");
        let undefined = undefined.unwrap();
        assert_eq!(undefined.reason, Reason::SymbolNotFound);
        assert_eq!(undefined.subject, "fcntl64");
        assert_eq!(undefined.symbol_version.as_deref(), Some("GLIBC_2.28"));
        assert_eq!(undefined.referenced_from.as_deref(), Some("/x/y.so"));

        let version =
            parse("/lib/libc.so.6: version `GLIBC_2.38' not found (required by /x/y.so)").unwrap();
        assert_eq!(version.reason, Reason::VersionNotFound);
        assert_eq!(version.expected_in.as_deref(), Some("/lib/libc.so.6"));

        let old = "/x/y.so: symbol f, version V not defined in file l.so with link time reference";
        assert_eq!(parse(old).unwrap().subject, "f");
        assert_eq!(parse(&old.replace("f, v", "f v")).unwrap().subject, "f");

        let class = parse("/x/y.so: wrong ELF class: ELFCLASS32").unwrap();
        assert_eq!(class.have_arch.as_deref(), Some("ELFCLASS32"));
        let directory = parse("/x: cannot read file data: Is a directory").unwrap();
        assert_eq!(directory.reason, Reason::NotAFile);
        let musl = "Error loading shared library l.so: No such file or directory (needed by /y.so)";
        assert_eq!(
            parse(musl).unwrap().referenced_from.as_deref(),
            Some("/y.so")
        );
        assert_eq!(parse("No module named 'torch'"), None);
        assert_eq!(parse("y.so: file too shorty"), None);
    }
}
