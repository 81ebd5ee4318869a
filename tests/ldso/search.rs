//! Where dependents are looked for.

use loadproof::load::Reason;

use crate::lab::Lab;
use crate::python::Request;

const ONE: &str = "int one(void) { return 1; }";
const USES_ONE: &str = "int one(void); int two(void) { return one() + 1; }";
const USES_TWO: &str = "int two(void); int three(void) { return two() + 1; }";

/// `x.so` needs `libtwo.so`, which needs `libone.so` in another directory. The flags are those of `x.so` and of
/// `libtwo.so`.
fn chain(x_flags: &[&str], two_flags: &[&str]) -> Lab {
    let lab = Lab::new();
    lab.write("one/.keep", "");
    lab.write("two/.keep", "");
    lab.library("one/libone.so", ONE, &["-Wl,-soname,libone.so"]);
    let two = ["-Wl,-soname,libtwo.so", "-Lone", "-lone"];
    lab.library("two/libtwo.so", USES_ONE, &[&two, two_flags].concat());
    let x = ["-Ltwo", "-ltwo", "-Wl,-rpath-link,one"];
    lab.library("x.so", USES_TWO, &[&x, x_flags].concat());
    lab
}

const NEW: &str = "-Wl,--enable-new-dtags";
const OLD: &str = "-Wl,--disable-new-dtags";

#[test]
fn a_missing_dependent_is_named_as_it_was_asked_for() {
    let lab = chain(&[], &[]);
    let words = "libtwo.so: cannot open shared object file: No such file or directory";
    let load = lab.refuses("x.so", words);
    assert_eq!(load.failures.len(), 1);
    let failure = &load.failures[0];
    assert_eq!(failure.reason, Reason::LibraryNotFound);
    assert_eq!(failure.referenced_from, Some(lab.text("x.so")));
    assert_eq!(failure.chain, [lab.text("x.so")]);
    assert!(
        failure
            .tried
            .iter()
            .any(|it| it.path == "/usr/lib/libtwo.so")
    );
}

#[test]
fn runpath_serves_direct_dependents_only() {
    let lab = chain(&[NEW, "-Wl,-rpath,$ORIGIN/two:$ORIGIN/one"], &[]);
    let words = "libone.so: cannot open shared object file: No such file or directory";
    let load = lab.refuses("x.so", words);
    assert_eq!(load.failures[0].chain.len(), 2);
}

#[test]
fn rpath_is_inherited() {
    let lab = chain(&[OLD, "-Wl,-rpath,$ORIGIN/two:$ORIGIN/one"], &[]);
    let load = lab.open("x.so");
    let found = &load.images.last().unwrap().found_by;
    assert!(load.failures.is_empty() && !found.is_empty());
}

#[test]
fn runpath_of_the_asking_image_shuts_off_inherited_rpath() {
    let rpath = "-Wl,-rpath,$ORIGIN/two:$ORIGIN/one";
    let lab = chain(&[OLD, rpath], &[NEW, "-Wl,-rpath,/nowhere"]);
    lab.refuses(
        "x.so",
        "libone.so: cannot open shared object file: No such file or directory",
    );
}

#[test]
fn origin_is_the_directory_of_the_asking_image() {
    let two = [NEW, "-Wl,-rpath,${ORIGIN}/../one"];
    let lab = chain(&[NEW, "-Wl,-rpath,$ORIGIN/two/"], &two);
    assert!(lab.open("x.so").failures.is_empty());
}

#[test]
fn origin_does_not_follow_symbolic_links() {
    let lab = chain(
        &[NEW, "-Wl,-rpath,$ORIGIN/two"],
        &[NEW, "-Wl,-rpath,$ORIGIN/../one"],
    );
    lab.write("away/.keep", "");
    std::os::unix::fs::symlink(lab.path("x.so"), lab.path("away/x.so")).unwrap();
    lab.refuses(
        "away/x.so",
        "libtwo.so: cannot open shared object file: No such file or directory",
    );
}

#[test]
fn library_path_comes_before_runpath_and_after_rpath() {
    for (tags, expected) in [(NEW, "LD_LIBRARY_PATH"), (OLD, "DT_RPATH")] {
        let lab = Lab::new();
        for directory in ["a", "b"] {
            lab.write(&format!("{directory}/.keep"), "");
            lab.library(
                &format!("{directory}/libone.so"),
                ONE,
                &["-Wl,-soname,libone.so"],
            );
        }
        let flags = ["-La", "-lone", tags, "-Wl,-rpath,$ORIGIN/a"];
        lab.library("x.so", USES_ONE, &flags);
        let library_path = format!("{}:;{}", lab.text("nothing"), lab.text("b//"));
        let request = Request {
            library_path: Some(&library_path),
            ..Request::default()
        };
        let load = lab.open_with("x.so", &request);
        assert!(load.images[1].found_by.starts_with(expected), "{load:#?}");
    }
}

#[test]
fn an_empty_element_of_library_path_is_the_working_directory() {
    let lab = Lab::new();
    lab.library("libone.so", ONE, &["-Wl,-soname,libone.so"]);
    lab.library("sub.so", USES_ONE, &["-L.", "-lone"]);
    let directory = lab.path("");
    let request = Request {
        library_path: Some("/nowhere:"),
        directory: Some(&directory),
        ..Request::default()
    };
    assert_eq!(
        lab.open_with("sub.so", &request).images[1].path,
        "libone.so"
    );
    lab.refuses(
        "sub.so",
        "libone.so: cannot open shared object file: No such file or directory",
    );
}

#[test]
fn a_name_with_a_slash_is_not_searched() {
    let lab = Lab::new();
    lab.write("lib/.keep", "");
    lab.library("lib/libone.so", ONE, &[]);
    lab.library("x.so", USES_ONE, &["lib/libone.so"]);
    lab.refuses(
        "x.so",
        "lib/libone.so: cannot open shared object file: No such file or directory",
    );
    let directory = lab.path("");
    let request = Request {
        directory: Some(&directory),
        ..Request::default()
    };
    assert!(lab.open_with("x.so", &request).failures.is_empty());
}

#[test]
fn tokens_in_a_name_with_a_slash_are_expanded() {
    let lab = Lab::new();
    lab.library("libone.so", ONE, &["-Wl,-soname,$ORIGIN/sub/libone.so"]);
    lab.library("x.so", USES_ONE, &["-L.", "-lone"]);
    lab.refuses(
        "x.so",
        "@/sub/libone.so: cannot open shared object file: No such file or directory",
    );
    lab.write("sub/.keep", "");
    std::fs::rename(lab.path("libone.so"), lab.path("sub/libone.so")).unwrap();
    assert!(lab.open("x.so").failures.is_empty());
}

#[test]
fn a_foreign_file_is_passed_over_in_a_search() {
    let lab = Lab::new();
    lab.write("good/.keep", "");
    lab.library("good/libone.so", ONE, &["-Wl,-soname,libone.so"]);
    let mut foreign = lab.read("good/libone.so");
    foreign[18] = 0xf3;
    lab.write("foreign/libone.so", &foreign);
    foreign[4] = 1;
    lab.write("small/libone.so", &foreign);
    let flags = ["-Lgood", "-lone", NEW];
    let rpath = |path: &str| format!("-Wl,-rpath,{path}");
    let all = rpath("$ORIGIN/foreign:$ORIGIN/small:$ORIGIN/good");
    lab.library("x.so", USES_ONE, &[&flags[..], &[&all]].concat());
    assert!(lab.open("x.so").failures.is_empty());
    let class = rpath("$ORIGIN/foreign:$ORIGIN/small");
    lab.library("class.so", USES_ONE, &[&flags[..], &[&class]].concat());
    let load = lab.refuses("class.so", "libone.so: wrong ELF class: ELFCLASS32");
    assert_eq!(load.failures[0].reason, Reason::ArchMismatch);
    let machine = rpath("$ORIGIN/foreign");
    lab.library("machine.so", USES_ONE, &[&flags[..], &[&machine]].concat());
    let words = "libone.so: cannot open shared object file: No such file or directory";
    let load = lab.refuses("machine.so", words);
    assert_eq!(load.failures[0].reason, Reason::ArchMismatch);
}

#[test]
fn a_damaged_file_ends_a_search() {
    let lab = Lab::new();
    lab.write("good/.keep", "");
    lab.library("good/libone.so", ONE, &["-Wl,-soname,libone.so"]);
    lab.write("bad/libone.so", "INPUT(libone.so.1)\n");
    let flags = [
        "-Lgood",
        "-lone",
        NEW,
        "-Wl,-rpath,$ORIGIN/bad:$ORIGIN/good",
    ];
    lab.library("x.so", USES_ONE, &flags);
    lab.refuses("x.so", "@/bad/libone.so: file too short");
    lab.write("bad/libone.so", "INPUT(libone.so.1)\n".repeat(10));
    lab.refuses("x.so", "@/bad/libone.so: invalid ELF header");
    std::fs::remove_file(lab.path("bad/libone.so")).unwrap();
    std::fs::create_dir(lab.path("bad/libone.so")).unwrap();
    lab.refuses(
        "x.so",
        "@/bad/libone.so: cannot read file data: Is a directory",
    );
}

#[test]
fn glibc_hwcaps_subdirectories_come_first() {
    let lab = Lab::new();
    lab.write("l/glibc-hwcaps/x86-64-v2/.keep", "");
    lab.library("l/libone.so", ONE, &["-Wl,-soname,libone.so"]);
    let better = "l/glibc-hwcaps/x86-64-v2/libone.so";
    lab.library(better, ONE, &["-Wl,-soname,libone.so"]);
    lab.library(
        "x.so",
        USES_ONE,
        &["-Ll", "-lone", NEW, "-Wl,-rpath,$ORIGIN/l"],
    );
    let (process, _) = crate::python::open(&lab.text("x.so"), &Request::default());
    let expected = if process.hwcaps.is_empty() {
        "l/libone.so"
    } else {
        better
    };
    assert_eq!(lab.open("x.so").images[1].path, lab.text(expected));
}

#[test]
fn every_missing_dependent_is_told_breadth_first() {
    let lab = Lab::new();
    for name in ["liba.so", "libb.so", "libc_.so"] {
        lab.library(name, "", &[&format!("-Wl,-soname,{name}") as &str]);
    }
    lab.library(
        "libmid.so",
        "",
        &["-Wl,-soname,libmid.so", "-L.", "-l:liba.so"],
    );
    let needs = [
        "-L.",
        "-l:libmid.so",
        "-l:libb.so",
        "-l:libc_.so",
        "-Wl,-rpath,$ORIGIN",
    ];
    lab.library("x.so", "", &needs);
    for name in ["liba.so", "libb.so", "libc_.so"] {
        std::fs::remove_file(lab.path(name)).unwrap();
    }
    let load = lab.open("x.so");
    let subjects: Vec<_> = load.failures.iter().map(|it| it.subject.as_str()).collect();
    assert_eq!(subjects, ["libb.so", "libc_.so", "liba.so"]);
}
