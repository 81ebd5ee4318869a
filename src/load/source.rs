//! The questions that a simulated loader asks about files, and the only door through which it asks them.
//!
//! The disk answers on a machine, a recording answers in a replay: same questions, same code, same result.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Bindings;
use crate::image::Image;

/// Answers questions about files. Paths are absolute.
pub trait ImageSource {
    /// What stands at `path`, symbolic links followed.
    fn lookup(&self, path: &str) -> Lookup;

    /// What the file is. `real_path` comes from [`Lookup::File`].
    fn content(&self, real_path: &str) -> Arc<Content>;

    /// `path` with every symbolic link and `..` resolved; the last component may be missing. `None`: not known.
    fn real_path(&self, path: &str) -> Option<String> {
        match self.lookup(path) {
            Lookup::File { real_path, .. } => Some(real_path),
            Lookup::Absent | Lookup::NotAFile | Lookup::Error { .. } | Lookup::NotRecorded => None,
        }
    }

    /// Does slice number `slice` (of [`Content::MachO`]; 0 for ELF) of the file export this symbol, and how?
    fn export(&self, real_path: &str, slice: usize, question: &Question<'_>) -> Export;

    /// What earlier loads found out about imports; `None` from a source that is asked for one load, or whose answers
    /// are written down.
    fn bindings(&self) -> Option<&Bindings> {
        None
    }
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lookup {
    /// Nothing (ENOENT, a dangling link included).
    Absent,
    /// Something that is not a regular file.
    NotAFile,
    /// stat() failed otherwise: errno as macOS numbers it.
    Error {
        /// The number.
        errno: i32,
    },
    /// A regular file.
    File {
        /// Its path with every symbolic link resolved (F_GETPATH, realpath).
        real_path: String,
        /// What makes it the same file under another name.
        identity: Identity,
    },
    /// A replay asks what the recorded run never asked.
    NotRecorded,
}

/// Device and inode: two paths with equal identity are one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// st_dev.
    pub device: u64,
    /// st_ino.
    pub inode: u64,
}

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// A Mach-O file: one slice if it is thin, several if it is universal.
    MachO {
        /// The slices in file order.
        slices: Vec<Image>,
    },
    /// An ELF file.
    Elf {
        /// The image.
        image: Box<Image>,
    },
    /// It starts like an image and is damaged: which structure, at which offset.
    Malformed {
        /// A lowercase fragment, such as `load command 3 ends past the file`.
        why: String,
    },
    /// Something else. The first bytes, eight at most.
    NotAnImage {
        /// The bytes, in lower-case hex.
        first_bytes: String,
        /// Size of the file.
        size: u64,
    },
    /// It could not be read: errno as macOS numbers it.
    Unreadable {
        /// The number.
        errno: i32,
    },
    /// A replay asks what the recorded run never asked.
    NotRecorded,
}

/// A symbol that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question<'a> {
    /// The name as in the file.
    pub symbol: &'a str,
    /// The ELF version that it must carry.
    pub version: Option<&'a str>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Export {
    /// Not exported.
    Absent,
    /// Exported.
    Defined {
        /// A weak definition.
        weak: bool,
    },
    /// Exported under another version only (ELF).
    OtherVersion {
        /// The versions it has.
        versions: Vec<String>,
    },
    /// Re-exported from a dependent (Mach-O).
    Reexport {
        /// The library ordinal.
        ordinal: u64,
        /// The name there.
        symbol: String,
    },
    /// The table of exports is damaged.
    Damaged {
        /// Which structure.
        why: String,
    },
    /// A replay asks what the recorded run never asked.
    NotRecorded,
}

/// One export among all of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// The name as in the file.
    pub symbol: String,
    /// How it is exported.
    pub export: Export,
}
