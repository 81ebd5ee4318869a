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
        } else if metadata.is_file() {
            let link = flattened_link(&real, metadata.len(), left.is_empty());
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
/// small file that holds the relative path of something else and nothing more. Only a folder that stands for `/` is
/// such a copy, and whoever relies on this says so. `last`: it should be a file, not a directory on the way.
fn flattened_link(real: &Path, size: u64, last: bool) -> Option<PathBuf> {
    const LONGEST: u64 = 1024;
    if size == 0 || size > LONGEST {
        return None;
    }
    let text = std::fs::read_to_string(real).ok()?;
    let own_name = real.file_name().is_some_and(|name| name == text.as_str());
    if text.starts_with('/') || own_name || text.chars().any(char::is_control) {
        return None;
    }
    let target = real.parent()?.join(&text);
    let fits = if last {
        target.is_file()
    } else {
        target.is_dir()
    };
    fits.then(|| PathBuf::from(text))
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Root;

    #[test]
    fn links_stay_inside_the_folder_whatever_they_are_made_of() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path();
        fs::create_dir_all(root.join("opt/real")).expect("a directory");
        fs::write(root.join("opt/real/a"), "content\n").expect("a file");
        fs::write(root.join("opt/flat"), "real").expect("a flattened link to a directory");
        fs::write(root.join("opt/real/b"), "../real/a").expect("a flattened link to a file");
        fs::write(root.join("opt/real/same"), "same").expect("a file that names itself");
        let link = std::os::unix::fs::symlink::<&str, _>;
        link("/opt/real", root.join("absolute")).expect("a link");
        link("../../../../opt/real/a", root.join("opt/up")).expect("a link");
        link("loop", root.join("loop")).expect("a link");
        let root = Root::Folder(root.to_path_buf());
        let seen = |path: &str| root.resolve(path).map(|place| place.seen).ok();
        for path in [
            "/absolute/a",
            "/opt/up",
            "/opt/flat/a",
            "/opt/real/b",
            "/opt/x/../real/./a",
        ] {
            let there = !path.contains("/x/");
            assert_eq!(
                seen(path).as_deref(),
                there.then_some("/opt/real/a"),
                "{path}"
            );
        }
        assert_eq!(seen("/opt/real/same").as_deref(), Some("/opt/real/same"));
        assert_eq!(seen("/loop"), None);
        assert_eq!(
            root.resolve_parent("/absolute/gone").as_deref(),
            Some("/opt/real/gone")
        );
    }
}
