//! What happens when ld.so opens one path: glibc's `open_verify`, and the refusals of `_dl_map_object_from_fd`.

use std::sync::Arc;

use crate::image::{Arch, FileType, Image};
use crate::load::{Content, Identity, Lookup, Reason};

use super::world::World;

/// The end of one attempt.
pub(super) enum Opened {
    /// A file that ld.so takes. It may still fail to map it ([`refusal`]).
    Taken(File),
    /// Passed over: a search goes on.
    Skipped(Skip),
    /// The load fails here, in these words.
    Fatal(Reason, String),
    /// A replay does not know.
    NotRecorded,
}

/// A file that was opened.
pub(super) struct File {
    pub(super) path: String,
    pub(super) real_path: String,
    pub(super) identity: Identity,
    pub(super) content: Arc<Content>,
}

/// Why a path was passed over.
pub(super) struct Skip {
    /// In ld.so's words where it has any.
    pub(super) why: String,
    /// A file for another architecture.
    pub(super) arch: Option<Arch>,
    /// The search goes on in the same list of directories (ENOENT, EACCES, ENOTDIR).
    pub(super) go_on: bool,
}

/// Opens a path, by the rules of glibc or, without skipping anything that exists, of musl.
pub(super) fn open(world: &World<'_>, path: &str) -> Opened {
    let (real_path, identity) = match world.images.lookup(&world.process.absolute(path)) {
        Lookup::File {
            real_path,
            identity,
        } => (real_path, identity),
        Lookup::Absent => return skip(NO_SUCH_FILE),
        // A directory can be opened for reading; the first read fails.
        Lookup::NotAFile if world.process.is_musl() => {
            return Opened::Fatal(Reason::NotAFile, "Is a directory".to_owned());
        }
        Lookup::NotAFile => {
            return Opened::Fatal(
                Reason::NotAFile,
                "cannot read file data: Is a directory".to_owned(),
            );
        }
        Lookup::Error { errno } => return skip(words(errno)),
        Lookup::NotRecorded => return Opened::NotRecorded,
    };
    let content = world.images.content(&real_path);
    let refused = match &*content {
        Content::NotRecorded => return Opened::NotRecorded,
        Content::Unreadable { errno } => return skip(words(*errno)),
        Content::Elf { image } => return take(world, path, real_path, identity, &content, image),
        Content::NotAnImage { size, .. } if *size < SMALLEST_HEADER => "file too short",
        Content::NotAnImage { .. } | Content::MachO { .. } => "invalid ELF header",
        Content::Malformed { why } if found_on_opening(why) => why.as_str(),
        Content::Malformed { .. } => {
            return Opened::Taken(File {
                path: path.to_owned(),
                real_path,
                identity,
                content,
            });
        }
    };
    let words = if world.process.is_musl() {
        "Exec format error"
    } else {
        refused
    };
    Opened::Fatal(Reason::Malformed, words.to_owned())
}

fn take(
    world: &World<'_>,
    path: &str,
    real_path: String,
    identity: Identity,
    content: &Arc<Content>,
    image: &Image,
) -> Opened {
    if image.arch == world.process.arch {
        if let FileType::Other(_) | FileType::Bundle = image.file_type {
            let words = "only ET_DYN and ET_EXEC can be loaded";
            return Opened::Fatal(Reason::WrongFiletype, words.to_owned());
        }
        return Opened::Taken(File {
            path: path.to_owned(),
            real_path,
            identity,
            content: Arc::clone(content),
        });
    }
    if world.process.is_musl() {
        return Opened::Fatal(Reason::ArchMismatch, "Exec format error".to_owned());
    }
    Opened::Skipped(Skip {
        why: match image.arch {
            Arch::Elf(_, class) if class != 2 => WRONG_CLASS.to_owned(),
            other => format!("made for {other}"),
        },
        arch: Some(image.arch),
        go_on: true,
    })
}

/// What ld.so says of a file of the other word size, if nothing better is found.
pub(super) const WRONG_CLASS: &str = "wrong ELF class: ELFCLASS32";

/// The error behind a path that does not exist.
pub(super) const NO_SUCH_FILE: &str = "No such file or directory";

/// Tunable glibc.rtld.execstack aside.
const EXECUTABLE_STACK: &str =
    "cannot enable executable stack as shared object requires: Invalid argument";

/// Size of Elf64_Ehdr.
const SMALLEST_HEADER: u64 = 64;

fn skip(why: &str) -> Opened {
    Opened::Skipped(Skip {
        why: why.to_owned(),
        arch: None,
        go_on: [NO_SUCH_FILE, "Permission denied", "Not a directory"].contains(&why),
    })
}

/// Words of the C library for an errno, numbered as on macOS.
fn words(errno: i32) -> &'static str {
    match errno {
        1 => "Operation not permitted",
        2 => NO_SUCH_FILE,
        5 => "Input/output error",
        13 => "Permission denied",
        20 => "Not a directory",
        21 => "Is a directory",
        23 => "Too many open files in system",
        24 => "Too many open files",
        62 => "Too many levels of symbolic links",
        63 => "File name too long",
        _ => "Unknown error",
    }
}

/// Damage that `open_verify` sees: it blames the path that it opened. What is seen later is blamed on the name that
/// was asked for.
fn found_on_opening(why: &str) -> bool {
    [
        "file too short",
        "cannot read file data",
        "ELF file data encoding not little-endian",
        "ELF file version ident does not match current one",
        "ELF file OS ABI invalid",
        "ELF file ABI version invalid",
        "nonzero padding in e_ident",
        "ELF file version does not match current one",
        "ELF file's phentsize not the expected size",
    ]
    .contains(&why)
}

/// Why a file that was opened is not mapped, in ld.so's words.
pub(super) fn refusal<'a>(world: &World<'_>, content: &'a Content) -> Option<(Reason, &'a str)> {
    let musl = world.process.is_musl();
    let image = match content {
        Content::Elf { image } => image,
        Content::Malformed { .. } if musl => return Some((Reason::Malformed, "Exec format error")),
        Content::Malformed { why } => return Some((Reason::Malformed, why)),
        Content::MachO { .. }
        | Content::NotAnImage { .. }
        | Content::Unreadable { .. }
        | Content::NotRecorded => return None,
    };
    let part = image.elf().filter(|_| !musl)?;
    let words = if part.pie {
        "cannot dynamically load position-independent executable"
    } else if image.file_type == FileType::Execute {
        "cannot dynamically load executable"
    } else if part.noopen {
        "shared object cannot be dlopen()ed"
    } else if part.executable_stack && world.keeps_stack() {
        return Some((Reason::ExecutableStack, EXECUTABLE_STACK));
    } else {
        return None;
    };
    Some((Reason::WrongFiletype, words))
}
