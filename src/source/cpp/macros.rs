//! Macros, as far as they give names: what `#define` lines and the compiler's `-D` make of a word.

use std::collections::BTreeMap;

use super::{code, is_of_word, place};
use crate::diagnosis::Source;
use crate::source::span::TextFile;

/// Macros that are kept, and bytes of one.
const MOST: usize = 4_000;
const LONGEST: usize = 2_000;
/// Macros within macros.
const DEPTH: u32 = 8;

/// Macros by their names. One that is defined in several ways has several meanings: which holds is not known here.
#[derive(Debug, Clone, Default)]
pub struct Macros {
    known: BTreeMap<String, Vec<Macro>>,
    count: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Macro {
    /// Absent for one without brackets.
    pub(super) parameters: Option<Vec<String>>,
    pub(super) body: String,
    place: Option<Source>,
}

/// What a name comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) name: String,
    /// Where the macro that gives it is defined; absent where the name is written itself.
    pub(super) defined: Option<Source>,
}

impl Macros {
    /// Adds what a file defines.
    pub fn read(&mut self, path: &str, text: &str) {
        if text.len() > super::LONGEST || !text.contains("define") {
            return;
        }
        let code = code(text);
        let file = TextFile::new(path, text);
        for (start, end) in definitions(&code) {
            let line = code.get(start..end).unwrap_or_default();
            self.add(line, Some(place(&file, start, start + first_line(line))));
        }
    }

    /// Adds what the compiler is told: `NAME`, `NAME=VALUE`.
    pub fn define(&mut self, word: &str, place: Option<Source>) {
        self.add(&word.replacen('=', " ", 1), place);
    }

    /// `NAME body`, `NAME(a, b) body`.
    fn add(&mut self, text: &str, place: Option<Source>) {
        let text = text.trim_start();
        let end = text.find(|c| !is_of_word(c)).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        if name.is_empty() || text.len() > LONGEST || self.count >= MOST {
            return;
        }
        let bracketed = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        let (parameters, body) = match bracketed {
            Some((inside, body)) => {
                let names = inside.split(',').map(|name| name.trim().to_owned());
                (Some(names.collect()), body)
            }
            None => (None, rest),
        };
        // A line that goes on is one.
        let lines = body
            .lines()
            .map(|line| line.trim_end().trim_end_matches('\\'));
        self.count += 1;
        self.known.entry(name.to_owned()).or_default().push(Macro {
            parameters,
            body: lines.collect::<Vec<_>>().join(" ").trim().to_owned(),
            place,
        });
    }

    /// Every definition with its name.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Macro)> {
        self.known
            .iter()
            .flat_map(|(name, all)| all.iter().map(move |it| (name.as_str(), it)))
    }

    /// The definitions of a macro.
    pub(super) fn of(&self, name: &str) -> &[Macro] {
        self.known.get(name).map_or(&[], Vec::as_slice)
    }

    /// What a name comes to: itself where it is no macro, nothing where it stands for more than a name.
    pub(super) fn meanings(&self, name: &str) -> Vec<Meaning> {
        let mut found = Vec::new();
        self.follow(name, None, DEPTH, &mut found);
        found
    }

    fn follow(&self, name: &str, from: Option<&Source>, depth: u32, found: &mut Vec<Meaning>) {
        let mut plain = self.of(name).iter().filter(|it| it.parameters.is_none());
        let Some(first) = plain.next() else {
            let meaning = Meaning {
                name: name.to_owned(),
                defined: from.cloned(),
            };
            if !found.contains(&meaning) {
                found.push(meaning);
            }
            return;
        };
        for definition in std::iter::once(first).chain(plain) {
            let body = definition.body.trim_matches(['(', ')', ' ']);
            let is_name = !body.is_empty() && body.chars().all(is_of_word);
            if depth > 0 && is_name && found.len() < super::modules::NAMES {
                self.follow(body, definition.place.as_ref(), depth - 1, found);
            }
        }
    }
}

/// The bytes behind `#define` of each definition, with the lines that continue it.
pub(super) fn definitions(code: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut lines = code.split_inclusive('\n');
    while let Some(line) = lines.next() {
        let start = at;
        at += line.len();
        let Some(rest) = line.trim_start().strip_prefix('#') else {
            continue;
        };
        let Some(rest) = rest.trim_start().strip_prefix("define") else {
            continue;
        };
        let from = start + line.len() - rest.len();
        let mut last = line;
        while last.trim_end().ends_with('\\') {
            let Some(next) = lines.next() else { break };
            at += next.len();
            last = next;
        }
        found.push((from, at));
    }
    found
}

fn first_line(text: &str) -> usize {
    text.lines().next().unwrap_or_default().trim_end().len()
}

/// The headers that a file of the project includes by name between quotes.
pub fn included(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix('#')?.trim_start();
        let rest = rest.strip_prefix("include")?.trim_start();
        let (name, _) = rest.strip_prefix('"')?.split_once('"')?;
        Some(name.to_owned())
    });
    lines.take(MOST).collect()
}

/// The arguments of a call whose name ends at `at`: each as it is written with the byte at which it begins, and the byte
/// behind the bracket.
pub(super) fn arguments(code: &str, at: usize) -> Option<(Vec<(&str, usize)>, usize)> {
    let rest = code.get(at..)?;
    let open = at
        + rest
            .find('(')
            .filter(|&open| rest[..open].trim().is_empty())?
        + 1;
    let inside = code.get(open..)?;
    let (mut depth, mut from, mut found) = (0_u32, open, Vec::new());
    for (index, c) in inside.char_indices().take(LONGEST) {
        let here = open + index;
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            ')' | ',' if depth == 0 => {
                let text = code.get(from..here)?;
                let blanks = text.len() - text.trim_start().len();
                found.push((text.trim(), from + blanks));
                from = here + 1;
                if c == ')' {
                    return Some((found, from));
                }
            }
            _ => {}
        }
    }
    None
}
