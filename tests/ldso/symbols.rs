//! Symbols and their versions.

use loadproof::load::{Load, Reason};

use crate::lab::Lab;

const RPATH: &str = "-Wl,-rpath,$ORIGIN";

fn subjects(load: &Load) -> Vec<&str> {
    load.failures.iter().map(|it| it.subject.as_str()).collect()
}

#[test]
fn an_undefined_symbol_in_the_opened_image() {
    let lab = Lab::new();
    lab.library(
        "x.so",
        "int gone(void); int f(void) { return gone(); }",
        &[],
    );
    let load = lab.refuses("x.so", "@/x.so: undefined symbol: gone");
    assert_eq!(load.failures[0].reason, Reason::SymbolNotFound);
    assert_eq!(load.failures[0].chain, [lab.text("x.so")]);
}

#[test]
fn the_first_of_several_is_that_of_the_relocations() {
    let lab = Lab::new();
    let source = "extern int zz, aa; int b1(void); int a2(void); int (*held)(void) = a2;
                  int f(void) { return b1() + zz + aa + a2(); }";
    for flags in [
        &[][..],
        &["-Wl,-z,nocombreloc"],
        &["-Wl,-z,now"],
        &["-fno-plt"],
    ] {
        lab.library("x.so", source, flags);
        let load = lab.open("x.so");
        let mut found = subjects(&load);
        found.sort_unstable();
        assert_eq!(found, ["a2", "aa", "b1", "zz"]);
    }
}

#[test]
fn dependents_are_relocated_before_what_needs_them() {
    let lab = Lab::new();
    let gone =
        |name: &str| format!("int gone_{name}(void); int {name}(void) {{ return gone_{name}(); }}");
    let build = |name: &str, needs: &[&str]| {
        let soname = format!("-Wl,-soname,lib{name}.so");
        let flags: Vec<String> = needs.iter().map(|it| format!("-l:lib{it}.so")).collect();
        let mut all = vec!["-L.", RPATH, "-Wl,-rpath-link,.", &soname];
        all.extend(flags.iter().map(String::as_str));
        lab.library(&format!("lib{name}.so"), &gone(name), &all);
    };
    build("d", &[]);
    build("c", &[]);
    build("b", &["d"]);
    build("a", &["c", "d"]);
    build("e", &["b", "c"]);
    let orders: &[&[&str]] = &[
        &["a", "b"],
        &["b", "a"],
        &["d", "e", "a"],
        &["e", "c"],
        &["c", "b", "e"],
    ];
    for order in orders {
        build("x", order);
        let load = lab.open("libx.so");
        assert_eq!(subjects(&load).last(), Some(&"gone_x"));
    }
}

#[test]
fn dependents_in_a_circle_are_relocated_in_the_real_order() {
    let lab = Lab::new();
    let library = |name: &str, flags: &[&str]| {
        let soname = format!("-Wl,-soname,lib{name}.so");
        let source = format!("int gone_{name}(void); int {name}(void) {{ return gone_{name}(); }}");
        let all = [&["-L.", RPATH, "-Wl,-rpath-link,.", &soname], flags].concat();
        lab.library(&format!("lib{name}.so"), &source, &all);
    };
    library("a", &[]);
    library("b", &["-la"]);
    library("c", &["-lb", "-la"]);
    library("a", &["-lc"]);
    for flags in [&["-la", "-lb"][..], &["-lb", "-lc"], &["-lc"]] {
        library("x", flags);
        assert_eq!(lab.open("libx.so").failures.len(), 4);
    }
    library("x", &[]);
    library("b", &["-lx", "-la"]);
    library("x", &["-lb"]);
    assert_eq!(lab.open("libx.so").failures.len(), 4);
}

#[test]
fn weak_and_unused_symbols_may_be_absent() {
    let lab = Lab::new();
    let source =
        "extern int gone(void) __attribute__((weak)); int f(void) { return gone ? gone() : 0; }
                  extern int never; void g(int *it) { if (0) *it = never; }";
    lab.library("x.so", source, &[]);
    assert!(lab.open("x.so").failures.is_empty());
}

#[test]
fn weak_definitions_and_thread_locals_and_ifuncs_count() {
    let lab = Lab::new();
    let one = "__attribute__((weak)) int w(void) { return 1; } __thread int t = 4;
               static int impl(void) { return 2; } static void *pick(void) { return impl; }
               int i(void) __attribute__((ifunc(\"pick\")));
               __attribute__((visibility(\"hidden\"))) int h(void) { return 3; }";
    lab.library("libone.so", one, &["-Wl,-soname,libone.so"]);
    let source = "int w(void), i(void), h(void); extern __thread int t;
                  int f(void) { return w() + i() + h() + t; }";
    lab.library("x.so", source, &["-L.", "-lone", RPATH]);
    lab.refuses("x.so", "@/x.so: undefined symbol: h");
}

#[test]
fn both_kinds_of_hash_table_are_read() {
    let lab = Lab::new();
    let many: String = (0..500)
        .map(|n| format!("int f{n}(void) {{ return {n}; }}\n"))
        .collect();
    let uses: String = (0..600).map(|n| format!("int f{n}(void);\n")).collect();
    let calls: String = (0..600).map(|n| format!("+ f{n}()")).collect();
    lab.library("libmany.so", &many, &["-Wl,-soname,libmany.so"]);
    let source = format!("{uses} int f(void) {{ return 0 {calls}; }}");
    lab.library("x.so", &source, &["-L.", "-lmany", RPATH]);
    for style in ["gnu", "sysv", "both"] {
        let style = format!("-Wl,--hash-style={style}");
        lab.library("libmany.so", &many, &["-Wl,-soname,libmany.so", &style]);
        assert_eq!(lab.open("x.so").failures.len(), 100);
    }
}

const VERSIONED: &str = "int f(void) { return 1; } int g(void) { return 2; }";

fn build_versioned(lab: &Lab, script: &str) {
    lab.write("map", script);
    let flags = ["-Wl,-soname,libv.so", "-Wl,--version-script=map"];
    lab.library("libv.so", VERSIONED, &flags);
}

fn versioned(source: &str) -> Lab {
    let lab = Lab::new();
    build_versioned(&lab, "V1 { global: f; }; V2 { global: g; local: *; } V1;");
    lab.library("x.so", source, &["-L.", "-lv", RPATH]);
    lab
}

const USES_F: &str = "int f(void); int x(void) { return f(); }";

#[test]
fn a_library_without_the_required_version() {
    let lab = versioned("int f(void); int g(void); int x(void) { return f() + g(); }");
    assert!(lab.open("x.so").failures.is_empty());
    build_versioned(&lab, "V1 { global: f; g; local: *; };");
    let words = "@/libv.so: version `V2' not found (required by @/x.so)";
    let load = lab.refuses("x.so", words);
    assert_eq!(load.failures.len(), 1);
    assert_eq!(load.failures[0].reason, Reason::VersionNotFound);
    assert_eq!(load.failures[0].expected_in, Some(lab.text("libv.so")));
}

#[test]
fn a_symbol_that_moved_to_another_version() {
    let lab = versioned(USES_F);
    build_versioned(&lab, "V1 { global: g; }; V2 { global: f; local: *; } V1;");
    let load = lab.refuses("x.so", "@/x.so: undefined symbol: f, version V1");
    assert_eq!(load.failures[0].symbol_version.as_deref(), Some("V1"));
    assert_eq!(load.failures[0].tried[0].why, "has it as V2");
}

#[test]
fn a_library_that_lost_its_versions_and_a_reference_that_never_had_one() {
    let lab = versioned(USES_F);
    lab.library("libv.so", VERSIONED, &["-Wl,-soname,libv.so"]);
    assert!(lab.open("x.so").failures.is_empty());
    lab.library("x.so", USES_F, &["-L.", "-lv", RPATH]);
    build_versioned(&lab, "V1 { global: g; }; V2 { global: f; local: *; } V1;");
    assert!(lab.open("x.so").failures.is_empty());
}

#[test]
fn a_library_without_any_version_table_makes_ld_so_abort() {
    let lab = versioned(USES_F);
    lab.library("libv.so", VERSIONED, &["-Wl,-soname,libv.so", "-nostdlib"]);
    let load = lab.open("x.so");
    assert!(
        load.failures[0]
            .message
            .starts_with("Inconsistency detected by ld.so")
    );
}

#[test]
fn an_unversioned_reference_takes_the_oldest_or_the_only_version() {
    let lab = Lab::new();
    let uses = "int f(void); int x(void) { return f(); }";
    lab.library("libv.so", VERSIONED, &["-Wl,-soname,libv.so"]);
    lab.library("x.so", uses, &["-L.", "-lv", RPATH]);
    let several =
        "int f1(void) { return 1; } int f2(void) { return 2; } int f3(void) { return 3; }\n";
    lab.write("map", "V1 { }; V2 { } V1; V3 { local: *; } V2;");
    let cases: &[&[&str]] = &[
        &["f1, f@V1", "f2, f@@V2"],
        &["f1, f@V2", "f2, f@V3"],
        &["f1, f@V3"],
        &["f1, f@V2", "f2, f@@V3"],
        &["f3, f@@V3"],
    ];
    for case in cases {
        let symvers: String = case
            .iter()
            .map(|it| format!("__asm__(\".symver {it}\");\n"))
            .collect();
        let source = format!("{symvers}{several}");
        let flags = ["-Wl,-soname,libv.so", "-Wl,--version-script=map"];
        lab.library("libv.so", &source, &flags);
        lab.open("x.so");
    }
}

#[test]
fn a_symbol_of_a_newer_c_library() {
    let lab = Lab::new();
    lab.write("map", "GLIBC_9.99 { strfuture; };");
    let fake = [
        "-Wl,-soname,libc.so.6",
        "-Wl,--version-script=map",
        "-nostdlib",
    ];
    lab.library("fake.so", "int strfuture(void) { return 1; }", &fake);
    let source = "int strfuture(void); int f(void) { return strfuture(); }";
    lab.library("x.so", source, &["fake.so"]);
    let load = lab.open("x.so");
    let message = &load.failures[0].message;
    assert!(message.contains("libc.so.6: version `GLIBC_9.99' not found (required by /"));
}
