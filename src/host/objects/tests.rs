//! The committed object files and archives, in places and link commands of their own.

use super::*;
use crate::build::link_commands;

const OBJECT: &[u8] = include_bytes!("../../../fixtures/objects/elf-x86_64-plain.o");
const ARCHIVE: &[u8] = include_bytes!("../../../fixtures/objects/elf-x86_64.a");
const SYMBOL: &str = "_ZN6shapes4areaEd";

fn place(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (path, bytes) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        std::fs::write(path, bytes).expect("a file");
    }
    directory
}

#[test]
fn archives_are_those_that_a_link_command_names() {
    let all = [
        "liba.a",
        "lib/libb.a",
        "lib/libc.a",
        "lib/libc.so",
        "sub/libd.a",
        "libunused.a",
    ];
    let there = place(&all.map(|path| (path, ARCHIVE)));
    let log = "gcc -c -Iinc a.c -o a.o libunused.a\n\
               gcc -shared a.o ./liba.a -L lib -lb -lc -lm -o a.so\n\
               cd sub && /usr/bin/c++ -bundle -Wl,-force_load,libd.a a.o -o d.so && cd ..\n\
               gcc -shared 'unclosed libunused.a -o b.so\n";
    let found = archives(&link_commands(log), there.path());
    let named: Vec<_> = found
        .iter()
        .map(|path| path.strip_prefix(there.path()).expect("inside"))
        .collect();
    let expected = ["liba.a", "lib/libb.a", "sub/libd.a"].map(Path::new);
    assert_eq!(named, expected);
}

#[test]
fn members_are_asked_only_where_no_object_file_tells() {
    let log = "gcc -shared x.o libshapes.a -o a.so\n";
    let there = place(&[("libshapes.a", ARCHIVE)]);
    let of = |there: &tempfile::TempDir| {
        let directory = there.path().to_path_buf();
        let links = (link_commands(log), directory.as_path());
        let objects = Objects::new(vec![directory.clone()], Vec::new(), links);
        let found = objects.references(SYMBOL);
        found.iter().map(|it| it.member.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        of(&there),
        [Some("libshapes.a(elf-x86_64-debug.o)".to_owned())]
    );
    let both = place(&[("libshapes.a", ARCHIVE), ("build/x.o", OBJECT)]);
    assert_eq!(of(&both), [None]);
}

#[test]
fn the_files_of_a_link_are_held_against_a_symbol_in_its_order() {
    const ARM: &[u8] = include_bytes!("../../../fixtures/objects/elf-aarch64-debug.o");
    let there = place(&[
        ("b/libfirst.a", ARCHIVE),
        ("b/y.o", OBJECT),
        ("b/arm.o", ARM),
    ]);
    let log =
        "make: Entering directory 'b'\ngcc -shared -o y.so -L. -lfirst y.o arm.o absent.o -lm\n";
    let of = |symbol: &str| {
        let links = (link_commands(log), there.path());
        let objects = Objects::new(Vec::new(), Vec::new(), links);
        let inputs = objects.inputs(symbol);
        let told = inputs
            .iter()
            .map(|it| (it.word, it.file.clone(), it.defines, it.needs));
        told.collect::<Vec<_>>()
    };
    let (first, second) = ("libfirst.a".to_owned(), "y.o".to_owned());
    assert_eq!(
        of("measure"),
        [
            (2, first.clone(), true, false),
            (3, second.clone(), true, false)
        ]
    );
    assert_eq!(
        of(SYMBOL),
        [(2, first, false, true), (3, second, false, true)]
    );
    assert_eq!(of("unheard_of"), []);
    // What was made again since then may have been another.
    let image = std::fs::File::create(there.path().join("b/y.so")).expect("a file");
    let past = SystemTime::now() - std::time::Duration::from_secs(3600);
    image.set_modified(past).expect("a time");
    assert_eq!(of("measure"), []);
}

#[test]
fn a_member_in_a_debug_map_is_in_its_archive() {
    assert_eq!(outer("/b/liba.a(m.o)"), "/b/liba.a");
    assert_eq!(outer("/b (1)/m.o"), "/b (1)/m.o");
}
