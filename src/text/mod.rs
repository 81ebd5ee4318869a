//! What a text says went wrong: an error that was pasted, or a whole log, read line by line.
//!
//! The log streams through: only the lines around a word that could belong to a message are kept, as a block, and a
//! block becomes candidates for a cause as soon as it ends. So memory does not grow with the log. Text lies more than
//! images do: where nothing known is said, there is no cause, and what a run survived is none either.

mod build;
mod clean;
mod crash;
mod facts;
mod loader;
mod python;
mod system;
mod template;
#[cfg(test)]
mod tests;
mod torch;

use std::collections::{BTreeMap, VecDeque};
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use template::{Candidate, weight};

/// Lines kept before and after a line with a marker.
const CONTEXT: usize = 12;
/// A block ends here, however many markers follow.
const BLOCK_LINES: usize = 300;
/// Bytes at which a block ends.
const BLOCK_BYTES: usize = 256 * 1024;
/// Words of which every known message has one.
const MARKERS: &[&str] = &[
    "rror",
    "not found",
    "dlopen",
    "dyld",
    "ld: ",
    "Undefined symbols",
    "referenced from",
    "Fatal",
    "OMP:",
    "objc[",
    "egmentation",
    "bus error",
    "llegal",
    "illed",
    "SIG",
    "Abort trap",
    "erminat",
    "cannot be opened",
    "verify",
    "not valid for use",
    "LC_RPATH",
    "-rpath",
    "xcrun",
    "xcode-select",
    "Xcode",
    "No module named",
    "No matching",
    "not a supported wheel",
    "Failed to load",
    "mage found",
    "ymbol not",
    "compiled",
    "incompatib",
    "ncompatib",
    "Interpreter change",
    "more than once",
    "IMPORTANT",
    "FAILED",
    "linker-signed",
    "Exit 137",
    "Team ID",
    "cdhash",
    "was built for",
    "aborted",
    "tracer already",
    "undefined reference",
    "ARRAY_API",
    "Exception",
    "cannot find",
    "could not find",
    "could be found",
    "unable to",
    "license",
];

static MARKER: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(MARKERS).expect("words of ours"));

/// Words that say that what came before ended well.
const SUCCESSES: [&str; 6] = [
    "Successfully built ",
    "Successfully installed ",
    " passed in ",
    "[100%] Built target ",
    "** BUILD SUCCEEDED **",
    "Finished generating code",
];

static SUCCESS: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(SUCCESSES).expect("words of ours"));

static FAILURE: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(["Failed to build"]).expect("words of ours"));

/// A line of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// The line, without clock, colours and quoting.
    pub text: String,
}

/// One cause that the text tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The rule's id.
    pub cause: &'static str,
    /// The text says so itself; else it is only what remains where the text says nothing more.
    pub certain: bool,
    /// Names and values.
    pub facts: BTreeMap<&'static str, String>,
    /// What is known beyond the text: sentences without a full stop.
    pub notes: Vec<String>,
    /// The lines that say so.
    pub evidence: Vec<Line>,
}

/// What a text says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explanation {
    /// The cause, if it says one that is known.
    pub told: Option<Told>,
    /// Further causes, in the text's order.
    pub others: Vec<Told>,
    /// How many lines there were.
    pub lines: u64,
}

/// Reads a text line by line.
#[derive(Debug, Default)]
pub struct Reader {
    number: u64,
    before: VecDeque<(u64, Vec<u8>)>,
    block: Vec<Line>,
    bytes: usize,
    quiet: usize,
    told: Vec<(u8, Told)>,
    ended_well: bool,
}

impl Reader {
    /// A reader that has read nothing.
    pub fn new() -> Self {
        Reader::default()
    }

    /// Reads the next line, with or without its line feed.
    pub fn line(&mut self, raw: &[u8]) {
        self.number = self.number.saturating_add(1);
        // pip lists what it built, and on the next line what it did not.
        if std::mem::take(&mut self.ended_well) && !FAILURE.is_match(raw) {
            self.survived();
        }
        if MARKER.is_match(raw) {
            for (number, raw) in std::mem::take(&mut self.before) {
                self.keep(number, &raw);
            }
            self.keep(self.number, raw);
            self.quiet = 0;
        } else if self.block.is_empty() {
            if self.before.len() >= CONTEXT {
                self.before.pop_front();
            }
            // Context needs no more of a long line than this.
            let short = raw.get(..4096).unwrap_or(raw);
            self.before.push_back((self.number, short.to_vec()));
        } else {
            self.keep(self.number, raw);
            self.quiet = self.quiet.saturating_add(1);
        }
        let full = self.block.len() >= BLOCK_LINES || self.bytes >= BLOCK_BYTES;
        if full || self.quiet >= CONTEXT {
            self.close();
        }
        if SUCCESS.is_match(raw) {
            self.close();
            self.ended_well = true;
        }
    }

    /// What the text says.
    pub fn finish(mut self) -> Explanation {
        self.close();
        if self.ended_well {
            self.survived();
        }
        let first = self
            .told
            .iter()
            .position(|(weight, _)| *weight < weight::WEAK)
            .or(if self.told.is_empty() { None } else { Some(0) });
        let told = first.map(|at| self.told.remove(at).1);
        Explanation {
            told,
            others: self.told.into_iter().map(|(_, told)| told).collect(),
            lines: self.number,
        }
    }

    fn keep(&mut self, number: u64, raw: &[u8]) {
        let raw = raw.get(..raw.len().min(64 * 1024)).unwrap_or(raw);
        let text = clean::clean(&String::from_utf8_lossy(raw));
        self.bytes = self.bytes.saturating_add(text.len());
        self.block.push(Line { number, text });
    }

    /// What was read so far ended well: only what the loader said stays, since no build or test proves that harmless.
    fn survived(&mut self) {
        self.told.retain(|(weight, _)| *weight < weight::PYTHON);
    }

    /// The cause was told of before, and as surely: a log repeats itself.
    fn is_known(&self, candidate: &Candidate) -> bool {
        self.told
            .iter()
            .any(|(weight, told)| told.cause == candidate.cause && *weight <= candidate.weight)
    }

    /// Adds what another wording of the same failure names.
    fn complete(&mut self, candidate: Candidate) {
        let told = self.told.iter_mut();
        let same = told.rev().find(|(_, told)| told.cause == candidate.cause);
        if let Some((_, told)) = same {
            for (name, value) in candidate.facts {
                told.facts.entry(name).or_insert(value);
            }
        }
    }

    fn close(&mut self) {
        let block = std::mem::take(&mut self.block);
        (self.bytes, self.quiet) = (0, 0);
        if block.is_empty() {
            return;
        }
        let texts: Vec<&str> = block.iter().map(|line| line.text.as_str()).collect();
        let text = texts.join("\n");
        let mut candidates = system::find(&text);
        candidates.extend(loader::find(&text));
        candidates.extend(python::find(&text));
        candidates.extend(build::find(&text));
        candidates.extend(crash::find(&text));
        // What Gatekeeper refuses is worded as a signature that is not valid.
        if candidates
            .iter()
            .any(|it| it.cause == "gatekeeper-quarantine")
        {
            candidates.retain(|it| it.cause != "code-signature-invalid");
        }
        candidates.sort_by_key(|candidate| (candidate.weight, candidate.at));
        let around = facts::around(&text);
        let mut named: Vec<&'static str> = Vec::new();
        for candidate in candidates {
            if self.is_known(&candidate) {
                if named.contains(&candidate.cause) {
                    self.complete(candidate);
                }
                continue;
            }
            let mut all = if named.is_empty() {
                around.clone()
            } else {
                BTreeMap::new()
            };
            all.extend(candidate.facts.clone());
            let notes = torch::add(candidate.cause, &text, &mut all);
            named.push(candidate.cause);
            self.told.push((
                candidate.weight,
                Told {
                    cause: candidate.cause,
                    certain: candidate.weight < weight::WEAK,
                    facts: all,
                    notes,
                    evidence: evidence(&block, &candidate),
                },
            ));
        }
    }
}

/// The lines that the candidate's words stand in, and those that dyld adds below.
fn evidence(block: &[Line], candidate: &Candidate) -> Vec<Line> {
    let mut at = 0_usize;
    let mut found: Vec<Line> = Vec::new();
    for line in block {
        let end = at.saturating_add(line.text.len());
        let inside = end >= candidate.at && at < candidate.end.max(candidate.at.saturating_add(1));
        let continues = !found.is_empty()
            && ["Referenced from:", "Expected in:", "Reason:"]
                .iter()
                .any(|start| line.text.trim_start().starts_with(start));
        if (inside || continues) && found.len() < 12 {
            found.push(line.clone());
        }
        at = end.saturating_add(1);
    }
    found
}
