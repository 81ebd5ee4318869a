//! All exports of a slice, for whoever wants to see them: a loader asks for single names ([`super::export`]) and never
//! needs this.

use std::collections::HashSet;

use object::LittleEndian as Little;
use object::macho::Nlist64;

use super::command::Range;
use super::exports::{is_global_definition, past_end, terminal};
use super::opcodes::uleb128;
use super::text;
use crate::image::{Exports, Image, Symbols};
use crate::load::{Export, Exported};

/// All names of a slice together: nodes of a damaged trie may share one long edge.
const MOST_NAME_BYTES: usize = 256 << 20;

/// A trie's nodes do not overlap, so that its children are read once; a damaged one must not cost more.
const MOST_READ_PER_BYTE: usize = 4;

/// Every export of this image of the file, in the order of the trie or of the symbol table; the error says which
/// structure is damaged.
pub fn exports_of(file: &[u8], image: &Image) -> Result<Vec<Exported>, String> {
    let Some(part) = image.macho() else {
        return Ok(Vec::new());
    };
    match (part.exports, part.symbols) {
        (Exports::Trie { offset, size }, _) => {
            let trie = Range { offset, size }.of(file);
            of_trie(trie.ok_or("export trie extends beyond end of file")?)
        }
        (Exports::Symbols, Some(table)) => of_symbol_table(file, &table),
        (Exports::Symbols | Exports::None, _) => Ok(Vec::new()),
    }
}

/// A node that is still to be read: where it is, and the name that leads there.
struct Waiting<'trie> {
    node: usize,
    /// How much of the name of the node before it is kept.
    kept: usize,
    edge: &'trie [u8],
}

struct Walk<'trie> {
    trie: &'trie [u8],
    waiting: Vec<Waiting<'trie>>,
    visited: HashSet<usize>,
    name: Vec<u8>,
    name_bytes: usize,
    read: usize,
    found: Vec<Exported>,
}

fn of_trie(trie: &[u8]) -> Result<Vec<Exported>, String> {
    let root = Waiting {
        node: 0,
        kept: 0,
        edge: &[],
    };
    let mut walk = Walk {
        trie,
        waiting: vec![root],
        visited: HashSet::new(),
        name: Vec::new(),
        name_bytes: 0,
        read: 0,
        found: Vec::new(),
    };
    while let Some(next) = walk.waiting.pop() {
        walk.node(&next)?;
    }
    Ok(walk.found)
}

impl<'trie> Walk<'trie> {
    fn node(&mut self, at: &Waiting<'trie>) -> Result<(), String> {
        if !self.visited.insert(at.node) {
            return Err(format!(
                "malformed trie child, cycle to nodeOffset=0x{:X}\n",
                at.node
            ));
        }
        self.name.truncate(at.kept);
        self.name.extend_from_slice(at.edge);
        self.name_bytes = self.name_bytes.saturating_add(self.name.len());
        if self.name_bytes > MOST_NAME_BYTES {
            return Err("export trie has too many names".to_owned());
        }
        let node = self.trie.get(at.node..).unwrap_or_default();
        if node.is_empty() {
            return Ok(());
        }
        let (size, rest) = uleb128(node)?;
        if size != 0 {
            self.found.push(Exported {
                symbol: text::lossy(&self.name),
                export: terminal(rest)?,
            });
        }
        let size = usize::try_from(size).map_err(|_| past_end())?;
        let Some((count, children)) = rest.get(size..).and_then(<[u8]>::split_first) else {
            return Ok(());
        };
        self.children(*count, children)
    }

    fn children(&mut self, count: u8, children: &'trie [u8]) -> Result<(), String> {
        let first = self.waiting.len();
        let mut rest = children;
        for _ in 0..count {
            let end = rest
                .iter()
                .position(|byte| *byte == 0)
                .ok_or_else(past_end)?;
            let (edge, after) = rest.split_at_checked(end).ok_or_else(past_end)?;
            let (node, after) = uleb128(after.get(1..).ok_or_else(past_end)?)?;
            let node = usize::try_from(node)
                .ok()
                .filter(|node| *node != 0 && *node <= self.trie.len());
            let node = node.ok_or("malformed trie child, nodeOffset out of range\n")?;
            self.read = self
                .read
                .saturating_add(rest.len().saturating_sub(after.len()));
            if self.read > self.trie.len().saturating_mul(MOST_READ_PER_BYTE) {
                return Err("malformed trie, its nodes overlap\n".to_owned());
            }
            let kept = self.name.len();
            self.waiting.push(Waiting { node, kept, edge });
            rest = after;
        }
        // The last one pushed is read first.
        if let Some(pushed) = self.waiting.get_mut(first..) {
            pushed.reverse();
        }
        Ok(())
    }
}

fn of_symbol_table(file: &[u8], table: &Symbols) -> Result<Vec<Exported>, String> {
    let outside = || "symbol table extends beyond end of file".to_owned();
    let part = |offset, size| Range { offset, size }.of(file).ok_or_else(outside);
    let size = u64::from(table.count).saturating_mul(16);
    let entries = part(table.offset, size)?;
    let strings = part(table.strings_offset, table.strings_size)?;
    let count = usize::try_from(table.count).unwrap_or(0);
    let (entries, _) =
        object::pod::slice_from_bytes::<Nlist64<Little>>(entries, count).map_err(|()| outside())?;
    let mut found = Vec::new();
    let mut name_bytes: usize = 0;
    for entry in entries.iter().filter(|entry| is_global_definition(entry)) {
        let start = usize::try_from(entry.n_strx.get(Little)).unwrap_or(usize::MAX);
        let symbol = text::lossy(strings.get(start..).unwrap_or_default());
        name_bytes = name_bytes.saturating_add(symbol.len());
        if name_bytes > MOST_NAME_BYTES {
            return Err("symbol table has too many names".to_owned());
        }
        let weak = entry.n_desc.get(Little).0 & 0x80 != 0;
        found.push(Exported {
            symbol,
            export: Export::Defined { weak },
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::of_trie;
    use crate::load::{Export, Exported};
    use crate::macho::exports::look_up;

    /// `_ab` regular, `_ac` weak, `_ad` re-exported from dependent 2 as `_x`; their nodes at 18, 22 and 26.
    const TRIE: &[u8] =
        b"\0\x01_a\0\x06\0\x03b\0\x12c\0\x16d\0\x1a\0\x02\0\x10\0\x02\x04\x10\0\x05\x08\x02_x\0\0";

    #[test]
    fn every_name_is_listed_and_is_what_the_look_up_says() {
        let listed = of_trie(TRIE).expect("a whole trie");
        let names: Vec<&str> = listed.iter().map(|one| one.symbol.as_str()).collect();
        assert_eq!(names, ["_ab", "_ac", "_ad"]);
        for Exported { symbol, export } in listed {
            assert_eq!(look_up(TRIE, symbol.as_bytes()), Ok(export));
        }
    }

    #[test]
    fn an_empty_trie_has_no_names() {
        assert_eq!(of_trie(b""), Ok(Vec::new()));
        assert_eq!(of_trie(b"\0\0"), Ok(Vec::new()));
    }

    #[test]
    fn a_name_without_letters_is_a_name() {
        let listed = of_trie(b"\x02\0\x10\0");
        let nameless = Exported {
            symbol: String::new(),
            export: Export::Defined { weak: false },
        };
        assert_eq!(listed, Ok(vec![nameless]));
    }

    #[test]
    fn damage_ends_the_walk() {
        let why = "malformed trie child, cycle to nodeOffset=0x5\n".to_owned();
        assert_eq!(of_trie(b"\0\x01\0\x05\0\0\x01\0\x05"), Err(why));
        for end in 0..TRIE.len() {
            let cut = TRIE.get(..end).unwrap_or_default();
            if let Ok(listed) = of_trie(cut) {
                assert!(listed.len() <= 3, "{end}");
            }
        }
    }

    #[test]
    fn overlapping_nodes_cost_no_more_than_a_trie_of_their_size() {
        // Every byte pair is a node whose children lead to all the others.
        let mut bytes = vec![0, 255];
        for child in 0..255_u8 {
            bytes.extend_from_slice(&[b'a', 0, (child % 126) + 1]);
        }
        assert!(of_trie(&bytes).is_err());
    }
}
