//! Where dyld looks: rules of the search that no conformance case covers.

use loadproof::dyld::{self, Request};
use loadproof::image::Version;
use loadproof::load::{Load, Reason};

use crate::synthetic::{
    Memory, cache, dylib, executable, failure, needs, open, part, process_on, version, world,
};

const EXT: &str = "/py/ext.so";

/// A memory with `/py/ext.so`, which needs this.
fn needing(name: &str) -> Memory {
    let mut memory = world();
    let mut ext = dylib(EXT);
    ext.dependents.push(needs(name));
    memory.add(EXT, ext, &[]);
    memory
}

fn tried(load: &Load) -> Vec<&str> {
    let first = load.failures.first().expect("a failure");
    first
        .tried
        .iter()
        .map(|attempt| attempt.path.as_str())
        .collect()
}

#[test]
fn a_versioned_library_wins_only_if_it_is_newer() {
    let with_version = |minor| {
        let mut image = dylib("/opt/liba.dylib");
        part(&mut image).current_version = Some(Version::new(1, minor, 0));
        image
    };
    let mut process = process_on("14.5");
    process
        .environment
        .push(("DYLD_VERSIONED_LIBRARY_PATH".to_owned(), "/new".to_owned()));
    for (minor, used) in [(5, "/new/liba.dylib"), (1, "/opt/liba.dylib")] {
        let mut memory = needing("/opt/liba.dylib");
        memory.add("/opt/liba.dylib", with_version(3), &[]);
        memory.add("/new/liba.dylib", with_version(minor), &[]);
        let load = open(&process, &memory, EXT);
        assert_eq!(failure(&load), None);
        assert_eq!(load.images[1].path, used);
    }
}

#[test]
fn cryptexes_are_searched_since_macos_13() {
    let mut memory = needing("/usr/lib/libnew.dylib");
    let place = "/System/Volumes/Preboot/Cryptexes/OS/usr/lib/libnew.dylib";
    memory.add(place, dylib("/usr/lib/libnew.dylib"), &[]);
    assert_eq!(failure(&open(&process_on("13.0"), &memory, EXT)), None);
    let load = open(&process_on("12.6"), &memory, EXT);
    assert_eq!(
        failure(&load),
        Some((Reason::LibraryNotFound, "/usr/lib/libnew.dylib"))
    );
}

#[test]
fn default_fallbacks_are_for_old_sdks_and_for_everyone_before_macos_13() {
    let mut old = world();
    let mut ext = dylib(EXT);
    ext.dependents.push(needs("@rpath/liba.dylib"));
    part(&mut ext).build_versions = vec![version(13)];
    old.add(EXT, ext, &[])
        .add("/usr/local/lib/liba.dylib", dylib("liba.dylib"), &[]);
    let mut new = needing("@rpath/liba.dylib");
    new.add("/usr/local/lib/liba.dylib", dylib("liba.dylib"), &[]);
    assert_eq!(failure(&open(&process_on("14.5"), &old, EXT)), None);
    assert!(failure(&open(&process_on("14.5"), &new, EXT)).is_some());
    assert_eq!(failure(&open(&process_on("12.6"), &new, EXT)), None);
    let mut restricted = process_on("14.5");
    restricted.permissions.fallback_paths = false;
    let load = open(&restricted, &old, EXT);
    assert_eq!(tried(&load), ["/usr/lib/liba.dylib"]);
}

#[test]
fn an_empty_directory_in_a_list_stands_for_the_root() {
    let memory = needing("/opt/liba.dylib");
    let mut process = process_on("12.6");
    process
        .environment
        .push(("DYLD_LIBRARY_PATH".to_owned(), "/x:".to_owned()));
    let load = open(&process, &memory, EXT);
    assert_eq!(
        tried(&load)[..3],
        ["/x/liba.dylib", "/liba.dylib", "/opt/liba.dylib"]
    );
}

#[test]
fn variables_do_not_count_in_a_hardened_process() {
    let mut memory = needing("/opt/liba.dylib");
    memory.add("/x/liba.dylib", dylib("liba.dylib"), &[]);
    let mut process = process_on("14.5");
    process
        .environment
        .push(("DYLD_LIBRARY_PATH".to_owned(), "/x".to_owned()));
    assert_eq!(failure(&open(&process, &memory, EXT)), None);
    process.permissions.path_variables = false;
    assert!(failure(&open(&process, &memory, EXT)).is_some());
}

#[test]
fn the_executables_own_environment_is_read_and_expanded() {
    let mut memory = needing("/opt/liba.dylib");
    let mut python = executable();
    part(&mut python)
        .environment
        .push("DYLD_LIBRARY_PATH=@executable_path/../lib".to_owned());
    memory.add("/py/bin/python3", python, &[]);
    memory.add("/py/bin/../lib/liba.dylib", dylib("liba.dylib"), &[]);
    assert_eq!(failure(&open(&process_on("14.5"), &memory, EXT)), None);
}

#[test]
fn at_paths_that_amfi_forbids_are_named_so() {
    let memory = needing("@executable_path/liba.dylib");
    let mut process = process_on("14.5");
    process.permissions.at_paths = false;
    let load = open(&process, &memory, EXT);
    let words = ", (security policy does not allow @ path expansion)";
    assert!(
        load.failures[0].message.ends_with(words),
        "{}",
        load.failures[0].message
    );
}

#[test]
fn rpaths_count_from_the_needer_outwards_to_the_executable() {
    let mut memory = world();
    let mut python = executable();
    python.rpaths.push("/exe".to_owned());
    memory.add("/py/bin/python3", python, &[]);
    let (mut ext, mut middle) = (dylib(EXT), dylib("/py/libm.dylib"));
    ext.dependents.push(needs("/py/libm.dylib"));
    ext.rpaths.push("@loader_path/ext".to_owned());
    middle.dependents.push(needs("@rpath/liba.dylib"));
    middle.rpaths.push("rel".to_owned());
    memory.add(EXT, ext, &[]).add("/py/libm.dylib", middle, &[]);
    let load = open(&process_on("12.6"), &memory, EXT);
    let expected = [
        "rel/liba.dylib",
        "/py/ext/liba.dylib",
        "/exe/liba.dylib",
        "/exe/liba.dylib",
    ];
    assert_eq!(tried(&load)[..4], expected);
    assert_eq!(load.failures[0].chain, [EXT, "/py/libm.dylib"]);
}

#[test]
fn the_rpaths_of_the_image_that_calls_dlopen_count() {
    let mut memory = needing("@rpath/liba.dylib");
    let mut caller = dylib("/py/libpython.dylib");
    caller.rpaths.push("/of-caller".to_owned());
    let mut python = executable();
    python.dependents.push(needs("/py/libpython.dylib"));
    memory
        .add("/py/bin/python3", python, &[])
        .add("/py/libpython.dylib", caller, &[]);
    memory.add("/of-caller/liba.dylib", dylib("liba.dylib"), &[]);
    let mut request = Request::import(EXT);
    let process = process_on("14.5");
    assert!(failure(&dyld::load(&process, &request, &memory, &cache())).is_some());
    request.caller = Some("/py/libpython.dylib".to_owned());
    assert_eq!(
        failure(&dyld::load(&process, &request, &memory, &cache())),
        None
    );
}

#[test]
fn a_bare_name_is_what_is_loaded_under_that_rpath() {
    let mut memory = world();
    memory.add("/opt/x/libfoo.1.dylib", dylib("@rpath/libfoo.dylib"), &[]);
    let mut process = process_on("14.5");
    process
        .opened_before
        .push(Request::import("/opt/x/libfoo.1.dylib"));
    let load = open(&process, &memory, "libfoo.dylib");
    assert_eq!(failure(&load), None);
    assert_eq!(load.images[0].found_by, "loaded before");
}

#[test]
fn frameworks_have_a_fallback_list_of_their_own() {
    let mut memory = needing("/Library/F/Foo.framework/Versions/A/Foo");
    memory.add("/fb/Foo.framework/Versions/A/Foo", dylib("Foo"), &[]);
    let mut process = process_on("14.5");
    process
        .environment
        .push(("DYLD_FALLBACK_FRAMEWORK_PATH".to_owned(), "/fb".to_owned()));
    assert_eq!(failure(&open(&process, &memory, EXT)), None);
}

#[test]
fn an_old_framework_may_mean_its_unversioned_directory() {
    let mut memory = needing("/L/Foo.framework/Versions/A/Foo");
    let mut framework = dylib("/L/Foo.framework/Foo");
    framework
        .dependents
        .push(needs("@loader_path/Libraries/liba.dylib"));
    part(&mut framework).build_versions = vec![version(12)];
    memory.add("/L/Foo.framework/Versions/A/Foo", framework, &[]);
    memory.add(
        "/L/Foo.framework/Libraries/liba.dylib",
        dylib("liba.dylib"),
        &[],
    );
    assert_eq!(failure(&open(&process_on("14.5"), &memory, EXT)), None);
}

#[test]
fn all_independent_failures_are_told_and_dylds_comes_first() {
    let mut memory = world();
    let (mut ext, mut middle) = (dylib(EXT), dylib("/py/libm.dylib"));
    ext.dependents
        .extend([needs("/py/libm.dylib"), needs("/gone/b.dylib")]);
    middle.dependents.push(needs("/gone/c.dylib"));
    memory.add(EXT, ext, &[]).add("/py/libm.dylib", middle, &[]);
    let load = open(&process_on("14.5"), &memory, EXT);
    let subjects: Vec<&str> = load
        .failures
        .iter()
        .map(|failure| failure.subject.as_str())
        .collect();
    // All direct dependents are located before any of theirs.
    assert_eq!(subjects, ["/gone/b.dylib", "/gone/c.dylib"]);
}
