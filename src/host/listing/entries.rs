//! What a directory holds that a listing looks at. Most of a listing's time is the kernel's, which reads directories;
//! so nothing else is asked of it where it tells the kind of an entry unasked, and texts cost no allocation.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use super::is_text;

/// An entry that may be, or hold, an image.
pub(super) struct Entry {
    pub(super) name: OsString,
    /// A directory; otherwise a regular file.
    pub(super) is_directory: bool,
}

/// The entries of a directory, and why there may be more of them. Links, devices and texts are left out.
#[cfg(target_os = "linux")]
pub(super) fn entries(directory: &Path) -> (Vec<Entry>, Option<io::Error>) {
    let mut found = Vec::new();
    let trouble = read(directory, &mut found).err();
    (found, trouble.map(io::Error::from))
}

#[cfg(target_os = "linux")]
fn read(directory: &Path, found: &mut Vec<Entry>) -> rustix::io::Result<()> {
    use std::ffi::OsStr;
    use std::mem::MaybeUninit;
    use std::os::unix::ffi::OsStrExt;

    use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, open, statat};

    /// Bytes: some thousand names of one directory at a time.
    const BUFFER: usize = 64 << 10;

    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = open(directory, flags, Mode::empty())?;
    let mut buffer = [MaybeUninit::<u8>::uninit(); BUFFER];
    let mut entries = RawDir::new(&opened, &mut buffer);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        let kind = match entry.file_type() {
            // Some file systems do not tell.
            FileType::Unknown => statat(&opened, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)
                .map_or(FileType::Unknown, |stat| {
                    FileType::from_raw_mode(stat.st_mode)
                }),
            kind => kind,
        };
        let is_directory = kind == FileType::Directory;
        let is_candidate = kind == FileType::RegularFile && !is_text(name);
        if is_directory && name != "." && name != ".." || is_candidate {
            let name = name.to_owned();
            found.push(Entry { name, is_directory });
        }
    }
    Ok(())
}

/// The entries of a directory, and why there may be more of them. Links, devices and texts are left out.
#[cfg(not(target_os = "linux"))]
pub(super) fn entries(directory: &Path) -> (Vec<Entry>, Option<io::Error>) {
    let mut found = Vec::new();
    let trouble = read(directory, &mut found).err();
    (found, trouble)
}

#[cfg(not(target_os = "linux"))]
fn read(directory: &Path, found: &mut Vec<Entry>) -> io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        let is_directory = kind.is_dir();
        if is_directory || kind.is_file() && !is_text(&name) {
            found.push(Entry { name, is_directory });
        }
    }
    Ok(())
}
