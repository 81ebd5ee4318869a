//! Which lines have a word that could belong to a message: the pass over every byte of a log.
//!
//! Each step of an automaton waits for the one before. So four parts of the text are walked side by side.

use std::sync::LazyLock;

use aho_corasick::Anchored;
use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;

use super::marker::{MARKERS, SUCCESSES};

/// Bytes of a part, which then goes on to the end of its line.
const PART: usize = 8 * 1024;

static MARKER: LazyLock<DFA> =
    LazyLock::new(|| DFA::new(MARKERS.iter().chain(&SUCCESSES)).expect("words of ours"));

/// Where the first marker of each line that has one starts, in order. The text begins with a line.
pub(super) fn markers(text: &[u8]) -> Vec<usize> {
    let dfa = &*MARKER;
    let mut parts = Parts { rest: text, at: 0 };
    let mut lanes = [(); 4].map(|()| parts.lane(dfa));
    let mut found = Vec::new();
    while lanes.iter().all(|lane| !lane.rest.is_empty()) {
        walk_together(dfa, &mut lanes);
        for lane in &mut lanes {
            lane.settle(dfa, &mut found);
            if lane.rest.is_empty() {
                *lane = parts.lane(dfa);
            }
        }
    }
    for mut lane in lanes {
        while !lane.rest.is_empty() {
            lane.walk(dfa);
            lane.settle(dfa, &mut found);
        }
    }
    found.sort_unstable();
    found
}

/// Walks the lanes until the shortest ends, or one of them is where a marker may end.
fn walk_together(dfa: &DFA, lanes: &mut [Lane<'_>; 4]) {
    let [a, b, c, d] = lanes;
    let (mut at_a, mut at_b, mut at_c, mut at_d) = (a.state, b.state, c.state, d.state);
    let mut steps = 0_usize;
    for (((in_a, in_b), in_c), in_d) in a.rest.iter().zip(b.rest).zip(c.rest).zip(d.rest) {
        at_a = dfa.next_state(Anchored::No, at_a, *in_a);
        at_b = dfa.next_state(Anchored::No, at_b, *in_b);
        at_c = dfa.next_state(Anchored::No, at_c, *in_c);
        at_d = dfa.next_state(Anchored::No, at_d, *in_d);
        steps = steps.saturating_add(1);
        // Special states come first, so that one comparison does for all.
        if dfa.is_special(at_a.min(at_b).min(at_c.min(at_d))) {
            break;
        }
    }
    for (lane, state) in lanes.iter_mut().zip([at_a, at_b, at_c, at_d]) {
        lane.skip(steps);
        lane.state = state;
    }
}

/// Gives the text out in parts that end with a line.
struct Parts<'t> {
    rest: &'t [u8],
    at: usize,
}

impl<'t> Parts<'t> {
    /// The next part; an empty one at the end.
    fn lane(&mut self, dfa: &DFA) -> Lane<'t> {
        let tail = self.rest.get(PART..).unwrap_or_default();
        let end = memchr::memchr(b'\n', tail).map(|end| PART.saturating_add(end).saturating_add(1));
        let (part, rest) = match end.and_then(|end| self.rest.split_at_checked(end)) {
            Some(split) => split,
            None => (
                self.rest,
                self.rest.get(self.rest.len()..).unwrap_or_default(),
            ),
        };
        let lane = Lane {
            rest: part,
            at: self.at,
            state: start(dfa),
        };
        self.rest = rest;
        self.at = self.at.saturating_add(part.len());
        lane
    }
}

struct Lane<'t> {
    /// What is ahead.
    rest: &'t [u8],
    /// Where in the text that begins.
    at: usize,
    state: StateID,
}

impl Lane<'_> {
    fn walk(&mut self, dfa: &DFA) {
        let mut steps = 0_usize;
        for byte in self.rest {
            self.state = dfa.next_state(Anchored::No, self.state, *byte);
            steps = steps.saturating_add(1);
            if dfa.is_special(self.state) {
                break;
            }
        }
        self.skip(steps);
    }

    /// Notes the marker that ends here, if one does, and goes on with the next line.
    fn settle(&mut self, dfa: &DFA, found: &mut Vec<usize>) {
        if !dfa.is_match(self.state) {
            return;
        }
        let length = dfa.pattern_len(dfa.match_pattern(self.state, 0));
        found.push(self.at.saturating_sub(length));
        let end = memchr::memchr(b'\n', self.rest);
        self.skip(end.map_or(self.rest.len(), |end| end.saturating_add(1)));
        self.state = start(dfa);
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
        self.at = self.at.saturating_add(bytes);
    }
}

fn start(dfa: &DFA) -> StateID {
    dfa.start_state(Anchored::No)
        .expect("an automaton for searches that begin anywhere")
}

#[cfg(test)]
mod tests {
    use aho_corasick::AhoCorasick;
    use proptest::prelude::*;

    use super::super::marker::{MARKERS, SUCCESSES};
    use super::{PART, markers};

    /// Line by line, with one search each.
    fn expected(text: &[u8]) -> Vec<usize> {
        let all = AhoCorasick::new(MARKERS.iter().chain(&SUCCESSES)).expect("words");
        let mut at = 0;
        let mut found = Vec::new();
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            found.extend(all.find(line).map(|hit| at + hit.start()));
            at += line.len();
        }
        found
    }

    proptest! {
        #[test]
        fn lanes_find_what_one_search_a_line_finds(
            lines in prop::collection::vec((0..6_usize, 0..90_usize), 0..1500),
            end in any::<bool>(),
        ) {
            let mut text = String::new();
            for (kind, length) in lines {
                let marker = ["", "", "error: ", "dlopen", "erro", "Successfully built "][kind];
                text.push_str(&format!("{}{marker}{}\n", "e".repeat(length / 2), "r".repeat(length)));
            }
            if !end {
                text.pop();
            }
            prop_assert_eq!(markers(text.as_bytes()), expected(text.as_bytes()));
        }
    }

    #[test]
    fn a_line_may_be_longer_than_a_part_and_a_marker_stand_across_its_border() {
        for before in [0, PART - 3, PART, 5 * PART - 2] {
            let line = format!("{}dlopen{}\n", "x".repeat(before), "y".repeat(2 * PART));
            let text = line.repeat(9);
            let found = markers(text.as_bytes());
            assert_eq!(found.len(), 9);
            assert_eq!(found, expected(text.as_bytes()));
        }
        assert_eq!(markers(b""), Vec::<usize>::new());
    }
}
