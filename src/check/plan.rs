//! Which files of a subject are opened on a target, and how.

use std::collections::BTreeSet;

use super::{Plan, Subject, leaf, slices};
use crate::facts::{Artifact, OpenAs};
use crate::image::{FileType, Image};
use crate::load::{Content, Export, ImageSource, Question};
use crate::purpose::ModuleKind;
use crate::python::ExtensionFile;
use crate::site::Tree;

/// One native file of a subject.
struct Native {
    /// As installed, for people.
    shown: String,
    path: String,
    content: std::sync::Arc<Content>,
}

impl Native {
    /// The file, with nothing said about how it is opened.
    fn artifact(&self) -> Artifact {
        Artifact {
            path: self.shown.clone(),
            installed: self.path.clone(),
            size: 0,
            quarantine: None,
            opened_as: None,
        }
    }
}

/// What says how a file is opened.
struct Around<'a> {
    /// All native files of the subject.
    natives: &'a [Native],
    /// The last parts of every name that some native file depends on.
    dependents: BTreeSet<String>,
    tree: &'a Tree,
    /// A script of the subject imports modules by their paths.
    imports_by_path: bool,
}

/// The file type of what a compiler writes for a linker.
const MH_OBJECT: u32 = 1;

/// Every native file of the subject, with the way to open it where that is known; in the subject's order.
pub(super) fn opened(subject: &Subject, tree: &Tree, plan: &Plan) -> Vec<Artifact> {
    let natives = natives(subject, tree);
    let asked: BTreeSet<&str> = plan.modules.iter().map(String::as_str).collect();
    let around = Around {
        natives: &natives,
        dependents: dependents(&natives),
        tree,
        imports_by_path: subject
            .wheel
            .as_ref()
            .is_some_and(|wheel| wheel.imports_by_path),
    };
    let mut found = Vec::new();
    for native in &natives {
        if !asked.is_empty() && !asked.contains(native.shown.as_str()) {
            continue;
        }
        let Some(opened_as) = opened_as(native, &around, asked.is_empty()) else {
            continue;
        };
        found.push(Artifact {
            opened_as: plan.open_as.or(opened_as),
            ..native.artifact()
        });
    }
    found.extend(absent(&asked, &found, tree, plan));
    found
}

/// Files that were asked for and are not the subject's: beside it, or nowhere.
fn absent(asked: &BTreeSet<&str>, found: &[Artifact], tree: &Tree, plan: &Plan) -> Vec<Artifact> {
    let missing = asked
        .iter()
        .filter(|shown| found.iter().all(|artifact| artifact.path != ***shown));
    let artifact = |shown: &&str| Artifact {
        path: (*shown).to_owned(),
        installed: tree.layout().resolve(shown),
        size: 0,
        quarantine: None,
        opened_as: plan.open_as.or(Some(OpenAs::Ctypes)),
    };
    missing.map(artifact).collect()
}

fn natives(subject: &Subject, tree: &Tree) -> Vec<Native> {
    let files = subject
        .native
        .iter()
        .filter_map(|index| subject.files.get(*index));
    let native = |(place, _): &(crate::wheel::Place, _)| {
        let path = tree.layout().path(place)?;
        let content = tree.content(&path);
        let is_native = matches!(*content, Content::MachO { .. } | Content::Malformed { .. });
        let shown = place.to_string();
        // By its name a module, whatever it holds.
        let named = ExtensionFile::from_path(&shown).is_some_and(|file| file.is_tagged());
        (is_native || named).then_some(Native {
            shown,
            path,
            content,
        })
    };
    files.filter_map(native).collect()
}

/// The last parts of every name that some native file depends on.
fn dependents(natives: &[Native]) -> BTreeSet<String> {
    let images = natives.iter().flat_map(|native| slices(&native.content));
    let names = images.flat_map(|image| &image.dependents);
    names
        .map(|dependent| leaf(&dependent.install_name).to_owned())
        .collect()
}

/// How a file is opened; `Some(None)`: as its content says. `None`: nobody opens it on this target.
fn opened_as(native: &Native, around: &Around<'_>, choose: bool) -> Option<Option<OpenAs>> {
    let (tree, dependents) = (around.tree, &around.dependents);
    let images = slices(&native.content);
    let types = || images.iter().map(|image| image.file_type);
    if types().any(|kind| kind == FileType::Execute) {
        return Some(Some(OpenAs::Exec));
    }
    let needed = dependents.contains(leaf(&native.shown))
        || images
            .iter()
            .filter_map(|image| image.install_name.as_deref())
            .any(|id| dependents.contains(leaf(id)));
    let file = ExtensionFile::from_path(&native.shown);
    // Debug information lies under the module's own name; an object file there was meant to be the module.
    let meant = file.as_ref().is_some_and(ExtensionFile::is_tagged);
    let unloadable = |kind| match kind {
        FileType::Other(MH_OBJECT) => !meant,
        FileType::Other(number) => number != 0,
        _ => false,
    };
    if choose && types().next().is_some() && types().all(unloadable) {
        return None;
    }
    let suffixes = tree.target().python.extension_suffixes();
    if let Some(file) = file.filter(|file| file.is_tagged()) {
        let for_this = |other: &Native| {
            ExtensionFile::from_path(&other.shown)
                .is_some_and(|other| other.module == file.module && other.is_accepted(&suffixes))
        };
        // A module for several Pythons lies there once for each of them.
        let other_python =
            choose && !file.is_accepted(&suffixes) && around.natives.iter().any(for_this);
        // Named like a module and none: cffi and ctypes open such files, or others of the wheel are linked to them.
        let init = exports_init(native, file.module.last(), tree);
        let is_module = init || is_module(native) && !needed;
        let opened = (choose && !is_module).then_some(OpenAs::Ctypes);
        return (!other_python).then_some(opened);
    }
    // Several builds of one module may lie side by side, of which the package loads one by its path; and ctypes opens
    // libraries whatever they are called.
    let is_library = !native.shown.ends_with(".so")
        || around.imports_by_path && is_under_another_name(native, tree)
        || ExtensionFile::is_opened_by_path(&native.shown)
        || types().any(is_shared) && is_plain(&kind(&native.artifact(), tree));
    // A library that nothing in the wheel is linked to is opened by name, or it would have no use.
    let opened = is_library && (!choose || !needed);
    Some(opened.then_some(OpenAs::Ctypes))
}

/// Is it a module that is called like a library, and has no function of that name? A script that imports modules by
/// their paths gives each the name that it likes.
fn is_under_another_name(native: &Native, tree: &Tree) -> bool {
    let Some(file) = ExtensionFile::from_path(&native.shown) else {
        return false;
    };
    let name = file.module.last();
    let is_module = || matches!(kind(&native.artifact(), tree), ModuleKind::Extension(_));
    name.starts_with("lib") && !exports_init(native, name, tree) && is_module()
}

/// Debug information has the name of what it is about, and its type may be all that is not damaged of it.
fn is_shared(kind: FileType) -> bool {
    matches!(kind, FileType::Dylib | FileType::Bundle)
}

/// What the file is for, by its content.
pub(super) fn kind(artifact: &Artifact, tree: &Tree) -> ModuleKind {
    let suffixes = tree.target().python.extension_suffixes();
    ModuleKind::of(
        artifact,
        &tree.content(&artifact.installed),
        &suffixes,
        tree,
    )
}

/// Neither a module nor a library of operators: a bundle that never calls Python is a plugin of some library.
fn is_plain(kind: &ModuleKind) -> bool {
    matches!(kind, ModuleKind::Library | ModuleKind::Opened)
}

/// Does Python or torch open it by an import?
pub(super) fn is_imported(kind: &ModuleKind) -> bool {
    matches!(kind, ModuleKind::Extension(_) | ModuleKind::Operators(_))
}

/// Does it make modules, going by what it calls? What cannot be read may.
fn is_module(native: &Native) -> bool {
    const MAKERS: [&str; 5] = [
        "_PyModule_Create2",
        "_PyModuleDef_Init",
        "_PyModule_FromDefAndSpec2",
        "_PyModule_New",
        "_Py_InitModule4_64",
    ];
    let images = slices(&native.content);
    let calls = |image: &Image| {
        let mut names = image.imports.iter().map(|import| import.symbol.as_str());
        names.any(|name| MAKERS.contains(&name))
    };
    let readable = |image: &Image| {
        let part = image.macho();
        part.is_some_and(|part| !part.unsupported && part.damaged_imports.is_none())
    };
    let may = |image: &Image| !readable(image) || calls(image);
    images.is_empty() || images.iter().any(may)
}

/// Has any slice the function that importing it calls?
fn exports_init(native: &Native, module: &str, tree: &Tree) -> bool {
    let symbol = format!("_PyInit_{module}");
    let question = Question {
        symbol: &symbol,
        version: None,
    };
    let slices = 0..slices(&native.content).len();
    let mut answers = slices.map(|slice| tree.export(&native.path, slice, &question));
    answers.any(|answer| answer != Export::Absent)
}
