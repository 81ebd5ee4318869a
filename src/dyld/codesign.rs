//! What the kernel and AMFI make of a signature (dyld/Loader.cpp:mapSegments asks them with F_ADDFILESIGS_RETURN and
//! F_CHECK_LV). Not in dyld's sources: field knowledge, as docs/simulation.md says.

use super::candidates::Asker;
use super::open::Refusal;
use super::state::sdk;
use super::{Generation, Simulation};
use crate::image::{Arch, CodeDirectory, Image, Signature, Version};
use crate::load::Reason;

const UNSIGNED: &str =
    "mapped file has no cdhash, completely unsigned? Code has to be at least ad-hoc signed.";
const UNSIGNED_LIBRARY: &str = "Trying to load an unsigned library";
const OTHER_TEAM: &str = "mapping process and mapped file (non-platform) have different Team IDs";
const NO_TEAM: &str = "mapped file has no Team ID and is not a platform binary (signed with custom identity or adhoc?)";
const PLATFORM_PROCESS: &str = "mapping process is a platform binary, but mapped file is not";

fn refusal(why: String) -> Refusal {
    Refusal::new(Reason::Codesign, why)
}

impl Simulation<'_> {
    pub(super) fn accept_signature(
        &self,
        image: &Image,
        path: &str,
        slice_offset: u64,
    ) -> Result<(), Refusal> {
        let uuid = image.uuid.as_deref().unwrap_or("no uuid");
        let absent = Signature::Absent;
        let signature = match image.macho() {
            Some(part) if !is_ignored(image) => &part.signature,
            Some(_) | None => &absent,
        };
        let not_valid = |text: &str| {
            let what = format!("code signature in <{uuid}> '{path}' not valid for use in process");
            Err(refusal(format!("{what}: {text}")))
        };
        match signature {
            Signature::Malformed { offset, size, .. } => Err(refusal(self.invalid(
                uuid,
                path,
                slice_offset,
                *offset,
                *size,
            ))),
            Signature::Present(directory) if directory.covered < directory.offset => {
                let (signed, expected) = (directory.covered, directory.offset);
                Err(refusal(format!(
                    "code signature does not cover entire file up to signature in <{uuid}> '{path}' (signed 0x{signed:08X}, expected 0x{expected:08X}) for '{path}'"
                )))
            }
            Signature::Present(directory) => match self.library_validation(directory) {
                Some(text) => not_valid(text),
                None => Ok(()),
            },
            Signature::Absent if self.process.needs_signatures() => not_valid(UNSIGNED),
            Signature::Absent if self.process.library_validation => not_valid(UNSIGNED_LIBRARY),
            Signature::Absent => Ok(()),
        }
    }

    fn invalid(&self, uuid: &str, path: &str, slice: u64, offset: u64, size: u64) -> String {
        let numbers = format!(
            "(errno=85) sliceOffset=0x{slice:08X}, codeBlobOffset=0x{offset:08X}, codeBlobSize=0x{size:08X}"
        );
        if self.generation <= Generation::V12_5 {
            format!("code signature invalid {numbers} for '{path}'")
        } else {
            format!("code signature invalid in <{uuid}> '{path}' {numbers}")
        }
    }

    /// Whether a signature is the image's that the process may use; the text if not.
    fn library_validation(&self, directory: &CodeDirectory) -> Option<&'static str> {
        if !self.process.library_validation {
            return None;
        }
        if self.process.platform_binary {
            return Some(PLATFORM_PROCESS);
        }
        match (&self.process.team_id, &directory.team_id) {
            (Some(process), Some(image)) if process == image => None,
            (Some(_), _) => Some(OTHER_TEAM),
            (None, _) => Some(NO_TEAM),
        }
    }

    /// The kernel kills the process at a page that is not what was signed, whoever asked for the image and however
    /// weakly. There is no dlerror then.
    pub(super) fn notice_stale_page(&mut self, image: &Image, path: &str, asker: &Asker) {
        let Some(part) = image.macho().filter(|_| !is_ignored(image)) else {
            return;
        };
        let Signature::Present(directory) = &part.signature else {
            return;
        };
        let enforced = self.process.needs_signatures()
            || self.process.hardened
            || self.process.library_validation;
        if !enforced {
            return;
        }
        if directory.stale_page.is_some() {
            self.killed.push((path.to_owned(), asker.chain.image));
        } else if directory.pages_checked < directory.pages {
            let (checked, pages) = (directory.pages_checked, directory.pages);
            self.assume(format!(
                "the pages of `{path}` are as signed ({checked} of {pages} were compared)"
            ));
        }
    }
}

/// Signatures of the tools before 10.9 are ignored on Intel (UnsafeHeader::hasCodeSignature).
fn is_ignored(image: &Image) -> bool {
    matches!(image.arch, Arch::X86_64 | Arch::X86_64h) && sdk(image) < Version::new(10, 9, 0)
}
