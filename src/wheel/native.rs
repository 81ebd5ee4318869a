//! A native file of a wheel: what it is, and the bytes that questions about its exports need.

use std::fmt;
use std::sync::Arc;

use crate::image::Image;
use crate::load::{Content, Export};
use crate::macho::{self, PageHashes};

/// A Mach-O or ELF file that was read out of an archive.
pub struct NativeFile {
    content: Arc<Content>,
    bytes: Vec<u8>,
}

impl NativeFile {
    /// Reads a file; `None` if it is neither Mach-O nor ELF.
    pub fn read(bytes: Vec<u8>, hashes: PageHashes) -> Option<NativeFile> {
        let content = if macho::is_macho(&bytes) {
            macho::read(&bytes, hashes)
        } else if is_elf(&bytes) {
            crate::elf::read(&bytes)
        } else {
            return None;
        };
        Some(NativeFile {
            content: Arc::new(content),
            bytes,
        })
    }

    /// What it is.
    pub fn content(&self) -> &Arc<Content> {
        &self.content
    }

    /// The slices of a Mach-O file, in file order; none for ELF.
    pub fn slices(&self) -> &[Image] {
        match self.content.as_ref() {
            Content::MachO { slices } => slices,
            _ => &[],
        }
    }

    /// Does this slice export the symbol, and how?
    pub fn export(&self, slice: usize, symbol: &str) -> Export {
        match self.slices().get(slice) {
            Some(image) => macho::export(&self.bytes, image, symbol),
            None => Export::Absent,
        }
    }

    /// The file's bytes; those that no question needs may be zero.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for NativeFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeFile")
            .field("size", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

fn is_elf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x7fELF")
}

/// Keeps of a stream what is needed of a native file, and nothing of any other.
pub(super) struct Sieve {
    size: usize,
    bytes: Option<Vec<u8>>,
}

impl Sieve {
    pub(super) fn new(size: u64) -> Self {
        Sieve {
            size: usize::try_from(size).unwrap_or(0),
            bytes: Some(Vec::new()),
        }
    }

    pub(super) fn take(&mut self, piece: &[u8]) {
        let Some(bytes) = &mut self.bytes else { return };
        if bytes.is_empty() {
            if !macho::is_macho(piece) && !is_elf(piece) {
                self.bytes = None;
                return;
            }
            bytes.reserve_exact(self.size);
        }
        bytes.extend_from_slice(piece);
    }

    pub(super) fn finish(self) -> Option<NativeFile> {
        NativeFile::read(self.bytes?, PageHashes::All)
    }
}
