//! A wheel as it is: the archive read in place, what stands in it, where its files are installed, and what it says of
//! itself. Nothing is unpacked to a disk, and nothing is judged.
//!
//! Sources: PEP 427 and the specification of the binary distribution format (places, `WHEEL`, `RECORD`), PEP 425 (tags),
//! the core metadata specification (`METADATA`), PKWARE's APPNOTE (the archive, read by `rawzip`).

mod archive;
mod inflate;
mod marker;
mod metadata;
mod name;
mod native;
mod place;
mod record;
mod script;
mod sieve;
mod variant;
mod version;

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use sieve::{Budget, Sieve, Sifted, Want};

pub use archive::{Archive, ArchiveError, Bytes, Member, Refusal, Refused};
pub use inflate::{Inflater, MemberError};
pub use marker::holds;
pub use metadata::{Headers, Requirement};
pub use name::{Tag, WheelName, expand_tags};
pub use native::NativeFile;
pub use place::{Place, Scheme, place};
pub use record::{Record, RecordEntry};
use script::{Scripts, Told};
pub use variant::{family, is_made_for};
pub use version::allows;

/// The files of `.dist-info` that are kept as text.
const TEXTS: [&str; 3] = ["METADATA", "RECORD", "WHEEL"];

/// So large such a file may be; RECORD of a large wheel has two megabytes.
const LARGEST_TEXT: u64 = 16 << 20;

/// Longer scripts than that are not looked into.
const LONGEST_SCRIPT: u64 = 1 << 20;

/// Everything that is known of one wheel.
#[derive(Debug)]
pub struct Wheel {
    /// The file's name, such as `numpy-2.0.0-cp311-cp311-macosx_14_0_arm64.whl`.
    pub file: String,
    /// What the name says; `None`: it does not follow the pattern of PEP 427.
    pub name: Option<WheelName>,
    /// Every file, in the order of the archive's directory.
    pub files: Vec<WheelFile>,
    /// Entries that no installer should take, with the reason.
    pub refused: Vec<Refused>,
    /// How many bytes follow the end of the archive.
    pub surplus: u64,
    /// `NAME-VERSION.dist-info`, if there is one.
    pub dist_info: Option<String>,
    /// `.dist-info/WHEEL`.
    pub wheel: Headers,
    /// `.dist-info/METADATA`.
    pub metadata: Headers,
    /// `.dist-info/RECORD`; `None`: there is none, or it cannot be read.
    pub record: Option<Record>,
    /// The top-level modules that scripts import which open libraries for every image of the process (RTLD_GLOBAL).
    pub opened_for_all: BTreeSet<String>,
    /// Some script imports modules by their paths, under names that are not the files'.
    pub imports_by_path: bool,
    /// The files that scripts name which open libraries and cannot go on without, in the forms that they use.
    named: BTreeSet<String>,
}

/// One file of a wheel.
#[derive(Debug, Clone)]
pub struct WheelFile {
    /// Its path in the archive.
    pub path: String,
    /// Where an installer puts it.
    pub place: Place,
    /// Its size in bytes, as counted.
    pub size: u64,
    /// Its permission bits.
    pub mode: u32,
    /// The SHA-256 of its content; `None`: it could not be read.
    pub sha256: Option<[u8; 32]>,
    /// What it is, if it is a Mach-O or ELF file.
    pub native: Option<Arc<NativeFile>>,
    /// Why it could not be read.
    pub error: Option<MemberError>,
}

impl Wheel {
    /// Reads a wheel: every member is inflated once, hashed, and parsed if it is native; in parallel, in a fixed order.
    pub fn read(file: &str, bytes: Bytes) -> Result<Wheel, ArchiveError> {
        let archive = Archive::open(bytes)?;
        let dist_info = dist_info(archive.members(), file);
        let kept = dist_info.as_deref().map_or(Vec::new(), |directory| {
            TEXTS.map(|name| format!("{directory}/{name}")).to_vec()
        });
        let mut order: Vec<usize> = (0..archive.members().len()).collect();
        // The longest first, so that none is left for the end when all other processors are idle.
        order.sort_by_key(|index| {
            let member = archive.members().get(*index);
            std::cmp::Reverse(member.map_or(0, |member| member.size))
        });
        let budget = Budget::of(archive.length());
        let paths = archive.members().iter().map(|member| member.path.as_str());
        let scripts = Scripts::of(paths);
        let mut read: Vec<(usize, Taken)> = order
            .into_par_iter()
            .with_max_len(1)
            .map_init(Inflater::new, |inflater, index| {
                let taken = take(&archive, index, (&kept, &scripts), (inflater, &budget));
                (index, taken)
            })
            .collect();
        read.sort_by_key(|(index, _)| *index);
        let told = scripts.told();
        Ok(Wheel::assemble(file, &archive, dist_info, (read, told)))
    }

    fn assemble(
        file: &str,
        archive: &Archive,
        dist_info: Option<String>,
        (read, told): (Vec<(usize, Taken)>, Told),
    ) -> Wheel {
        let text = |name: &str| {
            let path = format!("{}/{name}", dist_info.as_deref()?);
            let found = archive
                .members()
                .iter()
                .position(|member| member.path == path)?;
            let taken = read.get(found)?.1.text.as_deref()?;
            Some(String::from_utf8_lossy(taken).into_owned())
        };
        let wheel = Headers::parse(&text("WHEEL").unwrap_or_default());
        let metadata = Headers::parse(&text("METADATA").unwrap_or_default());
        let record = text("RECORD").map(|text| Record::parse(&text));
        let purelib = wheel
            .first("Root-Is-Purelib")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let files = archive
            .members()
            .iter()
            .zip(read)
            .map(|(member, (_, taken))| WheelFile {
                path: member.path.clone(),
                place: place(&member.path, purelib),
                size: taken.size,
                mode: member.mode,
                sha256: taken.sha256,
                native: taken.native,
                error: taken.error,
            })
            .collect();
        Wheel {
            file: file.to_owned(),
            name: WheelName::parse(file),
            files,
            refused: archive.refused().to_vec(),
            surplus: archive.surplus(),
            dist_info,
            wheel,
            metadata,
            record,
            opened_for_all: told.opened_for_all,
            imports_by_path: told.imports_by_path,
            named: told.named,
        }
    }

    /// Does a script of the wheel name this file that opens libraries and cannot go on without?
    pub fn names_library(&self, file: &str) -> bool {
        script::names(&self.named, file)
    }

    /// The native files, in the order of the archive.
    pub fn natives(&self) -> impl Iterator<Item = (&WheelFile, &Arc<NativeFile>)> {
        self.files
            .iter()
            .filter_map(|file| Some((file, file.native.as_ref()?)))
    }
}

/// What one pass over a member gave.
struct Taken {
    size: u64,
    sha256: Option<[u8; 32]>,
    native: Option<Arc<NativeFile>>,
    text: Option<Vec<u8>>,
    error: Option<MemberError>,
}

impl Taken {
    fn failed(size: u64, error: Option<MemberError>) -> Taken {
        Taken {
            size,
            sha256: None,
            native: None,
            text: None,
            error,
        }
    }
}

/// One pass over a member, which serves its hash, its image and its text.
fn take(
    archive: &Archive,
    index: usize,
    (kept, scripts): (&[String], &Scripts<'_>),
    (inflater, budget): (&mut Inflater, &Budget),
) -> Taken {
    let Some(member) = archive.members().get(index) else {
        return Taken::failed(0, None);
    };
    let mut hash = Sha256::new();
    let mut size = 0_u64;
    let is_text = kept.contains(&member.path) && member.size <= LARGEST_TEXT;
    let is_script = member.path.ends_with(".py") && member.size <= LONGEST_SCRIPT;
    let mut text = (is_text || is_script).then(Vec::new);
    let mut sieve = Sieve::new(member, Want::usual(), budget);
    let done = inflater.stream(archive, member, &mut |chunk| {
        hash.update(chunk);
        sieve.take(chunk);
        if let Some(text) = &mut text {
            text.extend_from_slice(chunk);
        }
        size = size.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
    });
    if let Some(script) = text.as_deref().filter(|_| is_script) {
        scripts.read(script);
    }
    let native = done.and_then(|()| native(archive, member, sieve.finish(), (inflater, budget)));
    match native {
        Ok(native) => Taken {
            size,
            sha256: Some(hash.finalize().into()),
            native: native.map(Arc::new),
            text: text.filter(|_| is_text),
            error: None,
        },
        Err(error) => Taken::failed(size, Some(error)),
    }
}

/// What the member is; read again where its signature has other pages than nearly all have.
fn native(
    archive: &Archive,
    member: &Member,
    mut sifted: Sifted,
    (inflater, budget): (&mut Inflater, &Budget),
) -> Result<Option<NativeFile>, MemberError> {
    loop {
        let want = match sifted {
            Sifted::Other => return Ok(None),
            Sifted::Native(native) => return Ok(Some(native)),
            Sifted::Failed(why) => return Err(why),
            Sifted::Again(want) => want,
        };
        let mut sieve = Sieve::new(member, want, budget);
        inflater.stream(archive, member, &mut |chunk| sieve.take(chunk))?;
        sifted = sieve.finish();
    }
}

/// The `.dist-info` directory at the root: the one that the file's name asks for, else the first.
fn dist_info(members: &[Member], file: &str) -> Option<String> {
    let mut found = members.iter().filter_map(|member| {
        let (directory, _) = member.path.split_once('/')?;
        directory.ends_with(".dist-info").then_some(directory)
    });
    let expected = WheelName::parse(file)
        .map(|name| format!("{}-{}.dist-info", name.distribution, name.version));
    let first = found.clone().next();
    let named = found.find(|directory| Some(*directory) == expected.as_deref());
    named.or(first).map(str::to_owned)
}

#[cfg(test)]
mod tests;
