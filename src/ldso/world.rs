//! The link maps: every image that the process has, and those that this load adds.

use std::sync::Arc;

use crate::image::{Elf, Image};
use crate::load::{Content, Identity, ImageSource, Lookup};

use super::process::Process;

/// `struct link_map`.
pub(super) struct Map {
    /// `l_name`: the path as it was put together, links not resolved.
    pub(super) path: String,
    pub(super) real_path: Option<String>,
    pub(super) identity: Option<Identity>,
    pub(super) content: Option<Arc<Content>>,
    /// `l_libname`: the names under which it was asked for so far.
    pub(super) names: Vec<String>,
    /// Added by this load: to be checked and relocated.
    pub(super) new: bool,
    /// Opened with RTLD_GLOBAL or preloaded.
    pub(super) global: bool,
    /// `l_loader`: the map that asked first. Not known for what was there before.
    pub(super) loader: Option<usize>,
    pub(super) found_by: String,
    /// Direct dependents, in file order.
    pub(super) needed: Vec<usize>,
}

impl Map {
    pub(super) fn image(&self) -> Option<&Image> {
        match self.content.as_deref()? {
            Content::Elf { image } => Some(image),
            Content::MachO { .. }
            | Content::Malformed { .. }
            | Content::NotAnImage { .. }
            | Content::Unreadable { .. }
            | Content::NotRecorded => None,
        }
    }

    pub(super) fn elf(&self) -> Option<&Elf> {
        self.image()?.elf()
    }

    /// `_dl_name_match_p`, and the soname that `_dl_map_object` compares after it.
    pub(super) fn is_called(&self, name: &str) -> bool {
        if self.path == name || self.names.iter().any(|it| it == name) {
            return true;
        }
        match self.image() {
            Some(image) => image.install_name.as_deref() == Some(name),
            // What cannot be read any more keeps the name of its file.
            None => !name.contains('/') && self.path.rsplit('/').next() == Some(name),
        }
    }
}

/// All maps, and what was learnt on the way.
pub(super) struct World<'a> {
    pub(super) process: &'a Process,
    pub(super) images: &'a dyn ImageSource,
    /// The executable first, then the process's images, then what this load adds.
    pub(super) maps: Vec<Map>,
    pub(super) assumptions: Vec<String>,
    pub(super) unknown: Option<String>,
}

impl<'a> World<'a> {
    pub(super) fn of(process: &'a Process, images: &'a dyn ImageSource) -> Self {
        let mut world = World {
            process,
            images,
            maps: Vec::new(),
            assumptions: Vec::new(),
            unknown: None,
        };
        world.add_present(&process.executable, true);
        let preload = process.preload.as_deref().unwrap_or_default();
        for image in &process.loaded {
            let preloaded = preload
                .split([':', ' '])
                .any(|name| name == image.path || Some(name) == image.path.rsplit('/').next());
            world.add_present(&image.path, image.global || preloaded);
        }
        world
    }

    fn add_present(&mut self, path: &str, global: bool) {
        let (mut real_path, mut identity) = (None, None);
        // Without a slash it is no file: the kernel's vDSO.
        if path.contains('/') {
            match self.images.lookup(&self.process.absolute(path)) {
                Lookup::File {
                    real_path: path,
                    identity: file,
                } => (real_path, identity) = (Some(path), Some(file)),
                Lookup::NotRecorded => self.not_recorded(path),
                Lookup::Absent | Lookup::NotAFile | Lookup::Error { .. } => {
                    self.assumptions
                        .push(format!("`{path}` is loaded but cannot be read any more"));
                }
            }
        }
        let content = real_path.as_deref().map(|path| self.images.content(path));
        if let Some(Content::NotRecorded) = content.as_deref() {
            self.not_recorded(path);
        }
        self.maps.push(Map {
            path: path.to_owned(),
            real_path,
            identity,
            content,
            names: Vec::new(),
            new: false,
            global,
            loader: None,
            found_by: "loaded before".to_owned(),
            needed: Vec::new(),
        });
    }

    /// Notes that a question has no answer. The first one is kept.
    pub(super) fn not_recorded(&mut self, path: &str) {
        self.unknown
            .get_or_insert_with(|| format!("the recording does not say what is at `{path}`"));
    }

    /// The first map with this name.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.maps.iter().position(|map| map.is_called(name))
    }

    /// The map of this file.
    pub(super) fn same_file(&self, identity: Identity) -> Option<usize> {
        self.maps
            .iter()
            .position(|map| map.identity == Some(identity))
    }

    /// The global scope: the executable, what is preloaded, what they need, then what was opened with RTLD_GLOBAL with
    /// its own dependents. Breadth-first, as `_dl_map_object_deps` built it when the process started.
    pub(super) fn global_scope(&self) -> Vec<usize> {
        let mut scope: Vec<usize> = (0..self.maps.len())
            .filter(|index| self.maps.get(*index).is_some_and(|map| map.global))
            .collect();
        let mut done = 0;
        while let Some(map) = scope.get(done).and_then(|index| self.maps.get(*index)) {
            let needed = map.image().map(|image| image.dependents.as_slice());
            for dependent in needed.unwrap_or_default() {
                let index = self.named(&dependent.install_name);
                if let Some(index) = index.filter(|index| !scope.contains(index)) {
                    scope.push(index);
                }
            }
            done += 1;
        }
        scope
    }

    /// The process's C library defines this version: how its own version is told. `None` where there is none to ask.
    pub(super) fn libc_has(&self, version: &str) -> Option<bool> {
        let libc = self.maps.get(self.named("libc.so.6")?)?;
        let defined = &libc.elf()?.defined_versions;
        (!defined.is_empty()).then(|| defined.iter().any(|it| it == version))
    }

    /// The stack of the process cannot be made executable: from glibc 2.41 on, unless the executable asked for it.
    pub(super) fn keeps_stack(&self) -> bool {
        let part = self.maps.first().and_then(Map::elf);
        self.libc_has("GLIBC_2.41") == Some(true) && !part.is_some_and(|it| it.executable_stack)
    }

    /// The directory that `$ORIGIN` means in a map (`l_origin`).
    pub(super) fn origin(&self, map: &Map) -> Option<String> {
        let path = self.process.absolute(&map.path);
        let (directory, _) = path.rsplit_once('/')?;
        Some(if directory.is_empty() { "/" } else { directory }.to_owned())
    }

    /// Paths of the maps from the opened one to this one, by who asked first.
    pub(super) fn chain(&self, mut index: usize) -> Vec<String> {
        let mut chain = Vec::new();
        while let Some(map) = self.maps.get(index) {
            chain.push(map.path.clone());
            match map.loader {
                Some(loader) if chain.len() <= self.maps.len() => index = loader,
                _ => break,
            }
        }
        chain.reverse();
        chain
    }
}
