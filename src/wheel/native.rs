//! A native file of a wheel: what it is, and the bytes that questions about its exports need.

use std::fmt;
use std::sync::Arc;

use super::archive::{Archive, Bytes, Member};
use super::inflate::{Inflater, MemberError};
use crate::image::Image;
use crate::load::{Content, Export};
use crate::macho::{self, PageHashes};

/// A Mach-O or ELF file that was read out of an archive.
pub struct NativeFile {
    content: Arc<Content>,
    bytes: Bytes,
}

impl NativeFile {
    /// Reads a file; `None` if it is neither Mach-O nor ELF.
    pub fn read(bytes: Bytes, hashes: PageHashes) -> Option<NativeFile> {
        let data = (*bytes).as_ref();
        let content = if macho::is_macho(data) {
            macho::read(data, hashes)
        } else if is_elf(data) {
            crate::elf::read(data)
        } else {
            return None;
        };
        Some(NativeFile {
            content: Arc::new(content),
            bytes,
        })
    }

    /// Reads a file that is not itself under test: its signature's pages are compared by sample.
    pub fn of_bytes(bytes: Bytes) -> Option<NativeFile> {
        NativeFile::read(bytes, PageHashes::Sampled)
    }

    /// Reads a member that is not itself under test.
    pub fn of_member(
        archive: &Archive,
        member: &Member,
        inflater: &mut Inflater,
    ) -> Result<Option<NativeFile>, MemberError> {
        let mut sieve = Sieve::new(member.size);
        inflater.stream(archive, member, &mut |piece| sieve.take(piece))?;
        Ok(sieve.bytes().and_then(NativeFile::of_bytes))
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
            Some(image) => macho::export(self.bytes(), image, symbol),
            None => Export::Absent,
        }
    }

    /// The file's bytes; those that no question needs may be zero.
    pub fn bytes(&self) -> &[u8] {
        (*self.bytes).as_ref()
    }
}

impl fmt::Debug for NativeFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeFile")
            .field("size", &self.bytes().len())
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

    fn bytes(self) -> Option<Bytes> {
        Some(Arc::new(self.bytes?))
    }

    pub(super) fn finish(self) -> Option<NativeFile> {
        NativeFile::read(self.bytes()?, PageHashes::All)
    }
}
