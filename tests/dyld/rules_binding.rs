//! Which import is bound to what: rules that no conformance case covers.

use loadproof::dyld::{
    self, FirstKnown, Library, Request, Symbol, SystemLibraries, Target, Unjudged,
};
use loadproof::image::{ImportFrom, MachO};
use loadproof::load::{Export, Likelihood, Load, LoadVerdict, Reason};

use crate::synthetic::{
    DEFINED, Memory, cache, dylib, failure, import, needs, open, part, process_on, world,
};

const EXT: &str = "/py/ext.so";

fn importing(symbol: &str, from: ImportFrom) -> Memory {
    let mut memory = world();
    let mut ext = dylib(EXT);
    ext.dependents.push(needs("/lib/liba.dylib"));
    ext.imports.push(import(symbol, from));
    memory.add(EXT, ext, &[]);
    memory
}

fn opened_before(memory: &Memory, local: bool) -> Load {
    let mut process = process_on("14.5");
    let mut request = Request::import("/lib/first.dylib");
    request.local = local;
    process.opened_before.push(request);
    open(&process, memory, EXT)
}

#[test]
fn a_renamed_reexport_is_followed_even_by_a_flat_lookup() {
    let mut memory = importing("_new", ImportFrom::Flat);
    let mut library = dylib("/lib/liba.dylib");
    library.dependents.push(needs("/lib/libb.dylib"));
    let renamed = Export::Reexport {
        ordinal: 1,
        symbol: "_old".to_owned(),
    };
    memory.add("/lib/liba.dylib", library, &[("_new", renamed)]);
    memory.add(
        "/lib/libb.dylib",
        dylib("/lib/libb.dylib"),
        &[("_old", DEFINED)],
    );
    assert_eq!(failure(&open(&process_on("14.5"), &memory, EXT)), None);
}

#[test]
fn flat_lookups_do_not_follow_reexported_libraries_but_find_them_loaded() {
    let mut memory = importing("_f", ImportFrom::Ordinal(1));
    let mut library = dylib("/lib/liba.dylib");
    library.dependents.push(needs("/lib/libb.dylib"));
    memory.add("/lib/liba.dylib", library.clone(), &[]);
    memory.add(
        "/lib/libb.dylib",
        dylib("/lib/libb.dylib"),
        &[("_f", DEFINED)],
    );
    let load = open(&process_on("14.5"), &memory, EXT);
    assert_eq!(failure(&load), Some((Reason::SymbolNotFound, "_f")));
    assert_eq!(
        load.failures[0].expected_in.as_deref(),
        Some("/lib/liba.dylib")
    );
    library.dependents[0].reexport = true;
    memory.add("/lib/liba.dylib", library, &[]);
    assert_eq!(failure(&open(&process_on("14.5"), &memory, EXT)), None);
}

#[test]
fn weak_coalescing_asks_images_with_weak_definitions_only() {
    let mut memory = importing("_w", ImportFrom::WeakLookup);
    memory.add(
        "/lib/liba.dylib",
        dylib("/lib/liba.dylib"),
        &[("_w", DEFINED)],
    );
    assert!(failure(&open(&process_on("14.5"), &memory, EXT)).is_some());
    let mut library = dylib("/lib/liba.dylib");
    part(&mut library).flags = MachO::WEAK_DEFINES;
    memory.add(
        "/lib/liba.dylib",
        library,
        &[("_w", Export::Defined { weak: true })],
    );
    assert_eq!(failure(&open(&process_on("14.5"), &memory, EXT)), None);
}

#[test]
fn rtld_local_hides_the_opened_image_from_later_flat_lookups() {
    let mut memory = importing("_f", ImportFrom::Flat);
    memory.add("/lib/liba.dylib", dylib("/lib/liba.dylib"), &[]);
    memory.add(
        "/lib/first.dylib",
        dylib("/lib/first.dylib"),
        &[("_f", DEFINED)],
    );
    assert_eq!(failure(&opened_before(&memory, false)), None);
    assert!(failure(&opened_before(&memory, true)).is_some());
}

#[test]
fn lazy_functions_may_be_missing_under_rtld_lazy_only() {
    let mut memory = importing("_unused", ImportFrom::ThisImage);
    let mut ext = dylib(EXT);
    ext.dependents.push(needs("/lib/liba.dylib"));
    let mut lazy = import("_later", ImportFrom::Ordinal(1));
    lazy.lazy = true;
    ext.imports.push(lazy);
    memory
        .add(EXT, ext, &[])
        .add("/lib/liba.dylib", dylib("/lib/liba.dylib"), &[]);
    let mut request = Request::import(EXT);
    let process = process_on("14.5");
    let load = dyld::load(&process, &request, &memory, &cache());
    assert_eq!(failure(&load), Some((Reason::SymbolNotFound, "_later")));
    request.lazy = true;
    assert_eq!(
        failure(&dyld::load(&process, &request, &memory, &cache())),
        None
    );
}

#[test]
fn a_file_that_overrides_a_cached_library_may_lack_symbols_of_its_own() {
    let mut memory = importing("_unused", ImportFrom::MainExecutable);
    let mut ext = dylib(EXT);
    ext.dependents.push(needs("/usr/lib/libz.1.dylib"));
    memory.add(EXT, ext, &[]);
    let mut library = dylib("/usr/lib/libz.1.dylib");
    library.dependents.push(needs("/lib/liba.dylib"));
    library
        .imports
        .push(import("_gone", ImportFrom::Ordinal(1)));
    memory.add("/ov/libz.1.dylib", library, &[]);
    memory.add("/lib/liba.dylib", dylib("/lib/liba.dylib"), &[]);
    let mut process = process_on("14.5");
    process
        .environment
        .push(("DYLD_LIBRARY_PATH".to_owned(), "/ov".to_owned()));
    let load = open(&process, &memory, EXT);
    assert_eq!(failure(&load), None);
    assert_eq!(load.images[1].path, "/ov/libz.1.dylib");
}

#[test]
fn what_a_missing_library_would_have_had_is_not_missed_again() {
    let mut memory = importing("_a", ImportFrom::Ordinal(1));
    let mut ext = dylib(EXT);
    ext.dependents
        .extend([needs("/lib/gone.dylib"), needs("/lib/libb.dylib")]);
    ext.imports.push(import("_a", ImportFrom::Ordinal(1)));
    ext.imports.push(import("_b", ImportFrom::Ordinal(2)));
    ext.imports.push(import("_c", ImportFrom::Flat));
    memory
        .add(EXT, ext, &[])
        .add("/lib/libb.dylib", dylib("/lib/libb.dylib"), &[]);
    let load = open(&process_on("14.5"), &memory, EXT);
    let subjects: Vec<&str> = load
        .failures
        .iter()
        .map(|failure| failure.subject.as_str())
        .collect();
    assert_eq!(subjects, ["/lib/gone.dylib", "_b"]);
}

#[test]
fn what_no_table_knows_is_assumed_and_said() {
    let mut memory = importing("_unused", ImportFrom::ThisImage);
    let mut ext = dylib(EXT);
    ext.dependents.push(needs("/usr/lib/libnew.dylib"));
    ext.imports.push(import("_n", ImportFrom::Ordinal(1)));
    memory.add(EXT, ext, &[]);
    let load = dyld::load(
        &process_on("14.5"),
        &Request::import(EXT),
        &memory,
        &Unjudged,
    );
    assert_eq!(load.verdict(), LoadVerdict::Loads);
    let said = load.assumptions.join("\n");
    assert!(said.contains("`/usr/lib/libnew.dylib`"), "{said}");
    assert!(
        said.contains("`/usr/lib/libnew.dylib` exports 1 symbol"),
        "{said}"
    );
}

/// A table that is not sure.
struct Unsure;

impl SystemLibraries for Unsure {
    fn library(&self, path: &str, _: Target) -> Library {
        match path {
            "/usr/lib/libnew.dylib" => Library::Absent(Likelihood::Likely),
            _ if dyld::might_be_cached(path) => Library::Present {
                install_name: path.to_owned(),
            },
            _ => Library::Absent(Likelihood::Certain),
        }
    }

    fn symbol(&self, _: &str, symbol: &str, _: Target) -> Symbol {
        match symbol {
            "_likely_missing" => Symbol::Absent(Likelihood::Likely),
            _ => Symbol::Exported { weak: false },
        }
    }
}

#[test]
fn what_is_only_likely_missing_fails_no_load() {
    let mut memory = importing("_unused", ImportFrom::ThisImage);
    let mut ext = dylib(EXT);
    ext.dependents.extend([
        needs("/usr/lib/libnew.dylib"),
        needs("/usr/lib/libz.1.dylib"),
    ]);
    ext.imports
        .push(import("_likely_missing", ImportFrom::Ordinal(2)));
    memory.add(EXT, ext, &[]);
    let load = dyld::load(&process_on("14.5"), &Request::import(EXT), &memory, &Unsure);
    assert_eq!(load.verdict(), LoadVerdict::Loads);
    let likely: Vec<_> = load
        .failures
        .iter()
        .map(|failure| failure.likelihood)
        .collect();
    assert_eq!(likely, [Likelihood::Likely, Likelihood::Likely]);
}

#[test]
fn compatibility_versions_are_compared_before_macos_12_only() {
    use loadproof::image::Version;
    let mut memory = world();
    let mut ext = dylib(EXT);
    part(&mut ext).build_versions[0].minos = Version::new(10, 9, 0);
    ext.dependents.push(needs("/lib/liba.dylib"));
    ext.dependents[0].compatibility_version = Some(Version::new(2, 0, 0));
    let mut library = dylib("/lib/liba.dylib");
    part(&mut library).compatibility_version = Some(Version::new(1, 0, 0));
    library.dependents.push(needs("/usr/lib/libSystem.B.dylib"));
    library
        .imports
        .push(import("_malloc", ImportFrom::Ordinal(1)));
    memory
        .add(EXT, ext, &[])
        .add("/lib/liba.dylib", library, &[]);
    assert_eq!(failure(&open(&process_on("12.0"), &memory, EXT)), None);
    let load = open(&process_on("10.15"), &memory, EXT);
    assert_eq!(load.failures.len(), 1, "{:?}", load.failures);
    let words = "ext.so requires version 2.0.0 or later, but liba.dylib provides version 1.0.0";
    assert!(
        load.failures[0].message.contains(words),
        "{}",
        load.failures[0].message
    );
}

/// `_deep` is in something that every system library brings along.
struct Deep;

impl SystemLibraries for Deep {
    fn library(&self, path: &str, target: Target) -> Library {
        Unsure.library(path, target)
    }

    fn symbol(&self, _: &str, _: &str, _: Target) -> Symbol {
        Symbol::Absent(Likelihood::Certain)
    }

    fn symbol_behind(&self, _: &str, symbol: &str, _: Target) -> Symbol {
        match symbol {
            "_deep" => Symbol::Exported { weak: false },
            "_unread" => Symbol::Unknown,
            _ => Symbol::Absent(Likelihood::Certain),
        }
    }
}

#[test]
fn a_flat_lookup_reaches_what_system_libraries_bring_along_and_a_two_level_one_does_not() {
    let verdict = |symbol, from| {
        let mut memory = importing("_unused", ImportFrom::ThisImage);
        let mut ext = dylib(EXT);
        ext.dependents.push(needs("/usr/lib/libz.1.dylib"));
        ext.imports.push(import(symbol, from));
        memory.add(EXT, ext, &[]);
        dyld::load(&process_on("14.5"), &Request::import(EXT), &memory, &Deep).verdict()
    };
    assert_eq!(verdict("_deep", ImportFrom::Flat), LoadVerdict::Loads);
    assert_eq!(verdict("_unread", ImportFrom::Flat), LoadVerdict::Loads);
    assert_eq!(verdict("_none", ImportFrom::Flat), LoadVerdict::Fails);
    let two_level = ImportFrom::Ordinal(1);
    assert_eq!(verdict("_deep", two_level), LoadVerdict::Fails);
}

#[test]
fn the_second_is_asked_only_what_the_first_does_not_know() {
    let target = Target {
        macos: loadproof::image::Version::new(14, 5, 0),
        arch: loadproof::image::Arch::Arm64,
    };
    let both = FirstKnown(&Unjudged, &Deep);
    let present = Library::Present {
        install_name: "/usr/lib/libz.1.dylib".to_owned(),
    };
    assert_eq!(both.library("/usr/lib/libz.1.dylib", target), present);
    let absent = Symbol::Absent(Likelihood::Certain);
    assert_eq!(both.symbol("/usr/lib/libz.1.dylib", "_a", target), absent);
    let deep = both.symbol_behind("/usr/lib/libz.1.dylib", "_deep", target);
    assert_eq!(deep, Symbol::Exported { weak: false });
    let turned = FirstKnown(&Deep, &Unjudged);
    assert_eq!(turned.symbol("/usr/lib/libz.1.dylib", "_a", target), absent);
}
