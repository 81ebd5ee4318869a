//! Every Mach-O file of a directory or a wheel, by its headers alone: on all cores, and no file is read whole.

mod entries;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::Context;
use entries::entries;
use rayon::prelude::*;

use super::catalogue::map;
use crate::image::ListedFile;
use crate::macho::{Headers, headers};
use crate::wheel::Archive;

/// A listing, and what could not be read of it.
#[derive(Default)]
pub(super) struct Listing {
    /// The files, sorted by path.
    pub(super) files: Vec<ListedFile>,
    /// One sentence for each file or directory that could not be read, sorted.
    pub(super) unread: Vec<String>,
}

/// Endings of texts and data of which packages have thousands: such files are not opened.
const NEVER_NATIVE: [&str; 24] = [
    "c", "cc", "cfg", "cmake", "cpp", "cu", "cuh", "gz", "h", "hpp", "html", "ini", "js", "json",
    "md", "pxd", "py", "pyc", "pyi", "pyx", "rst", "toml", "txt", "yaml",
];

/// Whether a file of this name is one that holds no image.
fn is_text(name: &OsStr) -> bool {
    let ending = Path::new(name).extension().and_then(OsStr::to_str);
    ending.is_some_and(|ending| NEVER_NATIVE.binary_search(&ending).is_ok())
}

/// Lists one file.
pub(super) fn of_file(path: &Path) -> anyhow::Result<Listing> {
    let shown = path.display().to_string();
    let read = read_file(path).with_context(|| format!("cannot read `{shown}`"))?;
    let mut listing = Listing::default();
    listing.add(shown, read);
    Ok(listing)
}

/// Lists a directory and all below it; symbolic links are not followed.
pub(super) fn of_directory(root: &Path) -> Listing {
    let listing = Mutex::new(Listing::default());
    rayon::scope(|scope| walk(scope, root.to_path_buf(), root, &listing));
    let mut listing = listing.into_inner().unwrap_or_default();
    listing.sort();
    listing
}

/// Each directory is a task of its own.
fn walk<'scope>(
    scope: &rayon::Scope<'scope>,
    directory: PathBuf,
    root: &'scope Path,
    listing: &'scope Mutex<Listing>,
) {
    let mut found = Listing::default();
    let (entries, trouble) = entries(&directory);
    if let Some(why) = trouble {
        found.cannot_read(&relative(&directory, root), &why);
    }
    for entry in entries {
        let path = directory.join(entry.name);
        if entry.is_directory {
            scope.spawn(move |scope| walk(scope, path, root, listing));
            continue;
        }
        let name = relative(&path, root);
        match read_file(&path) {
            Ok(read) => found.add(name, read),
            Err(why) => found.cannot_read(&name, &why),
        }
    }
    merge(listing, found);
}

fn merge(listing: &Mutex<Listing>, found: Listing) {
    if let Ok(mut listing) = listing.lock() {
        listing.files.extend(found.files);
        listing.unread.extend(found.unread);
    }
}

fn relative(path: &Path, root: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    inside.to_string_lossy().into_owned()
}

fn read_file(path: &Path) -> io::Result<Headers> {
    let file = File::open(path)?;
    headers(&mut |offset, length| {
        let mut bytes = vec![0; length];
        let mut filled: usize = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_add(u64::try_from(filled).unwrap_or(u64::MAX));
            match file.read_at(rest, at) {
                Ok(0) => break,
                Ok(count) => filled = filled.saturating_add(count),
                Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                Err(why) => return Err(why),
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    })
}

/// Lists the members of a wheel in place: of each only as much is inflated as holds its headers.
///
/// # Errors
///
/// A sentence, where the file is no archive.
pub(super) fn of_wheel(path: &Path) -> Result<Listing, String> {
    let cannot = |why: &dyn std::fmt::Display| format!("`{}` is {why}", path.display());
    let bytes = map(path).map_err(|why| format!("{why:#}"))?;
    let archive = Archive::open(Arc::new(bytes)).map_err(|why| cannot(&why))?;
    let mut listing = Listing::default();
    for refused in archive.refused() {
        let (name, why) = (&refused.path, refused.why);
        listing.unread.push(format!("`{name}` is left out: {why}"));
    }
    let natives = archive.members().par_iter();
    let natives = natives.filter(|member| !is_text(OsStr::new(&member.path)));
    let read: Vec<(&str, io::Result<Headers>)> = natives
        .map(|member| (member.path.as_str(), read_stream(archive.beginning(member))))
        .collect();
    for (name, read) in read {
        match read {
            Ok(read) => listing.add(name.to_owned(), read),
            Err(why) => listing.cannot_read(name, &why),
        }
    }
    listing.sort();
    Ok(listing)
}

/// Pieces are asked for in ascending order; the last one may be asked for again, longer.
fn read_stream(mut stream: impl Read) -> io::Result<Headers> {
    let mut start: u64 = 0;
    let mut held: Vec<u8> = Vec::new();
    headers(&mut |offset, length| {
        let end = start.saturating_add(u64::try_from(held.len()).unwrap_or(u64::MAX));
        if offset >= end {
            io::copy(
                &mut (&mut stream).take(offset.saturating_sub(end)),
                &mut io::sink(),
            )?;
            held.clear();
            start = offset;
        } else {
            let gone = usize::try_from(offset.saturating_sub(start)).unwrap_or(usize::MAX);
            held.drain(..gone.min(held.len()));
            start = offset;
        }
        let missing = length.saturating_sub(held.len());
        let missing = u64::try_from(missing).unwrap_or(u64::MAX);
        (&mut stream).take(missing).read_to_end(&mut held)?;
        Ok(held
            .get(..length.min(held.len()))
            .unwrap_or_default()
            .to_vec())
    })
}

impl Listing {
    fn add(&mut self, path: String, read: Headers) {
        match read {
            Headers::NotMachO => {}
            Headers::Damaged(why) => {
                self.unread.push(format!("`{path}` is damaged: {why}"));
                let slices = Vec::new();
                self.files.push(ListedFile { path, slices });
            }
            Headers::Slices(slices) => {
                for slice in &slices {
                    if let Some(why) = &slice.damage {
                        let arch = slice.arch;
                        let what = format!("`{path}` ({arch}) is damaged: {why}");
                        self.unread.push(what);
                    }
                }
                self.files.push(ListedFile { path, slices });
            }
        }
    }

    fn cannot_read(&mut self, path: &str, why: &io::Error) {
        self.unread.push(format!("`{path}` cannot be read: {why}"));
    }

    fn sort(&mut self) {
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.unread.sort();
    }
}
