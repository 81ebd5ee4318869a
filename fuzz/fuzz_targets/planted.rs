//! Puts the fuzzer's bytes where a load command of a sound image says that a part lies. Bytes that are a whole file reach
//! such a part only by luck.

use loadproof::load::Content;
use loadproof::macho::{self, PageHashes};

/// With chained fixups, an export trie and a signature.
pub const CHAINED: &[u8] = include_bytes!("../../fixtures/dyld/files/00249522e85c7108");
/// With bind and rebase opcodes.
pub const OPCODES: &[u8] = include_bytes!("../../fixtures/dyld/files/00f6d66ac67ad38b");

pub const CHAINED_FIXUPS: u32 = 0x8000_0034;
pub const CODE_SIGNATURE: u32 = 0x1d;
pub const DYLD_INFO_ONLY: u32 = 0x8000_0022;
const SEGMENT: u32 = 0x19;

/// The image with the part in place of its own: at the end of the file, in a link edit segment that reaches so far.
/// `field` counts the pairs of offset and size behind the command's header.
pub fn planted(image: &[u8], command: u32, field: usize, part: &[u8]) -> Vec<u8> {
    let mut bytes = image.to_vec();
    bytes.resize(bytes.len().next_multiple_of(16), 0);
    let offset = bytes.len();
    bytes.extend_from_slice(part);
    let at = command_at(image, command, |_| true) + 8 + field * 8;
    put(&mut bytes, at, offset as u32);
    put(&mut bytes, at + 4, part.len() as u32);
    let segment = command_at(image, SEGMENT, |at| image[at + 8..].starts_with(b"__LINKEDIT"));
    let begin = word(image, segment + 40) as usize;
    let length = bytes.len() - begin;
    put(&mut bytes, segment + 48, length as u32);
    put(&mut bytes, segment + 32, length.next_multiple_of(0x4000) as u32);
    bytes
}

/// Everything that is asked of an image.
pub fn ask(bytes: &[u8]) {
    let Content::MachO { slices } = macho::read(bytes, PageHashes::All) else {
        return;
    };
    for slice in &slices {
        let _exports = macho::exports_of(bytes, slice);
        let _found = macho::export(bytes, slice, "_PyInit__C");
    }
}

fn command_at(image: &[u8], wanted: u32, is_wanted: impl Fn(usize) -> bool) -> usize {
    let mut at = 32;
    while word(image, at) != wanted || !is_wanted(at) {
        at += word(image, at + 4) as usize;
    }
    at
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn put(bytes: &mut [u8], at: usize, word: u32) {
    bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
}
