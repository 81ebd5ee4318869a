//! What the blocks of a text tell, in the text's order.

use std::collections::BTreeMap;

use super::template::{Candidate, weight};
use super::view::View;
use super::{
    Explanation, Line, Told, build, crash, facts, loader, package, python, shadow, system, torch,
};

/// The causes told of so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    told: Vec<(u8, Told)>,
    /// What the first failure without a known cause names.
    named: BTreeMap<&'static str, String>,
}

impl Findings {
    /// Adds what a block tells.
    pub(super) fn block(&mut self, block: &[Line]) {
        let reading = Reading::of(block);
        if reading.candidates.is_empty() && self.named.is_empty() {
            self.named.clone_from(&reading.around);
        }
        let mut named: Vec<&'static str> = Vec::new();
        for candidate in reading.candidates {
            if self.is_known(&candidate) {
                if named.contains(&candidate.cause) {
                    self.complete(candidate);
                }
                continue;
            }
            let mut all = if named.is_empty() {
                reading.around.clone()
            } else {
                BTreeMap::new()
            };
            all.extend(candidate.facts.clone());
            let notes = torch::add(candidate.cause, &reading.view.text, &mut all);
            named.push(candidate.cause);
            let lines = reading.view.lines(candidate.at, candidate.end);
            self.told.push((
                candidate.weight,
                Told {
                    cause: candidate.cause,
                    certain: candidate.weight < weight::WEAK,
                    facts: all,
                    notes,
                    evidence: evidence(block, lines),
                },
            ));
        }
    }

    /// What was read so far ended well: only what the loader said stays, since no build or test proves that harmless.
    pub(super) fn survived(&mut self) {
        self.named.clear();
        self.told
            .retain(|(weight, _)| *weight < weight::PYTHON && *weight != weight::LINK_INPUT);
    }

    /// The first cause that the text is sure of, else the first at all; and the others.
    pub(super) fn explanation(mut self, lines: u64) -> Explanation {
        let first = self
            .told
            .iter()
            .position(|(weight, _)| *weight < weight::WEAK)
            .or(if self.told.is_empty() { None } else { Some(0) });
        let told = first.map(|at| self.told.remove(at).1);
        let named = match &told {
            Some(_) => BTreeMap::new(),
            None => self.named,
        };
        Explanation {
            named,
            told,
            others: self.told.into_iter().map(|(_, told)| told).collect(),
            lines,
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.told.len()
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
}

type Facts = BTreeMap<&'static str, String>;

/// What one view of a block tells.
struct Reading {
    view: View,
    /// Who speaks first stands first.
    candidates: Vec<Candidate>,
    /// Names and values around.
    around: BTreeMap<&'static str, String>,
}

impl Reading {
    /// The block as it is, or with its wrapped lines in one piece, whichever tells more; of equals, the latter where the
    /// lines are broken at a usual width.
    fn of(block: &[Line]) -> Self {
        let mut best = Reading::new(View::plain(block));
        for (view, usual) in View::unwrapped(block) {
            let joined = Reading::new(view);
            if joined.rank() < best.rank() || (usual && joined.rank() == best.rank()) {
                best = joined;
            } else {
                best.lengthen(&joined);
            }
        }
        best
    }

    /// Takes the names that go on behind a line break from the reading without line breaks.
    fn lengthen(&mut self, joined: &Reading) {
        lengthen(&mut self.around, &joined.around);
        for candidate in &mut self.candidates {
            let mut same = joined.candidates.iter();
            let same = same
                .find(|other| (other.cause, other.weight) == (candidate.cause, candidate.weight));
            if let Some(same) = same {
                lengthen(&mut candidate.facts, &same.facts);
            }
        }
    }

    fn new(view: View) -> Self {
        let text = &view.text;
        let mut candidates = system::find(text);
        candidates.extend(loader::find(text));
        candidates.extend(python::find(text));
        candidates.extend(shadow::find(text));
        candidates.extend(build::find(text));
        candidates.extend(package::find(text));
        candidates.extend(crash::find(text));
        // What Gatekeeper refuses is worded as a signature that is not valid.
        if candidates
            .iter()
            .any(|it| it.cause == "gatekeeper-quarantine")
        {
            candidates.retain(|it| it.cause != "code-signature-invalid");
        }
        // What the linker ignores matters where something is then missing.
        if !candidates.iter().any(|it| it.cause.contains("symbol")) {
            for candidate in &mut candidates {
                if candidate.weight == weight::LINK_INPUT {
                    candidate.weight = weight::WEAK;
                }
            }
        }
        candidates.sort_by_key(|candidate| (candidate.weight, candidate.at));
        let around = facts::around(text);
        Reading {
            view,
            candidates,
            around,
        }
    }

    /// The weight of who speaks.
    fn rank(&self) -> u8 {
        let weights = self.candidates.iter().map(|candidate| candidate.weight);
        weights.min().unwrap_or(u8::MAX)
    }
}

fn lengthen(facts: &mut Facts, joined: &Facts) {
    for (name, value) in facts {
        if let Some(longer) = joined.get(name)
            && longer.len() > value.len()
            && longer.starts_with(value.as_str())
        {
            value.clone_from(longer);
        }
    }
}

/// The lines that the candidate's words stand in, and those that dyld adds below.
fn evidence(block: &[Line], lines: std::ops::Range<usize>) -> Vec<Line> {
    let added = |line: &&Line| {
        ["Referenced from:", "Expected in:", "Reason:"]
            .iter()
            .any(|start| line.text.trim_start().starts_with(start))
    };
    let inside = block.get(lines.clone()).unwrap_or_default().iter();
    let below = block.get(lines.end..).unwrap_or_default().iter();
    let mut found: Vec<Line> = inside
        .chain(below.take_while(added))
        .take(12)
        .cloned()
        .collect();
    found.dedup_by(|next, line| next.text == line.text);
    found
}
