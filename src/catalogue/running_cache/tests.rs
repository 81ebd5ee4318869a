//! A cache of two files as macOS 13 and newer have it, made by hand.

use super::*;
use crate::image::Arch;

const BASE: u64 = 0x1_8000_0000;
/// Places in the main file; the addresses are these plus [`BASE`].
const MAPPINGS: usize = 0x300;
const SUBCACHES: usize = 0x380;
const INFOS: usize = 0x400;
const PATHS: usize = 0x500;
const IMAGES: usize = 0x800;
const IMAGE_SIZE: usize = 0x400;
/// The second file, whose addresses begin here, holds the tries from this place on.
const FURTHER: u64 = 0x10_0000;
const TRIES: usize = 0x400;
const TRIE_SIZE: usize = 0x100;
const UUID: [u8; 16] = [7; 16];

const ANSWER: &str = "/usr/lib/libanswer.1.dylib";
const ALIAS: &str = "/usr/lib/libanswer.dylib";
const PARTS: &str = "/usr/lib/system/libparts.dylib";
const OPEN: &str = "/usr/lib/libopen.dylib";
const HIDDEN: &str = "/usr/lib/libhidden.dylib";
const USER: &str = "/usr/lib/libuser.dylib";

const TARGET: Target = Target {
    macos: Version::new(14, 5, 1),
    arch: Arch::Arm64,
};
const THERE: Symbol = Symbol::Exported { weak: false };
const ABSENT: Symbol = Symbol::Absent(Likelihood::Certain);

fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file.get_mut(at..at + bytes.len())
        .expect("within the file")
        .copy_from_slice(bytes);
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn longs(longs: &[u64]) -> Vec<u8> {
    longs.iter().flat_map(|long| long.to_le_bytes()).collect()
}

/// A trie with all names at the root: none may begin with another.
fn trie(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let edges: usize = entries.iter().map(|(name, _)| name.len() + 3).sum();
    let mut nodes = Vec::new();
    let mut root = vec![0, entries.len() as u8];
    for (name, terminal) in entries {
        let at = 2 + edges + nodes.len();
        root.extend(name.as_bytes());
        root.extend([0, (at & 0x7f) as u8 | 0x80, (at >> 7) as u8]);
        nodes.push(terminal.len() as u8);
        nodes.extend(*terminal);
        nodes.push(0);
    }
    root.extend(nodes);
    root
}

fn segment(name: &str, address: u64, offset: u64) -> Vec<u8> {
    let mut bytes = words(&[0x19, 72]);
    let mut padded = [0; 16];
    put(&mut padded, 0, name.as_bytes());
    bytes.extend(padded);
    bytes.extend(longs(&[address, 0x1000, offset, 0x1000]));
    bytes.extend(words(&[5, 5, 0, 0]));
    bytes
}

/// A load command that names a library: 0xc an ordinary one, 0x8000_001f a re-exported one.
fn dependent(command: u32, name: &str) -> Vec<u8> {
    let size = (24 + name.len() + 1).next_multiple_of(8);
    let mut bytes = words(&[command, size as u32, 24, 2, 0x1_0000, 0x1_0000]);
    bytes.extend(name.as_bytes());
    bytes.resize(size, 0);
    bytes
}

fn image(index: usize, dependents: &[Vec<u8>]) -> Vec<u8> {
    let header = [0xfeed_facf, 0x0100_000c, 0x8000_0002, 6];
    let text = BASE + (IMAGES + index * IMAGE_SIZE) as u64;
    let mut commands = segment("__TEXT", text, 0);
    commands.extend(segment("__LINKEDIT", BASE + FURTHER + 0x40, 0x40));
    let offset = TRIES + index * TRIE_SIZE;
    commands.extend(words(&[0x8000_0033, 16, offset as u32, TRIE_SIZE as u32]));
    commands.extend(dependents.concat());
    let mut image = words(&header);
    let count = 3 + dependents.len();
    image.extend(words(&[count as u32, commands.len() as u32, 0, 0]));
    image.extend(commands);
    image
}

type Exports = &'static [(&'static str, &'static [u8])];

/// What the cache holds: install name, exports, dependents.
fn libraries() -> Vec<(&'static str, Exports, Vec<Vec<u8>>)> {
    const REEXPORT: u32 = 0x8000_001f;
    vec![
        (
            ANSWER,
            &[("_answer", b"\0\x10"), ("_renamed", b"\x08\x01_part\0")],
            vec![dependent(0xc, PARTS), dependent(REEXPORT, PARTS)],
        ),
        (
            PARTS,
            &[("_part", b"\0\x10"), ("_weak", b"\x04\x10")],
            // Back to whoever re-exports it, as libSystem and its parts do.
            vec![dependent(REEXPORT, ANSWER)],
        ),
        (
            OPEN,
            &[("_open", b"\0\x10")],
            vec![dependent(REEXPORT, "/usr/lib/libnowhere.dylib")],
        ),
        (HIDDEN, &[("_hidden", b"\0\x10")], vec![]),
        (
            USER,
            &[("_user", b"\0\x10"), ("_lost", b"\x08\x05\0")],
            vec![dependent(0xc, HIDDEN)],
        ),
    ]
}

fn header(file: &mut [u8], address: u64) {
    put(file, 0, b"dyld_v1  arm64e\0");
    put(file, 16, &words(&[MAPPINGS as u32, 1]));
    let size = file.len() as u64;
    put(
        file,
        offset_of!(Header, mapping_with_slide_offset),
        &words(&[MAPPINGS as u32, 1]),
    );
    put(file, MAPPINGS, &longs(&[address, size, 0, 0, 0, 0]));
}

/// The main file and the one beside it.
pub(crate) fn cache() -> (Vec<u8>, Vec<u8>) {
    let libraries = libraries();
    let mut main = vec![0; IMAGES + libraries.len() * IMAGE_SIZE];
    let mut further = vec![0; TRIES + (libraries.len() + 1) * TRIE_SIZE];
    header(&mut main, BASE);
    header(&mut further, BASE + FURTHER);
    put(&mut further, offset_of!(Header, uuid), &UUID);
    put(
        &mut main,
        offset_of!(Header, os_version),
        &words(&[0x000e_0500]),
    );
    put(
        &mut main,
        offset_of!(Header, sub_cache_array_offset),
        &words(&[SUBCACHES as u32, 1]),
    );
    put(&mut main, SUBCACHES, &UUID);
    put(&mut main, SUBCACHES + 24, b".01");
    let count = libraries.len();
    put(
        &mut main,
        offset_of!(Header, images_offset),
        &words(&[INFOS as u32, count as u32]),
    );
    let mut paths = vec![(ALIAS, [0u8])];
    for (index, (name, exports, dependents)) in libraries.iter().enumerate() {
        let at = IMAGES + index * IMAGE_SIZE;
        let path = PATHS + index * 0x40;
        put(&mut main, path, name.as_bytes());
        put(&mut main, INFOS + index * 32, &longs(&[BASE + at as u64]));
        put(&mut main, INFOS + index * 32 + 24, &words(&[path as u32]));
        put(&mut main, at, &image(index, dependents));
        put(&mut further, TRIES + index * TRIE_SIZE, &trie(exports));
        paths.push((name, [index as u8]));
    }
    let paths: Vec<(&str, &[u8])> = paths
        .iter()
        .map(|(name, index)| (*name, &index[..]))
        .collect();
    let at = TRIES + count * TRIE_SIZE;
    put(&mut further, at, &trie(&paths));
    let place = longs(&[BASE + FURTHER + at as u64, TRIE_SIZE as u64]);
    put(&mut main, offset_of!(Header, dylibs_trie_addr), &place);
    (main, further)
}

fn whole() -> RunningCache<Vec<u8>> {
    let (main, further) = cache();
    RunningCache::new(main, vec![Some(further)], Version::new(14, 5, 0)).expect("a cache")
}

fn present(install_name: &str) -> Library {
    let install_name = install_name.to_owned();
    Library::Present { install_name }
}

#[test]
fn a_library_is_found_by_its_name_and_by_an_alias() {
    let cache = whole();
    assert_eq!(suffixes(cache.main()), Ok(vec![".01".to_owned()]));
    assert_eq!(cache.library(ANSWER, TARGET), present(ANSWER));
    assert_eq!(cache.library(ALIAS, TARGET), present(ANSWER));
    let absent = Library::Absent(Likelihood::Certain);
    assert_eq!(cache.library("/usr/lib/libnone.dylib", TARGET), absent);
    assert_eq!(cache.library("/opt/libanswer.1.dylib", TARGET), absent);
}

#[test]
fn a_symbol_is_found_in_the_library_and_in_what_it_reexports() {
    let cache = whole();
    let ask = |symbol| cache.symbol(ANSWER, symbol, TARGET);
    assert_eq!(ask("_answer"), THERE);
    assert_eq!(ask("_part"), THERE);
    assert_eq!(ask("_weak"), Symbol::Exported { weak: true });
    assert_eq!(ask("_renamed"), THERE);
    assert_eq!(ask("_question"), ABSENT);
    assert_eq!(cache.symbol(ALIAS, "_answer", TARGET), THERE);
    // A dependent that is not re-exported is not the library's.
    assert_eq!(cache.symbol(USER, "_hidden", TARGET), ABSENT);
}

#[test]
fn what_a_library_reexports_from_elsewhere_is_unknown() {
    let cache = whole();
    assert_eq!(cache.symbol(OPEN, "_open", TARGET), THERE);
    assert_eq!(cache.symbol(OPEN, "_question", TARGET), Symbol::Unknown);
    assert_eq!(cache.symbol(USER, "_lost", TARGET), Symbol::Unknown);
    assert_eq!(
        cache.symbol("/usr/lib/libnone.dylib", "_a", TARGET),
        Symbol::Unknown
    );
}

#[test]
fn a_flat_lookup_sees_what_a_library_brings_along() {
    let cache = whole();
    assert_eq!(cache.symbol_behind(USER, "_hidden", TARGET), THERE);
    assert_eq!(cache.symbol_behind(USER, "_question", TARGET), ABSENT);
    assert_eq!(cache.symbol_behind(ANSWER, "_hidden", TARGET), ABSENT);
    assert_eq!(
        cache.symbol_behind(OPEN, "_question", TARGET),
        Symbol::Unknown
    );
}

#[test]
fn another_version_or_processor_is_not_judged() {
    let cache = whole();
    for (macos, arch) in [
        (Version::new(14, 4, 0), Arch::Arm64),
        (Version::new(15, 5, 0), Arch::Arm64),
        (Version::new(14, 5, 0), Arch::X86_64),
    ] {
        let target = Target { macos, arch };
        assert_eq!(cache.library(ANSWER, target), Library::Unknown);
        assert_eq!(cache.symbol(ANSWER, "_question", target), Symbol::Unknown);
        assert_eq!(
            cache.symbol_behind(ANSWER, "_question", target),
            Symbol::Unknown
        );
    }
}

#[test]
fn without_the_further_file_nothing_is_known() {
    let (main, further) = cache();
    let mut foreign = further;
    put(&mut foreign, offset_of!(Header, uuid), &[8; 16]);
    for other in [None, Some(foreign)] {
        let cache = RunningCache::new(main.clone(), vec![other], TARGET.macos).expect("a cache");
        assert_eq!(cache.library(ANSWER, TARGET), Library::Unknown);
        assert_eq!(cache.symbol(ANSWER, "_question", TARGET), Symbol::Unknown);
    }
}

#[test]
fn without_a_trie_of_paths_only_canonical_paths_are_known() {
    let (mut main, further) = cache();
    put(&mut main, offset_of!(Header, dylibs_trie_addr), &[0; 16]);
    let cache = RunningCache::new(main, vec![Some(further)], TARGET.macos).expect("a cache");
    assert_eq!(cache.library(PARTS, TARGET), present(PARTS));
    assert_eq!(cache.library(ALIAS, TARGET), Library::Unknown);
    assert_eq!(cache.symbol(PARTS, "_part", TARGET), THERE);
}

#[test]
fn a_cut_cache_never_says_absent_of_what_it_holds() {
    let (main, further) = cache();
    let cuts = (0..=main.len()).map(|length| (length, further.len()));
    let cuts = cuts.chain((0..=further.len()).map(|length| (main.len(), length)));
    let mut judged = 0;
    for (of_main, of_further) in cuts {
        let main = main.get(..of_main).unwrap().to_vec();
        let further = further.get(..of_further).unwrap().to_vec();
        let Ok(cache) = RunningCache::new(main, vec![Some(further)], TARGET.macos) else {
            continue;
        };
        let library = cache.library(ALIAS, TARGET);
        assert!(
            library == present(ANSWER) || library == Library::Unknown,
            "{of_main} {of_further}: {library:?}"
        );
        for symbol in ["_answer", "_part", "_renamed"] {
            let answer = cache.symbol(ANSWER, symbol, TARGET);
            let seen = cache.symbol_behind(ANSWER, symbol, TARGET);
            assert!(
                matches!(answer, THERE | Symbol::Unknown),
                "{of_main} {of_further}"
            );
            assert!(
                matches!(seen, THERE | Symbol::Unknown),
                "{of_main} {of_further}"
            );
            judged += usize::from(answer == THERE);
        }
    }
    assert!(judged > 0);
}
