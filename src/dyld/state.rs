//! The images of the simulated process.

use std::rc::Rc;
use std::sync::Arc;

use crate::image::{FileType, Image, MachO, Platform, Version};
use crate::load::{Content, Definer, Identity};

/// One image of the process.
#[derive(Debug, Clone)]
pub(super) struct Loaded {
    /// The real path of the file, or the canonical path in the cache.
    pub(super) path: String,
    pub(super) install_name: Option<String>,
    pub(super) identity: Option<Identity>,
    pub(super) source: Source,
    /// Hidden from flat and weak lookups by RTLD_LOCAL.
    pub(super) hidden: bool,
    /// The cached library that this file stands for.
    pub(super) overrides: Option<String>,
    pub(super) dependents: Vec<Slot>,
    pub(super) dependents_set: bool,
    pub(super) found_by: String,
    pub(super) loaded_by: Option<usize>,
}

/// Where an image comes from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// A file.
    File { content: Arc<Content>, slice: usize },
    /// The shared cache. The name as the table of system libraries knows it.
    Cache { known: bool },
    /// An executable about which nothing is known.
    Unknown,
}

/// What a dependent of an image came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Image(usize),
    /// Weak and absent: dyld leaves a null pointer.
    Absent,
    /// The reason why the load fails; what it would have provided is not missed a second time.
    Failed,
}

/// An image and who loaded it, innermost first: whose rpaths count (dyld/Loader.h:LoadChain).
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) image: usize,
    pub(super) outer: Option<Rc<Chain>>,
}

impl Chain {
    pub(super) fn new(image: usize, outer: Option<Rc<Chain>>) -> Rc<Chain> {
        Rc::new(Chain { image, outer })
    }

    /// Innermost first.
    pub(super) fn links(self: &Rc<Chain>) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(self), |link| link.outer.as_ref()).map(|link| link.image)
    }
}

impl Loaded {
    pub(super) fn image(&self) -> Option<&Image> {
        match &self.source {
            Source::File { content, slice } => slice_of(content, *slice),
            Source::Cache { .. } | Source::Unknown => None,
        }
    }

    /// What others are bound to that are bound to it.
    pub(super) fn definer(&self) -> Definer {
        let slice = match self.source {
            Source::File { slice, .. } => slice,
            Source::Cache { .. } | Source::Unknown => 0,
        };
        (self.path.clone(), slice, self.hidden)
    }

    /// By whole path or install name, never by leaf name (JustInTimeLoader::matchesPath).
    pub(super) fn matches(&self, path: &str) -> bool {
        let names = [
            Some(&self.path),
            self.install_name.as_ref(),
            self.overrides.as_ref(),
        ];
        names.into_iter().flatten().any(|name| name == path)
    }

    /// Whether it is, or stands for, this library of the cache.
    pub(super) fn represents(&self, canonical: &str) -> bool {
        match self.source {
            Source::Cache { .. } => self.path == canonical,
            Source::File { .. } | Source::Unknown => self.overrides.as_deref() == Some(canonical),
        }
    }

    pub(super) fn has_weak_definitions(&self) -> bool {
        let part = self.image().and_then(Image::macho);
        part.is_some_and(|part| part.flags & MachO::WEAK_DEFINES != 0)
    }

    /// LC_UUID or `no uuid`.
    pub(super) fn uuid(&self) -> &str {
        let uuid = self.image().and_then(|image| image.uuid.as_deref());
        uuid.unwrap_or("no uuid")
    }

    pub(super) fn is_dylib(&self) -> bool {
        self.image()
            .is_some_and(|image| image.file_type == FileType::Dylib)
    }
}

pub(super) fn slice_of(content: &Content, slice: usize) -> Option<&Image> {
    match content {
        Content::MachO { slices } => slices.get(slice),
        Content::Elf { .. }
        | Content::Malformed { .. }
        | Content::NotAnImage { .. }
        | Content::Unreadable { .. }
        | Content::NotRecorded => None,
    }
}

/// The SDK for which dyld enforces rules: that of the macOS build version, or what dyld assumes where there is none
/// (UnsafeHeader::forEachPlatformLoadCommand).
pub(super) fn sdk(image: &Image) -> Version {
    let versions = image.macho().map_or(&[][..], |part| &part.build_versions);
    let macos = versions
        .iter()
        .find(|version| version.platform == Platform::MacOs);
    match macos.or(versions.first()) {
        Some(version) => version.sdk,
        None if is_arm(image) => Version::new(11, 0, 0),
        None => Version::new(10, 5, 0),
    }
}

fn is_arm(image: &Image) -> bool {
    !matches!(
        image.arch,
        crate::image::Arch::X86_64 | crate::image::Arch::X86_64h
    )
}

/// Built with an SDK before 14.0: gets the default fallback directories (`pre2022Binary`).
pub(super) fn is_old(image: &Image) -> bool {
    sdk(image) < Version::new(14, 0, 0)
}
