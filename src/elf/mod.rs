//! Bytes of an ELF file to an [`crate::image::Image`], and questions about its exported symbols.
//!
//! Only what ld.so itself looks at is read: the header, the program headers and what PT_DYNAMIC points at. Section
//! headers may be stripped or damaged. Where a file is unacceptable the reason is given in glibc's own words
//! (`open_verify` and `_dl_map_object_from_fd` in elf/dl-load.c), so that the loader's message can be predicted.

mod dynamic;
mod exports;
mod header;
mod image;
mod imports;
mod segments;
mod versions;

use crate::load::{Content, Export, Question};

pub use exports::Exports;

/// A file whose segments end behind its last byte. Red Hat's ld.so says so; others map it unchecked and the process
/// dies of SIGBUS at the first touch.
pub const PAST_END: &str = "ELF load command past end of file";

/// What the file is. 64-bit little-endian files become a full image; others an image with their architecture alone.
pub fn read(data: &[u8]) -> Content {
    match header::identify(data) {
        header::Identity::NotElf => not_an_image(data),
        header::Identity::Foreign(arch) => Content::Elf {
            image: Box::new(image::bare(arch, crate::image::FileType::Dylib)),
        },
        header::Identity::Damaged(why) => malformed(why),
        header::Identity::Readable(header) => match image::read(data, header) {
            Ok(image) => Content::Elf {
                image: Box::new(image),
            },
            Err(why) => malformed(why),
        },
    }
}

/// Does the file export this symbol, by the rules of `do_lookup_x` and `check_match` (glibc elf/dl-lookup.c)?
/// For many questions about one file keep an [`Exports`].
pub fn export(data: &[u8], question: &Question<'_>) -> Export {
    match Exports::locate(data) {
        Ok(exports) => exports.answer(data, question),
        Err(why) => Export::Damaged {
            why: why.to_owned(),
        },
    }
}

fn malformed(why: &str) -> Content {
    Content::Malformed {
        why: why.to_owned(),
    }
}

fn not_an_image(data: &[u8]) -> Content {
    let first_bytes = data
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Content::NotAnImage {
        first_bytes,
        size: u64::try_from(data.len()).unwrap_or(u64::MAX),
    }
}

#[cfg(test)]
mod tests;
