//! Lines that differ only in clocks, versions, addresses and counts have one shape, of which a few tell enough.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Shapes of lines that are remembered.
const SHAPES: usize = 64 * 1024;
/// So often lines of one shape open a block: what a build asks in passing is worded as what it fails of later.
const OPENINGS: u8 = 3;
/// Bytes before and from the marker that are looked at.
const AROUND: (usize, usize) = (160, 240);

/// How often each shape was seen.
#[derive(Debug, Default)]
pub(super) struct Shapes(HashMap<u64, u8, BuildHasherDefault<Itself>>);

impl Shapes {
    /// Lines of this shape were not looked at often enough yet. The shape is the words around the marker, without those
    /// that have a digit: clocks, versions, addresses, counts.
    pub(super) fn is_news(&mut self, line: &[u8], marker: usize) -> bool {
        let from = marker.saturating_sub(AROUND.0);
        let to = marker.saturating_add(AROUND.1).min(line.len());
        let shape = shape(line.get(from..to).unwrap_or(line));
        let full = self.0.len() >= SHAPES;
        match self.0.get_mut(&shape) {
            Some(seen) if *seen >= OPENINGS => false,
            Some(seen) => {
                *seen = seen.saturating_add(1);
                true
            }
            None if full => true,
            None => {
                self.0.insert(shape, 1);
                true
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// The shape is a hash, which needs no other: a text that is made for it has but [`SHAPES`] to fall together.
#[derive(Debug, Default)]
struct Itself(u64);

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }

    /// Keys are numbers; of anything else the hash is but no good one.
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0.rotate_left(8) ^ u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// What a byte does to the shape.
#[derive(Clone, Copy)]
struct Step {
    /// As random as they are: SplitMix64's first numbers.
    number: u64,
    /// No bit, or all: it stands between words.
    between: u64,
    /// No bit, or all: the word that it is in does not count.
    digit: u64,
}

const STEPS: [Step; 256] = {
    let mut steps = [Step {
        number: 0,
        between: 0,
        digit: 0,
    }; 256];
    let mut state = 0_u64;
    let mut byte = 0_u8;
    loop {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = state;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        steps[byte as usize] = Step {
            number: number ^ (number >> 31),
            between: if byte.is_ascii_alphanumeric() {
                0
            } else {
                u64::MAX
            },
            digit: if byte.is_ascii_digit() { u64::MAX } else { 0 },
        };
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    steps
};

/// A hash of the words without a digit and of what is between words. Of each step only a selection, a rotation and a sum
/// wait for the one before, and nothing branches. A sum, since of two equal bytes 64 apart an exclusive or would leave
/// nothing.
fn shape(text: &[u8]) -> u64 {
    // The hash before the word, and with what was read of it.
    let (mut before, mut hash, mut digits) = (0_u64, 0_u64, 0_u64);
    for byte in text {
        let step = STEPS[usize::from(*byte)];
        let dropped = digits & step.between;
        hash = (before & dropped | hash & !dropped)
            .rotate_left(5)
            .wrapping_add(step.number);
        before = hash & step.between | before & !step.between;
        digits = (digits | step.digit) & !step.between;
    }
    before & digits | hash & !digits
}
