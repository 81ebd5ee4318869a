//! Linker stubs (`.tbd` files): how an SDK lists what a library exports. Versions 1 to 4 are YAML, 5 is JSON.
//!
//! What dyld never sees is left out: orders to the static linker (`$ld$...`), other platforms than macOS, i386. Swift's
//! mangled names are left out too: extensions for Python do not bind them, and they are the larger half of an SDK.

mod node;
mod v5;

use std::fmt;

use crate::image::Arch;

use super::{ExportGroup, ObservedLibrary};
use node::{Document, Node};

/// Why a file is not a stub that can be read. A lowercase fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StubError {
    /// Not YAML; the parser's words.
    Yaml(String),
    /// Not the JSON of version 5; the parser's words.
    Json(String),
    /// YAML, but no stub.
    NotAStub,
    /// A version that is not known.
    Version(String),
    /// A field that every stub has.
    Lacks(&'static str),
}

impl fmt::Display for StubError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StubError::Yaml(why) => write!(f, "not YAML: {why}"),
            StubError::Json(why) => write!(f, "not a stub of version 5: {why}"),
            StubError::NotAStub => f.write_str("not a linker stub"),
            StubError::Version(version) => write!(f, "a stub of unknown version `{version}`"),
            StubError::Lacks(field) => write!(f, "a stub without `{field}`"),
        }
    }
}

impl std::error::Error for StubError {}

/// One library of a stub; a file may hold several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stub {
    /// The library, with its own exports.
    pub library: ObservedLibrary,
    /// The name of the umbrella that exports it as its own, such as `System`.
    pub parent: Option<String>,
}

/// Reads a stub of any version.
pub fn read(text: &str) -> Result<Vec<Stub>, StubError> {
    if text.trim_start().starts_with('{') {
        return v5::read(text);
    }
    node::documents(text)?.iter().map(document).collect()
}

/// Lets umbrellas export what names them as its parent, as the linker does.
pub fn under_umbrellas(stubs: Vec<Stub>) -> Vec<ObservedLibrary> {
    let children: Vec<(String, String)> = stubs
        .iter()
        .filter_map(|stub| Some((stub.parent.clone()?, stub.library.install_name.clone())))
        .collect();
    let mut libraries: Vec<_> = stubs.into_iter().map(|stub| stub.library).collect();
    for library in &mut libraries {
        let own = children.iter().filter(|(parent, child)| {
            umbrella_name(&library.install_name) == parent && *child != library.install_name
        });
        library
            .reexports
            .extend(own.map(|(_, child)| child.clone()));
    }
    libraries
}

/// `System` for `/usr/lib/libSystem.B.dylib`, `CoreServices` for `.../CoreServices`.
fn umbrella_name(install_name: &str) -> &str {
    let leaf = install_name.rsplit('/').next().unwrap_or(install_name);
    match leaf.strip_suffix(".dylib") {
        Some(stem) => {
            let stem = stem.strip_prefix("lib").unwrap_or(stem);
            stem.split('.').next().unwrap_or(stem)
        }
        None => leaf,
    }
}

/// The versions that are YAML, and what differs between them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    /// 1 and 2: `archs` and one platform; names of classes carry an underscore.
    Two,
    /// 3: the underscore is gone.
    Three,
    /// 4: `targets` instead.
    Four,
}

fn document(document: &Document) -> Result<Stub, StubError> {
    let root = &document.root;
    let Some(name) = root.get("install-name").and_then(Node::text) else {
        return Err(StubError::Lacks("install-name"));
    };
    let version = match document.tag.as_deref() {
        None | Some("tapi-tbd-v1" | "tapi-tbd-v2") => Version::Two,
        Some("tapi-tbd-v3") => Version::Three,
        Some("tapi-tbd") => match root.get("tbd-version").and_then(Node::text) {
            Some("4") => Version::Four,
            other => return Err(StubError::Version(other.unwrap_or("none").to_owned())),
        },
        Some(other) => return Err(StubError::Version(other.to_owned())),
    };
    let on_macos = root
        .get("platform")
        .and_then(Node::text)
        .is_none_or(|platform| matches!(platform, "macosx" | "zippered"));
    let of = |node: &Node| match version {
        Version::Four => arches(node.texts("targets")),
        Version::Two | Version::Three if !on_macos => Vec::new(),
        Version::Two | Version::Three => node.texts("archs").filter_map(arch).collect(),
    };
    let sections = root.list("exports").iter().chain(root.list("reexports"));
    let exports = sections
        .map(|section| ExportGroup {
            arches: of(section),
            symbols: symbols(section, version),
        })
        .collect();
    let reexports = match version {
        Version::Four => root.list("reexported-libraries").iter(),
        Version::Two | Version::Three => root.list("exports").iter(),
    };
    let reexports = reexports
        .filter(|section| !of(section).is_empty())
        .flat_map(|section| {
            section
                .texts("libraries")
                .chain(section.texts("re-exports"))
        })
        .map(str::to_owned)
        .collect();
    let parent = match root.get("parent-umbrella") {
        Some(Node::Text(parent)) => Some(parent.clone()),
        Some(Node::List(parents)) => parents
            .iter()
            .find_map(|parent| parent.get("umbrella").and_then(Node::text))
            .map(str::to_owned),
        Some(Node::Map(_)) | None => None,
    };
    Ok(stub(name.to_owned(), of(root), reexports, exports, parent))
}

/// The names that one section of exports stands for.
fn symbols(section: &Node, version: Version) -> Vec<String> {
    const PLAIN: [&str; 4] = [
        "symbols",
        "weak-symbols",
        "weak-def-symbols",
        "thread-local-symbols",
    ];
    const OBJC: [&str; 3] = ["objc-classes", "objc-eh-types", "objc-ivars"];
    let plain = PLAIN.iter().flat_map(|kind| section.texts(kind));
    let mut found: Vec<_> = plain.map(str::to_owned).collect();
    for kind in OBJC {
        for name in section.texts(kind) {
            let name = match version {
                Version::Two => name.strip_prefix('_').unwrap_or(name),
                Version::Three | Version::Four => name,
            };
            found.extend(objc_symbols(kind, name));
        }
    }
    found
}

/// The symbols of an Objective-C name.
fn objc_symbols(kind: &str, name: &str) -> Vec<String> {
    match kind {
        "objc-classes" => vec![
            format!("_OBJC_CLASS_$_{name}"),
            format!("_OBJC_METACLASS_$_{name}"),
        ],
        "objc-eh-types" => vec![format!("_OBJC_EHTYPE_$_{name}")],
        _ => vec![format!("_OBJC_IVAR_$_{name}")],
    }
}

/// Puts a library together, without what dyld never sees.
fn stub(
    install_name: String,
    arches: Vec<Arch>,
    reexports: Vec<String>,
    mut exports: Vec<ExportGroup>,
    parent: Option<String>,
) -> Stub {
    const SWIFT: [&str; 4] = ["_$s", "_$S", "_$T", "_symbolic "];
    for group in &mut exports {
        group.symbols.retain(|symbol| {
            !symbol.starts_with("$ld$") && !SWIFT.iter().any(|prefix| symbol.starts_with(prefix))
        });
    }
    exports.retain(|group| !group.arches.is_empty() && !group.symbols.is_empty());
    Stub {
        library: ObservedLibrary {
            install_name,
            arches,
            reexports,
            exports,
        },
        parent,
    }
}

/// The architectures of those targets that are macOS itself: `arm64e-macos`, not `arm64e-maccatalyst`.
fn arches<'a>(targets: impl Iterator<Item = &'a str>) -> Vec<Arch> {
    let mut found: Vec<Arch> = targets
        .filter_map(|target| arch(target.strip_suffix("-macos")?))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn arch(name: &str) -> Option<Arch> {
    // Newer variants, such as `arm64e.x1`, export what their family exports.
    match name.split('.').next()? {
        "arm64" => Some(Arch::Arm64),
        "arm64e" => Some(Arch::Arm64e),
        "x86_64" => Some(Arch::X86_64),
        "x86_64h" => Some(Arch::X86_64h),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
