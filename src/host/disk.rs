//! The file system as an [`ImageSource`]: files are opened, read once and kept; nothing else is remembered.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::root::Root;
use crate::elf;
use crate::load::{Content, Export, Exported, Identity, ImageSource, Lookup, Question};
use crate::macho::{self, PageHashes};

/// Answers from the disk. See [`ImageSource`].
pub struct Disk {
    root: Root,
    hashes: PageHashes,
    files: RefCell<HashMap<String, Rc<Held>>>,
    /// The file asked for last: a binder asks the same one again and again.
    last: RefCell<Option<(String, Rc<Held>)>>,
    flattened: RefCell<BTreeSet<String>>,
}

/// The bytes of a file.
enum Bytes {
    Read(Vec<u8>),
    Mapped(memmap2::Mmap),
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Read(bytes) => bytes,
            Bytes::Mapped(map) => map,
        }
    }
}

/// Up to this size a file is read rather than mapped. On macOS the kernel may kill a process that touches a mapped page
/// which is not what a signature it knows says, and the broken file of an import that just failed is such a file. The
/// libraries beyond this size are torch's: to read one whole for a few thousand questions would cost more than it
/// guards against.
const READ_UP_TO: Option<u64> = if cfg!(target_os = "macos") {
    Some(64 << 20)
} else {
    None
};

struct Held {
    content: Arc<Content>,
    bytes: Option<Bytes>,
    /// Where an ELF file keeps its exports, so that a question does not read the headers again.
    exports: Option<elf::Exports>,
}

impl Disk {
    /// The machine's own file system.
    pub fn new() -> Self {
        Disk::with_root(Root::System)
    }

    /// A folder that stands for `/`: links inside it, absolute ones too, lead to places inside it.
    pub fn under(root: &Path) -> Self {
        Disk::with_root(Root::Folder(root.to_path_buf()))
    }

    fn with_root(root: Root) -> Self {
        Disk {
            root,
            hashes: PageHashes::Sampled,
            files: RefCell::default(),
            last: RefCell::default(),
            flattened: RefCell::default(),
        }
    }

    /// Compares every page of every signature, not only a sample of large images.
    pub fn with_all_page_hashes(mut self) -> Self {
        self.hashes = PageHashes::All;
        self
    }

    /// Files that hold nothing but a path and were taken for the symbolic links they were before a copy: only below
    /// a root of [`Disk::under`].
    pub fn flattened_links(&self) -> Vec<String> {
        self.flattened.borrow().iter().cloned().collect()
    }

    /// The file behind a path of [`Lookup::File`].
    fn place(&self, real_path: &str) -> PathBuf {
        match &self.root {
            Root::System => PathBuf::from(real_path),
            Root::Folder(folder) => folder.join(real_path.trim_start_matches('/')),
        }
    }

    /// Every export of a slice of a Mach-O file; the error says which structure is damaged.
    pub fn exports_of(&self, real_path: &str, slice: usize) -> Result<Vec<Exported>, String> {
        let held = self.held(real_path);
        let bytes = held.bytes.as_deref().unwrap_or_default();
        match held.content.as_ref() {
            Content::MachO { slices } => slices
                .get(slice)
                .map_or(Ok(Vec::new()), |image| macho::exports_of(bytes, image)),
            Content::Elf { .. }
            | Content::Malformed { .. }
            | Content::NotAnImage { .. }
            | Content::Unreadable { .. }
            | Content::NotRecorded => Ok(Vec::new()),
        }
    }

    fn held(&self, real_path: &str) -> Rc<Held> {
        if let Some((path, held)) = self.last.borrow().as_ref()
            && path == real_path
        {
            return Rc::clone(held);
        }
        let held = self.held_or_mapped(real_path);
        *self.last.borrow_mut() = Some((real_path.to_owned(), Rc::clone(&held)));
        held
    }

    fn held_or_mapped(&self, real_path: &str) -> Rc<Held> {
        if let Some(held) = self.files.borrow().get(real_path) {
            return Rc::clone(held);
        }
        let held = match bytes(&self.place(real_path)) {
            Ok(bytes) => {
                let data = bytes.as_deref().unwrap_or_default();
                let content = read(data, self.hashes);
                let is_elf = matches!(content, Content::Elf { .. });
                Held {
                    exports: is_elf.then(|| elf::Exports::locate(data).ok()).flatten(),
                    content: Arc::new(content),
                    bytes,
                }
            }
            Err(error) => Held {
                content: Arc::new(Content::Unreadable {
                    errno: macos_errno(&error),
                }),
                bytes: None,
                exports: None,
            },
        };
        let held = Rc::new(held);
        let mut files = self.files.borrow_mut();
        files.insert(real_path.to_owned(), Rc::clone(&held));
        held
    }
}

impl Default for Disk {
    fn default() -> Self {
        Disk::new()
    }
}

impl ImageSource for Disk {
    fn lookup(&self, path: &str) -> Lookup {
        let place = match self.root.resolve(path) {
            Ok(place) => place,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Lookup::Absent,
            Err(error) => {
                let errno = macos_errno(&error);
                return Lookup::Error { errno };
            }
        };
        self.flattened.borrow_mut().extend(place.flattened);
        match fs::metadata(&place.real) {
            Ok(metadata) if metadata.is_file() => Lookup::File {
                real_path: place.seen,
                identity: Identity {
                    device: metadata.dev(),
                    inode: metadata.ino(),
                },
            },
            Ok(_) => Lookup::NotAFile,
            Err(error) => Lookup::Error {
                errno: macos_errno(&error),
            },
        }
    }

    fn content(&self, real_path: &str) -> Arc<Content> {
        Arc::clone(&self.held(real_path).content)
    }

    fn real_path(&self, path: &str) -> Option<String> {
        self.root.resolve_parent(path)
    }

    fn export(&self, real_path: &str, slice: usize, question: &Question<'_>) -> Export {
        let held = self.held(real_path);
        let bytes = held.bytes.as_deref().unwrap_or_default();
        match held.content.as_ref() {
            Content::MachO { slices } => slices.get(slice).map_or(Export::Absent, |image| {
                macho::export(bytes, image, question.symbol)
            }),
            Content::Elf { .. } => match &held.exports {
                Some(exports) => exports.answer(bytes, question),
                None => elf::export(bytes, question),
            },
            Content::Malformed { .. }
            | Content::NotAnImage { .. }
            | Content::Unreadable { .. }
            | Content::NotRecorded => Export::Absent,
        }
    }
}

/// By the first bytes.
fn read(data: &[u8], hashes: PageHashes) -> Content {
    if macho::is_macho(data) {
        macho::read(data, hashes)
    } else {
        elf::read(data)
    }
}

/// `None` for an empty file, which cannot be mapped.
#[expect(
    unsafe_code,
    reason = "mapping a file is unsafe: another process may change it"
)]
fn bytes(path: &Path) -> io::Result<Option<Bytes>> {
    let file = fs::File::open(path)?;
    let size = file.metadata()?.len();
    if size == 0 {
        return Ok(None);
    }
    if READ_UP_TO.is_some_and(|most| size <= most) {
        return fs::read(path).map(|bytes| Some(Bytes::Read(bytes)));
    }
    // SAFETY: the mapping is read only, and its bytes are only read as plain numbers by parsers that trust none of them.
    // A file that another process shortens meanwhile ends this process, as it would end the loader.
    let map = unsafe { memmap2::Mmap::map(&file)? };
    Ok(Some(Bytes::Mapped(map)))
}

/// The bytes of a file, mapped where it is large.
pub(super) fn mapped(path: &Path) -> io::Result<crate::wheel::Bytes> {
    Ok(match bytes(path)? {
        Some(bytes) => Arc::new(Whole(bytes)),
        None => Arc::new(Vec::new()),
    })
}

/// [`Bytes`] as a slice.
struct Whole(Bytes);

impl AsRef<[u8]> for Whole {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// errno as macOS numbers it: the two systems agree on the small numbers only.
pub(super) fn macos_errno(error: &io::Error) -> i32 {
    match error.raw_os_error() {
        Some(40) if cfg!(target_os = "linux") => 62,
        Some(36) if cfg!(target_os = "linux") => 63,
        Some(number) => number,
        None => 5,
    }
}
