//! Who brings what is not there.

use std::collections::BTreeSet;

use super::{Absent, Images, Needer, Why};
use crate::load::{Attempt, LoadFailure, Reason};

fn absent(required: &[&str]) -> Absent<'static> {
    Absent {
        required: required.iter().map(|name| (*name).to_owned()).collect(),
        optional: BTreeSet::from(["tensorflow".to_owned()]),
        pinned: BTreeSet::new(),
        opened_for_all: BTreeSet::new(),
        own: BTreeSet::from(["mlx", "thing", "thing.prefix"]),
        leaves: BTreeSet::from(["core.so", "libjaccl.dylib"]),
        torch_is_given: false,
        site: "/venv/lib/python3.11/site-packages/".to_owned(),
        prefix: "/venv/".to_owned(),
        is_for_others: false,
    }
}

/// `@rpath/libstone.dylib` stands beside; a library and a program of the wheel have symbols.
struct Process;

impl Images for Process {
    fn named(&self, install_name: &str) -> Option<String> {
        (install_name == "@rpath/libstone.dylib").then(|| "stone/libstone.dylib".to_owned())
    }

    fn definer(&self, symbol: &str, any: bool) -> Option<String> {
        match symbol {
            "_layer" if any => Some("thing/libbase.dylib".to_owned()),
            "_main_memory" => Some("thing/bin/server".to_owned()),
            _ => None,
        }
    }
}

const LIBRARY: Needer = Needer {
    is_guessed: false,
    is_library: true,
};
const MODULE: Needer = Needer {
    is_guessed: false,
    is_library: false,
};

fn missing(library: &str, tried: &[&str]) -> LoadFailure {
    let attempt = |inside: &&str| Attempt {
        path: format!("/venv/lib/python3.11/site-packages/{inside}"),
        why: "no such file".to_owned(),
    };
    LoadFailure {
        tried: tried.iter().map(attempt).collect(),
        ..LoadFailure::of(Reason::LibraryNotFound, library)
    }
}

#[test]
fn a_required_distribution_brings_what_lies_in_its_directory() {
    let bringer = |required: &[&str], library: &str, tried: &[&str]| {
        let absent = absent(required);
        let found = absent.bringers(&missing(library, tried));
        found.first().map(|name| (*name).to_owned())
    };
    let of = |name: &str| Some(name.to_owned());
    // Beside the wheel's own modules, by a distribution of its name.
    assert_eq!(
        bringer(
            &["mlx-metal", "numpy"],
            "@rpath/libmlx.dylib",
            &["mlx/lib/libmlx.dylib"]
        ),
        of("mlx-metal")
    );
    assert_eq!(
        bringer(&["numpy"], "@rpath/libmlx.dylib", &["mlx/lib/libmlx.dylib"]),
        None
    );
    // In a directory of somebody else.
    assert_eq!(
        bringer(
            &["shiboken6"],
            "@rpath/libshiboken6.dylib",
            &["thing/../shiboken6/libshiboken6.dylib"]
        ),
        of("shiboken6")
    );
    assert_eq!(
        bringer(
            &[],
            "@rpath/libshiboken6.dylib",
            &["shiboken6/libshiboken6.dylib"]
        ),
        None
    );
    // Vendored libraries are nobody else's.
    assert_eq!(
        bringer(
            &["numpy"],
            "@loader_path/.dylibs/libgfortran.5.dylib",
            &["thing/.dylibs/libgfortran.5.dylib"]
        ),
        None
    );
    // torch's libraries are there already when a module of a wheel that requires torch is opened.
    assert_eq!(bringer(&["torch"], "@rpath/libc10.dylib", &[]), of("torch"));
    assert_eq!(bringer(&[], "@rpath/libc10.dylib", &[]), of("torch"));
    assert_eq!(
        bringer(&["pyarrow"], "@rpath/libarrow.2100.dylib", &[]),
        of("pyarrow")
    );
    assert_eq!(
        bringer(&["numpy", "apache-tvm-ffi"], "@rpath/libtvm_ffi.dylib", &[]),
        of("apache-tvm-ffi")
    );
    assert_eq!(
        bringer(&["apache-tvm-ffi"], "@rpath/libvm_ffi.dylib", &[]),
        None
    );
    // Several distributions install into one prefix; a package's own directory is nobody else's.
    assert_eq!(
        bringer(
            &["tool-more"],
            "@rpath/libother.dylib",
            &["thing.prefix/lib/libother.dylib"]
        ),
        of("tool-more")
    );
    // Fixed paths are nobody's.
    assert_eq!(
        bringer(&["torch"], "/opt/homebrew/lib/libtorch.dylib", &[]),
        None
    );
}

#[test]
fn pythons_own_library_comes_with_no_distribution() {
    let absent = absent(&["opencv-python", "python-dateutil"]);
    let tried = ["thing/libpython3.11.dylib"];
    let found = absent.bringers(&missing("@rpath/libpython3.11.dylib", &tried));
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn of_several_distributions_none_is_blamed_by_the_alphabet() {
    let absent = absent(&["absl-py", "scipy"]);
    let tried = ["vendor/libdeep.dylib"];
    let found = absent.bringers(&missing("@rpath/libdeep.dylib", &tried));
    assert_eq!(found, ["absl-py", "scipy"]);
    let names: Vec<String> = found.into_iter().map(str::to_owned).collect();
    assert_eq!(super::settle::one_of(&names), "one of absl-py, scipy");
}

#[test]
fn a_library_of_the_wheel_is_left_to_the_rpaths_of_its_loader() {
    let absent = absent(&[]);
    let why = |library: &str, is_guessed: bool| {
        let needer = Needer {
            is_guessed,
            ..LIBRARY
        };
        absent.why(&missing(library, &[]), needer, &Process)
    };
    assert_eq!(why("@rpath/libjaccl.dylib", true), Some(Why::Rpaths));
    assert_eq!(why("@rpath/libjaccl.dylib", false), None);
    assert_eq!(why("@rpath/libomp.dylib", true), None);
    assert_eq!(why("/usr/local/lib/libjaccl.dylib", true), None);
}

#[test]
fn an_extra_may_bring_what_a_library_needs_and_not_what_a_module_does() {
    let absent = absent(&[]);
    let name = "@rpath/libtensorflow_framework.2.dylib";
    let why = |needer: Needer| absent.why(&missing(name, &[]), needer, &Process);
    let with = Why::With(vec!["tensorflow".to_owned()]);
    assert_eq!(why(LIBRARY), Some(with));
    assert_eq!(why(MODULE), None);
}

#[test]
fn an_image_beside_may_be_open_under_the_name_that_is_asked_for() {
    let absent = absent(&["numpy"]);
    let why = |library: &str| absent.why(&missing(library, &["thing/x.dylib"]), MODULE, &Process);
    let path = "stone/libstone.dylib".to_owned();
    assert_eq!(why("@rpath/libstone.dylib"), Some(Why::Before(path)));
    assert_eq!(why("@rpath/libwater.dylib"), None);
    assert_eq!(why("/opt/lib/libstone.dylib"), None);
}

#[test]
fn a_part_of_the_same_product_installs_into_the_wheels_own_directory_or_beside_pythons_libraries() {
    let mut absent = absent(&["numpy", "thing-core"]);
    absent.own = BTreeSet::from(["stuff"]);
    let why = |absent: &Absent<'_>, tried: &str| {
        absent.why(&missing("@rpath/libdeep.dylib", &[tried]), MODULE, &Process)
    };
    assert_eq!(why(&absent, "stuff/libdeep.dylib"), None);
    absent.pinned.insert("thing-core".to_owned());
    let with = Some(Why::With(vec!["thing-core".to_owned()]));
    assert_eq!(why(&absent, "stuff/libdeep.dylib"), with);
    assert_eq!(why(&absent, "stuff/../../../libdeep.dylib"), with);
    assert_eq!(why(&absent, "stuff/.dylibs/libdeep.dylib"), None);
    assert_eq!(why(&absent, "stuff/../../../../../opt/libdeep.dylib"), None);
}

#[test]
fn a_part_of_the_same_product_is_required_in_the_wheels_own_version() {
    use super::is_own_version;
    assert!(is_own_version("==1.24.9", "1.24.9"));
    assert!(is_own_version(" == 1.24.9", "1.24.9"));
    for other in [
        "",
        "==1.26.4",
        "==1.24.*",
        ">=1.24.9",
        "==1.24.9,!=1.0",
        "~=1.24.9",
    ] {
        assert!(!is_own_version(other, "1.24.9"), "{other}");
    }
}

#[test]
fn a_wheel_without_a_module_is_for_what_others_install() {
    let why = |absent: &Absent<'_>, library: &str, tried: &[&str]| {
        absent.why(&missing(library, tried), LIBRARY, &Process)
    };
    let mut alone = absent(&[]);
    let tried = ["thing/Frameworks/Core.framework/Core"];
    let core = "@rpath/Core.framework/Core";
    assert_eq!(why(&alone, core, &tried), None);
    alone.is_for_others = true;
    let into = Some(Why::Directory("thing".to_owned()));
    assert_eq!(why(&alone, core, &tried), into);
    assert_eq!(why(&alone, "/opt/lib/libz.dylib", &tried), None);
    assert_eq!(why(&alone, "@rpath/libz.dylib", &[]), None);
    assert_eq!(why(&alone, "@rpath/libjaccl.dylib", &[]), Some(Why::Rpaths));
    let mut requiring = absent(&["intel-openmp"]);
    requiring.is_for_others = true;
    let with = Some(Why::With(vec!["intel-openmp".to_owned()]));
    assert_eq!(why(&requiring, "@rpath/libiomp5.dylib", &[]), with);
}

#[test]
fn a_layer_of_the_wheel_finds_its_symbols_in_what_opens_it() {
    let absent = absent(&[]);
    let why = |symbol: &str, expected_in: &str, needer: Needer| {
        let failure = LoadFailure {
            expected_in: Some(expected_in.to_owned()),
            ..LoadFailure::of(Reason::SymbolNotFound, symbol)
        };
        absent.why(&failure, needer, &Process)
    };
    let (flat, program) = ("flat namespace", "/opt/python/bin/python3.12");
    let base = Some(Why::Layer("thing/libbase.dylib".to_owned()));
    let server = Some(Why::Layer("thing/bin/server".to_owned()));
    assert_eq!(why("_layer", flat, LIBRARY), base);
    assert_eq!(why("_layer", program, LIBRARY), None);
    assert_eq!(why("_main_memory", program, LIBRARY), server);
    assert_eq!(why("_layer", flat, MODULE), None);
    assert_eq!(why("_nobodys", flat, LIBRARY), None);
}

#[test]
fn a_symbol_may_come_with_what_a_script_opens_for_everybody() {
    let flat = LoadFailure {
        expected_in: Some("flat namespace".to_owned()),
        ..LoadFailure::of(Reason::SymbolNotFound, "_kern_add")
    };
    let mut absent = absent(&["kern", "numpy"]);
    assert!(absent.bringers(&flat).is_empty());
    absent.opened_for_all.insert("kern".to_owned());
    assert_eq!(absent.bringers(&flat), ["kern"]);
    let named = LoadFailure {
        expected_in: Some("/usr/lib/libSystem.B.dylib".to_owned()),
        ..flat
    };
    assert!(absent.bringers(&named).is_empty());
}
