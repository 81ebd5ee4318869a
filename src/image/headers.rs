//! What headers and load commands alone say about an image: for listings of many files.

use super::{Arch, BuildVersion, Dependent, FileType, Platform};

/// One Mach-O file of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedFile {
    /// Its path in the directory or the wheel, with `/`.
    pub path: String,
    /// Its slices in file order: one if it is thin.
    pub slices: Vec<SliceHeaders>,
}

/// One slice's headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceHeaders {
    /// The processor.
    pub arch: Arch,
    /// Bundle, dylib, executable; object files and others by number.
    pub file_type: FileType,
    /// LC_ID_DYLIB.
    pub install_name: Option<String>,
    /// What it asks for, in file order.
    pub dependents: Vec<Dependent>,
    /// LC_RPATH in file order.
    pub rpaths: Vec<String>,
    /// LC_BUILD_VERSION or LC_VERSION_MIN_*, in file order.
    pub build_versions: Vec<BuildVersion>,
    /// Why the load commands could not be read to their end: dyld's words.
    pub damage: Option<String>,
}

impl SliceHeaders {
    /// The version that counts on macOS: its own, else the first.
    pub fn build_version(&self) -> Option<&BuildVersion> {
        let mut versions = self.build_versions.iter();
        let macos = versions.find(|version| version.platform == Platform::MacOs);
        macos.or(self.build_versions.first())
    }
}
