//! What compilers say: about a place in a source, and about their own command line.

use super::{BuildFault, FaultKind, numbered, program_error};

/// `ext.cpp:3:10: fatal error: 'nowhere.h' file not found` and its relatives.
pub(super) fn located_error(log_line: usize, text: &str) -> Option<BuildFault> {
    let marks = [": fatal error: ", ": error: "];
    let splits = marks.iter().filter_map(|mark| text.split_once(mark));
    let (head, message) = splits.min_by_key(|(place, _)| place.len())?;
    let (file, line, column) = place(head)?;
    Some(BuildFault {
        log_line,
        text: text.to_owned(),
        file: Some(file.to_owned()),
        line: Some(line),
        column,
        kind: complaint(message),
    })
}

/// `ext.cpp:3:10`, `ext.cpp:3`: file, line and column.
pub(super) fn place(text: &str) -> Option<(&str, u32, Option<u32>)> {
    let (before, last) = text.rsplit_once(':')?;
    let last = last.parse().ok()?;
    let with_column = before
        .rsplit_once(':')
        .and_then(|(file, line)| Some((file, line.parse().ok()?, Some(last))));
    Some(with_column.unwrap_or((before, last, None)))
}

fn complaint(message: &str) -> FaultKind {
    // gcc: `ext.cpp:3:10: fatal error: nowhere.h: No such file or directory`
    if let Some(header) = message.strip_suffix(": No such file or directory") {
        return FaultKind::HeaderMissing {
            header: header.to_owned(),
        };
    }
    // clang: `ext.cpp:3:10: fatal error: 'nowhere.h' file not found`
    if let Some(header) = message
        .strip_suffix("' file not found")
        .and_then(|rest| rest.strip_prefix('\''))
    {
        return FaultKind::HeaderMissing {
            header: header.to_owned(),
        };
    }
    // gcc: `torch/all.h:4:2: error: #error C++17 or later compatible compiler is required to use PyTorch.`
    // clang: `torch/all.h:4:2: error: C++17 or later compatible compiler is required to use PyTorch.`
    // `c10/util/C++17.h:27:2: error: #error You need C++17 to compile PyTorch`
    let standard = message.strip_prefix("#error ").unwrap_or(message);
    let standard = standard.trim_matches('"');
    let needed = standard
        .split_once(" or later compatible compiler is required")
        .or_else(|| {
            standard
                .strip_prefix("You need ")?
                .split_once(" to compile PyTorch")
        });
    if let Some((needed, _)) = needed
        && needed.starts_with("C++")
    {
        return FaultKind::CxxStandardTooLow {
            needed: needed.to_owned(),
        };
    }
    FaultKind::CompileError {
        message: message.to_owned(),
    }
}

/// The standard from which on the name exists that a complaint misses, by gcc's note below it:
/// `a.cpp:3:6: note: ‘std::optional’ is only available from C++17 onwards`.
pub fn standard_asked(log: &str, log_line: usize) -> Option<&str> {
    const NOTES: usize = 12;
    let below = numbered(log).skip(log_line).take(NOTES);
    let mut below = below.map(|(_, line)| line.trim());
    let own = below.by_ref().take_while(|text| {
        ![": error: ", ": warning: "]
            .iter()
            .any(|it| text.contains(it))
    });
    let note = own.filter_map(|text| text.split_once(": note: ")).next();
    let (_, standard) = note?.1.split_once(" is only available from ")?;
    let standard = standard.strip_suffix(" onwards")?;
    standard.starts_with("C++").then_some(standard)
}

/// What a compiler says about the command that it was given.
pub(super) fn unlocated_error(text: &str) -> Option<FaultKind> {
    let (_, message) = program_error(text)?;
    // clang: `clang: error: no such file or directory: 'ext.cpp'`
    if let Some(file) = message
        .strip_prefix("no such file or directory: '")
        .and_then(|rest| rest.strip_suffix('\''))
    {
        return Some(missing_input(file));
    }
    // gcc: `cc1plus: fatal error: ext.cpp: No such file or directory`, `g++: error: ext.o: No such file or directory`
    if let Some(file) = message.strip_suffix(": No such file or directory") {
        return Some(missing_input(file));
    }
    // gcc: `c++: fatal error: Killed signal terminated program cc1plus`
    if message.starts_with("Killed signal terminated program ") {
        return Some(FaultKind::CompilerKilled);
    }
    refused_flag(message).map(|flag| FaultKind::FlagUnsupported { flag })
}

fn missing_input(file: &str) -> FaultKind {
    let is_library = [".a", ".so", ".dylib", ".tbd"]
        .iter()
        .any(|suffix| file.ends_with(suffix))
        || file.contains(".framework/");
    if is_library {
        FaultKind::LinkLibraryMissing {
            library: file.to_owned(),
        }
    } else {
        FaultKind::SourceMissing {
            file: file.to_owned(),
        }
    }
}

fn refused_flag(message: &str) -> Option<String> {
    let quoted = |before: &str| {
        let rest = message
            .strip_prefix(before)?
            .strip_prefix(['\'', '‘', '"'])?;
        rest.split(['\'', '’', '"']).next()
    };
    // clang: `clang: error: unsupported option '-fopenmp'`, `clang: error: unknown argument: '-mno'`
    // gcc: `g++: error: unrecognized command-line option '-arch'`
    // clang: `clang: error: the clang compiler does not support '-march=native'`
    for before in [
        "unsupported option ",
        "unknown argument: ",
        "unknown argument ",
        "unrecognized command-line option ",
        "unrecognized command line option ",
        "the clang compiler does not support ",
    ] {
        if let Some(flag) = quoted(before) {
            return Some(flag.to_owned());
        }
    }
    // clang: `error: invalid value 'c++77' in '-std=c++77'`
    if let Some((_, flag)) = quoted("invalid value ").and(message.split_once("' in '")) {
        return Some(flag.trim_end_matches('\'').to_owned());
    }
    // clang: `clang: error: unsupported argument 'native' to option '-march='`
    if let Some(value) = quoted("unsupported argument ") {
        let (_, option) = message.split_once("' to option '")?;
        return Some(format!("{}{value}", option.trim_end_matches('\'')));
    }
    // gcc: `cc1plus: error: bad value ('native') for '-march=' switch`
    let rest = message
        .strip_prefix("bad value (")?
        .strip_prefix(['\'', '‘'])?;
    let (value, rest) = rest.split_once(['\'', '’'])?;
    let option = rest.strip_prefix(") for ")?.strip_prefix(['\'', '‘'])?;
    let (option, _) = option.split_once(['\'', '’'])?;
    Some(format!("{option}{value}"))
}
