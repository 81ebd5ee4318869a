//! What `loadproof image` shows: everything that a loader reads of one file, for people and for programs.

mod terminal;

use std::io::{self, Write};

use serde::Serialize;

use crate::image::{
    Dependent, FileType, Format, Image, Import, ImportFrom, MachO, Signature, Version,
};
use crate::load::{Content, Export, Exported};

pub use terminal::terminal;

/// One file, read.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The path as it was given.
    pub path: &'a str,
    /// What the file is.
    pub content: &'a Content,
    /// The exports of each Mach-O slice, or which structure of them is damaged.
    pub exports: Vec<Result<Vec<Exported>, String>>,
    /// Whether people want to see every symbol.
    pub symbols: bool,
}

/// Version 1 of the JSON: frozen; the inner types may change.
#[derive(Serialize)]
struct File<'a> {
    schema: u32,
    path: &'a str,
    format: Option<&'static str>,
    malformed: Option<&'a str>,
    images: Vec<One<'a>>,
}

#[derive(Serialize)]
struct One<'a> {
    arch: String,
    file_type: String,
    install_name: Option<&'a str>,
    uuid: Option<&'a str>,
    systems: Vec<System>,
    dependents: Vec<Needed<'a>>,
    rpaths: &'a [String],
    imports: Vec<Imported<'a>>,
    exports: Option<Vec<Given<'a>>>,
    exports_damaged: Option<&'a str>,
    imports_damaged: Option<&'a str>,
    signature: Option<Signed<'a>>,
    flaws: Vec<&'a str>,
}

#[derive(Serialize)]
struct System {
    platform: String,
    minos: Version,
    sdk: Version,
}

#[derive(Serialize)]
struct Needed<'a> {
    ordinal: usize,
    install_name: &'a str,
    weak: bool,
    reexport: bool,
    upward: bool,
    delay_init: bool,
    current_version: Option<Version>,
    compatibility_version: Option<Version>,
}

#[derive(Serialize)]
struct Imported<'a> {
    symbol: &'a str,
    from: &'static str,
    ordinal: Option<i64>,
    library: Option<&'a str>,
    version: Option<&'a str>,
    weak: bool,
    lazy: bool,
}

#[derive(Serialize)]
struct Given<'a> {
    symbol: &'a str,
    weak: bool,
    reexported_ordinal: Option<u64>,
    reexported_from: Option<&'a str>,
    reexported_as: Option<&'a str>,
}

#[derive(Serialize)]
struct Signed<'a> {
    kind: &'static str,
    team_id: Option<&'a str>,
    stale_page: Option<u32>,
    malformed: Option<&'a str>,
}

/// Writes the JSON object and a newline.
pub fn json(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (format, images, malformed) = match shown.content {
        Content::MachO { slices } => (Some("mach-o"), slices.as_slice(), None),
        Content::Elf { image } => (Some("elf"), std::slice::from_ref(image.as_ref()), None),
        Content::Malformed { why } => (None, [].as_slice(), Some(why.as_str())),
        Content::NotAnImage { .. } | Content::Unreadable { .. } | Content::NotRecorded => {
            (None, [].as_slice(), None)
        }
    };
    let one = |(index, image)| one(image, shown.exports.get(index));
    let file = File {
        schema: 1,
        path: shown.path,
        format,
        malformed,
        images: images.iter().enumerate().map(one).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &file)?;
    writeln!(out)
}

fn one<'a>(image: &'a Image, exports: Option<&'a Result<Vec<Exported>, String>>) -> One<'a> {
    let macho = image.macho();
    let damaged = exports.and_then(|found| found.as_ref().err());
    let listed = exports.and_then(|found| found.as_ref().ok());
    One {
        arch: image.arch.to_string(),
        file_type: file_type(image),
        install_name: image.install_name.as_deref(),
        uuid: image.uuid.as_deref(),
        systems: macho.map(systems).unwrap_or_default(),
        dependents: image
            .dependents
            .iter()
            .enumerate()
            .map(|(index, dependent)| needed(index, dependent))
            .collect(),
        rpaths: &image.rpaths,
        imports: image
            .imports
            .iter()
            .map(|import| imported(image, import))
            .collect(),
        exports: listed.map(|all| all.iter().map(|export| given(image, export)).collect()),
        exports_damaged: damaged.map(|why| why.trim_end()),
        imports_damaged: macho.and_then(|part| part.damaged_imports.as_deref()),
        signature: macho.and_then(signed),
        flaws: macho
            .map(|part| part.flaws.iter().map(|flaw| flaw.text.as_str()).collect())
            .unwrap_or_default(),
    }
}

fn file_type(image: &Image) -> String {
    match (image.file_type, &image.format) {
        (FileType::Bundle, _) => "bundle".to_owned(),
        (FileType::Dylib, Format::MachO(_)) => "dylib".to_owned(),
        (FileType::Dylib, Format::Elf(_)) => "shared object".to_owned(),
        (FileType::Execute, _) => "executable".to_owned(),
        (FileType::Other(number), _) => format!("file type {number}"),
    }
}

fn systems(part: &MachO) -> Vec<System> {
    let each = part.build_versions.iter();
    each.map(|version| System {
        platform: version.platform.to_string(),
        minos: version.minos,
        sdk: version.sdk,
    })
    .collect()
}

fn needed(index: usize, dependent: &Dependent) -> Needed<'_> {
    Needed {
        ordinal: index.saturating_add(1),
        install_name: &dependent.install_name,
        weak: dependent.weak,
        reexport: dependent.reexport,
        upward: dependent.upward,
        delay_init: dependent.delay_init,
        current_version: dependent.current_version,
        compatibility_version: dependent.compatibility_version,
    }
}

/// The dependent with this ordinal, counted from 1.
fn library(image: &Image, ordinal: u64) -> Option<&str> {
    let index = usize::try_from(ordinal.checked_sub(1)?).ok()?;
    let dependent = image.dependents.get(index)?;
    Some(dependent.install_name.as_str())
}

fn imported<'a>(image: &'a Image, import: &'a Import) -> Imported<'a> {
    let (from, ordinal) = match import.from {
        ImportFrom::Ordinal(ordinal) => ("library", Some(i64::from(ordinal))),
        ImportFrom::ThisImage => ("this-image", Some(0)),
        ImportFrom::MainExecutable => ("main-executable", Some(-1)),
        ImportFrom::Flat if image.elf().is_some() => ("any", None),
        ImportFrom::Flat => ("any", Some(-2)),
        ImportFrom::WeakLookup => ("weak-lookup", Some(-3)),
        ImportFrom::Unknown(ordinal) => ("unknown", Some(i64::from(ordinal))),
    };
    let by_ordinal = match import.from {
        ImportFrom::Ordinal(ordinal) => library(image, ordinal.into()),
        _ => None,
    };
    let version = import.version.as_ref();
    Imported {
        symbol: &import.symbol,
        from,
        ordinal,
        library: by_ordinal.or(version.map(|version| version.library.as_str())),
        version: version.map(|version| version.name.as_str()),
        weak: import.weak,
        lazy: import.lazy,
    }
}

fn given<'a>(image: &'a Image, exported: &'a Exported) -> Given<'a> {
    let mut given = Given {
        symbol: &exported.symbol,
        weak: false,
        reexported_ordinal: None,
        reexported_from: None,
        reexported_as: None,
    };
    match &exported.export {
        Export::Defined { weak } => given.weak = *weak,
        Export::Reexport { ordinal, symbol } => {
            given.reexported_ordinal = Some(*ordinal);
            given.reexported_from = library(image, *ordinal);
            given.reexported_as = (!symbol.is_empty()).then_some(symbol.as_str());
        }
        Export::Absent
        | Export::OtherVersion { .. }
        | Export::Damaged { .. }
        | Export::NotRecorded => {}
    }
    given
}

fn signed(part: &MachO) -> Option<Signed<'_>> {
    match &part.signature {
        Signature::Absent => None,
        Signature::Malformed { why, .. } => Some(Signed {
            kind: "malformed",
            team_id: None,
            stale_page: None,
            malformed: Some(why),
        }),
        Signature::Present(directory) => Some(Signed {
            kind: signature_kind(directory.flags),
            team_id: directory.team_id.as_deref(),
            stale_page: directory.stale_page,
            malformed: None,
        }),
    }
}

/// Who made a signature, by the flags of its CodeDirectory: CS_LINKER_SIGNED, CS_ADHOC.
fn signature_kind(flags: u32) -> &'static str {
    const AD_HOC: u32 = 0x2;
    const LINKER: u32 = 0x2_0000;
    match (flags & LINKER != 0, flags & AD_HOC != 0) {
        (true, _) => "linker",
        (false, true) => "ad-hoc",
        (false, false) => "identity",
    }
}
