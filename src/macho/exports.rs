//! "Does it export this symbol?", answered where the bytes are: a walk down the export trie, or, in images without a
//! trie, a search of the symbol table. Nothing is allocated per export.
//!
//! ```text
//! node  := uleb terminal_size, terminal[terminal_size], u8 children, child*
//! child := cstring edge, uleb offset of the child's node
//! terminal := uleb flags, then uleb address | uleb ordinal, cstring name (re-export)
//! ```

use object::LittleEndian as Little;
use object::macho::Nlist64;
use object::read::macho::{Nlist, SymbolTable};

use super::command::{Commands, Range, Symtab};
use super::opcodes::uleb128;
use super::slice::Header;
use super::text;
use crate::image::{Exports, Image, Symbols};
use crate::load::Export;

/// A path down a trie cannot be longer than the longest name; dyld stops at a node it has seen.
const DEEPEST: usize = 1 << 12;

/// No linker makes longer names.
const LONGEST_NAME: usize = 1 << 16;

/// Where the exports are, with offsets in the file.
pub(super) fn place(commands: &Commands, slice_offset: u64) -> Exports {
    match (commands.trie, commands.symtab) {
        (Some(trie), _) => Exports::Trie {
            offset: trie.offset.saturating_add(slice_offset),
            size: trie.size,
        },
        (None, Some(_)) => Exports::Symbols,
        (None, None) => Exports::None,
    }
}

/// The symbol table, where it is needed because there is no trie.
pub(super) fn symbols(commands: &Commands, slice_offset: u64) -> Option<Symbols> {
    let table = commands.symtab.filter(|_| commands.trie.is_none())?;
    Some(Symbols {
        offset: slice_offset.saturating_add(table.offset.into()),
        count: table.count,
        strings_offset: slice_offset.saturating_add(table.strings_offset.into()),
        strings_size: table.strings_size.into(),
    })
}

/// Does this image of the file export the symbol, and how? (dyld/Loader.cpp:hasExportedSymbol)
pub fn export(file: &[u8], image: &Image, symbol: &str) -> Export {
    let Some(part) = image.macho() else {
        return Export::Absent;
    };
    match (part.exports, part.symbols) {
        (Exports::Trie { offset, size }, _) => match (Range { offset, size }).of(file) {
            Some(trie) => {
                look_up(trie, symbol.as_bytes()).unwrap_or_else(|why| Export::Damaged { why })
            }
            None => Export::Damaged {
                why: "export trie extends beyond end of file".to_owned(),
            },
        },
        (Exports::Symbols, Some(table)) => in_symbol_table(file, &table, symbol.as_bytes()),
        (Exports::Symbols | Exports::None, _) => Export::Absent,
    }
}

/// What a trie of exports says of a symbol; the error is dyld's text about a damaged trie.
pub(super) fn look_up(trie: &[u8], symbol: &[u8]) -> Result<Export, String> {
    entry(trie, symbol)?.map_or(Ok(Export::Absent), terminal)
}

/// The bytes that a trie, of exports or of anything else, has for a name, and all that follows them.
pub(super) fn entry<'trie>(trie: &'trie [u8], name: &[u8]) -> Result<Option<&'trie [u8]>, String> {
    let mut visited = Visited::default();
    let mut node = trie;
    let mut wanted = name;
    loop {
        let Some(first) = node.first() else {
            return Ok(None);
        };
        let (size, rest) = match node.get(1..) {
            Some(rest) if *first < 0x80 => (u64::from(*first), rest),
            Some(_) | None => uleb128(node)?,
        };
        if wanted.is_empty() && size != 0 {
            return Ok(Some(rest));
        }
        let children = usize::try_from(size).ok().and_then(|size| rest.get(size..));
        let Some((count, children)) = children.and_then(<[u8]>::split_first) else {
            return Ok(None);
        };
        let Some((offset, left)) = matching_child(*count, children, wanted)? else {
            return Ok(None);
        };
        let out_of_range =
            || format!("malformed trie child, nodeOffset=0x{offset:X} out of range\n");
        let at = usize::try_from(offset).map_err(|_| out_of_range())?;
        if at == 0 || at > trie.len() {
            return Err(out_of_range());
        }
        if !visited.add(at) {
            return Err(format!(
                "malformed trie child, cycle to nodeOffset=0x{offset:X}\n"
            ));
        }
        node = trie.get(at..).unwrap_or_default();
        wanted = left;
    }
}

/// The nodes on the way down; few enough to need no allocation, as a rule.
struct Visited {
    near: [usize; 48],
    count: usize,
    far: Vec<usize>,
}

impl Default for Visited {
    fn default() -> Self {
        Visited {
            near: [0; 48],
            // The root.
            count: 1,
            far: Vec::new(),
        }
    }
}

impl Visited {
    /// False if the node was there before, or the way is too long.
    fn add(&mut self, node: usize) -> bool {
        let near = self.near.get(..self.count).unwrap_or(&self.near);
        if near.contains(&node) || self.far.contains(&node) || self.far.len() > DEEPEST {
            return false;
        }
        match self.near.get_mut(self.count) {
            Some(place) => *place = node,
            None => self.far.push(node),
        }
        self.count = self.count.saturating_add(1);
        true
    }
}

/// The first child whose edge starts the wanted name: its node's offset and what is left of the name.
fn matching_child<'name>(
    count: u8,
    children: &[u8],
    wanted: &'name [u8],
) -> Result<Option<(u64, &'name [u8])>, String> {
    let mut rest = children;
    for _ in 0..count {
        let end = rest
            .iter()
            .position(|byte| *byte == 0)
            .ok_or_else(past_end)?;
        let (edge, after) = rest.split_at_checked(end).ok_or_else(past_end)?;
        let after = after.get(1..).ok_or_else(past_end)?;
        // Most edges differ in their first byte.
        let may_fit = edge
            .first()
            .is_none_or(|first| wanted.first() == Some(first));
        if may_fit && let Some(left) = wanted.strip_prefix(edge) {
            let (offset, _) = uleb128(after)?;
            return Ok(Some((offset, left)));
        }
        let last = after
            .iter()
            .position(|byte| byte & 0x80 == 0)
            .ok_or_else(past_end)?;
        rest = after.get(last.saturating_add(1)..).ok_or_else(past_end)?;
    }
    Ok(None)
}

pub(super) fn past_end() -> String {
    "malformed trie node, child node extends past end of trie\n".to_owned()
}

pub(super) fn terminal(bytes: &[u8]) -> Result<Export, String> {
    const WEAK_DEFINITION: u64 = 4;
    const REEXPORT: u64 = 8;
    let (flags, rest) = uleb128(bytes)?;
    if flags & REEXPORT == 0 {
        let weak = flags & WEAK_DEFINITION != 0;
        return Ok(Export::Defined { weak });
    }
    let (ordinal, name) = uleb128(rest)?;
    let end = name.iter().take(LONGEST_NAME).position(|byte| *byte == 0);
    let name = end.and_then(|end| name.get(..end)).ok_or_else(past_end)?;
    let symbol = text::lossy(name);
    Ok(Export::Reexport { ordinal, symbol })
}

/// The symbol table of a slice, if it is inside the slice.
pub(super) fn symbol_table(slice: &[u8], table: Option<Symtab>) -> Option<SymbolTable<'_, Header>> {
    let table = table?;
    let command = object::macho::SymtabCommand {
        cmd: object::U32::new(Little, object::macho::LC_SYMTAB),
        cmdsize: object::U32::new(Little, 24),
        symoff: object::U32::new(Little, table.offset),
        nsyms: object::U32::new(Little, table.count),
        stroff: object::U32::new(Little, table.strings_offset),
        strsize: object::U32::new(Little, table.strings_size),
    };
    command.symbols::<Header, _>(Little, slice).ok()
}

fn in_symbol_table(file: &[u8], table: &Symbols, symbol: &[u8]) -> Export {
    let part = |offset, size| Range { offset, size }.of(file);
    let size = u64::from(table.count).saturating_mul(16);
    let (Some(entries), Some(strings)) = (
        part(table.offset, size),
        part(table.strings_offset, table.strings_size),
    ) else {
        return Export::Absent;
    };
    let count = usize::try_from(table.count).unwrap_or(0);
    let Ok((entries, _)) = object::pod::slice_from_bytes::<Nlist64<Little>>(entries, count) else {
        return Export::Absent;
    };
    let mut found = entries.iter().filter(|entry| is_global_definition(entry));
    let found = found.find(|entry| {
        let start = usize::try_from(entry.n_strx.get(Little)).unwrap_or(usize::MAX);
        let name = strings.get(start..).unwrap_or_default();
        name.strip_prefix(symbol)
            .is_some_and(|rest| rest.first() == Some(&0))
    });
    match found {
        Some(entry) => Export::Defined {
            weak: entry.n_desc.get(Little).0 & 0x80 != 0,
        },
        None => Export::Absent,
    }
}

/// N_SECT and N_EXT, not private.
pub(super) fn is_global_definition(entry: &Nlist64<Little>) -> bool {
    const N_STAB: u8 = 0xe0;
    const N_TYPE: u8 = 0x0e;
    const N_SECT: u8 = 0x0e;
    const N_EXT: u8 = 0x01;
    const N_PEXT: u8 = 0x10;
    let kind = entry.n_type().0;
    kind & N_STAB == 0 && kind & N_TYPE == N_SECT && kind & N_EXT != 0 && kind & N_PEXT == 0
}

#[cfg(test)]
mod tests {
    use super::look_up;
    use crate::load::Export;

    /// `_ab` regular, `_ac` weak, `_ad` re-exported from dependent 2 as `_x`; their nodes at 18, 22 and 26.
    const TRIE: &[u8] =
        b"\0\x01_a\0\x06\0\x03b\0\x12c\0\x16d\0\x1a\0\x02\0\x10\0\x02\x04\x10\0\x05\x08\x02_x\0\0";

    #[test]
    fn names_are_found_whole_and_with_their_kind() {
        assert_eq!(look_up(TRIE, b"_ab"), Ok(Export::Defined { weak: false }));
        assert_eq!(look_up(TRIE, b"_ac"), Ok(Export::Defined { weak: true }));
        let renamed = Export::Reexport {
            ordinal: 2,
            symbol: "_x".to_owned(),
        };
        assert_eq!(look_up(TRIE, b"_ad"), Ok(renamed));
        for absent in [&b"_a"[..], b"", b"_abc", b"b", b"_ae"] {
            assert_eq!(look_up(TRIE, absent), Ok(Export::Absent));
        }
    }

    #[test]
    fn a_trie_that_leads_back_to_itself_is_damaged() {
        let circle = b"\0\x01\0\x05\0\0\x01\0\x05";
        let why = "malformed trie child, cycle to nodeOffset=0x5\n".to_owned();
        assert_eq!(look_up(circle, b"_a"), Err(why));
        let outside = b"\0\x01_\0\x7f";
        let why = "malformed trie child, nodeOffset=0x7F out of range\n".to_owned();
        assert_eq!(look_up(outside, b"_a"), Err(why));
    }

    #[test]
    fn every_cut_of_a_trie_ends_in_an_answer() {
        for end in 0..TRIE.len() {
            let cut = TRIE.get(..end).unwrap_or_default();
            for name in [&b"_ab"[..], b"_ad", b"_zz"] {
                let answer = look_up(cut, name);
                let whole = look_up(TRIE, name);
                assert!(
                    answer.is_err() || answer == Ok(Export::Absent) || answer == whole,
                    "{end}"
                );
            }
        }
    }
}
