//! What only a Mach-O slice has: plain facts, so that a recording of them is as good as the file.
//!
//! Whether a fact matters depends on the macOS version that loads the image, so nothing is judged here: `flaws` holds
//! what dyld's structure checks would say, each with the check it belongs to.

use serde::{Deserialize, Serialize};

use super::{BuildVersion, Version, is_false};

/// What only Mach-O has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachO {
    /// LC_BUILD_VERSION or LC_VERSION_MIN_*, in file order (two in a zippered image).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_versions: Vec<BuildVersion>,
    /// `flags` of the header: [`MachO::WEAK_DEFINES`] and others.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub flags: u32,
    /// `current_version` of LC_ID_DYLIB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_version: Option<Version>,
    /// `compatibility_version` of LC_ID_DYLIB, which only dyld2 and dyld3 look at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compatibility_version: Option<Version>,
    /// LC_DYLD_ENVIRONMENT of an executable: `DYLD_...=value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<String>,
    /// Where the exports are.
    #[serde(default, skip_serializing_if = "Exports::is_none")]
    pub exports: Exports,
    /// The code signature.
    #[serde(default, skip_serializing_if = "Signature::is_absent")]
    pub signature: Signature,
    /// What dyld's structure checks would say, in the order in which dyld makes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flaws: Vec<Flaw>,
    /// The import table or a bind stream is damaged after the imports that were read: dyld's words for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damaged_imports: Option<String>,
    /// A 32-bit slice, or one whose header could not be read: only the architecture is known.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unsupported: bool,
    /// Where the slice stands in a universal file; `None` for a thin file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice: Option<Slice>,
    /// LC_SYMTAB, only where there is no export trie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbols: Option<Symbols>,
    /// Load commands that a loader must know (LC_REQ_DYLD) and that came with macOS 11: LC_DYLD_EXPORTS_TRIE and
    /// LC_DYLD_CHAINED_FIXUPS.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands_of_11: Vec<u32>,
    /// What matters to those who edit the file and not to those who load it.
    #[serde(default, skip_serializing_if = "BuildTraces::is_none")]
    pub build: BuildTraces,
}

/// What the build left in a slice: no loader looks at it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BuildTraces {
    /// Bytes between the load commands and the first section: the room that editing tools have. `None`: no section.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_pad: Option<u64>,
    /// LC_DYLD_CHAINED_FIXUPS, which dyld knows since macOS 11.
    pub chained_fixups: bool,
    /// Symbols that only a debugger needs (LC_DYSYMTAB: local symbols), and the bytes that they take with their names,
    /// those taken for as long as the others'.
    pub local_symbols: u32,
    /// See [`BuildTraces::local_symbols`].
    pub local_symbol_bytes: u64,
    /// Bytes of DWARF (`__DWARF`).
    pub dwarf_bytes: u64,
}

impl BuildTraces {
    fn is_none(&self) -> bool {
        *self == BuildTraces::default()
    }
}

impl MachO {
    /// MH_TWOLEVEL: each import names the library that it comes from; one that does not was not found by the linker.
    pub const TWO_LEVEL: u32 = 0x80;
    /// MH_WEAK_DEFINES: takes part in weak coalescing.
    pub const WEAK_DEFINES: u32 = 0x8000;
    /// MH_NO_DYNAMIC_ACCESS: macOS 26 does not dlopen it.
    pub const NO_DYNAMIC_ACCESS: u32 = 0x8000_0000;
}

/// A slice's place in a universal file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// Offset in the file.
    pub offset: u64,
    /// Size.
    pub size: u64,
}

/// Where exports are found. Offsets are counted from the start of the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exports {
    /// Nowhere: neither a trie nor a symbol table.
    #[default]
    None,
    /// An export trie (LC_DYLD_EXPORTS_TRIE or LC_DYLD_INFO). The symbol table does not count then.
    Trie {
        /// Offset in the file.
        offset: u64,
        /// Size.
        size: u64,
    },
    /// Only the symbol table.
    Symbols,
}

impl Exports {
    fn is_none(&self) -> bool {
        *self == Exports::None
    }
}

/// LC_SYMTAB, offsets counted from the start of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbols {
    /// Offset of the nlist table.
    pub offset: u64,
    /// Number of entries.
    pub count: u32,
    /// Offset of the strings.
    pub strings_offset: u64,
    /// Size of the strings.
    pub strings_size: u64,
}

/// LC_CODE_SIGNATURE and what its CodeDirectory says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signature {
    /// No LC_CODE_SIGNATURE, or one of size zero.
    #[default]
    Absent,
    /// The blob is no signature.
    Malformed {
        /// Offset of the blob in the slice.
        offset: u64,
        /// Size of the blob.
        size: u64,
        /// Which structure.
        why: String,
    },
    /// A signature.
    Present(CodeDirectory),
}

impl Signature {
    fn is_absent(&self) -> bool {
        *self == Signature::Absent
    }
}

/// The CodeDirectory that the kernel would use: the one with the strongest hash.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeDirectory {
    /// Offset of the signature in the slice.
    pub offset: u64,
    /// Bytes of the slice that it covers, rounded up to a page.
    pub covered: u64,
    /// CodeDirectory flags: 0x2 ad hoc, 0x10000 hardened runtime, 0x20000 made by the linker.
    pub flags: u32,
    /// Team ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
    /// The entitlements among those that matter to dyld: `com.apple.security.cs.disable-library-validation` and
    /// `com.apple.security.cs.allow-dyld-environment-variables`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entitlements: Vec<String>,
    /// Pages covered.
    pub pages: u32,
    /// Pages whose hash was compared.
    pub pages_checked: u32,
    /// The first page whose content is not what was signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_page: Option<u32>,
}

impl CodeDirectory {
    /// CS_RUNTIME: the hardened runtime.
    pub const RUNTIME: u32 = 0x10000;
    /// CS_REQUIRE_LV: library validation asked for.
    pub const REQUIRE_LIBRARY_VALIDATION: u32 = 0x2000;
}

/// One thing that a structure check would object to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flaw {
    /// The check, which decides from which SDK on it counts.
    pub check: Check,
    /// dyld's words.
    pub text: String,
}

/// dyld's checks of a file's structure, grouped by when they count (mach_o/Policy.cpp).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// A universal file's slice is outside the file, misplaced or of another architecture than its entry says.
    Slice,
    /// A universal file's slices overlap or repeat: macOS 26.
    SliceLayout,
    /// A universal file's slice is not Mach-O: macOS before 26, and any if it is the slice that is needed.
    NotMachO,
    /// The load commands cannot be walked to their end, so that nothing after the flaw was read: every version.
    Unwalkable,
    /// Counts for every SDK.
    Always,
    /// No LC_UUID.
    MissingUuid,
    /// The same dylib twice.
    DuplicateDylib,
    /// No dylib at all.
    NoDylibs,
    /// The same LC_RPATH twice.
    DuplicateRpath,
    /// `__TEXT` is not `r-x`.
    TextPermissions,
    /// `__LINKEDIT` is not `r--`.
    LinkeditPermissions,
    /// `__DATA` or `__DATA_CONST` is not as it should be.
    DataPermissions,
    /// A section ends outside its segment.
    SectionEnd,
    /// Two segments of one name: macOS 26.
    DuplicateSegment,
    /// Segments out of order.
    SegmentOrder,
    /// A segment does not start on a page of this processor: mmap() refuses it, every version.
    PageAlignment,
    /// The first mapped segment does not hold the load commands: every version.
    FirstSegment,
    /// What fixups or exports need lies outside the file: dyld reads past its end, every version.
    OutsideFile,
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}
