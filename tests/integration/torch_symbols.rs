//! `loadproof torch-symbols`: the table from the command line.

use crate::run::{Place, finished};

#[test]
fn a_symbol_is_found_in_any_spelling_and_a_uuid_is_known() {
    let place = Place::new();
    let which = |asked: &str| place.run(&["torch-symbols", "which", asked]);
    let found = which("_ZN3c1013MessageLogger6streamEv");
    assert_eq!(found.code, 0, "{}", found.err);
    assert!(
        found.out.contains("c10::MessageLogger::stream()"),
        "{}",
        found.out
    );
    assert!(
        found.out.contains("arm64: libc10: torch 2.10"),
        "{}",
        found.out
    );
    let uuid = which("<25C510F7-7AEE-3D64-80ED-95874DC6BECD>");
    assert_eq!(uuid.out, "libtorch_cpu.dylib of torch 2.6 (arm64)\n");
    let part = which("parseSchemaOrName");
    assert_eq!(part.code, 1);
    assert!(
        part.out.contains("__ZN5torch3jit17parseSchemaOrName"),
        "{}",
        part.out
    );
    let none = which("nobody_has_this");
    assert_eq!(none.code, 1);
    assert!(none.out.contains("is in no known release"), "{}", none.out);
}

#[test]
fn files_without_torch_and_files_that_are_none_end_with_their_code() {
    let place = Place::new();
    place.write("x.so", "text");
    place.write("x.whl", "text");
    let run = |file: &str| place.run(&["torch-symbols", "fits", file]);
    let nothing = run("x.so");
    assert_eq!(nothing.code, 3, "{}", nothing.err);
    assert!(nothing.err.contains("`x.so`"), "{}", nothing.err);
    for absent in ["gone.so", "x.whl"] {
        let failed = run(absent);
        assert_eq!(failed.code, 2, "{}", failed.err);
        assert!(failed.err.contains(absent), "{}", failed.err);
    }
    let not_torch = place.run(&["torch-symbols", "add", "x.whl"]);
    assert_eq!(not_torch.code, 2);
}

#[test]
fn a_table_of_the_users_that_is_damaged_is_said_to_be_and_left_out() {
    let place = Place::new();
    place.write("data/loadproof/torch-symbols.bin.zst", "no table");
    let mut command = place.command(&["torch-symbols", "which", "_torch_call_dispatcher"]);
    command.env("XDG_DATA_HOME", place.path().join("data"));
    let ran = finished(&command.output().expect("loadproof runs"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("torch-symbols.bin.zst"), "{}", ran.err);
    let named = place.run(&[
        "torch-symbols",
        "list",
        "--table",
        "data/loadproof/torch-symbols.bin.zst",
    ]);
    assert_eq!(named.code, 2, "{}", named.err);
}
