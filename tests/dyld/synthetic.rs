//! Processes of cases, and images that are on no disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use loadproof::dyld::{CompleteCache, Process, Request};
use loadproof::image::{
    Arch, BuildVersion, Dependent, Exports, FileType, Format, Image, Import, ImportFrom, MachO,
    Platform, Version,
};
use loadproof::load::{Content, Export, Identity, ImageSource, Lookup, Question};
use serde_json::Value;

use crate::fixture;

/// The process and the dlopen of a case.
pub(crate) fn process(case: &Value) -> (Process, Request) {
    let text = |key: &str| case[key].as_str().unwrap();
    let arch = if text("arch") == "arm64" {
        Arch::Arm64
    } else {
        Arch::X86_64
    };
    let mut process = Process::new(arch, text("os").parse().unwrap());
    process.executable = Some(text("executable").to_owned());
    process.cwd = text("cwd").to_owned();
    for (name, value) in case["env"].as_object().unwrap() {
        process
            .environment
            .push((name.clone(), value.as_str().unwrap().to_owned()));
    }
    for preload in case["preload"].as_array().unwrap() {
        let path = preload.as_str().or(preload["path"].as_str()).unwrap();
        let mut request = Request::import(path);
        request.local = preload["mode"]
            .as_str()
            .is_some_and(|mode| mode.contains("LOCAL"));
        process.opened_before.push(request);
    }
    let mut request = Request::import(text("open"));
    request.lazy = text("mode").contains("LAZY");
    (process, request)
}

/// The shared cache of the cases.
pub(crate) fn cache() -> CompleteCache {
    let text = fs::read_to_string(fixture::folder().join("shared-cache.json")).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    let dylibs = value["dylibs"].as_object().unwrap().iter();
    let names = |list: &Value| -> BTreeSet<String> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect()
    };
    CompleteCache::new(
        dylibs
            .map(|(name, list)| (name.clone(), names(list)))
            .collect(),
    )
}

/// Images in memory, with their exports.
#[derive(Default)]
pub(crate) struct Memory {
    made: u64,
    files: BTreeMap<String, Stored>,
}

/// Inode, content, exports.
type Stored = (u64, Arc<Content>, BTreeMap<String, Export>);

impl Memory {
    pub(crate) fn add(
        &mut self,
        path: &str,
        image: Image,
        exports: &[(&str, Export)],
    ) -> &mut Self {
        self.add_content(
            path,
            Content::MachO {
                slices: vec![image],
            },
            exports,
        )
    }

    pub(crate) fn add_content(
        &mut self,
        path: &str,
        content: Content,
        exports: &[(&str, Export)],
    ) -> &mut Self {
        // A replaced file must not share its number with the next.
        self.made += 1;
        let inode = self.made;
        let exports = exports
            .iter()
            .map(|(name, export)| ((*name).to_owned(), export.clone()))
            .collect();
        self.files
            .insert(path.to_owned(), (inode, Arc::new(content), exports));
        self
    }
}

impl ImageSource for Memory {
    fn lookup(&self, path: &str) -> Lookup {
        match self.files.get(path) {
            Some((inode, ..)) => Lookup::File {
                real_path: path.to_owned(),
                identity: Identity {
                    device: 1,
                    inode: *inode,
                },
            },
            None => Lookup::Absent,
        }
    }

    fn content(&self, real_path: &str) -> Arc<Content> {
        Arc::clone(&self.files[real_path].1)
    }

    fn export(&self, real_path: &str, _: usize, question: &Question<'_>) -> Export {
        let exports = &self.files[real_path].2;
        exports
            .get(question.symbol)
            .cloned()
            .unwrap_or(Export::Absent)
    }
}

pub(crate) const DEFINED: Export = Export::Defined { weak: false };

/// An x86_64 dylib that links with libSystem, built with the SDK of macOS 14.
pub(crate) fn dylib(install_name: &str) -> Image {
    Image {
        arch: Arch::X86_64,
        file_type: FileType::Dylib,
        install_name: Some(install_name.to_owned()),
        uuid: None,
        dependents: Vec::new(),
        rpaths: Vec::new(),
        imports: Vec::new(),
        format: Format::MachO(Box::new(MachO {
            build_versions: vec![version(14)],
            exports: Exports::Trie { offset: 0, size: 0 },
            ..MachO::default()
        })),
    }
}

pub(crate) fn version(sdk: u16) -> BuildVersion {
    BuildVersion {
        platform: Platform::MacOs,
        minos: Version::new(12, 0, 0),
        sdk: Version::new(sdk, 0, 0),
    }
}

pub(crate) fn executable() -> Image {
    let mut image = dylib("");
    image.file_type = FileType::Execute;
    image.install_name = None;
    image
}

pub(crate) fn needs(install_name: &str) -> Dependent {
    Dependent {
        install_name: install_name.to_owned(),
        weak: false,
        reexport: false,
        upward: false,
        delay_init: false,
        current_version: None,
        compatibility_version: None,
    }
}

pub(crate) fn import(symbol: &str, from: ImportFrom) -> Import {
    Import {
        symbol: symbol.to_owned(),
        from,
        weak: false,
        lazy: false,
        version: None,
    }
}

/// An x86_64 process on this macOS, with `/py/bin/python3` as its executable.
pub(crate) fn process_on(macos: &str) -> Process {
    let mut process = Process::new(Arch::X86_64, macos.parse().unwrap());
    process.executable = Some("/py/bin/python3".to_owned());
    process
}

/// The Mach-O part of an image, to change it.
pub(crate) fn part(image: &mut Image) -> &mut MachO {
    match &mut image.format {
        Format::MachO(part) => part,
        Format::Elf(_) => panic!("only Mach-O images are made here"),
    }
}

/// A memory with `/py/bin/python3` in it.
pub(crate) fn world() -> Memory {
    let mut memory = Memory::default();
    memory.add("/py/bin/python3", executable(), &[]);
    memory
}

/// Opens a path as Python's import does.
pub(crate) fn open(process: &Process, memory: &Memory, path: &str) -> loadproof::load::Load {
    loadproof::dyld::load(process, &Request::import(path), memory, &cache())
}

/// Reason and subject of the first failure; `None` if it loads.
pub(crate) fn failure(load: &loadproof::load::Load) -> Option<(loadproof::load::Reason, &str)> {
    let first = load.failures.first()?;
    Some((first.reason, first.subject.as_str()))
}
