//! Files that are not what they should be.

use loadproof::elf;
use loadproof::load::{Content, Reason};

use crate::lab::Lab;

const ANY: &str = "int table[3000] = {1}; int any(void) { return table[1]; }";

#[test]
fn nothing_at_the_path() {
    let words = "@/x.so: cannot open shared object file: No such file or directory";
    let load = Lab::new().refuses("x.so", words);
    assert_eq!(load.failures[0].reason, Reason::LibraryNotFound);
}

#[test]
fn a_directory_at_the_path() {
    let lab = Lab::new();
    lab.write("x.so/.keep", "");
    let load = lab.refuses("x.so", "@/x.so: cannot read file data: Is a directory");
    assert_eq!(load.failures[0].reason, Reason::NotAFile);
}

#[test]
fn a_file_as_a_directory_of_the_path() {
    let lab = Lab::new();
    lab.write("x.so", "");
    lab.refuses(
        "x.so/y.so",
        "@/x.so/y.so: cannot open shared object file: Not a directory",
    );
}

#[test]
fn links_that_lead_nowhere_or_in_circles() {
    let lab = Lab::new();
    std::os::unix::fs::symlink("absent", lab.path("dangling.so")).unwrap();
    std::os::unix::fs::symlink("circle.so", lab.path("circle.so")).unwrap();
    lab.refuses(
        "dangling.so",
        "@/dangling.so: cannot open shared object file: No such file or directory",
    );
    lab.refuses(
        "circle.so",
        "@/circle.so: cannot open shared object file: Too many levels of symbolic links",
    );
}

#[test]
fn texts_short_and_long() {
    let lab = Lab::new();
    for length in [0, 1, 63, 64, 500] {
        lab.write("x.so", "x".repeat(length));
        let words = if length < 64 {
            "file too short"
        } else {
            "invalid ELF header"
        };
        lab.refuses("x.so", &format!("@/x.so: {words}"));
    }
}

#[test]
fn every_field_of_the_identification() {
    let lab = Lab::new();
    lab.library("good.so", ANY, &[]);
    let good = lab.read("good.so");
    let cases: &[(&[(usize, u8)], &str)] = &[
        (&[(0, 0)], "invalid ELF header"),
        (&[(4, 1)], "wrong ELF class: ELFCLASS32"),
        (&[(4, 7)], "wrong ELF class: ELFCLASS32"),
        (&[(5, 0)], "ELF file data encoding not little-endian"),
        (
            &[(6, 0)],
            "ELF file version ident does not match current one",
        ),
        (&[(7, 9)], "ELF file OS ABI invalid"),
        (&[(8, 1)], "ELF file ABI version invalid"),
        (&[(9, 1)], "nonzero padding in e_ident"),
        (&[(15, 1)], "nonzero padding in e_ident"),
        (&[(16, 1)], "only ET_DYN and ET_EXEC can be loaded"),
        (&[(16, 2)], "cannot dynamically load executable"),
        (
            &[(18, 3)],
            "cannot open shared object file: No such file or directory",
        ),
        (&[(20, 2)], "ELF file version does not match current one"),
        (&[(54, 0)], "ELF file's phentsize not the expected size"),
        (&[(56, 0)], "object file has no loadable segments"),
        (&[(57, 200)], "cannot read file data"),
        (
            &[(4, 1), (5, 2), (18, 0), (19, 8)],
            "wrong ELF class: ELFCLASS32",
        ),
        (
            &[(5, 2), (18, 0), (19, 22)],
            "cannot open shared object file: No such file or directory",
        ),
    ];
    for (changes, words) in cases {
        let mut bytes = good.clone();
        for (at, value) in *changes {
            bytes[*at] = *value;
        }
        lab.write("x.so", bytes);
        lab.refuses("x.so", &format!("@/x.so: {words}"));
    }
    lab.write("x.so", {
        let mut gnu = good.clone();
        gnu[7] = 3;
        gnu[8] = 1;
        gnu
    });
    assert!(lab.open("x.so").failures.is_empty());
}

#[test]
fn other_kinds_of_elf_files() {
    let lab = Lab::new();
    let main = "int main(void) { return 0; }";
    lab.compile("fixed", main, &["-no-pie"]);
    lab.compile("movable", main, &["-fPIE", "-pie"]);
    lab.compile("object.o", main, &["-c"]);
    lab.library("shy.so", ANY, &["-Wl,-z,nodlopen"]);
    lab.refuses("fixed", "@/fixed: cannot dynamically load executable");
    lab.refuses(
        "movable",
        "@/movable: cannot dynamically load position-independent executable",
    );
    lab.refuses(
        "object.o",
        "@/object.o: only ET_DYN and ET_EXEC can be loaded",
    );
    lab.refuses("shy.so", "@/shy.so: shared object cannot be dlopen()ed");
}

#[test]
fn an_executable_stack_is_asked_for_or_not() {
    let lab = Lab::new();
    for (flag, expected) in [("execstack", true), ("noexecstack", false)] {
        lab.library("x.so", ANY, &["-z", flag]);
        let content = elf::read(&lab.read("x.so"));
        let Content::Elf { image } = &content else {
            panic!("{content:?}");
        };
        assert_eq!(image.elf().unwrap().executable_stack, expected);
        lab.open("x.so");
    }
}

#[test]
fn other_kinds_of_elf_files_as_dependents() {
    let lab = Lab::new();
    lab.library("libone.so", "int one;", &["-Wl,-soname,libone.so"]);
    lab.library("x.so", "", &["-L.", "-lone", "-Wl,-rpath,$ORIGIN"]);
    lab.compile(
        "libone.so",
        "int main(void) { return 0; }",
        &["-fPIE", "-pie"],
    );
    lab.refuses(
        "x.so",
        "libone.so: cannot dynamically load position-independent executable",
    );
}

#[test]
fn a_file_cut_at_many_lengths() {
    let lab = Lab::new();
    lab.library("whole.so", ANY, &[]);
    let whole = lab.read("whole.so");
    let mut lengths: Vec<usize> = (0..whole.len()).step_by(1111).collect();
    lengths.extend([64, 119, 120, 500, 4096, whole.len() - 1]);
    for length in lengths {
        lab.write("x.so", &whole[..length]);
        lab.open("x.so");
    }
}

#[test]
fn a_file_without_section_headers_reads_the_same() {
    let lab = Lab::new();
    lab.library(
        "x.so",
        "int printf(const char *, ...); int f(void) { return printf(\"\"); }",
        &[],
    );
    let mut bytes = lab.read("x.so");
    let before = elf::read(&bytes);
    bytes[40..48].fill(0);
    bytes[60..64].fill(0);
    assert!(matches!(&before, Content::Elf { image } if !image.imports.is_empty()));
    assert_eq!(elf::read(&bytes), before);
}
