//! What tools warn of and go on: linkers for macOS of a file that they ignore, of a file for a newer system than is asked
//! for, of symbols that they leave to the loader; compilers of a newer C++ than is asked for.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::compiler::place;
use super::linker::linker_message;
use super::numbered;

/// Stands in every warning; in most lines of a log it does not.
static MARK: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("warning: "));

/// One warning about one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildWarning {
    /// Line of the log, from 1.
    pub log_line: usize,
    /// The line itself.
    pub text: String,
    /// The file, of an archive's member the archive; empty where the warning names none.
    pub file: String,
    /// What is wrong with it.
    pub kind: WarningKind,
}

/// What is warned of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WarningKind {
    /// The file is left out: it is for another processor.
    OtherArchitecture {
        /// What it is for.
        have: String,
        /// What is linked.
        need: String,
    },
    /// The file needs a newer macOS than the one that is linked for.
    NewerSystem {
        /// The file's oldest macOS.
        minimum: String,
        /// The build's deployment target.
        target: String,
    },
    /// Symbols are left to be looked up in every image, in a file whose symbols are all bound when it is loaded.
    DynamicLookup,
    /// A source uses a newer C++ than the compiler is told to read.
    NewerCxx {
        /// `C++17`.
        standard: String,
    },
}

/// Every such warning of a log, in its order.
pub fn build_warnings(log: &str) -> Vec<BuildWarning> {
    let marked = numbered(log).filter(|(_, line)| MARK.find(line.as_bytes()).is_some());
    let warnings = marked.filter_map(|(log_line, line)| {
        let text = line.trim();
        let (file, kind) = warning(text)?;
        Some(BuildWarning {
            log_line,
            text: text.to_owned(),
            file: file.to_owned(),
            kind,
        })
    });
    warnings.collect()
}

fn warning(text: &str) -> Option<(&str, WarningKind)> {
    if text.ends_with("-extensions]") {
        return newer_cxx(text);
    }
    let message = linker_message(text)?.strip_prefix("warning: ")?;
    // ld64 of Xcode 14
    if message == "-undefined dynamic_lookup may not work with chained fixups" {
        return Some(("", WarningKind::DynamicLookup));
    }
    let (file, kind) = ignored(message)
        .or_else(|| newer(message))
        .or_else(|| of_lld(message))?;
    let is_plausible = match &kind {
        WarningKind::OtherArchitecture { have, need } => {
            is_arch(have) && is_arch(need) && have != need
        }
        WarningKind::NewerSystem { minimum, target } => is_version(minimum) && is_version(target),
        WarningKind::DynamicLookup | WarningKind::NewerCxx { .. } => true,
    };
    (is_plausible && !file.is_empty()).then_some((file, kind))
}

/// What Apple's linkers say of a file that they leave out.
fn ignored(message: &str) -> Option<(&str, WarningKind)> {
    let rest = message.strip_prefix("ignoring file ")?;
    let kind = |have: &str, need: &str| WarningKind::OtherArchitecture {
        have: have.to_owned(),
        need: need.to_owned(),
    };
    // ld64: `ignoring file /o/libz.a, building for macOS-arm64 but attempting to link with file built for macOS-x86_64`
    if let Some((file, rest)) = rest.split_once(", building for macOS-") {
        let (need, have) = rest.split_once(" but attempting to link with file built for macOS-")?;
        return Some((unquoted(file), kind(have, need)));
    }
    // ld since Xcode 15: `ignoring file '/o/libz.dylib': found architecture 'x86_64', required architecture 'arm64'`
    if let Some((file, rest)) = rest.split_once(": found architecture '") {
        let (have, need) = rest.split_once("', required architecture '")?;
        return Some((unquoted(file), kind(have, need.strip_suffix('\'')?)));
    }
    // Old ld64: `ignoring file a.o, file was built for i386 which is not the architecture being linked (x86_64): a.o`
    let (file, rest) = rest.split_once(", file was built for ")?;
    let (have, rest) = rest.split_once(" which is not the architecture being linked (")?;
    Some((unquoted(file), kind(have, rest.split(')').next()?)))
}

/// What Apple's linkers say of a file for a newer macOS.
fn newer(message: &str) -> Option<(&str, WarningKind)> {
    let kind = |minimum: &str, target: &str| WarningKind::NewerSystem {
        minimum: minimum.to_owned(),
        target: target.to_owned(),
    };
    // ld since Xcode 15:
    // `building for macOS-11.0, but linking with dylib '/o/libz.dylib' which was built for newer version 14.0`
    if let Some(rest) = message.strip_prefix("building for macOS-") {
        let (target, rest) = rest.split_once(", but linking with ")?;
        let (file, minimum) = rest.split_once("' which was built for newer version ")?;
        let (_, file) = file.split_once('\'')?;
        return Some((file, kind(minimum, target)));
    }
    // `object file (/o/libz.a(a.o)) was built for newer macOS version (12.0) than being linked (11.0)`; since Xcode 15
    // the system's name is quoted and a member has a number: `(/o/libz.a[2](a.o))`.
    let (file, rest) = message.split_once(") was built for newer ")?;
    let file = ["object file (", "dylib ("]
        .iter()
        .find_map(|before| file.strip_prefix(before))?;
    let (system, rest) = rest.split_once(" version (")?;
    if !["macOS", "'macOS'", "OSX", "Mac OS X"].contains(&system) {
        return None;
    }
    let (minimum, rest) = rest.split_once(") than being linked (")?;
    Some((archive(file), kind(minimum, rest.strip_suffix(')')?)))
}

/// What lld says of both.
fn of_lld(message: &str) -> Option<(&str, WarningKind)> {
    // `/o/libz.dylib has version 14.0.0, which is newer than target minimum of 11.0.0`
    if let Some((file, rest)) = message.split_once(" has version ") {
        let (minimum, target) = rest.split_once(", which is newer than target minimum of ")?;
        let kind = WarningKind::NewerSystem {
            minimum: minimum.to_owned(),
            target: target.to_owned(),
        };
        return Some((archive(file), kind));
    }
    // `/o/libz.a(a.o) has architecture arm64 which is incompatible with target architecture x86_64`
    let (file, rest) = message.split_once(" has architecture ")?;
    let (have, need) = rest.split_once(" which is incompatible with target architecture ")?;
    let kind = WarningKind::OtherArchitecture {
        have: have.to_owned(),
        need: need.to_owned(),
    };
    Some((archive(file), kind))
}

/// clang: `a.cpp:3:5: warning: 'auto' type specifier is a C++11 extension [-Wc++11-extensions]`
/// gcc: `a.cpp:4:8: warning: structured bindings only available with ‘-std=c++17’ or ‘-std=gnu++17’ [-Wc++17-extensions]`
fn newer_cxx(text: &str) -> Option<(&str, WarningKind)> {
    let (head, message) = text.split_once(": warning: ")?;
    let (_, flag) = message
        .strip_suffix("-extensions]")?
        .rsplit_once(" [-Wc++")?;
    let is_year = flag.len() == 2 && flag.bytes().all(|byte| byte.is_ascii_digit());
    let (file, ..) = place(head)?;
    let standard = format!("C++{flag}");
    is_year.then_some((file, WarningKind::NewerCxx { standard }))
}

fn unquoted(file: &str) -> &str {
    let inside = file.strip_prefix('\'').and_then(|f| f.strip_suffix('\''));
    // An archive's member: `'/o/libz.a[2](a.o)'`
    archive(inside.unwrap_or(file))
}

/// `/o/libz.a[2](a.o)` and `/o/libz.a(a.o)` are in `/o/libz.a`.
fn archive(file: &str) -> &str {
    let Some((archive, _)) = file.strip_suffix(')').and_then(|f| f.rsplit_once('(')) else {
        return file;
    };
    let numberless = archive.strip_suffix(']').and_then(|a| a.rsplit_once('['));
    numberless.map_or(archive, |(archive, _)| archive)
}

fn is_arch(text: &str) -> bool {
    ["x86_64", "x86_64h", "arm64", "arm64e", "i386", "ppc"].contains(&text)
}

fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.len() < 16
        && text.chars().all(|c| c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::{WarningKind, build_warnings};

    #[test]
    fn ignored_files_are_named_by_every_linker() {
        for (file, line) in [
            (
                "/o/lib z.a",
                "ld: warning: ignoring file /o/lib z.a, building for macOS-arm64 but attempting to link with file built for macOS-x86_64",
            ),
            (
                "/o/libz.dylib",
                "  ld: warning: ignoring file '/o/libz.dylib': found architecture 'x86_64', required architecture 'arm64'",
            ),
            (
                "/o/libz.a",
                "ld: warning: ignoring file '/o/libz.a[2](z.o)': found architecture 'x86_64', required architecture 'arm64'",
            ),
            (
                "b/z.o",
                "ld: warning: ignoring file b/z.o, file was built for x86_64 which is not the architecture being linked (arm64): b/z.o",
            ),
            (
                "/o/libz.a",
                "/usr/bin/ld64.lld: warning: /o/libz.a(z.o) has architecture x86_64 which is incompatible with target architecture arm64",
            ),
        ] {
            let [warning] = build_warnings(line).try_into().expect(line);
            assert_eq!((warning.file.as_str(), warning.log_line), (file, 1));
            let expected = WarningKind::OtherArchitecture {
                have: "x86_64".to_owned(),
                need: "arm64".to_owned(),
            };
            assert_eq!(warning.kind, expected, "{line}");
        }
    }

    #[test]
    fn files_for_a_newer_system_are_named_by_every_linker() {
        for (file, line) in [
            (
                "/o/libz.dylib",
                "ld: warning: dylib (/o/libz.dylib) was built for newer macOS version (14.0) than being linked (11.0)",
            ),
            (
                "/o/A (b)/libz.a",
                "ld: warning: object file (/o/A (b)/libz.a(z.o)) was built for newer OSX version (14.0) than being linked (11.0)",
            ),
            (
                "/o/libz.a",
                "ld: warning: object file (/o/libz.a[3](z.o)) was built for newer 'macOS' version (14.0) than being linked (11.0)",
            ),
            (
                "/o/libz.dylib",
                "ld: warning: building for macOS-11.0, but linking with dylib '/o/libz.dylib' which was built for newer version 14.0",
            ),
            (
                "/o/libz.dylib",
                "ld64.lld: warning: /o/libz.dylib has version 14.0, which is newer than target minimum of 11.0",
            ),
            (
                "z.o",
                "/usr/bin/ld64.lld-19: warning: z.o has version 14.0, which is newer than target minimum of 11.0",
            ),
        ] {
            let [warning] = build_warnings(line).try_into().expect(line);
            assert_eq!(warning.file, file);
            let expected = WarningKind::NewerSystem {
                minimum: "14.0".to_owned(),
                target: "11.0".to_owned(),
            };
            assert_eq!(warning.kind, expected, "{line}");
        }
    }

    #[test]
    fn what_is_newer_than_the_standard_is_named_by_both_compilers() {
        for (year, line) in [
            (
                "11",
                "src/a.cpp:3:5: warning: 'auto' type specifier is a C++11 extension [-Wc++11-extensions]",
            ),
            (
                "17",
                "  src/a.cpp:4:8: warning: decomposition declarations are a C++17 extension [-Wc++17-extensions]",
            ),
            (
                "17",
                "src/a.cpp:4:8: warning: structured bindings only available with ‘-std=c++17’ or ‘-std=gnu++17’ [-Wc++17-extensions]",
            ),
        ] {
            let [warning] = build_warnings(line).try_into().expect(line);
            let standard = format!("C++{year}");
            assert_eq!(
                (warning.file.as_str(), warning.kind),
                ("src/a.cpp", WarningKind::NewerCxx { standard })
            );
        }
    }

    #[test]
    fn a_lookup_in_every_image_is_named() {
        for line in [
            "ld: warning: -undefined dynamic_lookup may not work with chained fixups",
            "  /usr/bin/ld: warning: -undefined dynamic_lookup may not work with chained fixups",
        ] {
            let [warning] = build_warnings(line).try_into().expect(line);
            assert_eq!(warning.kind, WarningKind::DynamicLookup);
        }
    }

    #[test]
    fn what_only_looks_like_them_is_none() {
        for line in [
            "ld: warning: -undefined suppress is deprecated",
            "echo ld: warning: -undefined dynamic_lookup may not work with chained fixups",
            "a.c:3:5: warning: empty struct is a GNU extension [-Wgnu-empty-struct-extensions]",
            "a.cpp:3:5: error: 'auto' type specifier is a C++11 extension [-Wc++11-extensions]",
            "a.cpp:3:5: warning: 'long long' is an extension [-Wc++11-long-long]",
            "warning: see a.cpp: [-Wc++17-extensions]",
            "ld: warning: ignoring duplicate libraries: '-lc++'",
            "ld: warning: directory not found for option '-L/opt/foo'",
            "ld: warning: duplicate -rpath '/opt/lib' ignored",
            "ld: warning: ignoring file a.txt, building for macOS-arm64 but attempting to link with file built for unknown-unsupported file format",
            // An error, which the build does not survive.
            "ld: building for macOS-arm64 but attempting to link with file built for macOS-x86_64, file 'z.o'",
            "echo ld: warning: dylib (/o/libz.dylib) was built for newer macOS version (14.0) than being linked (11.0)",
            "FAQ: \"ld: warning: dylib (/o/z.dylib) was built for newer macOS version (14.0) than being linked (11.0)\"",
            "ld: warning: dylib (/o/libz.dylib) was built for newer iOS version (14.0) than being linked (11.0)",
            "/usr/bin/ld: warning: libz.so.1, needed by libx.so, may conflict with libz.so.2",
        ] {
            assert_eq!(build_warnings(line), [], "{line}");
        }
    }
}
