//! The graph of a load that finds one library and misses another.

use super::*;
use crate::image::{Arch, Version};
use crate::load::Reason;

fn image(path: &str, by: &str, loaded_by: Option<usize>) -> LoadedImage {
    LoadedImage {
        path: path.to_owned(),
        install_name: None,
        arch: (!by.starts_with("system")).then_some(Arch::Arm64),
        found_by: by.to_owned(),
        loaded_by,
    }
}

fn edge(from: usize, asks: &str, to: Option<usize>) -> Edge {
    Edge {
        from,
        asks: asks.to_owned(),
        weak: asks.contains("weak"),
        to,
    }
}

fn load() -> Load {
    let missing = LoadFailure {
        referenced_from: Some("/s/x/liba.dylib".to_owned()),
        chain: vec!["/s/x/_C.so".to_owned(), "/s/x/liba.dylib".to_owned()],
        tried: vec![Attempt {
            path: "/build/lib/libgone.dylib".to_owned(),
            why: "no such file".to_owned(),
        }],
        message: "Library not loaded: @rpath/libgone.dylib".to_owned(),
        ..LoadFailure::of(Reason::LibraryNotFound, "@rpath/libgone.dylib")
    };
    let symbol = LoadFailure {
        reason: Reason::SymbolNotFound,
        subject: "_gone".to_owned(),
        message: "Symbol not found: _gone".to_owned(),
        tried: Vec::new(),
        ..missing.clone()
    };
    Load {
        images: vec![
            image("/s/x/_C.so", "opened", None),
            image("/s/x/liba.dylib", "@loader_path", Some(0)),
            image("/usr/lib/libSystem.B.dylib", "system library", Some(0)),
        ],
        edges: vec![
            edge(0, "@loader_path/liba.dylib", Some(1)),
            edge(0, "/usr/lib/libSystem.B.dylib", Some(2)),
            edge(1, "@rpath/libgone.dylib", None),
            edge(1, "@rpath/libweak.dylib", None),
            edge(1, "/s/x/_C.so", Some(0)),
        ],
        failures: vec![missing, symbol],
        assumptions: vec!["something".to_owned()],
        unknown: None,
    }
}

fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn process() -> Process {
    Process::new(Arch::Arm64, Version::new(14, 5, 0))
}

#[test]
fn the_tree_shows_who_asks_where_it_was_found_and_what_was_tried() {
    let text = written(|out| terminal(&process(), "x/_C.so", &load(), out));
    insta::assert_snapshot!(text, @r"
    `x/_C.so` in an arm64 process on macOS 14.5: fails

    /s/x/_C.so arm64
    ├── @loader_path/liba.dylib => /s/x/liba.dylib (@loader_path)
    │   ├── @rpath/libgone.dylib: NOT FOUND
    │   │     tried /build/lib/libgone.dylib: no such file
    │   ├── @rpath/libweak.dylib: not found, and not needed (weak)
    │   └── /s/x/_C.so => /s/x/_C.so (loaded already, above)
    └── /usr/lib/libSystem.B.dylib (system library)

    Symbol not found: _gone

    assumed: something
    ");
}

#[test]
fn drawings_leave_the_system_out_unless_asked() {
    let text = written(|out| mermaid(&load(), false, out));
    insta::assert_snapshot!(text, @r##"
    flowchart LR
      n0["_C.so"]
      n1["liba.dylib"]
      n0 --> n1
      m1["#64;rpath/libgone.dylib"]:::broken
      n1 --x|"not found"| m1
      m2["#64;rpath/libweak.dylib"]
      n1 --x|"not found"| m2
      n1 --> n0
      classDef broken stroke:#d1242f,stroke-width:2px,stroke-dasharray:4 3
    "##);
    let text = written(|out| dot(&load(), true, out));
    assert!(text.contains("n0 -> n2;"), "{text}");
    assert!(
        text.contains("label=\"@rpath/libgone.dylib\", color=red"),
        "{text}"
    );
}

#[test]
fn a_name_cannot_leave_its_quotes() {
    assert_eq!(quoted("a\"b\\"), "\"a\\\"b\\\\\"");
    assert!(!quoted("a\nb").contains('\n'));
}

#[test]
fn json_has_the_listing_and_the_graph() {
    let text = written(|out| json(&process(), &[], &load(), out));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["schema"], 1);
    assert_eq!(value["load"]["verdict"], "fails");
    assert_eq!(value["load"]["edges"][2]["tried"][0]["why"], "no such file");
    assert_eq!(value["load"]["edges"][0]["to"], 1);
}
