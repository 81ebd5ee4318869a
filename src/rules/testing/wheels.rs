//! Wheels with Mach-O files, made for one test: each file has what a rule looks at, and nothing else.

use std::io::Write as _;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::diagnosis::Severity;
use crate::image::Version;
use crate::rules::{Finding, Inspect, RULES, WheelCase};
use crate::site::{Flavor, PythonVersion, Target};
use crate::wheel::Wheel;

/// A thin Mach-O file.
#[derive(Clone)]
pub(in crate::rules) struct MachoFile {
    pub(in crate::rules) arm: bool,
    pub(in crate::rules) dylib: bool,
    pub(in crate::rules) install_name: Option<&'static str>,
    pub(in crate::rules) dependents: Vec<&'static str>,
    pub(in crate::rules) rpaths: Vec<&'static str>,
    pub(in crate::rules) minos: (u32, u32),
    pub(in crate::rules) sdk: (u32, u32),
    /// Undefined symbols, looked up in all images.
    pub(in crate::rules) flat: Vec<&'static str>,
    /// How many local symbols it has.
    pub(in crate::rules) locals: u32,
    /// Bytes between the load commands and the first section.
    pub(in crate::rules) pad: u32,
    pub(in crate::rules) signed: bool,
    /// A byte of the first page is changed after it was signed.
    pub(in crate::rules) stale: bool,
}

/// A signed module for Apple Silicon and macOS 11, to which nothing can be said.
pub(in crate::rules) fn module() -> MachoFile {
    MachoFile {
        arm: true,
        dylib: false,
        install_name: None,
        dependents: vec!["/usr/lib/libSystem.B.dylib"],
        rpaths: Vec::new(),
        minos: (11, 0),
        sdk: (14, 5),
        flat: Vec::new(),
        locals: 0,
        pad: 1024,
        signed: true,
        stale: false,
    }
}

/// A library of that install name, else as [`module`].
pub(in crate::rules) fn library(install_name: &'static str) -> MachoFile {
    MachoFile {
        dylib: true,
        install_name: Some(install_name),
        ..module()
    }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn quads(quads: &[u64]) -> Vec<u8> {
    quads.iter().flat_map(|quad| quad.to_le_bytes()).collect()
}

fn name16(name: &str) -> Vec<u8> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(16, 0);
    bytes
}

/// A load command: its body is padded to eight bytes.
fn command(kind: u32, mut body: Vec<u8>) -> Vec<u8> {
    body.resize(body.len().next_multiple_of(8), 0);
    let size = u32::try_from(body.len() + 8).expect("a small command");
    [words(&[kind, size]), body].concat()
}

/// A command with a string behind `fixed`, whose offset is the first word.
fn named(kind: u32, fixed: &[u32], text: &str) -> Vec<u8> {
    let offset = u32::try_from(12 + fixed.len() * 4).expect("a small command");
    let body = [
        words(&[offset]),
        words(fixed),
        text.as_bytes().to_vec(),
        vec![0],
    ]
    .concat();
    command(kind, body)
}

fn segment(
    name: &str,
    address: u64,
    size: u64,
    offset: u64,
    protection: u32,
    sections: Vec<u8>,
) -> Vec<u8> {
    let count = u32::from(!sections.is_empty());
    let body = [
        name16(name),
        quads(&[address, size, offset, size]),
        words(&[protection, protection, count, 0]),
        sections,
    ];
    command(0x19, body.concat())
}

const PAGE: u64 = 0x4000;

impl MachoFile {
    pub(in crate::rules) fn bytes(&self) -> Vec<u8> {
        let version = |(major, minor): (u32, u32)| major << 16 | minor << 8;
        let mut names = vec![0];
        let mut symbols = Vec::new();
        for index in 0..self.locals {
            symbols.extend(words(&[u32::try_from(names.len()).expect("short names")]));
            symbols.extend([0x0e, 1, 0, 0]);
            symbols.extend(quads(&[0x1000]));
            names.extend(format!("_local_symbol_of_some_length_{index}\0").bytes());
        }
        for name in &self.flat {
            symbols.extend(words(&[u32::try_from(names.len()).expect("short names")]));
            symbols.extend([0x01, 0, 0, 0xfe]);
            symbols.extend(quads(&[0]));
            names.extend(format!("_{name}\0").bytes());
        }
        let count = self.locals + u32::try_from(self.flat.len()).expect("few");
        let table = u32::try_from(PAGE).expect("small");
        let strings = table + u32::try_from(symbols.len()).expect("small");
        let end = (strings + u32::try_from(names.len()).expect("small")).next_multiple_of(16);
        let hashes = end.div_ceil(0x1000);
        let signature = if self.signed {
            20 + 44 + 2 + hashes * 32
        } else {
            0
        };
        let size = end + signature;
        let linkedit = u64::from(size) - PAGE;
        let commands = |section_at: u32| {
            let section = [
                name16("__text"),
                name16("__TEXT"),
                quads(&[u64::from(section_at), 4]),
                words(&[section_at, 2, 0, 0, 0, 0, 0, 0]),
            ]
            .concat();
            let mut all = vec![
                segment("__TEXT", 0, PAGE, 0, 5, section),
                segment("__LINKEDIT", PAGE, linkedit, PAGE, 1, Vec::new()),
                command(0x1b, vec![7; 16]),
                command(0x32, words(&[1, version(self.minos), version(self.sdk), 0])),
                command(0x2, words(&[table, count, strings, end - strings])),
                command(0xb, [words(&[0, self.locals]), vec![0; 64]].concat()),
            ];
            let one = 1 << 16;
            all.extend(
                self.install_name
                    .map(|name| named(0xd, &[2, one, one], name)),
            );
            all.extend(
                self.dependents
                    .iter()
                    .map(|name| named(0xc, &[2, one, one], name)),
            );
            all.extend(self.rpaths.iter().map(|path| named(0x8000_001c, &[], path)));
            if self.signed {
                all.push(command(0x1d, words(&[end, signature])));
            }
            all
        };
        let length: usize = commands(0).iter().map(Vec::len).sum();
        let section_at = 32 + u32::try_from(length).expect("small") + self.pad;
        let all = commands(section_at);
        let (cpu, sub) = if self.arm {
            (0x0100_000c, 0)
        } else {
            (0x0100_0007, 3)
        };
        let kind = if self.dylib { 6 } else { 8 };
        let ncmds = u32::try_from(all.len()).expect("few");
        let header = words(&[
            0xfeed_facf,
            cpu,
            sub,
            kind,
            ncmds,
            u32::try_from(length).expect("small"),
            0x85,
            0,
        ]);
        let mut file = [header, all.concat()].concat();
        file.resize(usize::try_from(PAGE).expect("small"), 0);
        file.extend(symbols);
        file.extend(names);
        file.resize(usize::try_from(end).expect("small"), 0);
        if self.signed {
            let blob = signature_of(&file, end);
            file.extend(blob);
        }
        if self.stale {
            // In the padding behind the load commands, where editing tools write.
            file[32 + length] ^= 1;
        }
        file
    }
}

/// A SuperBlob with one CodeDirectory, ad hoc.
fn signature_of(file: &[u8], limit: u32) -> Vec<u8> {
    let big =
        |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|word| word.to_be_bytes()).collect() };
    let pages: Vec<&[u8]> = file.chunks(0x1000).collect();
    let count = u32::try_from(pages.len()).expect("few pages");
    let length = 44 + 2 + count * 32;
    let mut directory = big(&[0xfade_0c02, length, 0x2_0001, 2, 46, 44, 0, count, limit]);
    directory.extend([32, 2, 0, 12]);
    directory.extend(big(&[0]));
    directory.extend(b"x\0");
    for page in pages {
        directory.extend(Sha256::digest(page));
    }
    let whole = u32::try_from(directory.len()).expect("small") + 20;
    let blobs = big(&[0xfade_0cc0, whole, 1, 0, 20]);
    [blobs, directory].concat()
}

/// The files of a wheel, and its name.
pub(in crate::rules) struct WheelFiles {
    pub(in crate::rules) name: &'static str,
    pub(in crate::rules) requires: Vec<&'static str>,
    pub(in crate::rules) files: Vec<(&'static str, Vec<u8>)>,
    /// The lines of RECORD in place of the right ones.
    pub(in crate::rules) record: Option<String>,
    /// The tags in WHEEL in place of the name's.
    pub(in crate::rules) tags: Option<Vec<&'static str>>,
}

/// A wheel for CPython 3.11 on Apple Silicon and macOS 11, to which nothing can be said.
pub(in crate::rules) fn wheel(files: Vec<(&'static str, MachoFile)>) -> WheelFiles {
    let files = files.into_iter().map(|(path, file)| (path, file.bytes()));
    WheelFiles {
        name: "x-1.0-cp311-cp311-macosx_11_0_arm64.whl",
        requires: Vec::new(),
        files: files.collect(),
        record: None,
        tags: None,
    }
}

impl WheelFiles {
    pub(in crate::rules) fn read(&self) -> Wheel {
        let own = self
            .name
            .trim_end_matches(".whl")
            .splitn(3, '-')
            .nth(2)
            .expect("tags");
        let tags = self.tags.clone().unwrap_or_else(|| vec![own]);
        let tags: String = tags.iter().map(|tag| format!("Tag: {tag}\n")).collect();
        let requires: String = self
            .requires
            .iter()
            .map(|name| format!("Requires-Dist: {name}\n"))
            .collect();
        let mut files: Vec<(&str, Vec<u8>)> = self.files.clone();
        files.push((
            "x-1.0.dist-info/WHEEL",
            format!("Wheel-Version: 1.0\nRoot-Is-Purelib: false\n{tags}").into(),
        ));
        files.push((
            "x-1.0.dist-info/METADATA",
            format!("Metadata-Version: 2.1\nName: x\nVersion: 1.0\n{requires}").into(),
        ));
        let record = self.record.clone().unwrap_or_else(|| record(&files));
        files.push(("x-1.0.dist-info/RECORD", record.into()));
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (path, bytes) in files {
            zip.start_file(path, zip::write::SimpleFileOptions::default())
                .expect("a member");
            zip.write_all(&bytes).expect("its bytes");
        }
        let bytes = zip.finish().expect("an archive").into_inner();
        Wheel::read(self.name, Arc::new(bytes)).expect("a wheel")
    }

    /// What every rule says about the wheel: id, severity, finding.
    pub(in crate::rules) fn said(&self) -> Vec<(&'static str, Severity, Finding)> {
        let wheel = self.read();
        let target = Target {
            macos: Version::new(14, 5, 0),
            arch: crate::image::Arch::Arm64,
            python: PythonVersion::new(3, 11),
            flavor: Flavor::Standalone,
        };
        let case = WheelCase {
            wheel: &wheel,
            targets: &[target],
        };
        let mut said = Vec::new();
        for rule in RULES {
            for inspect in rule.inspect {
                if let Inspect::Wheel(look) = inspect {
                    let findings = look(&case).into_iter();
                    said.extend(findings.map(|finding| {
                        (rule.id, finding.severity.unwrap_or(rule.severity), finding)
                    }));
                }
            }
        }
        said
    }

    /// What this rule says, and no other rule says a thing.
    pub(in crate::rules) fn only(&self, id: &str) -> Vec<(Severity, Finding)> {
        let said = self.said();
        let others: Vec<_> = said
            .iter()
            .filter(|(by, ..)| *by != id)
            .map(|(by, _, finding)| (by, &finding.message))
            .collect();
        assert!(others.is_empty(), "others speak, too: {others:?}");
        said.into_iter()
            .map(|(_, severity, finding)| (severity, finding))
            .collect()
    }

    /// The one thing that this rule says; no other rule says a thing.
    pub(in crate::rules) fn one(&self, id: &str) -> (Severity, Finding) {
        let mut said = self.only(id);
        assert_eq!(said.len(), 1, "{said:?}");
        said.remove(0)
    }
}

/// RECORD as it should be.
pub(in crate::rules) fn record(files: &[(&str, Vec<u8>)]) -> String {
    use base64::Engine as _;
    let hash = |bytes: &[u8]| {
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(bytes))
    };
    let lines = files
        .iter()
        .map(|(path, bytes)| format!("{path},sha256={},{}\n", hash(bytes), bytes.len()));
    lines
        .chain(["x-1.0.dist-info/RECORD,,\n".to_owned()])
        .collect()
}

#[test]
fn a_good_wheel_is_left_in_peace() {
    let files = vec![
        ("x/_C.cpython-311-darwin.so", module()),
        ("x/.dylibs/libx.dylib", library("@rpath/libx.dylib")),
    ];
    let said = wheel(files).said();
    assert!(said.is_empty(), "{said:?}");
}
