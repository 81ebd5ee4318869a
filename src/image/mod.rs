//! What a loader knows about one image: a Mach-O slice or an ELF file, read once, owned and serialisable.
//!
//! Exports are not here. An image may have 100,000 of them; a loader asks for a few by name
//! ([`crate::load::ImageSource::export`]).

mod arch;
mod headers;
mod macho;
mod version;

use serde::{Deserialize, Serialize};

pub use arch::Arch;
pub use headers::{ListedFile, SliceHeaders};
pub use macho::{
    BuildTraces, Check, CodeDirectory, Exports, Flaw, MachO, Signature, Slice, Symbols,
};
pub use version::Version;

/// One image: one slice of a Mach-O file, or one ELF file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// The processor it is made for.
    pub arch: Arch,
    /// What the loader may use it as.
    pub file_type: FileType,
    /// LC_ID_DYLIB, or DT_SONAME.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install_name: Option<String>,
    /// LC_UUID as dyld prints it (8-4-4-4-12, upper case), or the GNU build id in lower-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Libraries it asks for, in file order: for Mach-O the position plus one is the library ordinal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependents: Vec<Dependent>,
    /// LC_RPATH in file order; for ELF the elements of DT_RUNPATH, or of DT_RPATH where that is absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rpaths: Vec<String>,
    /// Symbols that must come from elsewhere (Mach-O: every bind; ELF: undefined dynamic symbols).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<Import>,
    /// What only one of the two formats has.
    pub format: Format,
}

/// What kind of file an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileType {
    /// MH_BUNDLE: Python's extension modules on macOS.
    Bundle,
    /// MH_DYLIB, or ELF ET_DYN.
    Dylib,
    /// MH_EXECUTE, or ELF ET_EXEC and position-independent executables.
    Execute,
    /// Anything else, by its number in the header.
    Other(u32),
}

/// A library that an image asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependent {
    /// The name to look for: the dependent's install name (Mach-O) or soname (ELF).
    pub install_name: String,
    /// LC_LOAD_WEAK_DYLIB or the weak flag: may be absent.
    #[serde(default, skip_serializing_if = "is_false")]
    pub weak: bool,
    /// LC_REEXPORT_DYLIB: its exports count as this image's own.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reexport: bool,
    /// LC_LOAD_UPWARD_DYLIB.
    #[serde(default, skip_serializing_if = "is_false")]
    pub upward: bool,
    /// `dylib_use_command` with the delay-init flag.
    #[serde(default, skip_serializing_if = "is_false")]
    pub delay_init: bool,
    /// Mach-O current version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_version: Option<Version>,
    /// Mach-O compatibility version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compatibility_version: Option<Version>,
}

/// A symbol that an image needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The name as in the file: with the leading underscore for Mach-O.
    pub symbol: String,
    /// Where the image says it comes from.
    pub from: ImportFrom,
    /// May stay unresolved (N_WEAK_REF, STB_WEAK).
    #[serde(default, skip_serializing_if = "is_false")]
    pub weak: bool,
    /// Bound at the first call only, unless RTLD_NOW.
    #[serde(default, skip_serializing_if = "is_false")]
    pub lazy: bool,
    /// ELF symbol version with the soname that must define it, such as `GLIBC_2.17` of `libc.so.6`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<SymbolVersion>,
}

/// An ELF symbol version requirement (DT_VERNEED).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SymbolVersion {
    /// The version's name.
    pub name: String,
    /// The soname of the library that must have it.
    pub library: String,
}

/// Where an import is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImportFrom {
    /// Two-level namespace: the dependent with this ordinal, counted from 1.
    Ordinal(u32),
    /// Ordinal 0.
    ThisImage,
    /// Ordinal -1.
    MainExecutable,
    /// Ordinal -2, and every ELF import: all images in load order.
    Flat,
    /// Ordinal -3: weak coalescing.
    WeakLookup,
    /// An ordinal that dyld does not know.
    Unknown(i32),
}

/// The part of an image that only one format has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A 64-bit Mach-O slice.
    MachO(Box<MachO>),
    /// A 64-bit ELF file.
    Elf(Elf),
}

/// LC_BUILD_VERSION.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildVersion {
    /// The platform.
    pub platform: Platform,
    /// Minimum OS.
    pub minos: Version,
    /// SDK it was linked against.
    pub sdk: Version,
}

/// A Mach-O platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// macOS.
    MacOs,
    /// iOS.
    Ios,
    /// The iOS simulator.
    IosSimulator,
    /// Mac Catalyst.
    MacCatalyst,
    /// Another, by its number in LC_BUILD_VERSION.
    Other(u32),
}

impl std::fmt::Display for Platform {
    /// The name that dyld prints (mach_o/Platform.cpp).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Platform::MacOs => "macOS",
            Platform::Ios => "iOS",
            Platform::IosSimulator => "iOS-simulator",
            Platform::MacCatalyst => "macCatalyst",
            Platform::Other(3) => "tvOS",
            Platform::Other(4) => "watchOS",
            Platform::Other(5) => "bridgeOS",
            Platform::Other(8) => "tvOS-simulator",
            Platform::Other(9) => "watchOS-simulator",
            Platform::Other(10) => "driverKit",
            Platform::Other(11) => "visionOS",
            Platform::Other(12) => "visionOS-simulator",
            Platform::Other(number) => return write!(f, "platform {number}"),
        })
    }
}

/// What only ELF has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elf {
    /// The search list is DT_RUNPATH (used for direct dependents only) rather than DT_RPATH (inherited).
    #[serde(default, skip_serializing_if = "is_false")]
    pub runpath: bool,
    /// DF_1_NODEFLIB: the default directories are not searched.
    #[serde(default, skip_serializing_if = "is_false")]
    pub nodeflib: bool,
    /// DF_1_NOOPEN: refuses dlopen.
    #[serde(default, skip_serializing_if = "is_false")]
    pub noopen: bool,
    /// A position-independent executable (DF_1_PIE): refuses dlopen in other words than ET_EXEC does.
    #[serde(default, skip_serializing_if = "is_false")]
    pub pie: bool,
    /// It asks for an executable stack: PT_GNU_STACK says so, or is absent where that is the architecture's default.
    #[serde(default, skip_serializing_if = "is_false")]
    pub executable_stack: bool,
    /// It has neither DT_VERDEF nor DT_VERNEED: ld.so matches its symbols by name alone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unversioned: bool,
    /// Symbol versions required of a library as a whole (DT_VERNEED), weak ones left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needed_versions: Vec<SymbolVersion>,
    /// Symbol versions that it defines (DT_VERDEF).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub defined_versions: Vec<String>,
    /// PT_INTERP, for executables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<String>,
}

fn is_false(value: &bool) -> bool {
    !*value
}

impl Image {
    /// The Mach-O part, if it is one.
    pub fn macho(&self) -> Option<&MachO> {
        match &self.format {
            Format::MachO(part) => Some(part),
            Format::Elf(_) => None,
        }
    }

    /// The ELF part, if it is one.
    pub fn elf(&self) -> Option<&Elf> {
        match &self.format {
            Format::Elf(part) => Some(part),
            Format::MachO(_) => None,
        }
    }
}
