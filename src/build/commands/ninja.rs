//! What ninja ran: the commands of `build.ninja`, filled in as ninja does it, and what `.ninja_log` says of them.
//!
//! The rules of both are in ninja's manual, "Ninja file reference" and "The Ninja log". A manifest is read whole or not at
//! all: half of one could give a command that never was.

use std::cell::Cell;
use std::collections::BTreeMap;

/// Expansions within expansions.
const DEPTH: usize = 16;
/// Files that include each other.
const INCLUDES: usize = 4;
/// Bytes of one command.
const LONGEST: usize = 1 << 20;
/// Variables that are filled in for all commands together, and bytes of them.
const BUDGET: usize = 1 << 24;

/// What a step of a manifest makes, and by which command.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The files that it makes, as `.ninja_log` names them.
    pub(super) outputs: Vec<String>,
    /// For the shell; what it hands over in a response file stands in its place.
    pub(super) command: String,
}

/// The last times of a log, in nanoseconds since 1970, by what was made: when it was finished (ninja 1.10 and 1.11) or when
/// its command began (1.13). Seconds, which a ninja of before wrote, lie before every build.
pub(super) fn times(log: &str) -> BTreeMap<&str, u64> {
    // `# ninja log v5`, then the start, the end, the time, the output and the command's hash behind tabs.
    let mut lines = log.lines();
    if !lines
        .next()
        .is_some_and(|line| line.starts_with("# ninja log v"))
    {
        return BTreeMap::new();
    }
    let entry = |line| {
        let mut fields = str::split(line, '\t').skip(2);
        let time = fields.next()?.parse().ok()?;
        Some((fields.next()?, time))
    };
    lines.filter_map(entry).collect()
}

/// The steps of a manifest that make something for which `is_wanted` holds. `included` gives the text of a file beside it.
/// `None` where anything of it is not understood.
pub(super) fn steps<'a>(
    manifest: &'a str,
    included: &dyn Fn(&str) -> Option<&'a str>,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Option<Vec<Step>> {
    let mut read = Manifest::default();
    read.read(manifest, included, is_wanted, 0)?;
    let steps = read.edges.iter().map(|edge| read.step(edge));
    steps.collect()
}

/// A manifest as far as it is read.
#[derive(Default)]
struct Manifest<'a> {
    variables: BTreeMap<&'a str, String>,
    rules: BTreeMap<&'a str, BTreeMap<&'a str, &'a str>>,
    edges: Vec<Edge<'a>>,
    spent: Cell<usize>,
}

/// A `build` statement.
struct Edge<'a> {
    rule: &'a str,
    outputs: Vec<String>,
    /// How many of the outputs `$out` names.
    explicit: usize,
    inputs: Vec<String>,
    variables: BTreeMap<&'a str, String>,
}

impl<'a> Manifest<'a> {
    fn read(
        &mut self,
        text: &'a str,
        included: &dyn Fn(&str) -> Option<&'a str>,
        is_wanted: &dyn Fn(&str) -> bool,
        depth: usize,
    ) -> Option<()> {
        let mut lines = Lines { rest: text };
        while let Some(line) = lines.next() {
            if line.trim().is_empty() {
                continue;
            }
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "rule" => {
                    let bindings = lines.bindings()?;
                    self.rules.insert(rest.trim(), bindings);
                }
                "build" => {
                    let bindings = lines.bindings()?;
                    self.edge(rest, &bindings, is_wanted)?;
                }
                "pool" => drop(lines.bindings()?),
                "default" => {}
                "include" if depth < INCLUDES => {
                    let path = self.expanded(rest.trim(), &BTreeMap::new())?;
                    self.read(included(&path)?, included, is_wanted, depth + 1)?;
                }
                // A manifest within has names of its own; no generator of a Python project writes one.
                "include" | "subninja" => return None,
                _ => {
                    let (name, value) = binding(line)?;
                    let value = self.expanded(value, &BTreeMap::new())?;
                    self.variables.insert(name, value);
                }
            }
        }
        Some(())
    }

    fn edge(
        &mut self,
        line: &'a str,
        bindings: &BTreeMap<&'a str, &'a str>,
        is_wanted: &dyn Fn(&str) -> bool,
    ) -> Option<()> {
        let mut variables = BTreeMap::new();
        for (name, value) in bindings {
            variables.insert(*name, self.expanded(value, &BTreeMap::new())?);
        }
        let words = words(line);
        let colon = words.iter().position(|word| *word == ":")?;
        let (made, rest) = words.split_at(colon);
        let (rule, needed) = rest.get(1..)?.split_first()?;
        let explicit = |words: &[&str]| {
            words
                .iter()
                .take_while(|word| !word.starts_with('|'))
                .count()
        };
        let paths = |words: &[&str]| -> Option<Vec<String>> {
            let paths = words.iter().filter(|word| !word.starts_with('|'));
            paths
                .map(|word| Some(canonical(&self.expanded(word, &variables)?)))
                .collect()
        };
        let outputs = paths(made)?;
        if *rule != "phony" && outputs.iter().any(|path| is_wanted(path)) {
            let inputs = paths(needed.get(..explicit(needed))?)?;
            self.edges.push(Edge {
                rule,
                explicit: explicit(made),
                outputs,
                inputs,
                variables,
            });
        }
        Some(())
    }

    /// A text of the manifest's own level, with its variables filled in.
    fn expanded(&self, raw: &str, first: &BTreeMap<&str, String>) -> Option<String> {
        let mut text = String::new();
        expand(raw, &mut text, &mut |name, text| {
            let value = first.get(name).or_else(|| self.variables.get(name));
            text.push_str(value.map_or("", String::as_str));
            Some(())
        })?;
        Some(text)
    }

    fn step(&self, edge: &Edge<'_>) -> Option<Step> {
        let rule = self.rules.get(edge.rule)?;
        let of_rule = |name: &str| {
            let mut text = String::new();
            self.variable(edge, rule, name, &mut text, 0)?;
            Some(text)
        };
        let mut command = of_rule("command")?;
        let response = of_rule("rspfile")?;
        if !response.is_empty() {
            let content = of_rule("rspfile_content")?.replace('\n', " ");
            command = command.replace(&format!("@{response}"), &content);
        }
        Some(Step {
            outputs: edge.outputs.clone(),
            command,
        })
    }

    /// Ninja's order: its own variables, the edge's, the rule's, the manifest's.
    fn variable(
        &self,
        edge: &Edge<'_>,
        rule: &BTreeMap<&str, &str>,
        name: &str,
        text: &mut String,
        depth: usize,
    ) -> Option<()> {
        let quoted = |paths: &[String], between: &str| {
            let paths: Vec<String> = paths.iter().map(|path| quoted(path)).collect();
            paths.join(between)
        };
        let before = text.len();
        match name {
            "in" => text.push_str(&quoted(&edge.inputs, " ")),
            "in_newline" => text.push_str(&quoted(&edge.inputs, "\n")),
            "out" => text.push_str(&quoted(edge.outputs.get(..edge.explicit)?, " ")),
            _ => {
                if let Some(value) = edge.variables.get(name) {
                    text.push_str(value);
                } else if let Some(raw) = rule.get(name) {
                    if depth == DEPTH {
                        return None;
                    }
                    expand(raw, text, &mut |name, text| {
                        self.variable(edge, rule, name, text, depth + 1)
                    })?;
                } else if let Some(value) = self.variables.get(name) {
                    text.push_str(value);
                }
            }
        }
        let more = text.len().saturating_sub(before).saturating_add(1);
        self.spent.set(self.spent.get().saturating_add(more));
        (text.len() <= LONGEST && self.spent.get() <= BUDGET).then_some(())
    }
}

/// The lines of a manifest: a `$` at the end carries one on, comments are none.
struct Lines<'a> {
    rest: &'a str,
}

impl<'a> Lines<'a> {
    /// The bindings that belong to the statement before them.
    fn bindings(&mut self) -> Option<BTreeMap<&'a str, &'a str>> {
        let mut found = BTreeMap::new();
        loop {
            let before = self.rest;
            match self.next() {
                Some(line) if line.starts_with(' ') && !line.trim().is_empty() => {
                    let (name, value) = binding(line)?;
                    found.insert(name, value);
                }
                _ => {
                    self.rest = before;
                    return Some(found);
                }
            }
        }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let is_comment = self.rest.trim_start_matches(' ').starts_with('#');
            let mut bytes = self.rest.bytes().enumerate();
            let mut end = self.rest.len();
            while let Some((at, byte)) = bytes.next() {
                if byte == b'\n' {
                    end = at;
                    break;
                }
                if byte == b'$' && !is_comment {
                    bytes.next();
                }
            }
            let (line, rest) = self.rest.split_at(end);
            self.rest = rest.strip_prefix('\n').unwrap_or(rest);
            if !is_comment {
                return Some(line);
            }
        }
    }
}

/// `NAME = VALUE`.
fn binding(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.chars().all(|c| is_plain(c) || c == '.');
    is_name.then(|| (name, value.trim_start_matches(' ')))
}

/// The paths and signs of a `build` line, with what is escaped still so.
fn words(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches(' ');
        if let Some(next) = rest.strip_prefix("$\n") {
            rest = next;
            continue;
        }
        let sign = ["||", "|@", "|", ":"];
        let length = match sign.iter().find(|sign| rest.starts_with(**sign)) {
            Some(sign) => sign.len(),
            None => {
                let mut bytes = rest.bytes().enumerate();
                let mut end = rest.len();
                while let Some((at, byte)) = bytes.next() {
                    if matches!(byte, b' ' | b':' | b'|') {
                        end = at;
                        break;
                    }
                    if byte == b'$' {
                        bytes.next();
                    }
                }
                end
            }
        };
        let Some((word, next)) = rest.split_at_checked(length) else {
            return found;
        };
        if word.is_empty() {
            return found;
        }
        found.push(word);
        rest = next;
    }
}

/// Writes a text with what its `$` stand for; `None` where one stands for nothing that ninja knows.
fn expand(
    raw: &str,
    text: &mut String,
    variable: &mut dyn FnMut(&str, &mut String) -> Option<()>,
) -> Option<()> {
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('$') {
        text.push_str(before);
        rest = match after.chars().next()? {
            sign @ ('$' | ' ' | ':') => {
                text.push(sign);
                after.get(1..)?
            }
            '\n' => after.get(1..)?.trim_start_matches(' '),
            '{' => {
                let (name, after) = after.get(1..)?.split_once('}')?;
                variable(name, text)?;
                after
            }
            _ => {
                let end = after.find(|c| !is_plain(c)).unwrap_or(after.len());
                let (name, after) = after.split_at_checked(end)?;
                if name.is_empty() {
                    return None;
                }
                variable(name, text)?;
                after
            }
        };
        if text.len() > LONGEST {
            return None;
        }
    }
    text.push_str(rest);
    Some(())
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// A path as ninja keeps it: without `.`, `..` and doubled slashes, as far as that can be.
fn canonical(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if *last != ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

/// A path as ninja hands it to the shell.
fn quoted(path: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "_+-./".contains(c);
    if path.chars().all(is_safe) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests;
