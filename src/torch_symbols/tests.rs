//! The table that is built in, and small ones of two or three symbols.

use std::sync::OnceLock;

use super::{BreakKind, Build, Export, Family, Library, Needed, Source, TorchSymbols, built_in};
use crate::image::Arch;

const PARSE: &str = "__ZN5torch3jit17parseSchemaOrNameERKNSt3__112basic_stringIcNS1_11char_traitsIcEENS1_9allocatorIcEEEE";
const PARSE_NEW: &str = "__ZN5torch3jit17parseSchemaOrNameERKNSt3__112basic_stringIcNS1_11char_traitsIcEENS1_9allocatorIcEEEEb";
const PARALLEL: &str = "__ZN2at8internal15invoke_parallelExxxRKNSt3__18functionIFvxxEEE";

fn table() -> &'static TorchSymbols {
    static TABLE: OnceLock<TorchSymbols> = OnceLock::new();
    TABLE.get_or_init(built_in)
}

fn cpu(symbol: &str) -> Needed<'_> {
    Needed {
        symbol,
        source: Source::Library(Library::TorchCpu),
    }
}

fn flat(symbol: &str) -> Needed<'_> {
    Needed {
        symbol,
        source: Source::Flat,
    }
}

fn range(arch: Arch, needed: &[Needed<'_>]) -> String {
    let fit = table().fits(arch, needed.iter().copied());
    fit.expect("a processor of the table").releases.to_string()
}

#[test]
fn the_built_in_table_has_every_release_and_name() {
    let count = |arch| table().releases(arch).expect("a processor").len();
    assert_eq!((count(Arch::Arm64), count(Arch::X86_64)), (37, 20));
    assert_eq!(table().symbols(), 113_697);
    assert_eq!(table().builds().len(), 137);
    let exports = table().exports_of(Arch::Arm64, "1.9.0");
    // 22,204 of the cp39 wheel, and what only the other build has.
    assert!(exports.contains(&(Library::C10, 321)), "{exports:?}");
    assert!(table().releases(Arch::Aarch64).is_none());
}

#[test]
fn every_name_is_found_where_it_stands() {
    let mut last: &[u8] = &[];
    for (at, name) in table().names.iter().enumerate() {
        assert!(last < name);
        assert_eq!(table().names.find(name), Some(at));
        last = name;
    }
    assert!(table().names.find(b"").is_none());
    assert!(table().names.find(b"_no_such_symbol").is_none());
}

#[test]
fn a_symbol_has_its_history() {
    let history = table().history(Arch::Arm64, PARSE).expect("a processor");
    let [only] = history.as_slice() else {
        panic!("{history:?}");
    };
    assert_eq!(only.library, Library::TorchCpu);
    assert_eq!(only.releases.exact(), "1.9.0-2.3.1");
    assert_eq!(only.releases.to_string(), "1.9-2.3");
    assert!(only.only_some_builds.is_empty());
    let parallel = table().history(Arch::Arm64, PARALLEL).expect("a processor");
    let parallel = parallel.first().expect("a library");
    assert_eq!(parallel.releases.to_string(), "1.11-2.2.0");
    assert_eq!(parallel.only_some_builds.to_string(), "2.2.0");
}

#[test]
fn the_last_release_of_intel_is_an_end_and_the_newest_of_all_is_none() {
    assert_eq!(range(Arch::X86_64, &[cpu(PARSE)]), "1.8-2.2");
    assert_eq!(range(Arch::Arm64, &[cpu(PARSE_NEW)]), "2.4 or newer");
}

#[test]
fn a_gap_is_said() {
    let gap = "__ZNK2at10TensorBase14const_data_ptrIN3c1011Float8_e5m2EEEPKT_v";
    assert_eq!(range(Arch::Arm64, &[cpu(gap)]), "2.1-2.2, 2.12 or newer");
}

#[test]
fn ranges_meet_and_the_one_symbol_to_name_is_the_one_that_left_first() {
    let both = [cpu(PARSE), cpu(PARALLEL)];
    let fit = table().fits(Arch::Arm64, both).expect("a processor");
    assert_eq!(fit.releases.exact(), "1.11.0-2.2.0");
    assert_eq!(fit.only_some_builds.to_string(), "2.2.0");
    assert_eq!(fit.used, 2);
    assert!(fit.broken_by("2.1.0+cpu").is_none());
    let broken = fit.broken_by("2.6.0").expect("it lacks both");
    assert_eq!(broken.need.symbol, PARALLEL);
    assert_eq!(broken.kind, BreakKind::EndedAfter("2.2.0"));
    assert_eq!(broken.missing, 2);
    let broken = fit.broken_by("1.10.0").expect("it lacks one");
    assert_eq!(broken.kind, BreakKind::BeginsAt("1.11.0"));
    for unknown in ["2.99.0", "2.6.0.dev20250101", "2.6.0a0+git1", "", "x"] {
        assert!(!fit.knows(unknown), "{unknown}");
        assert!(fit.broken_by(unknown).is_none(), "{unknown}");
    }
}

#[test]
fn a_symbol_that_moved_is_missing_where_it_is_looked_for() {
    // libtorch_python gave it to libtorch_cpu in 1.10.
    let moved = |place: &super::classes::Place| place.library == Library::TorchPython;
    let (at, _) = table()
        .class_of
        .iter()
        .enumerate()
        .find(|(_, class)| {
            let places = table().places_of_class(**class);
            let arm = places
                .iter()
                .filter(|place| place.side == super::arch::Side::Arm64);
            let arm: Vec<_> = arm.collect();
            arm.len() == 2 && arm.iter().any(|place| moved(place) && place.mask == 1)
        })
        .expect("1,314 symbols moved");
    let name = String::from_utf8_lossy(table().names.get(at).expect("a name")).into_owned();
    let source = Source::Library(Library::TorchPython);
    let needed = Needed {
        symbol: &name,
        source,
    };
    assert_eq!(range(Arch::Arm64, &[needed]), "1.9");
    assert_ne!(range(Arch::Arm64, &[flat(&name)]), "1.9");
}

#[test]
fn what_is_in_no_release_is_said_and_does_not_narrow() {
    let own = "__Z10my_own_funN2at6TensorE";
    let nightly = "__ZN2at12only_nightlyEv";
    let needed = [cpu(PARSE), flat(nightly), flat(own), cpu(own)];
    let fit = table().fits(Arch::Arm64, needed).expect("a processor");
    assert_eq!(fit.in_no_release, [own, nightly]);
    assert_eq!(fit.releases.to_string(), "1.9-2.3");
    let fit = table()
        .fits(Arch::Arm64, [flat(own), flat("_PyInit_x")])
        .expect("a processor");
    assert_eq!((fit.used, fit.in_no_release.len()), (0, 0));
}

#[test]
fn a_uuid_names_library_and_release_in_any_spelling() {
    for spelling in [
        "25C510F77AEE3D6480ED95874DC6BECD",
        "<25C510F7-7AEE-3D64-80ED-95874DC6BECD>",
        "25c510f7-7aee-3d64-80ed-95874dc6becd",
    ] {
        let found = table().identify(spelling).expect("libtorch_cpu of 2.6.0");
        assert_eq!(
            (found.arch, found.library),
            (Arch::Arm64, Library::TorchCpu)
        );
        assert_eq!(found.releases.exact(), "2.6.0");
    }
    assert!(
        table()
            .identify("00000000-0000-0000-0000-000000000000")
            .is_none()
    );
    assert!(table().identify("25C510F7").is_none());
}

#[test]
fn the_stable_abi_has_a_first_release() {
    let stable = table().stable(Arch::Arm64, "_torch_call_dispatcher");
    let stable = stable.expect("of shim.h");
    assert_eq!(stable.family, Family::Shim);
    assert_eq!(stable.releases.to_string(), "2.10 or newer");
    assert!(table().stable(Arch::Arm64, PARSE).is_none());
    let fit = table()
        .fits(
            Arch::Arm64,
            [cpu("_torch_call_dispatcher"), cpu("_aoti_torch_clone")],
        )
        .expect("a processor");
    assert_eq!(fit.unstable, 0);
    assert_eq!(fit.stable.expect("a floor").first(), Some("2.10.0"));
}

#[test]
fn one_underscore_more_or_less_is_the_same_symbol() {
    let bare = PARSE.trim_start_matches('_');
    for spelling in [PARSE.to_owned(), format!("_{bare}"), format!("_{PARSE}")] {
        assert_eq!(
            table().spelled(&spelling).as_deref(),
            Some(PARSE),
            "{spelling}"
        );
    }
    assert_eq!(table().spelled(bare), None);
}

fn small(arch: Arch, version: &str, python: &str, symbols: &[&str]) -> TorchSymbols {
    let build = Build {
        version: version.to_owned(),
        arch,
        python: python.to_owned(),
        minos: "14.0".to_owned(),
        uuids: vec![(Library::TorchCpu, [7; 16])],
    };
    let export = |symbol: &&str| Export {
        symbol: (*symbol).to_owned(),
        library: Library::TorchCpu,
    };
    let stable = [("_torch_b".to_owned(), Family::Shim)];
    let exports = symbols.iter().map(export).collect();
    TorchSymbols::of_build(build, exports, &stable).expect("a release")
}

#[test]
fn a_release_between_others_and_a_second_build_join_the_table() {
    let newest = small(Arch::Arm64, "2.10.0", "cp311", &["_a", "_torch_b"]);
    let older = small(Arch::Arm64, "2.9.0", "cp311", &["_a", "_c"]);
    let middle = small(Arch::Arm64, "2.9.1", "cp311", &["_c"]);
    let other = small(Arch::Arm64, "2.9.1", "cp312", &["_c", "_d"]);
    let merged = [older, middle, other]
        .iter()
        .try_fold(newest, |table, more| table.merged(more))
        .expect("there is room");
    let packed = TorchSymbols::decode(&merged.encode()).expect("what was packed");
    for table in [&merged, &packed] {
        let all = table.releases(Arch::Arm64).expect("a processor");
        assert_eq!(all.iter().collect::<Vec<_>>(), ["2.9.0", "2.9.1", "2.10.0"]);
        let history = |symbol| {
            let history = table.history(Arch::Arm64, symbol).expect("a processor");
            let only = history.first().expect("a library");
            (only.releases.exact(), only.only_some_builds.exact())
        };
        assert_eq!(history("_a"), ("2.9.0,2.10.0-".to_owned(), String::new()));
        assert_eq!(history("_c"), ("2.9.0-2.9.1".to_owned(), String::new()));
        assert_eq!(history("_d"), ("2.9.1".to_owned(), "2.9.1".to_owned()));
        let stable = table
            .stable(Arch::Arm64, "_torch_b")
            .expect("a stable name");
        assert_eq!(stable.releases.exact(), "2.10.0-");
        assert_eq!(table.builds().len(), 4);
    }
}

#[test]
fn the_built_in_table_survives_packing_and_takes_a_new_release() {
    let again = TorchSymbols::decode(&table().encode()).expect("what was packed");
    assert_eq!(again.classes, table().classes);
    assert_eq!(again.class_of, table().class_of);
    assert_eq!(again.stable, table().stable);
    assert_eq!(again.builds, table().builds);
    let new = small(Arch::Arm64, "2.16.0", "cp311", &[PARSE_NEW]);
    let more = table().merged(&new).expect("there is room");
    let range = |symbol| {
        let fit = more.fits(Arch::Arm64, [cpu(symbol)]).expect("a processor");
        fit.releases.exact()
    };
    assert_eq!(range(PARSE_NEW), "2.4.0-");
    assert_eq!(range("_torch_call_dispatcher"), "2.10.0-2.15.0");
    let twice = more.merged(&new).expect("there is room");
    assert_eq!(twice.class_of, more.class_of);
    assert_eq!(twice.builds, more.builds);
}

#[test]
fn damaged_tables_are_refused() {
    assert!(TorchSymbols::decode(b"").is_err());
    assert!(TorchSymbols::decode(b"no table").is_err());
    let small = small(Arch::Arm64, "2.9.0", "cp311", &["_a", "_ab", "_torch_b"]).encode();
    for end in 0..small.len() {
        let cut = small.get(..end).unwrap_or_default();
        assert!(TorchSymbols::decode(cut).is_err(), "{end}");
    }
}

#[test]
fn a_header_declares_functions() {
    let header = "AOTI_TORCH_EXPORT AOTITorchError torch_call_dispatcher(\n    const char* opName);\nint aoti_torch_dtype_half();";
    let names: Vec<String> = Family::Shim
        .declared(header)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["_torch_call_dispatcher", "_aoti_torch_dtype_half"]);
    let path = "torch/include/torch/csrc/stable/c/shim.h";
    assert_eq!(Family::of_header(path), Some(Family::Shim));
}

#[test]
fn what_is_said_of_a_symbol_names_library_and_processor() {
    let both = TorchSymbols::archs();
    assert_eq!(
        table().said_of(PARSE, &[Arch::Arm64]),
        "torch 1.9-2.3 has it, in libtorch_cpu"
    );
    assert_eq!(
        table().said_of(PARSE, &both),
        "on arm64 torch 1.9-2.3 has it, in libtorch_cpu; on x86_64 torch 1.8-2.2 has it, in libtorch_cpu"
    );
    assert_eq!(
        table().said_of("__ZN2at9only_hereEv", &[Arch::Arm64]),
        "no release of torch from 1.9 on has it"
    );
    assert_eq!(
        table().said_of(PARALLEL, &[Arch::Arm64e]),
        "torch 1.11-2.2.0 has it, in libtorch_cpu (of 2.2.0, some builds only)"
    );
}
