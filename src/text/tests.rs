//! Small texts through the whole reader.

use super::{Explanation, Reader};

fn explain(text: &str) -> Explanation {
    let mut reader = Reader::new();
    for line in text.lines() {
        reader.line(line.as_bytes());
    }
    reader.finish()
}

fn cause(text: &str) -> Option<&'static str> {
    explain(text).told.map(|told| told.cause)
}

const REFUSED: &str = "ImportError: dlopen(/x/_C.so, 0x0002): tried: '/x/_C.so' (mach-o file, but is an incompatible \
                       architecture (have 'x86_64', need 'arm64'))";
const HEADER: &str = "src/a.cpp:1:10: fatal error: 'nowhere.h' file not found";

#[test]
fn an_unknown_text_has_no_cause() {
    let explanation = explain("Error: the flux capacitor is empty\n");
    assert_eq!((explanation.told, explanation.lines), (None, 1));
    assert_eq!(explain(""), Explanation::default());
}

#[test]
fn the_first_failure_speaks_and_the_others_are_listed() {
    let apart = "\nquiet".repeat(40);
    let explanation = explain(&format!("{HEADER}{apart}\n{REFUSED}\n"));
    assert_eq!(
        explanation.told.map(|told| told.cause),
        Some("header-missing")
    );
    let others: Vec<_> = explanation.others.iter().map(|told| told.cause).collect();
    assert_eq!(others, ["arch-mismatch"]);
}

#[test]
fn words_in_other_shapes_are_read_and_what_looks_like_them_is_not() {
    for (text, expected) in [
        // The file on a line of its own, and no exception's name before it.
        (
            "ImportError: /v/x.so:\n  undefined symbol: _ZN3c105Error4whatEv",
            Some("symbol-missing-torch-abi"),
        ),
        (
            "it says /v/x.so: undefined symbol: THPVariableClass",
            Some("torch-not-imported-first"),
        ),
        ("/v/x.so: no undefined symbol: all is well", None),
        // Markup ate the first letters.
        (
            "dlopen(/x.so, 0x0002): symbol not found in flat namespace N2at3mps9MPSStream6commitEb)",
            Some("symbol-missing-torch-abi"),
        ),
        (
            "dlopen(/x.so, 0x0002): symbol not found in flat namespace _Pm_Close",
            Some("symbol-missing-other"),
        ),
        ("the symbol not found in Nowhereland was never missed", None),
        // A placeholder of a package manager's is no @rpath.
        (
            "dyld: Library not loaded: @@PREFIX@@/lib/libz.dylib\n  Referenced from: /x/a.so",
            Some("library-not-found-absolute"),
        ),
        (
            "dlopen of it fails with \"segment filesize exceeds vmsize\"",
            Some("malformed-macho"),
        ),
        ("dlopen: the segment's vmsize exceeds its filesize", None),
        (
            "`/tmp/x.dylib: mach-o, but wrong architecture`",
            Some("arch-mismatch"),
        ),
        ("the wrong architecture for this problem", None),
        // Apple's ld since Xcode 15, without quotes and without the architecture.
        (
            "ld: Undefined symbols:\n  demo::run(int), referenced from:\n      _main in a.o",
            Some("link-undefined-symbols"),
        ),
        (
            "A table of undefined symbols, referenced from: chapter 3",
            None,
        ),
        (
            "<built-in>: error: unknown value ‘13.5.0’ of ‘-mmacosx-version-min’",
            Some("deployment-target-conflict"),
        ),
        (
            "the value of '-mmacosx-version-min' is not known to me",
            None,
        ),
        (
            "CMake Error: CMake was unable to find a build program corresponding to \"Ninja\".  CMAKE_MAKE_PROGRAM is \
             not set.",
            Some("build-tool-missing"),
        ),
        ("-- Building for: Unix Makefiles", None),
    ] {
        assert_eq!(cause(text), expected, "{text}");
    }
}

#[test]
fn a_name_is_read_as_a_whole_and_without_what_a_page_puts_behind_it() {
    for (text, name, value) in [
        (
            "ModuleNotFoundError: No module named '_sysconfigdata__darwin_x86_64-apple-darwin22'",
            "module",
            Some("_sysconfigdata__darwin_x86_64-apple-darwin22"),
        ),
        (
            "ImportError: No module named demo.part",
            "module",
            Some("demo.part"),
        ),
        (
            "dlopen(/x.so, 0x0002): symbol not found in flat namespace '_Pm_Close**'**",
            "symbol",
            Some("_Pm_Close"),
        ),
        (
            "ERROR:delocate.libsana:\n../lib/libdemo.dylib not found:\n  Needed by: /x/demo",
            "library",
            Some("../lib/libdemo.dylib"),
        ),
        (
            "zsh: segmentation fault  python3",
            "signal",
            Some("SIGSEGV"),
        ),
        ("zsh: no signal  python3: Abort trap: 6", "symbol", None),
        (
            "ld: Undefined symbols:\n  demo::run(int), referenced from:",
            "symbol",
            Some("demo::run(int)"),
        ),
    ] {
        let told = explain(text).told.expect("a cause");
        assert_eq!(told.facts.get(name).map(String::as_str), value, "{text}");
    }
}

#[test]
fn a_frame_of_ipythons_says_whose_part_is_missing() {
    let asks = |statement: &str| {
        let between = "\n     15 from . import Other".repeat(8);
        format!(
            "ImportError    Traceback (most recent call last)\nCell In[1], line 1\nFile ~/src/p/q/__init__.py:18{between}\n\
             ---> 18 {statement}\n     19 from . import More\n\nImportError: cannot import name 'Part' from partially \
             initialized module 'p.q' (most likely due to a circular import) (/home/u/src/p/q/__init__.py)"
        )
    };
    assert_eq!(cause(&asks("from . import Part")), Some("module-shadowed"));
    assert_eq!(cause(&asks("from .other import Part")), None);
}

#[test]
fn a_symbol_that_a_program_asks_for_is_one_of_its_library() {
    let asked = "AttributeError: dlsym(RTLD_DEFAULT, fsw_init): symbol not found";
    assert_eq!(cause(asked), Some("symbol-missing-other"));
    let own = "dlsym(0x7f8, PyInit_demo): symbol not found";
    assert_eq!(cause(own), Some("module-init-missing"));
    assert_eq!(cause("dlsym(0x7f8, demo): invalid handle"), None);
}

#[test]
fn evidence_names_the_line_of_the_text() {
    let apart = "quiet\n".repeat(1000);
    let told = explain(&format!("{apart}{REFUSED}\n"))
        .told
        .expect("a cause");
    let numbers: Vec<u64> = told.evidence.iter().map(|line| line.number).collect();
    assert_eq!(numbers, [1001]);
    assert_eq!(
        told.facts.get("have_arch").map(String::as_str),
        Some("x86_64")
    );
}

#[test]
fn a_complaint_that_the_build_survived_is_no_cause() {
    assert_eq!(cause(HEADER), Some("header-missing"));
    assert_eq!(cause(&format!("{HEADER}\nSuccessfully built demo")), None);
    let text = format!("{HEADER}\nSuccessfully built other\nFailed to build demo");
    assert_eq!(cause(&text), Some("header-missing"));
    // What the loader refuses stays refused, whatever is installed next.
    let text = format!("{REFUSED}\nSuccessfully installed demo");
    assert_eq!(cause(&text), Some("arch-mismatch"));
}

#[test]
fn memory_does_not_grow_with_the_log() {
    let mut reader = Reader::new();
    for _ in 0..50_000 {
        reader.line(HEADER.as_bytes());
        reader.line(b"a line without any word of ours");
    }
    assert_eq!(reader.told(), 1);
    assert!(reader.kept() <= super::reader::BLOCK_LINES);
}

#[test]
fn what_a_program_passes_on_without_the_exceptions_name_is_seen_below_other_lines() {
    for text in [
        "No module named 'stone._core'",
        "starting\nNo module named 'stone._core'\nstopping",
    ] {
        assert_eq!(cause(text), Some("extension-file-missing"), "{text}");
    }
    assert_eq!(
        cause("docs: No module named 'stone._core' is what Python says"),
        None
    );
    let optional = "starting\nNo module named stone\ngoing on";
    assert_eq!(cause(optional), None);
    let told = explain(&format!(
        "{optional}\nModuleNotFoundError: No module named 'water'"
    ));
    assert_eq!(told.told.expect("a cause").facts["module"], "water");
}

#[test]
fn what_is_installed_asks_for_its_compiled_part_beside_it() {
    let text = |file: &str, statement: &str, module: &str| {
        format!(
            "Traceback (most recent call last):\n  File \"{file}\", line 13, in <module>\n    {statement}\n\
             ModuleNotFoundError: No module named '{module}'"
        )
    };
    for (file, statement, module, expected) in [
        (
            "/v/lib/python3.11/site-packages/stone.py",
            "import _stone",
            "_stone",
            "extension-file-missing",
        ),
        (
            "/v/lib/python3.11/site-packages/stone/__init__.py",
            "from _stone import *",
            "_stone",
            "extension-file-missing",
        ),
        (
            "/v/lib/python3.11/site-packages/stone/cext/wave.py",
            "import _C_wave",
            "_C_wave",
            "extension-file-missing",
        ),
        // Another package's, the standard library's, a part in Python, a script's.
        (
            "/v/lib/python3.11/site-packages/stone.py",
            "import _water",
            "_water",
            "module-not-found",
        ),
        (
            "/opt/lib/python3.11/ctypes/__init__.py",
            "from _ctypes import Union",
            "_ctypes",
            "module-not-found",
        ),
        (
            "/v/lib/python3.11/site-packages/stone/__init__.py",
            "from _stone import version",
            "_stone",
            "module-not-found",
        ),
        (
            "/Users/me/stone.py",
            "import _stone",
            "_stone",
            "module-not-found",
        ),
    ] {
        assert_eq!(
            cause(&text(file, statement, module)),
            Some(expected),
            "{file} {statement}"
        );
    }
}

#[test]
fn mixed_installations_say_so_themselves() {
    for (text, expected) in [
        (
            "ERROR: MPI library at runtime is not compatible with MPI used at compile time\nzsh: segmentation fault  python3",
            Some("environment-mismatch"),
        ),
        (
            "ERROR: Application was linked against both Stone and Water based libraries and will not run correctly",
            Some("environment-mismatch"),
        ),
        (
            "loader: In /x/libview.dylib:\n  Plugin uses incompatible Qt library (5.15.0) [release]",
            Some("environment-mismatch"),
        ),
        (
            "Fatal Python error: Interpreter not initialized (version mismatch?)",
            Some("environment-mismatch"),
        ),
        (
            "the module is linked against both libstone and libwater, as it should be",
            None,
        ),
        (
            "SystemError: extension module 'stone' is already cached",
            Some("module-loaded-twice"),
        ),
        (
            "install_name_tool: for: /x/y (for architecture x86_64) option \"-add_rpath /x\" would duplicate path, file \
             already has LC_RPATH for: /x",
            Some("duplicate-rpath"),
        ),
        (
            "OSError: dlopen() failed to load a library: stone / stone-2",
            Some("library-not-found-bare"),
        ),
        (
            "ERROR: The Python ssl extension was not compiled. Missing the OpenSSL lib?",
            Some("module-not-found"),
        ),
        // pyenv goes on.
        (
            "WARNING: The Python sqlite3 extension was not compiled. Missing the SQLite3 lib?",
            None,
        ),
        (
            "the build ends with an IncompatibleBinaryArchError on /x/_stone.so",
            Some("arch-mismatch"),
        ),
        (
            "ModuleNotFoundError: No module named '0123456789abcdef0123__mypyc'",
            Some("extension-file-missing"),
        ),
    ] {
        assert_eq!(cause(text), expected, "{text}");
    }
}

#[test]
fn the_reasons_of_a_report_in_json_are_lines() {
    let report = r#"  "termination" : {"code":1,"namespace":"DYLD","indicator":"Library missing","reasons":["Library not loaded: '\/opt\/x\/libstone.dylib'","Referenced from: '\/Applications\/X.app\/Contents\/MacOS\/X'","Reason: tried: '\/opt\/x\/libstone.dylib' (no such file)"]},"#;
    let told = explain(report).told.expect("a cause");
    assert_eq!(told.cause, "library-not-found-absolute");
    assert_eq!(told.facts["library"], "/opt/x/libstone.dylib");
    assert_eq!(
        told.facts["referenced_from"],
        "/Applications/X.app/Contents/MacOS/X"
    );
    let python = report.replace(
        "opt\\/x\\/libstone.dylib",
        "Library\\/Frameworks\\/Python.framework\\/Versions\\/3.11\\/Python",
    );
    assert_eq!(cause(&python), Some("interpreter-broken"));
    // What follows the list stays, and prose is no list.
    let after = r#"{"reasons":["none"],"error":"dlopen(/x/_C.so, 2): Library not loaded: @rpath/libstone.dylib\n Referenced from: /x/_C.so\n Reason: image not found"}"#;
    assert_eq!(cause(after), Some("library-not-found-rpath"));
    let prose = "of its \"reasons\": ImportError: dlopen(/x.so, 0x0002): symbol not found in flat namespace '_stone'";
    assert_eq!(cause(prose), Some("symbol-missing-other"));
}
