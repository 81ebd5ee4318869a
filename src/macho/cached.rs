//! An image inside a shared cache: where its export trie is and what it depends on. Its parts lie in several files, so
//! everything is an address, and the caller knows which bytes are mapped there.

use object::read::macho::MachHeader;

use super::command::Commands;
use super::exports;
use super::opcodes::uleb128;
use super::slice::Header;
use crate::image::{Check, Dependent};
use crate::load::Export;

/// What the lookup of a symbol needs of such an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedImage {
    /// In the order of their ordinals.
    pub dependents: Vec<Dependent>,
    /// Unslid address and size of the export trie, if the image has one.
    pub trie: Option<(u64, u64)>,
}

impl CachedImage {
    /// `bytes` begin with the image's header. `None` if they are no 64-bit image, or one whose commands are damaged:
    /// half a list of dependents would count ordinals wrongly.
    pub fn read(bytes: &[u8]) -> Option<CachedImage> {
        let header = Header::parse(bytes, 0).ok()?;
        let is_ours = header.is_little_endian();
        let commands = is_ours.then(|| Commands::walk(header, bytes))?;
        let mut flaws = commands.flaws.iter();
        if flaws.any(|flaw| flaw.check == Check::Unwalkable) {
            return None;
        }
        let linkedit = commands.segments.iter();
        let linkedit = linkedit.rev().find(|segment| segment.name == "__LINKEDIT");
        // The offsets of the commands count from where the segment's own offset does (dyld: getLinkEditLoadedPointer).
        let address = |offset: u64| {
            let linkedit = linkedit?;
            let inside = offset.checked_sub(linkedit.fileoff)?;
            linkedit.vmaddr.checked_add(inside)
        };
        let trie = commands.trie.and_then(|trie| {
            let start = address(trie.offset)?;
            Some((start, trie.size))
        });
        Some(CachedImage {
            dependents: commands.dependents,
            trie,
        })
    }
}

/// What an export trie says of a symbol.
pub fn trie_export(trie: &[u8], symbol: &str) -> Export {
    exports::look_up(trie, symbol.as_bytes()).unwrap_or_else(|why| Export::Damaged { why })
}

/// The number that a trie has for a name (a cache's trie of paths: the index of the image); the error is dyld's text.
pub fn trie_entry(trie: &[u8], name: &str) -> Result<Option<u64>, String> {
    match exports::entry(trie, name.as_bytes())? {
        Some(entry) => Ok(Some(uleb128(entry)?.0)),
        None => Ok(None),
    }
}
