//! Bytes of a Mach-O file to [`Content`], and the answer to "does it export this symbol?".
//!
//! Everything here reads untrusted bytes: it ends on any input, allocates no more than the input justifies, and what
//! it cannot read becomes a fact (a [`Flaw`], an unsupported slice), not an error. Nothing is judged: that depends on
//! the macOS version and is the business of [`crate::dyld`].

mod cached;
mod command;
mod exports;
mod fixups;
mod headers;
mod imports;
mod listing;
mod opcodes;
mod parts;
mod segments;
mod signature;
mod slice;
mod structure;
mod text;
mod universal;

pub use cached::{CachedImage, trie_entry, trie_export};
pub use exports::export;
pub use headers::{Fetch, Headers, headers};
pub use listing::exports_of;
pub use parts::{Pages, Parts, parts, slices};

use crate::image::{Arch, FileType, Flaw, Format, Image, MachO};
use crate::load::Content;

/// How many page hashes of a signature are compared with the pages.
#[derive(Debug, Clone, Copy)]
pub enum PageHashes<'a> {
    /// All pages of a small image; of a large one those that every editing tool changes: header and load commands,
    /// the first page of each segment and the last page. [`crate::image::CodeDirectory::pages_checked`] says how many.
    Sampled,
    /// All pages, however long that takes.
    All,
    /// All pages, whose sums were taken before; [`Pages::lacking`] tells if they do not suffice.
    Taken(&'a Pages),
}

/// What a Mach-O file is: thin or universal, 64 bit. Anything else is [`Content::NotAnImage`].
pub fn read(data: &[u8], hashes: PageHashes<'_>) -> Content {
    match first_word(data) {
        Some(word) if universal::is_universal(word) => universal::read(data, hashes),
        Some(word) if slice::is_macho(word) && data.len() >= slice::SMALLEST_HEADER => {
            Content::MachO {
                slices: vec![slice::read(data, data, None, hashes)],
            }
        }
        Some(_) | None => not_an_image(data),
    }
}

/// Whether the first bytes are those of a thin or universal Mach-O file, and not of a Java class.
pub fn is_macho(data: &[u8]) -> bool {
    let universal = |word| universal::is_universal(word) && !universal::is_java(data);
    first_word(data).is_some_and(|word| universal(word) || slice::is_macho(word))
}

/// [`Content::NotAnImage`] with the first bytes of the file.
pub fn not_an_image(data: &[u8]) -> Content {
    let first_bytes = data.iter().take(8).map(|byte| format!("{byte:02x}"));
    Content::NotAnImage {
        first_bytes: first_bytes.collect(),
        size: u64::try_from(data.len()).unwrap_or(u64::MAX),
    }
}

fn first_word(data: &[u8]) -> Option<u32> {
    let bytes = data.first_chunk::<4>()?;
    Some(u32::from_le_bytes(*bytes))
}

/// A slice of which only the architecture is known.
fn unsupported(arch: Arch, flaws: Vec<Flaw>) -> Image {
    Image {
        arch,
        file_type: FileType::Other(0),
        install_name: None,
        uuid: None,
        dependents: Vec::new(),
        rpaths: Vec::new(),
        imports: Vec::new(),
        format: Format::MachO(Box::new(MachO {
            unsupported: true,
            flaws,
            ..MachO::default()
        })),
    }
}
