//! Listings of a small wheel.

use super::*;
use crate::image::{Arch, BuildVersion, Dependent, FileType, Platform, Version};

fn asks(name: &str, weak: bool) -> Dependent {
    Dependent {
        install_name: name.to_owned(),
        weak,
        reexport: false,
        upward: false,
        delay_init: false,
        current_version: None,
        compatibility_version: None,
    }
}

fn slice(arch: Arch, install_name: Option<&str>, dependents: Vec<Dependent>) -> SliceHeaders {
    SliceHeaders {
        arch,
        file_type: FileType::Dylib,
        install_name: install_name.map(str::to_owned),
        dependents,
        rpaths: vec!["@loader_path/../x.dylibs".to_owned()],
        build_versions: vec![BuildVersion {
            platform: Platform::MacOs,
            minos: Version::new(11, 0, 0),
            sdk: Version::new(14, 5, 0),
        }],
        damage: None,
    }
}

fn wheel() -> Vec<ListedFile> {
    let module = slice(
        Arch::Arm64,
        None,
        vec![
            asks("@rpath/liba.dylib", false),
            asks("@loader_path/../x.dylibs/libb.dylib", true),
            asks("/opt/lib/libfar.dylib", false),
            asks("/usr/lib/libSystem.B.dylib", false),
        ],
    );
    let library = |name| slice(Arch::Arm64, Some(name), Vec::new());
    let file = |path: &str, slices| ListedFile {
        path: path.to_owned(),
        slices,
    };
    let old = SliceHeaders {
        build_versions: Vec::new(),
        rpaths: Vec::new(),
        ..slice(Arch::X86_64, Some("/DLC/libb.dylib"), Vec::new())
    };
    vec![
        file("x/_C.so", vec![module]),
        file("x.dylibs/liba.dylib", vec![library("/DLC/liba.dylib")]),
        file("x.dylibs/libb.dylib", vec![library("/DLC/libb.dylib"), old]),
    ]
}

fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn json_has_one_entry_for_each_slice() {
    let text = written(|out| json(&wheel(), out));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["schema"], 1);
    assert_eq!(
        value["images"][2],
        serde_json::json!({
            "path": "x.dylibs/libb.dylib",
            "slices": [
                {
                    "arch": "arm64", "install_name": "/DLC/libb.dylib", "dependents": [],
                    "rpaths": ["@loader_path/../x.dylibs"], "minos": "11.0", "sdk": "14.5"
                },
                {
                    "arch": "x86_64", "install_name": "/DLC/libb.dylib", "dependents": [],
                    "rpaths": [], "minos": null, "sdk": null
                }
            ]
        })
    );
}

#[test]
fn the_terminal_shows_what_each_slice_says() {
    let text = written(|out| terminal(&wheel()[..1], out));
    insta::assert_snapshot!(text, @r"
    x/_C.so arm64, macOS 11.0, SDK 14.5
      asks  @rpath/liba.dylib
      asks  @loader_path/../x.dylibs/libb.dylib (weak)
      asks  /opt/lib/libfar.dylib
      asks  /usr/lib/libSystem.B.dylib
      rpath @loader_path/../x.dylibs
    ");
}

#[test]
fn drawings_join_files_that_find_each_other() {
    let text = written(|out| mermaid(&wheel(), false, out));
    insta::assert_snapshot!(text, @r#"
    flowchart LR
      n0["x/_C.so"]
      n1["x.dylibs/liba.dylib"]
      n2["x.dylibs/libb.dylib"]
      n3(["/opt/lib/libfar.dylib"])
      n0 --> n1
      n0 --> n2
      n0 --> n3
    "#);
    let text = written(|out| dot(&wheel(), true, out));
    assert!(
        text.contains("n4 [label=\"/usr/lib/libSystem.B.dylib\", style=dashed];"),
        "{text}"
    );
}
