//! Every name that an image exports: for tables that are made of libraries. A loader asks by name instead.

use super::command::Range;
use super::exports;
use super::opcodes::uleb128;
use crate::image::{Exports, Image};

/// All names of one image together. libtorch_cpu has 12 MB of them.
const MOST_NAME_BYTES: usize = 512 << 20;
/// No linker makes longer names.
const LONGEST_NAME: usize = 1 << 16;

/// Calls `visit` with every name in the image's export trie, in no particular order.
///
/// # Errors
/// The trie is damaged, or the image has none (libraries older than macOS 10.6): a lowercase fragment.
pub fn each_export(file: &[u8], image: &Image, mut visit: impl FnMut(&[u8])) -> Result<(), String> {
    let part = image.macho().ok_or("it is no Mach-O image")?;
    let Exports::Trie { offset, size } = part.exports else {
        return Err("it has no export trie".to_owned());
    };
    let trie = (Range { offset, size })
        .of(file)
        .ok_or("its export trie extends beyond the file")?;
    let mut seen = vec![false; trie.len()];
    let mut open = vec![(0usize, Vec::new())];
    let mut budget = MOST_NAME_BYTES;
    while let Some((at, name)) = open.pop() {
        // A node that two edges lead to would have two names, which no linker writes; a circle has no end.
        match seen.get_mut(at) {
            Some(seen) if !*seen => *seen = true,
            _ => return Err("its export trie leads back to itself or out of bounds".to_owned()),
        }
        let node = trie.get(at..).unwrap_or_default();
        if exports::entry(node, b"")?.is_some() {
            visit(&name);
        }
        for (edge, child) in children(node)? {
            let whole = name.len().saturating_add(edge.len());
            budget = budget.checked_sub(whole).ok_or("its names fill memory")?;
            if whole > LONGEST_NAME {
                return Err("its export trie has an endless name".to_owned());
            }
            let mut longer = name.clone();
            longer.extend_from_slice(edge);
            open.push((child, longer));
        }
    }
    Ok(())
}

/// The edges of a node, each with the place of its child.
fn children(node: &[u8]) -> Result<Vec<(&[u8], usize)>, String> {
    let past_end = || "its export trie is cut short".to_owned();
    let (size, rest) = uleb128(node)?;
    let rest = usize::try_from(size).ok().and_then(|size| rest.get(size..));
    let (count, mut rest) = rest.and_then(<[u8]>::split_first).ok_or_else(past_end)?;
    let mut children = Vec::new();
    for _ in 0..*count {
        let end = rest
            .iter()
            .position(|byte| *byte == 0)
            .ok_or_else(past_end)?;
        let (edge, after) = rest.split_at_checked(end).ok_or_else(past_end)?;
        let (offset, after) = uleb128(after.get(1..).ok_or_else(past_end)?)?;
        children.push((edge, usize::try_from(offset).map_err(|_| past_end())?));
        rest = after;
    }
    Ok(children)
}
