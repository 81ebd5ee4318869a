//! What a text says went wrong: an error that was pasted, or a whole log, read line by line.
//!
//! The log streams through: only the lines around a word that could belong to a message are kept, as a block, and a
//! block becomes candidates for a cause as soon as it ends. So memory does not grow with the log. Text lies more than
//! images do: where nothing known is said, there is no cause, and what a run survived is none either.

mod absent;
mod block;
mod build;
mod clean;
mod crash;
mod facts;
mod loader;
mod marker;
mod package;
mod pattern;
mod python;
mod reader;
mod scan;
mod shadow;
mod shape;
mod system;
mod template;
#[cfg(test)]
mod tests;
mod torch;
mod traceback;
mod view;

use std::collections::BTreeMap;

pub use reader::Reader;

/// A line of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// The line, without clock, colours and quoting.
    pub text: String,
    /// Columns that the line had before.
    width: usize,
    /// It ended with a blank.
    blank: bool,
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
    /// Names and values of a failure that has no known cause; empty where there is one.
    pub named: BTreeMap<&'static str, String>,
    /// How many lines there were.
    pub lines: u64,
}
