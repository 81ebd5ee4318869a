//! What published wheels bind from the system is never called missing where the wheel says that it runs.

use super::*;

/// One list per wheel, in `fixtures/catalogue/binds`: `> library arch minimum-macOS strong|weak`, then names.
const WHEELS: [(&str, &str); 5] = [
    (
        "torch 2.15.0",
        include_str!("../../fixtures/catalogue/binds/torch-2.15.0.txt"),
    ),
    (
        "torch 2.2.2",
        include_str!("../../fixtures/catalogue/binds/torch-2.2.2.txt"),
    ),
    (
        "numpy 2.4.6",
        include_str!("../../fixtures/catalogue/binds/numpy-2.4.6.txt"),
    ),
    (
        "scipy 1.17.1",
        include_str!("../../fixtures/catalogue/binds/scipy-1.17.1.txt"),
    ),
    (
        "pillow 13.0.0",
        include_str!("../../fixtures/catalogue/binds/pillow-13.0.0.txt"),
    ),
];

/// A version of every release that a wheel may meet, and two that are not out yet.
const VERSIONS: [&str; 17] = [
    "10.13", "10.14", "10.15", "11.0", "11.3", "12.0", "12.3", "13.0", "13.3", "14.0", "14.4",
    "15.0", "15.4", "26.0", "26.4", "27.0", "28.1",
];

/// Calls `visit` with wheel, library, symbol, arch, version from the wheel's minimum on, and whether it binds weakly.
fn each_bind(mut visit: impl FnMut(&str, &str, &str, Arch, Version, bool)) {
    let versions = VERSIONS.map(|text| text.parse::<Version>().expect("a version"));
    for (wheel, list) in WHEELS {
        let mut group = None;
        for line in list.lines().filter(|line| !line.starts_with('#')) {
            if let Some(heading) = line.strip_prefix("> ") {
                let words: Vec<_> = heading.split(' ').collect();
                let [library, arch, minimum, strength] = words.as_slice() else {
                    panic!("{wheel}: {line}");
                };
                let arch = match *arch {
                    "arm64" => Arch::Arm64,
                    "x86_64" => Arch::X86_64,
                    other => panic!("{wheel}: {other}"),
                };
                let minimum: Version = minimum.parse().expect("a version");
                group = Some((*library, arch, minimum, *strength == "weak"));
                continue;
            }
            let (library, arch, minimum, weak) = group.expect("a heading comes first");
            for macos in versions.iter().copied().filter(|macos| *macos >= minimum) {
                visit(wheel, library, line, arch, macos, weak);
            }
        }
    }
}

#[test]
fn no_strong_bind_of_a_published_wheel_is_called_missing() {
    let catalogue = Catalogue::builtin();
    let mut asked = 0;
    each_bind(|wheel, library, symbol, arch, macos, weak| {
        if weak {
            return;
        }
        asked += 1;
        let known = catalogue.symbol(library, symbol, arch, macos);
        assert!(
            !matches!(known, Known::Absent { .. }),
            "{wheel} binds {symbol} of {library} on {macos} {arch}: {known:?}"
        );
        let known = catalogue.library(library, arch, macos);
        assert!(
            !matches!(known, Known::Absent { .. }),
            "{wheel} loads {library} on {macos} {arch}: {known:?}"
        );
    });
    assert!(asked > 30_000, "{asked} questions");
}

#[test]
fn what_wheels_bind_from_libsystem_and_libcxx_is_known_to_be_there() {
    let catalogue = Catalogue::builtin();
    let (mut present, mut assumed) = (0, Vec::new());
    each_bind(|wheel, library, symbol, arch, macos, weak| {
        let in_tables =
            library == "/usr/lib/libSystem.B.dylib" || library == "/usr/lib/libc++.1.dylib";
        if weak || !in_tables || macos < Version::new(10, 15, 0) || macos > Version::new(27, 0, 0) {
            return;
        }
        match catalogue.symbol(library, symbol, arch, macos) {
            Known::Present => present += 1,
            _ => assumed.push(format!("{wheel}: {symbol} on {macos} {arch}")),
        }
    });
    assert!(present > 10_000, "{present} present");
    assert_eq!(assumed, Vec::<String>::new());
}

#[test]
fn every_system_library_that_wheels_need_is_known_to_be_there() {
    let catalogue = Catalogue::builtin();
    each_bind(|wheel, library, _, arch, macos, weak| {
        if weak {
            return;
        }
        let known = catalogue.library(library, arch, macos);
        assert_eq!(
            known,
            Known::Present,
            "{wheel} loads {library} on {macos} {arch}"
        );
    });
}
