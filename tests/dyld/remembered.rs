//! What earlier loads found out about imports changes no later one.

use std::sync::Arc;

use loadproof::dyld::{self, Request};
use loadproof::host::disk::Disk;
use loadproof::image::{ImportFrom, MachO};
use loadproof::load::{Bindings, Content, Export, ImageSource, Lookup, Question};

use crate::fixture;
use crate::synthetic::{
    self, DEFINED, Memory, cache, dylib, import, needs, part, process_on, world,
};

/// A source that remembers.
struct Remembering<'a> {
    source: &'a dyn ImageSource,
    bindings: Bindings,
}

impl<'a> Remembering<'a> {
    fn new(source: &'a dyn ImageSource) -> Self {
        let bindings = Bindings::default();
        Remembering { source, bindings }
    }
}

impl ImageSource for Remembering<'_> {
    fn lookup(&self, path: &str) -> Lookup {
        self.source.lookup(path)
    }

    fn content(&self, real_path: &str) -> Arc<Content> {
        self.source.content(real_path)
    }

    fn real_path(&self, path: &str) -> Option<String> {
        self.source.real_path(path)
    }

    fn export(&self, real_path: &str, slice: usize, question: &Question<'_>) -> Export {
        self.source.export(real_path, slice, question)
    }

    fn bindings(&self) -> Option<&Bindings> {
        Some(&self.bindings)
    }
}

#[test]
fn the_conformance_cases_end_as_they_do_alone_at_the_first_and_the_second_time() {
    let mut count = 0;
    for (case, fixture) in fixture::all() {
        let root = fixture.lay_out();
        let disk = Disk::under(root.path());
        let (process, request) = synthetic::process(&fixture.case);
        let alone = dyld::load(&process, &request, &disk, &cache());
        let remembering = Remembering::new(&disk);
        for _ in 0..2 {
            let load = dyld::load(&process, &request, &remembering, &cache());
            assert_eq!(load, alone, "{case}");
        }
        count += 1;
    }
    assert!(count > 100, "{count} cases");
}

/// Two modules that share a library, whose own dependent is found by the rpath of whoever loads it.
fn two_homes() -> Memory {
    let mut memory = world();
    for home in ["one", "two"] {
        let mut module = dylib("");
        module.rpaths.push(format!("/{home}"));
        module.dependents.push(needs("/lib/shared.dylib"));
        memory.add(&format!("/{home}/module.so"), module, &[]);
    }
    let mut shared = dylib("/lib/shared.dylib");
    shared.dependents.push(needs("@rpath/libleaf.dylib"));
    shared.imports.push(import("_leaf", ImportFrom::Ordinal(1)));
    memory.add("/lib/shared.dylib", shared, &[]);
    let leaf = || dylib("@rpath/libleaf.dylib");
    memory.add("/one/libleaf.dylib", leaf(), &[("_leaf", DEFINED)]);
    memory.add("/two/libleaf.dylib", leaf(), &[]);
    memory
}

#[test]
fn a_library_that_is_found_elsewhere_is_asked_anew() {
    let memory = two_homes();
    let remembering = Remembering::new(&memory);
    let fails = |path: &str| {
        let process = process_on("14.5");
        let request = Request::import(path);
        let load = dyld::load(&process, &request, &remembering, &cache());
        load.failures.first().map(|failure| failure.subject.clone())
    };
    for _ in 0..2 {
        assert_eq!(fails("/one/module.so"), None);
        assert_eq!(fails("/two/module.so").as_deref(), Some("_leaf"));
    }
}

#[test]
fn a_weak_definition_that_is_hidden_is_not_remembered_as_found() {
    let mut memory = world();
    let weak = |name: &str| {
        let mut library = dylib(name);
        part(&mut library).flags = MachO::WEAK_DEFINES;
        library
    };
    let defined = [("_w", Export::Defined { weak: true })];
    memory.add("/lib/shared.dylib", weak("/lib/shared.dylib"), &defined);
    let mut module = dylib("");
    module.dependents.push(needs("/lib/shared.dylib"));
    module.imports.push(import("_w", ImportFrom::WeakLookup));
    memory.add("/module.so", module, &[]);
    let remembering = Remembering::new(&memory);
    let loads = |first: Option<&str>| {
        let mut process = process_on("14.5");
        process.opened_before.extend(first.map(|path| {
            let mut request = Request::import(path);
            request.local = true;
            request
        }));
        let request = Request::import("/module.so");
        let load = dyld::load(&process, &request, &remembering, &cache());
        load.failures.is_empty()
    };
    for _ in 0..2 {
        assert!(loads(None));
        assert!(!loads(Some("/lib/shared.dylib")));
    }
}
