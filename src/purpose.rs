//! What a native file of a wheel is for: a module to import, a library of torch operators, or a plain shared library.

use crate::facts::{Artifact, OpenAs};
use crate::image::{Check, FileType, Flaw, Image};
use crate::load::{Content, Export, ImageSource, Question};
use crate::python::ExtensionFile;

/// What a native file is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModuleKind {
    /// An extension module, by its name and what it holds.
    Extension(ExtensionFile),
    /// It registers torch operators when it is opened (TORCH_LIBRARY) and has no PyInit function;
    /// `torch.ops.load_library` is how it is used.
    Operators(ExtensionFile),
    /// A shared library that others load.
    Library,
    /// A shared library that is opened by its path, as ctypes does.
    Opened,
    /// A program.
    Program,
}

impl ModuleKind {
    /// What the file is for, by its name and what its images import and export. `ext_suffixes`: the interpreter's.
    pub fn of(
        artifact: &Artifact,
        content: &Content,
        ext_suffixes: &[String],
        files: &dyn ImageSource,
    ) -> Self {
        match artifact.opened_as {
            Some(OpenAs::Ctypes) => return ModuleKind::Opened,
            Some(OpenAs::Exec) => return ModuleKind::Program,
            Some(OpenAs::Import) => {
                let file = ExtensionFile::from_path(&artifact.path);
                return file.map_or(ModuleKind::Opened, ModuleKind::Extension);
            }
            None => {}
        }
        let Some(file) = ExtensionFile::from_path(&artifact.path) else {
            return match ExtensionFile::is_opened_by_path(&artifact.path) {
                true => ModuleKind::Opened,
                false => ModuleKind::Library,
            };
        };
        let images: &[Image] = match content {
            Content::MachO { slices } => slices,
            Content::Elf { image } => std::slice::from_ref(image),
            // Nothing can be read from it: its name is all there is.
            _ if file.is_tagged() || !file.module.last().starts_with("lib") => {
                return ModuleKind::Extension(file);
            }
            _ => return ModuleKind::Library,
        };
        let imports = |part: &str| {
            images
                .iter()
                .flat_map(|image| &image.imports)
                .any(|import| import.symbol.contains(part))
        };
        let makes_module = imports("PyModule_Create2")
            || imports("PyModuleDef_Init")
            || imports("PyModule_FromDefAndSpec2");
        let has_init = has_init(artifact, &file, images, files);
        // `libnanobind.so`: what modules have in common, in a library of its own.
        let shared = !file.is_tagged()
            && file.module.last().starts_with("lib")
            && images
                .iter()
                .all(|image| image.file_type == FileType::Dylib);
        if has_init || makes_module && !shared {
            return ModuleKind::Extension(file);
        }
        // torch::Library's constructor, which every TORCH_LIBRARY block calls, its like in the stable ABI, and the way
        // of before.
        let registers = [
            "N5torch7LibraryC",
            "torch_library_init",
            "N3c1017RegisterOperators",
        ];
        if registers.into_iter().any(imports) {
            return ModuleKind::Operators(file);
        }
        let tagged = file.is_tagged() && file.is_accepted(ext_suffixes)
            || file.suffix.starts_with(".cpython-");
        // setuptools links modules as bundles, and nothing else in a wheel is one. Of an image that could not be read
        // to its end its name is all there is.
        let untold = || {
            images
                .iter()
                .any(|image| image.file_type == FileType::Bundle || is_damaged(image))
        };
        if tagged || !file.module.last().starts_with("lib") && untold() {
            // Whoever is imported calls Python; what does not is opened by its path.
            let opened = !tagged && !imports("Py") && !images.iter().any(is_damaged);
            return match opened {
                true => ModuleKind::Opened,
                false => ModuleKind::Extension(file),
            };
        }
        ModuleKind::Library
    }
}

/// Does any of the images export the module's init function?
fn has_init(
    artifact: &Artifact,
    file: &ExtensionFile,
    images: &[Image],
    files: &dyn ImageSource,
) -> bool {
    let function = file.module.init_function();
    let exports = |(slice, image): (usize, &Image)| {
        let symbol = if image.macho().is_some() {
            format!("_{function}")
        } else {
            function.clone()
        };
        let answer = files.export(
            &artifact.installed,
            slice,
            &Question {
                symbol: &symbol,
                version: None,
            },
        );
        matches!(answer, Export::Defined { .. } | Export::Reexport { .. })
    };
    images.iter().enumerate().any(exports)
}

impl ModuleKind {
    /// The file as Python or torch would name it; `None` for a plain shared library.
    pub fn file(&self) -> Option<&ExtensionFile> {
        match self {
            ModuleKind::Extension(file) | ModuleKind::Operators(file) => Some(file),
            ModuleKind::Library | ModuleKind::Opened | ModuleKind::Program => None,
        }
    }
}

/// Its imports and exports could not be read, or not all of them.
fn is_damaged(image: &Image) -> bool {
    let unwalkable = |flaw: &Flaw| flaw.check == Check::Unwalkable;
    image.macho().is_some_and(|part| {
        part.unsupported || part.damaged_imports.is_some() || part.flaws.iter().any(unwalkable)
    })
}

/// Is the file linked to one of torch's libraries?
pub fn needs_torch(content: &Content) -> bool {
    let images: &[Image] = match content {
        Content::MachO { slices } => slices,
        Content::Elf { image } => std::slice::from_ref(image),
        _ => &[],
    };
    images
        .iter()
        .flat_map(|image| &image.dependents)
        .any(|dependent| is_torch_library(&dependent.install_name))
}

/// Is this the install name or path of a library that torch brings?
pub fn is_torch_library(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let stem = file.split('.').next().unwrap_or(file);
    matches!(stem, "libtorch" | "libc10" | "libshm")
        || stem.starts_with("libtorch_")
        || stem.starts_with("libc10_")
}
