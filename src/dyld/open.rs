//! From a file to an image of the process, or dyld's reason to refuse it (dyld/JustInTimeLoader.cpp:
//! makeJustInTimeLoaderDisk, dyld/Loader.cpp:mapSegments). The order of the checks decides which reason is given.

use std::sync::Arc;

use super::candidates::{Asker, Candidate, Kind};
use super::generation::arch_name;
use super::state::{Loaded, Source, sdk, slice_of};
use super::{Generation, Simulation, template, why};
use crate::image::{Arch, Check, FileType, Image, MachO, Platform, Version};
use crate::load::{Content, Identity, Reason};

/// Why a file is not loaded.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) reason: Reason,
    /// dyld's words, as they stand in brackets behind the path.
    pub(super) why: String,
}

impl Refusal {
    pub(super) fn new(reason: Reason, why: String) -> Self {
        Refusal { reason, why }
    }
}

fn malformed(why: String) -> Refusal {
    Refusal::new(Reason::Malformed, why)
}

impl Simulation<'_> {
    pub(super) fn architectures(&self) -> Vec<Arch> {
        self.generation
            .architectures(self.process.arch, self.process.haswell)
    }

    /// Makes an image of the file at `real_path`, found as `candidate`.
    pub(super) fn open(
        &mut self,
        candidate: &Candidate,
        real_path: &str,
        identity: Identity,
        overrides: Option<String>,
        asker: &Asker,
    ) -> Result<usize, Refusal> {
        let content = self.images.content(real_path);
        if *content == Content::NotRecorded {
            let sentence = format!("the recording does not tell what `{real_path}` is");
            self.unknown.get_or_insert(sentence);
            return Err(malformed(String::new()));
        }
        let slice = self.choose(&content)?;
        let Some(image) = slice_of(&content, slice) else {
            return Err(malformed(String::new()));
        };
        self.accept(image, &candidate.path, asker)?;
        let slice_offset = image
            .macho()
            .and_then(|part| part.slice)
            .map_or(0, |slice| slice.offset);
        self.accept_signature(image, real_path, slice_offset)?;
        accept_mapping(image, real_path)?;
        self.notice_stale_page(image, real_path, asker);
        let loaded = Loaded {
            path: real_path.to_owned(),
            // Only a dylib's install name counts (JustInTimeLoader: altInstallName).
            install_name: match image.file_type {
                FileType::Dylib => image.install_name.clone(),
                FileType::Bundle | FileType::Execute | FileType::Other(_) => None,
            },
            identity: Some(identity),
            hidden: asker.local && !asker.linked,
            overrides,
            dependents: Vec::new(),
            dependents_set: false,
            found_by: match candidate.kind {
                Kind::RawOnDisk | Kind::Raw if !asker.linked => "opened".to_owned(),
                _ => candidate.by.clone(),
            },
            loaded_by: asker.loaded_by,
            source: Source::File {
                content: Arc::clone(&content),
                slice,
            },
        };
        Ok(self.push(loaded))
    }

    /// MachOFile::compatibleSlice, first half: which slice.
    pub(super) fn choose(&self, content: &Content) -> Result<usize, Refusal> {
        let generation = self.generation;
        let slices = match content {
            Content::MachO { slices } => slices,
            Content::NotAnImage { size, .. } => {
                return Err(malformed(why::not_macho(generation, *size)));
            }
            Content::Elf { .. } => return Err(malformed(why::not_macho(generation, u64::MAX))),
            // A damaged ELF file is none of dyld's formats, whatever else is wrong with it.
            Content::Malformed { why } if !template::is_refusal(why) => {
                return Err(malformed(why::not_macho(generation, u64::MAX)));
            }
            Content::Malformed { why } if generation == Generation::V26 => {
                return Err(malformed(why.clone()));
            }
            Content::Malformed { .. } => return Err(malformed(self.incompatible(&[]))),
            Content::Unreadable { errno } => {
                let why = format!("open() failed with errno={errno}");
                return Err(Refusal::new(why::reason(&why), why));
            }
            Content::NotRecorded => return Err(malformed(String::new())),
        };
        if let Some(flaw) = self.bad_slice(slices) {
            let why = match generation {
                Generation::V26 => flaw,
                _ => self.incompatible(slices),
            };
            return Err(malformed(why));
        }
        let archs = self.architectures();
        let best = archs
            .iter()
            .find_map(|arch| slices.iter().position(|slice| slice.arch == *arch));
        let Some(index) = best else {
            return Err(Refusal::new(
                Reason::ArchMismatch,
                self.incompatible(slices),
            ));
        };
        let part = slices.get(index).and_then(Image::macho);
        let flaw =
            part.and_then(|part| part.flaws.iter().find(|flaw| flaw.check == Check::NotMachO));
        if let Some(flaw) = flaw {
            return Err(malformed(flaw.text.clone()));
        }
        Ok(index)
    }

    /// Every slice is checked, also those that are not needed.
    fn bad_slice(&self, slices: &[Image]) -> Option<String> {
        let parts = slices.iter().filter_map(Image::macho);
        let mut flaws = parts.filter_map(|part| part.flaws.first());
        let counts = |check: Check| match check {
            Check::Slice => true,
            Check::SliceLayout => self.generation == Generation::V26,
            Check::NotMachO => self.generation < Generation::V26,
            _ => false,
        };
        flaws
            .find(|flaw| counts(flaw.check))
            .map(|flaw| flaw.text.clone())
    }

    fn incompatible(&self, slices: &[Image]) -> String {
        let have: Vec<String> = slices.iter().map(|slice| arch_name(slice.arch)).collect();
        let thin = match slices {
            [only] => only.macho().is_some_and(|part| part.slice.is_none()),
            _ => false,
        };
        let need = self
            .generation
            .need(self.process.arch, self.process.haswell);
        why::incompatible(self.generation, thin, &have.join(","), &need)
    }

    /// Platform, file type, structure.
    fn accept(&self, image: &Image, path: &str, asker: &Asker) -> Result<(), Refusal> {
        let Some(part) = image.macho() else {
            return Err(malformed(String::new()));
        };
        if let Some(have) = foreign_platform(image, part) {
            let (open, close) = match self.generation {
                Generation::V12_5 => ('(', ')'),
                _ => ('\'', '\''),
            };
            let what = format!("(have {open}{have}{close}, need {open}macOS{close})");
            let why = format!("mach-o file ({path}), but incompatible platform {what}");
            return Err(Refusal::new(Reason::PlatformMismatch, why));
        }
        let why = match image.file_type {
            FileType::Dylib => None,
            FileType::Bundle if asker.linked => {
                Some(format!("cannot link against bundle '{path}'"))
            }
            FileType::Execute if asker.linked => {
                Some(format!("cannot link against a main executable '{path}'"))
            }
            FileType::Bundle | FileType::Execute => None,
            // A header without readable load commands: the structure is what is wrong.
            FileType::Other(0) if part.unsupported => None,
            FileType::Other(kind) => Some(format!("unloadable mach-o file type {kind} '{path}'")),
        };
        let closed = part.flags & MachO::NO_DYNAMIC_ACCESS != 0;
        let why = why.or_else(|| {
            let refused = closed && !asker.linked && self.generation == Generation::V26;
            refused.then(|| format!("cannot dlopen() image marked for no dynamic access '{path}'"))
        });
        if let Some(why) = why {
            return Err(Refusal::new(Reason::WrongFiletype, why));
        }
        if let Some(command) = part
            .commands_of_11
            .first()
            .filter(|_| self.process.macos.major < 11)
        {
            // ImageLoaderMachO::sniffLoadCommands, which names the file without its directory.
            let leaf = super::path::leaf(path);
            let why = format!("cannot load '{leaf}' (load command 0x{command:08X} is unknown)");
            return Err(malformed(why));
        }
        let flaw = part
            .flaws
            .iter()
            .find(|flaw| self.enforces(flaw.check, image));
        flaw.map_or(Ok(()), |flaw| Err(malformed(flaw.text.clone())))
    }

    /// Whether a structure check counts for this image on this macOS (mach_o/Policy.cpp).
    fn enforces(&self, check: Check, image: &Image) -> bool {
        if check == Check::Unwalkable {
            return true;
        }
        if !self.generation.checks_structure() {
            return false;
        }
        let newest = self.generation == Generation::V26;
        let executable = image.file_type == FileType::Execute;
        let threshold = match check {
            Check::Always => return true,
            Check::Unwalkable | Check::Slice | Check::SliceLayout => return false,
            Check::NotMachO => return false,
            Check::PageAlignment | Check::FirstSegment | Check::OutsideFile => return false,
            Check::MissingUuid => (12, 0),
            Check::DuplicateDylib if newest => (26, 0),
            Check::DuplicateDylib => (15, 0),
            Check::DuplicateRpath if newest => (26, 0),
            Check::DuplicateRpath | Check::NoDylibs => (15, 4),
            Check::TextPermissions => (10, 15),
            Check::LinkeditPermissions => (10, 11),
            Check::DataPermissions => (26, 0),
            Check::SectionEnd => (11, 0),
            Check::DuplicateSegment if !newest => return false,
            Check::DuplicateSegment => (26, 0),
            Check::SegmentOrder if executable => (26, 0),
            Check::SegmentOrder => (10, 15),
        };
        sdk(image) >= Version::new(threshold.0, threshold.1, 0)
    }
}

/// The platform of an image that is not for macOS (UnsafeHeader::loadableIntoProcess). No command at all counts as
/// macOS; executables of Catalyst and iOS pass.
fn foreign_platform(image: &Image, part: &MachO) -> Option<String> {
    let platforms = || part.build_versions.iter().map(|version| version.platform);
    let first = platforms().next()?;
    if platforms().any(|platform| platform == Platform::MacOs) {
        return None;
    }
    let passes = matches!(first, Platform::MacCatalyst | Platform::Ios);
    if image.file_type == FileType::Execute && passes {
        return None;
    }
    Some(first.to_string())
}

/// What the kernel does not map, and what dyld would run into.
fn accept_mapping(image: &Image, path: &str) -> Result<(), Refusal> {
    let flaws = image.macho().map_or(&[][..], |part| &part.flaws);
    for flaw in flaws {
        match flaw.check {
            Check::PageAlignment => return Err(malformed(format!("{} for {path}", flaw.text))),
            Check::FirstSegment | Check::OutsideFile => {
                return Err(malformed(flaw.text.clone()));
            }
            _ => {}
        }
    }
    Ok(())
}
