//! Version 5 of the stubs, which is JSON.

use serde::Deserialize;

use crate::catalogue::ExportGroup;

use super::{Stub, StubError, arches, objc_symbols, stub};

#[derive(Deserialize)]
struct File {
    tapi_tbd_version: u32,
    main_library: Library,
    #[serde(default)]
    libraries: Vec<Library>,
}

#[derive(Deserialize)]
struct Library {
    target_info: Vec<TargetInfo>,
    install_names: Vec<Named>,
    #[serde(default)]
    parent_umbrellas: Vec<Umbrella>,
    #[serde(default)]
    reexported_libraries: Vec<Names>,
    #[serde(default)]
    exported_symbols: Vec<Symbols>,
    #[serde(default)]
    reexported_symbols: Vec<Symbols>,
}

#[derive(Deserialize)]
struct TargetInfo {
    target: String,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Umbrella {
    umbrella: String,
}

#[derive(Deserialize)]
struct Names {
    /// All of the library's, if there is none.
    targets: Option<Vec<String>>,
    names: Vec<String>,
}

#[derive(Deserialize)]
struct Symbols {
    targets: Option<Vec<String>>,
    #[serde(default)]
    text: Segment,
    #[serde(default)]
    data: Segment,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Segment {
    global: Vec<String>,
    weak: Vec<String>,
    thread_local: Vec<String>,
    objc_class: Vec<String>,
    objc_eh_type: Vec<String>,
    objc_ivar: Vec<String>,
}

pub(super) fn read(text: &str) -> Result<Vec<Stub>, StubError> {
    let file: File =
        serde_json::from_str(text).map_err(|error| StubError::Json(error.to_string()))?;
    if file.tapi_tbd_version != 5 {
        return Err(StubError::Version(file.tapi_tbd_version.to_string()));
    }
    let libraries = std::iter::once(file.main_library).chain(file.libraries);
    libraries.map(library).collect()
}

fn library(library: Library) -> Result<Stub, StubError> {
    let all: Vec<String> = library
        .target_info
        .into_iter()
        .map(|info| info.target)
        .collect();
    let of = |targets: &Option<Vec<String>>| {
        let targets = targets.as_ref().unwrap_or(&all);
        arches(targets.iter().map(String::as_str))
    };
    let Some(name) = library.install_names.into_iter().next() else {
        return Err(StubError::Lacks("install_names"));
    };
    let symbols = library.exported_symbols.into_iter();
    let exports = symbols
        .chain(library.reexported_symbols)
        .map(|symbols| ExportGroup {
            arches: of(&symbols.targets),
            symbols: [symbols.text, symbols.data]
                .into_iter()
                .flat_map(segment)
                .collect(),
        })
        .collect();
    let reexports = library.reexported_libraries.into_iter();
    let reexports = reexports
        .filter(|names| !of(&names.targets).is_empty())
        .flat_map(|names| names.names)
        .collect();
    let mut parents = library.parent_umbrellas.into_iter();
    let parent = parents.next().map(|parent| parent.umbrella);
    Ok(stub(name.name, of(&None), reexports, exports, parent))
}

fn segment(segment: Segment) -> Vec<String> {
    let mut symbols = segment.global;
    symbols.extend(segment.weak);
    symbols.extend(segment.thread_local);
    let kinds = [
        ("objc-classes", segment.objc_class),
        ("objc-eh-types", segment.objc_eh_type),
        ("objc-ivars", segment.objc_ivar),
    ];
    for (kind, names) in kinds {
        for name in names {
            symbols.extend(objc_symbols(kind, &name));
        }
    }
    symbols
}
