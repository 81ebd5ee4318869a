//! Paths of a file system, or of a folder that stands for `/`: symbolic links are followed inside it, absolute ones
//! too.

use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

/// ELOOP.
const LOOP: i32 = if cfg!(target_os = "linux") { 40 } else { 62 };

/// macOS: MAXSYMLINKS.
const MOST_LINKS: usize = 32;

/// Where `/` is.
#[derive(Debug, Clone)]
pub(super) enum Root {
    /// Where it always is.
    System,
    /// In this folder.
    Folder(PathBuf),
}

/// A path as the simulated process sees it, and where the file really is.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) seen: String,
    pub(super) real: PathBuf,
    /// A file on the way that holds nothing but a path and was taken for a link.
    pub(super) flattened: Option<String>,
}

impl Root {
    /// Resolves every link in `path`, which is absolute.
    pub(super) fn resolve(&self, path: &str) -> io::Result<Place> {
        match self {
            Root::System => {
                let real = std::fs::canonicalize(path)?;
                let seen = real.to_string_lossy().into_owned();
                let flattened = None;
                Ok(Place {
                    seen,
                    real,
                    flattened,
                })
            }
            Root::Folder(folder) => resolve_in(folder, path),
        }
    }

    /// Like [`Root::resolve`], but the last component need not exist.
    pub(super) fn resolve_parent(&self, path: &str) -> Option<String> {
        if let Ok(place) = self.resolve(path) {
            return Some(place.seen);
        }
        let (directory, leaf) = path.rsplit_once('/')?;
        let directory = if directory.is_empty() { "/" } else { directory };
        let seen = self.resolve(directory).ok()?.seen;
        Some(format!("{}/{leaf}", seen.trim_end_matches('/')))
    }
}

fn resolve_in(folder: &Path, path: &str) -> io::Result<Place> {
    let mut left: Vec<OsString> = pieces(Path::new(path));
    let mut resolved: Vec<OsString> = Vec::new();
    let mut flattened = None;
    let mut links = 0;
    while let Some(piece) = left.pop() {
        if piece == ".." {
            resolved.pop();
            continue;
        }
        let mut real = inside(folder, &resolved);
        real.push(&piece);
        let metadata = std::fs::symlink_metadata(&real)?;
        let target = if metadata.is_symlink() {
            Some(std::fs::read_link(&real)?)
        } else if left.is_empty() && metadata.is_file() {
            let link = flattened_link(&real, metadata.len());
            if link.is_some() {
                flattened = Some(path.to_owned());
            }
            link
        } else {
            None
        };
        let Some(target) = target else {
            resolved.push(piece);
            continue;
        };
        links += 1;
        if links > MOST_LINKS {
            return Err(io::Error::from_raw_os_error(LOOP));
        }
        if target.is_absolute() {
            resolved.clear();
        }
        left.extend(pieces(&target));
    }
    let seen = resolved
        .iter()
        .map(|piece| format!("/{}", piece.to_string_lossy()));
    let seen: String = seen.collect();
    Ok(Place {
        seen: if seen.is_empty() {
            "/".to_owned()
        } else {
            seen
        },
        real: inside(folder, &resolved),
        flattened,
    })
}

/// The target of a link that a copy wrote down as a text file (git without symbolic links, an artifact archive): a
/// small file that holds a relative path of an existing file and nothing else. Only a folder that stands for `/` is
/// such a copy, and whoever relies on this says so.
fn flattened_link(real: &Path, size: u64) -> Option<PathBuf> {
    const LONGEST: u64 = 1024;
    if size == 0 || size > LONGEST {
        return None;
    }
    let text = std::fs::read_to_string(real).ok()?;
    let is_path = text.starts_with("../") || text.starts_with("./");
    if !is_path || text.chars().any(char::is_control) {
        return None;
    }
    let target = real.parent()?.join(&text);
    target.is_file().then(|| PathBuf::from(text))
}

/// In reverse, so that the next one is popped.
fn pieces(path: &Path) -> Vec<OsString> {
    let parts = path.components().rev();
    let names = parts.filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    names.collect()
}

fn inside(folder: &Path, resolved: &[OsString]) -> PathBuf {
    let mut path = folder.to_path_buf();
    path.extend(resolved);
    path
}
