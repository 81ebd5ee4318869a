//! The files of a simulated Mac, several distributions in one tree, none of them copied.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::layout::Layout;
use super::python::{Invented, images};
use super::target::Target;
use crate::image::{Arch, Image, Platform, Version};
use crate::load::{Bindings, Content, Export, Identity, ImageSource, Lookup, Question};
use crate::wheel::{Archive, Bytes, Inflater, NativeFile, Wheel, place};

/// Gives the bytes of a file on a disk, or errno as macOS numbers it.
pub type Opener = Arc<dyn Fn() -> Result<Bytes, i32> + Send + Sync>;

/// The device of every file of a tree: no disk has this number.
const DEVICE: u64 = u64::MAX;

/// Cryptexes, resource forks and whatever else cannot be entered; deeper paths do not exist.
const DEEPEST: usize = 512;

/// A file system that exists only as an answer to questions. Cheap to clone where distributions are shared: what was
/// read of a file is kept once for all targets.
pub struct Tree {
    target: Target,
    layout: Layout,
    files: BTreeMap<String, Arc<File>>,
    directories: BTreeSet<String>,
    python: Vec<(Invented, Arc<Content>)>,
    assumed: Mutex<BTreeSet<String>>,
    bindings: Bindings,
}

/// A file that is read when somebody asks.
pub struct File {
    origin: Origin,
    held: OnceLock<Held>,
}

enum Origin {
    /// Read already, with the wheel.
    Read {
        native: Option<Arc<NativeFile>>,
        size: u64,
    },
    /// A member of an archive, by its number.
    Member(Arc<Archive>, usize),
    /// On a disk.
    Disk(Opener),
}

struct Held {
    content: Arc<Content>,
    native: Option<Arc<NativeFile>>,
}

impl Tree {
    /// A Mac with nothing but its Python.
    pub fn new(target: Target) -> Tree {
        let layout = Layout::of(&target);
        let invented = images(&target, &layout).into_iter().map(|image| {
            let slices = vec![image.image.clone()];
            (image, Arc::new(Content::MachO { slices }))
        });
        let mut tree = Tree {
            target,
            python: invented.collect(),
            layout,
            files: BTreeMap::new(),
            directories: BTreeSet::new(),
            assumed: Mutex::default(),
            bindings: Bindings::default(),
        };
        let paths: Vec<String> = tree
            .python
            .iter()
            .map(|(image, _)| image.path.clone())
            .collect();
        paths.iter().for_each(|path| tree.enter(path));
        tree
    }

    /// Where things stand.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// For whom it stands.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Installs files: each at its absolute path; what is there already is replaced.
    pub fn install(&mut self, files: impl IntoIterator<Item = (String, Arc<File>)>) {
        for (path, file) in files {
            self.enter(&path);
            self.files.insert(path, file);
        }
    }

    /// Names of the C API that nobody knows of this Python, and that were taken for there.
    pub fn assumed_api(&self) -> BTreeSet<String> {
        self.assumed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Every installed path below a directory, in order.
    pub fn paths_in<'a>(&'a self, directory: &'a str) -> impl Iterator<Item = &'a str> {
        let below = self.files.range(directory.to_owned()..);
        below
            .map(|(path, _)| path.as_str())
            .take_while(move |path| path.starts_with(directory))
    }

    fn enter(&mut self, path: &str) {
        let mut rest = path;
        while let Some((directory, _)) = rest.rsplit_once('/') {
            if directory.is_empty() || !self.directories.insert(directory.to_owned()) {
                return;
            }
            rest = directory;
        }
    }

    fn held(&self, path: &str) -> Option<&Held> {
        let file = self.files.get(path)?;
        Some(file.held.get_or_init(|| file.origin.read()))
    }

    fn invented(&self, path: &str) -> Option<&(Invented, Arc<Content>)> {
        self.python.iter().find(|(image, _)| image.path == path)
    }
}

impl File {
    fn new(origin: Origin) -> Arc<File> {
        let held = OnceLock::new();
        Arc::new(File { origin, held })
    }

    /// A file on a disk.
    pub fn on_disk(opener: Opener) -> Arc<File> {
        File::new(Origin::Disk(opener))
    }

    /// The slices of a Mach-O file: the processor of each, and the oldest macOS that it is built for if it says so. The
    /// file is read, if it was not.
    pub fn slices(&self) -> Vec<(Arch, Option<Version>)> {
        let held = self.held.get_or_init(|| self.origin.read());
        let Content::MachO { slices } = held.content.as_ref() else {
            return Vec::new();
        };
        let oldest = |slice: &Image| {
            let mut versions = slice.macho()?.build_versions.iter();
            let own = versions.find(|version| version.platform == Platform::MacOs);
            own.map(|version| version.minos)
        };
        let slices = slices.iter();
        slices.map(|slice| (slice.arch, oldest(slice))).collect()
    }

    /// The files of a wheel that was read, with the place of each.
    pub fn of_wheel(wheel: &Wheel) -> Vec<(crate::wheel::Place, Arc<File>)> {
        let file = |file: &crate::wheel::WheelFile| {
            let (native, size) = (file.native.clone(), file.size);
            (file.place.clone(), File::new(Origin::Read { native, size }))
        };
        wheel.files.iter().map(file).collect()
    }

    /// The files of a wheel of which only some will be asked for.
    pub fn of_archive(
        archive: &Arc<Archive>,
        purelib: bool,
    ) -> Vec<(crate::wheel::Place, Arc<File>)> {
        let members = archive.members().iter().enumerate();
        let file = |(index, member): (usize, &crate::wheel::Member)| {
            let origin = Origin::Member(Arc::clone(archive), index);
            (place(&member.path, purelib), File::new(origin))
        };
        members.map(file).collect()
    }
}

impl Origin {
    fn read(&self) -> Held {
        let (native, size) = match self {
            Origin::Read { native, size } => (native.clone(), *size),
            Origin::Member(archive, index) => {
                let Some(member) = archive.members().get(*index) else {
                    return Held::unreadable();
                };
                match NativeFile::of_member(archive, member, &mut Inflater::new()) {
                    Ok(native) => (native.map(Arc::new), member.size),
                    Err(_) => return Held::unreadable(),
                }
            }
            Origin::Disk(open) => match open() {
                Ok(bytes) => {
                    let size = u64::try_from((*bytes).as_ref().len()).unwrap_or(u64::MAX);
                    (NativeFile::of_bytes(bytes).map(Arc::new), size)
                }
                Err(errno) => {
                    let content = Arc::new(Content::Unreadable { errno });
                    return Held {
                        content,
                        native: None,
                    };
                }
            },
        };
        let content = match &native {
            Some(native) => Arc::clone(native.content()),
            None => Arc::new(Content::NotAnImage {
                first_bytes: String::new(),
                size,
            }),
        };
        Held { content, native }
    }
}

impl Held {
    /// EIO: what the archive has for it is damaged.
    fn unreadable() -> Held {
        let content = Arc::new(Content::Unreadable { errno: 5 });
        Held {
            content,
            native: None,
        }
    }
}

/// Without `.`, `..` and repeated slashes; there are no links in a tree.
fn normalised(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let mut out = String::with_capacity(path.len());
    for part in &parts {
        out.push('/');
        out.push_str(part);
    }
    (parts.len() <= DEEPEST).then_some(out)
}

impl ImageSource for Tree {
    fn lookup(&self, path: &str) -> Lookup {
        let Some(real_path) = normalised(path) else {
            return Lookup::Absent;
        };
        let position = self
            .python
            .iter()
            .position(|(image, _)| image.path == real_path);
        let inode = match (position, self.files.get(&real_path)) {
            (Some(index), _) => u64::try_from(index).unwrap_or(0),
            // Files live as long as the tree, so that an address names one file.
            (None, Some(file)) => u64::try_from(Arc::as_ptr(file).addr()).unwrap_or(u64::MAX),
            (None, None) if self.directories.contains(&real_path) => return Lookup::NotAFile,
            (None, None) => return Lookup::Absent,
        };
        let device = DEVICE;
        Lookup::File {
            real_path,
            identity: Identity { device, inode },
        }
    }

    fn content(&self, real_path: &str) -> Arc<Content> {
        match (self.invented(real_path), self.held(real_path)) {
            (Some((_, content)), _) => Arc::clone(content),
            (None, Some(held)) => Arc::clone(&held.content),
            (None, None) => Arc::new(Content::Unreadable { errno: 2 }),
        }
    }

    fn real_path(&self, path: &str) -> Option<String> {
        normalised(path)
    }

    fn export(&self, real_path: &str, slice: usize, question: &Question<'_>) -> Export {
        if let Some((image, _)) = self.invented(real_path) {
            let (answer, assumed) = image.export(question.symbol, &self.target);
            if assumed {
                let mut names = self.assumed.lock().unwrap_or_else(PoisonError::into_inner);
                names.insert(question.symbol.to_owned());
            }
            return answer;
        }
        let native = self.held(real_path).and_then(|held| held.native.as_ref());
        native.map_or(Export::Absent, |native| {
            native.export(slice, question.symbol)
        })
    }

    fn bindings(&self) -> Option<&Bindings> {
        Some(&self.bindings)
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree")
            .field("target", &self.target)
            .field("files", &self.files.len())
            .finish_non_exhaustive()
    }
}
