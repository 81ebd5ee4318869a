//! Remedies with the names of cases filled in.

use std::collections::BTreeMap;

use super::{Named, code, command, remedy};
use crate::rules::{RULES, find};

fn of(id: &str, facts: &[(&'static str, &str)]) -> String {
    let pairs = facts
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    let facts: BTreeMap<&'static str, String> = pairs.collect();
    remedy(find(id).expect("a rule"), Named::new(&facts))
}

#[test]
fn every_rule_advises_something_even_without_names() {
    for rule in RULES {
        assert!(!of(rule.id, &[]).is_empty(), "{}", rule.id);
    }
}

#[test]
fn hostile_names_stay_inside_their_quotes() {
    let name = "/x/$(rm -rf ~)`id`'; reboot\n#.so";
    let text = command(&["codesign", name]);
    assert_eq!(text, "`` codesign '/x/$(rm -rf ~)`id`'\\''; reboot#.so' ``");
    assert_eq!(code("a``b"), "``` a``b ```");
    for rule in RULES {
        for key in [
            "library",
            "file",
            "rpath",
            "symbol",
            "signed_file",
            "dlopen_path",
        ] {
            let text = of(rule.id, &[(key, name), ("referenced_from", name)]);
            assert!(!text.contains("reboot\n"), "{}: {text}", rule.id);
            let runs = shell_words(&text);
            assert!(
                !runs.iter().any(|word| word == "reboot#.so"),
                "{}: {text}",
                rule.id
            );
        }
    }
}

/// The words of every code span, as a shell would split them.
fn shell_words(text: &str) -> Vec<String> {
    let spans = text
        .split('`')
        .filter(|span| span.contains("codesign") || span.contains("tool"));
    spans
        .flat_map(|span| shlex::split(span).unwrap_or_default())
        .collect()
}

#[test]
fn a_library_of_torchs_is_found_beside_the_package() {
    let text = of(
        "library-not-found-rpath",
        &[
            ("library", "@rpath/libc10.dylib"),
            (
                "referenced_from",
                "/v/lib/python3.11/site-packages/torchvision/_C.so",
            ),
        ],
    );
    assert!(text.contains("import torch"), "{text}");
    assert!(
        text.contains(
            "`install_name_tool -add_rpath @loader_path/../torch/lib \
             /v/lib/python3.11/site-packages/torchvision/_C.so`"
        ),
        "{text}"
    );
    assert!(
        text.contains(
            "`codesign --force --sign - /v/lib/python3.11/site-packages/torchvision/_C.so`"
        ),
        "{text}"
    );
}

/// dyld asks no rpath about such a name.
#[test]
fn a_name_that_leads_to_one_place_is_given_no_rpath() {
    let file = "/v/lib/python3.11/site-packages/pkg/_c.so";
    let remedy = |library| {
        of(
            "library-not-found-rpath",
            &[("library", library), ("referenced_from", file)],
        )
    };
    for (library, new) in [
        (
            "@loader_path/.dylibs/libz.1.dylib",
            "@loader_path/libz.1.dylib",
        ),
        (
            "@executable_path/../lib/libz.1.dylib",
            "@loader_path/libz.1.dylib",
        ),
        (
            "@loader_path/../torch/lib/libc10.dylib",
            "@rpath/libc10.dylib",
        ),
    ] {
        let text = remedy(library);
        assert!(!text.contains("-add_rpath"), "{text}");
        let change = format!("`install_name_tool -change {library} {new} {file}`");
        assert!(text.contains(&change), "{text}");
    }
    assert!(remedy("@loader_path/.dylibs/libz.1.dylib").contains("`.dylibs/libz.1.dylib`"));
    assert!(remedy("@executable_path/../lib/libz.1.dylib").contains("beside Python"));
    assert!(remedy("@rpath/libz.1.dylib").contains("-add_rpath"));
}

#[test]
fn pip_is_given_the_distributions_name_and_no_option() {
    let of_package = |package: &str| {
        let file = format!("/v/lib/python3.11/site-packages/{package}/_c.so");
        of(
            "extension-file-missing",
            &[("package_file", &file), ("package", "demo")],
        )
    };
    assert!(of_package("grpc").contains("--no-cache-dir grpcio`"));
    assert!(of_package("lxml").contains("--no-cache-dir lxml`"));
    let option = of_package("--index-url=x");
    assert!(!option.contains("index-url"), "{option}");
}

#[test]
fn what_a_run_knows_beside_the_text_narrows_the_remedy() {
    for (id, facts, has, has_not) in [
        (
            "arch-mismatch",
            &[("need_arch", "arm64"), ("library", "a.so"), ("own", "yes")][..],
            "ARCHFLAGS",
            "Install",
        ),
        (
            "arch-mismatch",
            &[
                ("need_arch", "arm64"),
                ("library", "/o/liba.dylib"),
                ("own", "no"),
            ],
            "Install `/o/liba.dylib` for arm64",
            "ARCHFLAGS",
        ),
        (
            "not-a-macho",
            &[("library", "a.so"), ("content", "git-lfs")],
            "git lfs pull",
            "rm -rf",
        ),
        (
            "min-os-too-new",
            &[("running_os", "14.6.1")],
            "MACOSX_DEPLOYMENT_TARGET=14.0",
            "14.6",
        ),
        (
            "min-os-too-new",
            &[("symbol_version", "GLIBC_2.38"), ("format", "elf")],
            "manylinux",
            "MACOSX",
        ),
        (
            "symbol-missing-libcxx",
            &[("symbol", "optional")],
            "-std=c++17",
            "DEPLOYMENT",
        ),
        (
            "symbol-missing-libcxx",
            &[
                ("symbol", "__ZNSt3__14__fs4pathE"),
                ("dlopen_path", "/x.so"),
            ],
            "DEPLOYMENT",
            "language=",
        ),
        (
            "symbol-missing-torch-abi",
            &[("flag", "-D_GLIBCXX_USE_CXX11_ABI=0")],
            "Remove `-D_GLIBCXX_USE_CXX11_ABI=0`",
            "pip",
        ),
        (
            "symbol-missing-torch-abi",
            &[("torch_install", "2.6.0"), ("interpreter", "/v/bin/python")],
            "/v/bin/python -m pip install torch==2.6.0",
            "python3",
        ),
        (
            "symbol-missing-torch-abi",
            &[
                ("symbol", "_c10"),
                ("torch_fits", "2.10 or newer; no release"),
            ],
            "has the symbol: 2.10 or newer.",
            "no release",
        ),
        (
            "symbol-missing-python",
            &[("symbol", "_PyFoo"), ("dlopen_path", "/x/_c.abi3.so")],
            "Py_LIMITED_API",
            "Cython",
        ),
        (
            "module-shadowed",
            &[
                ("module", "random"),
                ("package_file", "/usr/lib/python3.11/random.py"),
            ],
            "Rename `random`",
            "/usr/lib",
        ),
        (
            "module-shadowed",
            &[("module", "demo"), ("package_file", "/src/demo.py")],
            "Rename `/src/demo.py`",
            "Python itself",
        ),
        (
            "module-not-found",
            &[("module", "_lzma")],
            "brew install xz",
            "pip install",
        ),
        (
            "module-not-found",
            &[("module", "skbuild.x")],
            "pip install scikit-build",
            "brew",
        ),
        (
            "python-version-mismatch",
            &[("required", ">=3.9"), ("running", "3.8")],
            ">=3.9",
            "rm -rf",
        ),
        (
            "compiler-missing-or-clt",
            &[("identifier", "Rust")],
            "rustup",
            "xcode-select",
        ),
        (
            "compiler-missing-or-clt",
            &[("identifier", "g++-99"), ("system", "linux")],
            "build-essential",
            "xcode-select",
        ),
        (
            "crash-at-import",
            &[("signal", "SIGKILL"), ("file", "a.so"), ("system", "macos")],
            "codesign",
            "faulthandler",
        ),
        (
            "crash-at-import",
            &[
                ("signal", "SIGSEGV"),
                ("module", "a.b"),
                ("system", "linux"),
            ],
            "gdb -batch",
            "lldb",
        ),
        (
            "crash-illegal-instruction",
            &[("flag", "-march=native"), ("own", "yes")],
            "Remove `-march=native`",
            "Rosetta",
        ),
        (
            "environment-mismatch",
            &[("include_directory", "/o/include")],
            "Remove `/o/include`",
            "otool",
        ),
    ] {
        let text = of(id, facts);
        assert!(text.contains(has), "{id}: {text}");
        assert!(!text.contains(has_not), "{id}: {text}");
    }
}

#[test]
fn a_directory_that_others_use_is_not_to_be_emptied() {
    for program in [
        "/usr/local/bin/python3",
        "/opt/homebrew/Cellar/python@3.9/3.9.1/bin/python3",
        "/Users/u/bin/python3",
        "/Users/u/miniconda3/bin/python",
        "/Library/Frameworks/Python.framework/Versions/3.9/bin/python3",
    ] {
        let text = of("interpreter-broken", &[("referenced_from", program)]);
        assert!(!text.contains("--clear"), "{program}: {text}");
    }
}

#[test]
fn a_symbol_of_the_projects_own_is_not_of_libsystem() {
    for symbol in ["_my_printf", "_ZN3foo3barEv"] {
        let text = of("link-undefined-symbols", &[("symbol", symbol)]);
        assert!(!text.contains("-lSystem"), "{symbol}: {text}");
    }
}

#[test]
fn a_library_of_linuxs_is_mended_with_linuxs_tools() {
    let named = [("library", "libfoo.so.1"), ("referenced_from", "/x/_C.so")];
    let text = of("library-not-found-bare", &named);
    assert!(
        text.contains("$ORIGIN") && !text.contains("install_name_tool"),
        "{text}"
    );
}

#[test]
fn the_names_of_the_case_stand_in_the_commands() {
    for (id, facts, words) in [
        (
            "duplicate-rpath",
            &[("rpath", "/a b"), ("dlopen_path", "/x/_C.so")][..],
            "install_name_tool -delete_rpath '/a b' /x/_C.so",
        ),
        (
            "gatekeeper-quarantine",
            &[("dlopen_path", "/x y/_C.so")],
            "xattr -d com.apple.quarantine '/x y/_C.so'",
        ),
        (
            "library-not-found-absolute",
            &[("library", "/opt/homebrew/opt/libomp/lib/libomp.dylib")],
            "brew install libomp",
        ),
        (
            "interpreter-broken",
            &[("referenced_from", "/u/venv/bin/python3")],
            "python3 -m venv --clear /u/venv",
        ),
        (
            "interpreter-broken",
            &[("file", "/u/venv/bin/python3.9")],
            "python3 -m venv --clear /u/venv",
        ),
        (
            "symbol-missing-other",
            &[
                ("symbol_version", "STONE_2"),
                ("expected_in", "/usr/lib/libstone.so.1"),
            ],
            "Update `/usr/lib/libstone.so.1`",
        ),
        (
            "link-undefined-symbols",
            &[("symbol", "dyld_stub_binder")],
            "-lSystem",
        ),
        (
            "symbol-missing-other",
            &[("symbol", "___kmpc_fork_call")],
            "-lomp",
        ),
        (
            "symbol-missing-other",
            &[("symbol", "__gfortran_st_write")],
            "-lgfortran",
        ),
        (
            "link-undefined-symbols",
            &[("symbol", "_printf")],
            "-lSystem",
        ),
        (
            "numpy-abi",
            &[("size_expected", "96"), ("size_got", "88")],
            "'numpy<2'",
        ),
        (
            "deployment-target-conflict",
            &[("python_target", "10.9")],
            "export MACOSX_DEPLOYMENT_TARGET=10.9",
        ),
        (
            "cxx-standard-too-low",
            &[("required", "C++17")],
            "-std=c++17",
        ),
        (
            "symbol-missing-torch-abi",
            &[
                ("symbol", "__ZN3c1011CPUTensorIdEv"),
                ("torch_fits", "2.6-2.9"),
            ],
            "2.6-2.9",
        ),
        (
            "no-matching-wheel",
            &[("wheel", "torch-2.5.1-cp310-none-macosx_11_0_arm64.whl")],
            "Python 3.10",
        ),
    ] {
        let text = of(id, facts);
        assert!(text.contains(words), "{id}: {text}");
    }
}
