//! Every wording of dyld's that is read, in every generation that prints it: message, failure, and the same message.

use std::collections::BTreeMap;

use loadproof::dyld::template::{CALLS, LISTS, Piece, REASONS, REFUSALS, Template};
use loadproof::dyld::{self, Generation};
use loadproof::load::{Attempt, LoadFailure, Reason};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

const GENERATIONS: [Generation; 9] = [
    Generation::Before12,
    Generation::V12_0,
    Generation::V12_5,
    Generation::V13,
    Generation::V14_0,
    Generation::V14_4,
    Generation::V15_0,
    Generation::V15_4,
    Generation::V26,
];
const OPENED: &str = "/venv/lib/python3.11/site-packages/ext/_C.so";
/// How often each row is filled anew, in each generation.
const TIMES: usize = 12;

/// What may stand for a name in a row. A name that is not here fails the test: give it its values.
fn values(name: &str, generation: Generation) -> BoxedStrategy<String> {
    let path = r"/([A-Za-z0-9_.+@-]{1,12}( \([0-9]\))?/){1,4}lib[a-z0-9_+.-]{1,12}\.(dylib|so)";
    let text = |pattern: &str| proptest::string::string_regex(pattern).unwrap().boxed();
    let one_of = |values: &[&str]| {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        prop::sample::select(values).boxed()
    };
    match name {
        "path" | "image" => text(path),
        "provider" if generation == Generation::Before12 => {
            prop_oneof![text(path), one_of(&["flat namespace"])].boxed()
        }
        "provider" => text(path),
        "library" => text(
            r"(@rpath|@loader_path/\.\.|@executable_path|/opt/x y|/usr/lib)/lib[a-z0-9_+]{1,12}(\.[0-9]{1,2})?\.dylib",
        ),
        "symbol" => text(r"_(_Z[A-Z0-9a-z_]{1,40}|[A-Za-z_$][A-Za-z0-9_$.]{0,30})"),
        "uuid" => prop_oneof![
            text("[0-9A-F]{8}-[0-9A-F]{4}-3[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}"),
            one_of(&["no uuid"]),
        ]
        .boxed(),
        "handle" => one_of(&[
            "0x7f8d3a4051e0",
            "RTLD_DEFAULT",
            "RTLD_NEXT",
            "RTLD_SELF",
            "RTLD_MAIN_ONLY",
        ]),
        "n" => text("[0-9]{1,6}"),
        "x" => text("[0-9A-F]{2,8}"),
        "have" => one_of(&["x86_64", "arm64", "i386", "x86_64,arm64e", "i386,x86_64"]),
        "need" if generation == Generation::V12_5 => one_of(&["arm64e", "x86_64h", "x86_64"]),
        "need" => one_of(&[
            "arm64",
            "arm64e' or 'arm64",
            "x86_64h' or 'x86_64",
            "arm64e' or 'arm64e.v1' or 'arm64' or 'arm64",
        ]),
        "arch" => one_of(&["x86_64", "arm64", "arm64e"]),
        "platform" => one_of(&["iOS", "macCatalyst", "iOS-simulator", "unknown"]),
        "segment" => one_of(&["__TEXT", "__DATA", "__DATA_CONST", "__LINKEDIT", "__OBJC"]),
        "section" => one_of(&["__text", "__const", "__mod_init_func"]),
        "command" => one_of(&["LC_SYMTAB", "LC_SEGMENT_64", "LC_RPATH"]),
        "bytes" => text("(0x[0-9A-F]{2} ){7}0x[0-9A-F]{2}"),
        "version" => text(r"[0-9]{1,3}\.[0-9]{1,2}(\.[0-9]{1,2})?"),
        "amfi" => one_of(&[
            "mapping process and mapped file (non-platform) have different Team IDs",
            "mapped file has no cdhash, completely unsigned? Code has to be at least ad-hoc signed.",
            "library load disallowed by system policy",
        ]),
        "words" => text("[a-z]{3,8}( [a-z]{3,8}){1,3}"),
        "too_new" if generation == Generation::Before12 => {
            one_of(&["", " (which was built for Mac OS X 11.3)"])
        }
        "too_new" => one_of(&["", " (built for macOS 15.0 which is newer than running OS)"]),
        other => panic!("no values for {{{other}}}: add them to tests/dyld/templates.rs"),
    }
}

/// A row with values for its names: all in order, and the first of each name.
struct Filled {
    text: String,
    in_order: Vec<String>,
    values: BTreeMap<&'static str, String>,
}

fn fill(
    template: &Template,
    generation: Generation,
    runner: &mut TestRunner,
    mut other: impl FnMut(&str, &mut TestRunner) -> Option<String>,
) -> Filled {
    let mut filled = Filled {
        text: String::new(),
        in_order: Vec::new(),
        values: BTreeMap::new(),
    };
    for piece in template.pieces() {
        match piece {
            Piece::Fixed(words) => filled.text.push_str(words),
            Piece::Named(name) => {
                // dyld names the image twice where it names it so.
                let same = filled.values.get(name).filter(|_| name == "image").cloned();
                let value = same.or_else(|| other(name, runner)).unwrap_or_else(|| {
                    let tree = values(name, generation).new_tree(runner).unwrap();
                    tree.current()
                });
                filled.text.push_str(&value);
                filled.in_order.push(value.clone());
                filled.values.entry(name).or_insert(value);
            }
        }
    }
    filled
}

/// One blank between words, as a list is read.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What was tried, in the generation's form.
fn list(generation: Generation, attempts: &[Attempt]) -> String {
    if generation == Generation::Before12 {
        let lines = attempts
            .iter()
            .map(|attempt| format!("\n\t{}: {}", attempt.path, attempt.why));
        return format!(
            "no suitable image found.  Did find:{}",
            lines.collect::<String>()
        );
    }
    let entries: Vec<String> = attempts
        .iter()
        .map(|attempt| format!("'{}' ({})", attempt.path, attempt.why))
        .collect();
    format!("tried: {}", entries.join(", "))
}

fn envelope(generation: Generation) -> String {
    match generation {
        Generation::Before12 => format!("dlopen({OPENED}, 2): "),
        _ => format!("dlopen({OPENED}, 0x0002): "),
    }
}

fn runner() -> TestRunner {
    TestRunner::new(Config::default())
}

/// Every row in force, with its generation.
fn in_force(table: &'static [Template]) -> Vec<(&'static Template, Generation)> {
    let mut rows = Vec::new();
    for template in table {
        let of = GENERATIONS.into_iter().filter(|it| template.is_of(*it));
        let before = rows.len();
        rows.extend(of.map(|generation| (template, generation)));
        assert!(rows.len() > before, "{}: no generation", template.words);
    }
    rows
}

#[test]
fn every_refusal_reads_back_in_every_generation_that_prints_it() {
    let mut runner = runner();
    let path = |runner: &mut TestRunner, generation| {
        let tree = values("path", generation).new_tree(runner).unwrap();
        tree.current()
    };
    for (template, generation) in in_force(REFUSALS) {
        for _ in 0..TIMES {
            let why = fill(template, generation, &mut runner, |_, _| None);
            assert!(template.fits(&why.text), "{}", why.text);
            let attempt = Attempt {
                path: path(&mut runner, generation),
                why: why.text.clone(),
            };
            let message = envelope(generation) + &list(generation, std::slice::from_ref(&attempt));
            let read = dyld::parse(&message)
                .unwrap_or_else(|| panic!("{generation:?}: nothing read out of {message}"));
            assert_eq!(read.reason, template.reason, "{generation:?}: {message}");
            assert_eq!(read.subject, OPENED, "{message}");
            let spaced_out = Attempt {
                why: spaced(&attempt.why),
                ..attempt
            };
            assert_eq!(read.tried, [spaced_out], "{message}");
            let clean = |name: &str| why.values.get(name).map(|value| value.replace('\'', ""));
            if template.reason == Reason::ArchMismatch {
                assert_eq!(read.have_arch, clean("have"), "{message}");
                assert_eq!(read.need_arch, clean("need"), "{message}");
            }
            let again = envelope(generation) + &list(generation, &read.tried);
            assert_eq!(again, spaced_list(&message), "{generation:?}");
            assert_eq!(read.message, message.trim_end());
        }
    }
}

/// The message with one blank between the words of each reason; what stands before the list keeps its own.
fn spaced_list(message: &str) -> String {
    message.replace("file.  file length", "file. file length")
}

#[test]
fn every_reason_reads_back_in_every_generation_that_prints_it() {
    let mut runner = runner();
    let lists = in_force(LISTS);
    for (template, generation) in in_force(REASONS) {
        let lists = lists.iter().filter(|(_, of)| *of == generation);
        for (row, _) in lists.cycle().take(TIMES) {
            let list = fill(row, generation, &mut runner, |name, _| {
                let old = generation == Generation::Before12;
                let why = if old {
                    "mach-o, but wrong filetype"
                } else {
                    "no such file"
                };
                (name == "why").then(|| why.to_owned())
            });
            let filled = fill(template, generation, &mut runner, |name, _| {
                (name == "list").then(|| list.text.clone())
            });
            assert!(template.fits(&filled.text), "{}", filled.text);
            let version = row.words.starts_with("Incompatible");
            let opened = filled.values.len() == 1 && filled.values.contains_key("list");
            // The check of versions is one of a dependent.
            if version && opened {
                continue;
            }
            let message = envelope(generation) + &filled.text;
            let read = dyld::parse(&message)
                .unwrap_or_else(|| panic!("{generation:?}: nothing read out of {message}"));
            check(template, generation, &filled, &read);
            assert_eq!(read.message, message.trim_end());
            let is_named = ["library", "symbol"]
                .iter()
                .any(|name| filled.values.get(name) == Some(&read.subject));
            if is_named {
                // A program that starts says the same without the envelope.
                let alone = dyld::parse(&format!("dyld[123]: {}", filled.text)).unwrap();
                assert_eq!(alone.subject, read.subject);
                assert_eq!(alone.reason, read.reason);
            }
        }
    }
}

#[test]
fn every_other_call_reads_back_in_every_generation_that_prints_it() {
    let mut runner = runner();
    let reasons = in_force(REASONS);
    for (template, generation) in in_force(CALLS) {
        let of_generation = reasons
            .iter()
            .filter(|(row, of)| *of == generation && !row.words.contains("{list}"));
        for (row, _) in of_generation.cycle().take(4 * TIMES) {
            let reason = fill(row, generation, &mut runner, |_, _| None);
            let call = fill(template, generation, &mut runner, |name, _| match name {
                "path" => Some(OPENED.to_owned()),
                "reason" => Some(reason.text.clone()),
                _ => None,
            });
            assert!(template.fits(&call.text), "{}", call.text);
            let read = dyld::parse(&call.text)
                .unwrap_or_else(|| panic!("{generation:?}: nothing read out of {}", call.text));
            if call.values.contains_key("reason") {
                check(row, generation, &reason, &read);
            } else {
                check(template, generation, &call, &read);
            }
            assert_eq!(read.message, call.text.trim_end());
        }
    }
}

#[test]
fn a_lookup_that_failed_for_another_reason_misses_no_symbol() {
    for text in [
        "dlsym(0x1, init): invalid handle",
        "dlsym(RTLD_NEXT, init): called by unknown image (caller=0x1)",
    ] {
        assert_eq!(dyld::parse(text), None, "{text}");
    }
}

/// The failure has what the message says, and with its fields the row is the message again.
fn check(template: &Template, generation: Generation, filled: &Filled, read: &LoadFailure) {
    let value = |name: &str| filled.values.get(name).map(String::as_str);
    let text = &filled.text;
    let by_symbol =
        template.reason == Reason::SymbolNotFound || text.starts_with("unknown library ordinal");
    let named = value("library").or(value("symbol").filter(|_| by_symbol));
    assert_eq!(
        read.subject,
        named.unwrap_or(OPENED),
        "{generation:?}: {text}"
    );
    let expected = match value("list") {
        Some(list) if list.contains("wrong filetype") => Reason::WrongFiletype,
        _ => template.reason,
    };
    assert_eq!(read.reason, expected, "{generation:?}: {text}");
    if named.is_some() {
        let flat = text.contains("flat namespace").then_some("flat namespace");
        assert_eq!(read.referenced_from.as_deref(), value("image"), "{text}");
        assert_eq!(
            read.expected_in.as_deref(),
            value("provider").or(flat),
            "{text}"
        );
    }
    let mut given = filled.in_order.iter();
    let again: Vec<String> = template
        .pieces()
        .into_iter()
        .map(|piece| match piece {
            Piece::Fixed(words) => words.to_owned(),
            Piece::Named(name) => {
                let given = given.next().cloned().unwrap_or_default();
                kept(name, generation, &given, read).unwrap_or(given)
            }
        })
        .collect();
    assert_eq!(&again.concat(), text, "{generation:?}");
}

/// The value of a name that the failure keeps; a UUID, as an example, is kept by none.
fn kept(name: &str, generation: Generation, given: &str, read: &LoadFailure) -> Option<String> {
    match name {
        "library" => Some(read.subject.clone()),
        "symbol" if read.reason == Reason::SymbolNotFound => Some(read.subject.clone()),
        "image" => read.referenced_from.clone(),
        "provider" => read.expected_in.clone(),
        "list" if !read.tried.is_empty() => {
            let remark = given
                .find(", (security policy")
                .and_then(|at| given.get(at..));
            Some(list(generation, &read.tried) + remark.unwrap_or_default())
        }
        _ => None,
    }
}

/// The generation has a row for what stands behind the envelope of a message.
pub(crate) fn is_known(generation: Generation, text: &str) -> bool {
    let fits = |row: &&Template| match row.words {
        "{list}" => LISTS
            .iter()
            .any(|list| list.is_of(generation) && list.starts(text)),
        _ => row.fits(text) || (row.reason == Reason::Malformed && row.starts(text)),
    };
    let rows = REASONS.iter().filter(|row| row.is_of(generation));
    rows.filter(fits).count() > 0
}

/// It has one for what stands behind a path.
pub(crate) fn is_known_refusal(generation: Generation, why: &str) -> bool {
    let mut rows = REFUSALS.iter().filter(|row| row.is_of(generation));
    rows.any(|row| row.fits(why))
}
