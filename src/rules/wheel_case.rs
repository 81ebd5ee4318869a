//! What a rule about a whole wheel may look at.

use crate::diagnosis::Place;
use crate::image::{Arch, FileType, Image, MachO, Version};
use crate::python::ExtensionFile;
use crate::site::{Target, claimed};
use crate::wheel::{NativeFile, Wheel, WheelFile};

/// A wheel, and for whom it is judged.
#[derive(Clone, Copy)]
pub struct WheelCase<'a> {
    /// The wheel.
    pub wheel: &'a Wheel,
    /// The targets of the run, in order; there is at least one.
    pub targets: &'a [Target],
}

/// One slice of a Mach-O file of the wheel.
#[derive(Clone, Copy)]
pub(super) struct WheelSlice<'a> {
    pub(super) file: &'a WheelFile,
    pub(super) native: &'a NativeFile,
    /// Its number in the file.
    pub(super) index: usize,
    pub(super) image: &'a Image,
    pub(super) macho: &'a MachO,
}

impl<'a> WheelCase<'a> {
    /// Every 64-bit slice of every Mach-O file, in the order of the archive.
    pub(super) fn slices(&self) -> impl Iterator<Item = WheelSlice<'a>> + use<'a> {
        self.wheel.natives().flat_map(|(file, native)| {
            let slices = native.slices().iter().enumerate();
            slices.filter_map(move |(index, image)| {
                let macho = image.macho().filter(|macho| !macho.unsupported)?;
                Some(WheelSlice {
                    file,
                    native,
                    index,
                    image,
                    macho,
                })
            })
        })
    }

    /// What the platform tags of macOS in the file's name claim: the oldest system for each processor, in order.
    pub(super) fn claims(&self) -> Vec<(Arch, Version)> {
        let platforms = self.wheel.name.iter().flat_map(|name| name.platforms());
        let mut claims: Vec<(Arch, Version)> = Vec::new();
        for (version, archs) in platforms.filter_map(claimed) {
            for arch in archs {
                // arm64 begins with macOS 11, whatever a universal tag says of its Intel half.
                let first = if arch == Arch::Arm64 {
                    Version::new(11, 0, 0)
                } else {
                    version
                };
                let version = version.max(first);
                match claims.iter_mut().find(|(known, _)| *known == arch) {
                    Some((_, oldest)) => *oldest = version.min(*oldest),
                    None => claims.push((arch, version)),
                }
            }
        }
        claims.sort_unstable();
        claims
    }

    /// Does the metadata ask for this distribution, extras left aside?
    pub(super) fn requires(&self, name: &str) -> bool {
        let mut requirements = self.wheel.metadata.requirements();
        requirements.any(|requirement| {
            let marker = requirement.marker.as_deref().unwrap_or_default();
            requirement.name == name && !marker.contains("extra")
        })
    }

    /// The native files whose name is `wanted`, of a wheel that requires torch: torch brings its own. None of torch's.
    pub(super) fn vendored_beside_torch(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let name = self.wheel.name.as_ref();
        let is_torch = name.is_some_and(|name| name.normalised() == "torch");
        if is_torch || !self.requires("torch") {
            return Vec::new();
        }
        let paths = self.wheel.natives().map(|(file, _)| &file.path);
        let own = paths.filter(|path| wanted(path.rsplit('/').next().unwrap_or(path)));
        own.cloned().collect()
    }
}

impl WheelSlice<'_> {
    /// `x/_C.so`, or `x/_C.so (x86_64)` where the file has other slices.
    pub(super) fn shown(&self) -> String {
        match self.macho.slice {
            Some(_) => format!("{} ({})", self.file.path, self.image.arch),
            None => self.file.path.clone(),
        }
    }

    /// The slice as a place.
    pub(super) fn place(&self) -> Place {
        let arch = self.macho.slice.map(|_| self.image.arch.to_string());
        let path = self.file.path.clone();
        Place::Artifact { path, arch }
    }

    /// It comes into other programs: a module or a library.
    pub(super) fn is_loaded(&self) -> bool {
        matches!(self.image.file_type, FileType::Bundle | FileType::Dylib)
    }

    /// It is an extension module: by its name, and by what it exports.
    pub(super) fn is_extension(&self) -> bool {
        let Some(file) = self.extension() else {
            return ExtensionFile::is_opened_by_path(&self.file.path);
        };
        let init = format!("_PyInit_{}", file.module.last());
        let exported = self.native.export(self.index, &init);
        file.is_tagged() || !matches!(exported, crate::load::Export::Absent)
    }

    /// Its name as that of an extension module.
    pub(super) fn extension(&self) -> Option<ExtensionFile> {
        ExtensionFile::from_path(self.file.place.in_site_packages()?)
    }
}

/// `libpython3.11.dylib`, `Python.framework/Versions/3.11/Python`, `Python3.framework/...`; not `libpython_x.dylib`,
/// which is somebody's own.
pub(super) fn is_python_library(name: &str) -> bool {
    let leaf = name.rsplit('/').next().unwrap_or(name);
    let version = leaf.strip_prefix("libpython").unwrap_or_default();
    let is_library = version.starts_with(|c: char| c.is_ascii_digit()) && leaf.ends_with(".dylib");
    let frameworks = [
        "/Python.framework/",
        "/Python3.framework/",
        "/PythonT.framework/",
    ];
    let slashed = format!("/{name}");
    is_library || frameworks.iter().any(|part| slashed.contains(part))
}

/// The word for one, or for several.
pub(super) fn number<'w>(names: &[String], one: &'w str, several: &'w str) -> &'w str {
    match names {
        [_] => one,
        _ => several,
    }
}

/// How many names a sentence can take.
const NAMED: usize = 3;

/// `` `a` ``, `` `a` and `b` ``, `` `a`, `b`, `c` and 4 more ``.
pub(super) fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(NAMED)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = names.len().saturating_sub(shown.len());
    match (shown.as_slice(), more) {
        ([], _) => "nothing".to_owned(),
        (shown, 1..) => format!("{} and {more} more", shown.join(", ")),
        ([only], 0) => only.clone(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
    }
}
