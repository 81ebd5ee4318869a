//! A dyld shared cache: every library of one installed macOS, with its exports, as that system has them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::mem::offset_of;

use object::LittleEndian as Little;
use object::macho::{DyldCacheHeader, LC_REEXPORT_DYLIB, MachHeader64, PLATFORM_MACOS};
use object::read::macho::{DyldCache, DyldCacheImage, MachOFile};
use object::read::{NameOrOrdinal, Object};

use crate::image::{Arch, Version};

use super::{ExportGroup, Observed, ObservedLibrary, Origin};

/// Why a file is not a cache that can be read. A lowercase fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheError {
    /// Not a cache, or a damaged one.
    Damaged(object::read::Error),
    /// A cache of another system than macOS.
    Processor,
    /// Neither header nor libraries tell the macOS version.
    NoVersion,
}

impl From<object::read::Error> for CacheError {
    fn from(error: object::read::Error) -> Self {
        CacheError::Damaged(error)
    }
}

impl fmt::Display for CacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CacheError::Damaged(error) => write!(f, "not a readable shared cache: {error}"),
            CacheError::Processor => {
                f.write_str("a shared cache for another processor than a Mac's")
            }
            CacheError::NoVersion => {
                f.write_str("a shared cache that does not tell its macOS version")
            }
        }
    }
}

impl std::error::Error for CacheError {}

type Result<T> = std::result::Result<T, CacheError>;
type Image<'data> = MachOFile<'data, MachHeader64<Little>>;

/// The endings of the further files of a cache, to be appended to the name of its main file (`.01`, `.symbols`).
pub fn suffixes(main: &[u8]) -> Result<Vec<String>> {
    Ok(DyldCache::<Little>::subcache_suffixes(main)?)
}

/// Reads a cache from its main file and its further ones, in the order of [`suffixes`].
///
/// Kept are the public libraries and what they re-export. The names of Swift are left out, as from stubs.
pub fn read(main: &[u8], others: &[&[u8]]) -> Result<Observed> {
    let cache = DyldCache::<Little>::parse(main, others)?;
    let arch = arch(main)?;
    let mut images = BTreeMap::new();
    let mut built_for = None;
    for image in cache.images() {
        let name = image.path()?;
        let parsed = parse(&image)?;
        built_for = built_for.max(version_of(&parsed)?);
        images.insert(name, parsed);
    }
    let macos = version_in_header(main)?
        .or(built_for)
        .ok_or(CacheError::NoVersion)?;
    let mut left: Vec<&str> = images
        .keys()
        .copied()
        .filter(|name| is_public(name))
        .collect();
    let mut kept = BTreeSet::new();
    let mut libraries = Vec::new();
    while let Some(name) = left.pop() {
        let Some((&name, image)) = images.get_key_value(name) else {
            continue;
        };
        if !kept.insert(name) {
            continue;
        }
        let reexports = reexports(image)?;
        for reexported in &reexports {
            left.extend(
                images
                    .get_key_value(reexported.as_str())
                    .map(|(name, _)| *name),
            );
        }
        libraries.push(ObservedLibrary {
            install_name: name.to_owned(),
            arches: vec![arch],
            reexports,
            exports: vec![ExportGroup {
                arches: vec![arch],
                symbols: exports(image)?,
            }],
        });
    }
    Ok(Observed::new(Origin::SharedCache, macos, libraries))
}

fn parse<'data>(image: &DyldCacheImage<'data, '_, Little>) -> Result<Image<'data>> {
    Ok(MachOFile::parse_dyld_cache_image(image)?)
}

/// Extensions bind to these; the frameworks in `PrivateFrameworks` come along only where these re-export them.
fn is_public(install_name: &str) -> bool {
    install_name.starts_with("/usr/lib/") || install_name.starts_with("/System/Library/Frameworks/")
}

pub(super) fn arch(main: &[u8]) -> Result<Arch> {
    match &DyldCacheHeader::<Little>::parse(main)?.magic {
        b"dyld_v1  arm64e\0" => Ok(Arch::Arm64e),
        b"dyld_v1   arm64\0" => Ok(Arch::Arm64),
        b"dyld_v1  x86_64\0" => Ok(Arch::X86_64),
        b"dyld_v1 x86_64h\0" => Ok(Arch::X86_64h),
        _ => Err(CacheError::Processor),
    }
}

/// The version field, where the header is long enough to have it: the mappings follow the header.
pub(super) fn version_in_header(main: &[u8]) -> Result<Option<Version>> {
    let header = DyldCacheHeader::<Little>::parse(main)?;
    let end = offset_of!(DyldCacheHeader<Little>, os_version) + size_of::<u32>();
    let length = usize::try_from(header.mapping_offset.get(Little)).unwrap_or(0);
    let version = header.os_version.get(Little);
    Ok((length >= end && version != 0).then(|| Version::from_packed(version)))
}

/// The system's libraries are built for the version that they come with.
fn version_of(image: &Image<'_>) -> Result<Option<Version>> {
    let built = image.build_version()?.map(|(command, _)| command);
    let for_macos = built.filter(|command| command.platform.get(Little) == PLATFORM_MACOS);
    Ok(for_macos.map(|command| Version::from_packed(command.minos.get(Little).0)))
}

fn reexports(image: &Image<'_>) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut commands = image.macho_load_commands()?;
    while let Some(command) = commands.next()? {
        if command.cmd() != LC_REEXPORT_DYLIB {
            continue;
        }
        if let Some(dylib) = command.dylib()? {
            let name = command.string(Little, dylib.dylib.name)?;
            found.push(String::from_utf8_lossy(name).into_owned());
        }
    }
    Ok(found)
}

fn exports(image: &Image<'_>) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for export in image.exports()? {
        if let NameOrOrdinal::Name(name) = export?.name() {
            // Names that are no UTF-8 nobody can ask for; Swift's are left out.
            if let Ok(name) = str::from_utf8(name)
                && !name.starts_with("_$s")
            {
                found.push(name.to_owned());
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Catalogue, Known};
    use crate::load::Likelihood;

    /// Where the parts of the cache below begin in its file; its addresses are these plus [`BASE`].
    const MAPPING: usize = 0x98;
    const IMAGES: usize = 0xc0;
    const PATH: usize = 0x100;
    const IMAGE: usize = 0x400;
    const TRIE: usize = 0x800;
    const SIZE: usize = 0x1000;
    const BASE: u64 = 0x1_8000_0000;

    fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
        file.get_mut(at..at + bytes.len())
            .expect("within the file")
            .copy_from_slice(bytes);
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    fn name16(name: &str) -> [u8; 16] {
        let mut bytes = [0; 16];
        put(&mut bytes, 0, name.as_bytes());
        bytes
    }

    fn segment(name: &str, from: usize, size: usize) -> Vec<u8> {
        let mut bytes = words(&[0x19, 72]);
        bytes.extend(name16(name));
        for number in [BASE + from as u64, size as u64, from as u64, size as u64] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(words(&[5, 5, 0, 0]));
        bytes
    }

    /// A cache as macOS 11 has it, with one library that exports `_answer`.
    fn cache() -> Vec<u8> {
        let mut file = vec![0; SIZE];
        put(&mut file, 0, b"dyld_v1  arm64e\0");
        let header = [MAPPING, 1, IMAGES, 1].map(|word| word as u32);
        put(&mut file, 16, &words(&header));
        let mut mapping = BASE.to_le_bytes().to_vec();
        mapping.extend((SIZE as u64).to_le_bytes());
        mapping.extend([0; 16]);
        put(&mut file, MAPPING, &mapping);
        put(&mut file, IMAGES, &(BASE + IMAGE as u64).to_le_bytes());
        put(&mut file, IMAGES + 24, &words(&[PATH as u32]));
        put(&mut file, PATH, b"/usr/lib/libanswer.1.dylib\0");
        let trie = b"\x00\x01_answer\x00\x0b\x02\x00\x10\x00";
        put(&mut file, TRIE, trie);
        let mut commands = segment("__TEXT", IMAGE, 0x400);
        commands.extend(segment("__LINKEDIT", TRIE, 0x100));
        // LC_BUILD_VERSION: macOS, 11.6, SDK 11.6, no tools. LC_DYLD_EXPORTS_TRIE.
        commands.extend(words(&[0x32, 24, 1, 0x000b_0600, 0x000b_0600, 0]));
        commands.extend(words(&[0x8000_0033, 16, TRIE as u32, trie.len() as u32]));
        let header = [0xfeed_facf, 0x0100_000c, 0x8000_0002, 6, 4];
        let mut image = words(&header);
        image.extend(words(&[commands.len() as u32, 0, 0]));
        image.extend(commands);
        put(&mut file, IMAGE, &image);
        file
    }

    #[test]
    fn a_cache_decides_about_its_own_version_only() {
        let observed = read(&cache(), &[]).expect("a cache");
        assert_eq!(observed.macos, Version::new(11, 6, 0));
        let catalogue = Catalogue::with_observed(vec![observed]);
        let answer = "/usr/lib/libanswer.1.dylib";
        let ask = |symbol, minor| {
            let macos = Version::new(11, minor, 3);
            catalogue.symbol(answer, symbol, Arch::Arm64, macos)
        };
        assert_eq!(ask("_answer", 6), Known::Present);
        let absent = Known::Absent {
            likelihood: Likelihood::Certain,
            introduced: None,
        };
        assert_eq!(ask("_question", 6), absent);
        assert_eq!(ask("_answer", 5), Known::Unknown);
        let macos = Version::new(11, 6, 0);
        assert_eq!(
            catalogue.library(answer, Arch::Arm64, macos),
            Known::Present
        );
        assert_eq!(
            catalogue.library(answer, Arch::X86_64, macos),
            Known::Unknown
        );
    }

    #[test]
    fn a_cut_cache_is_an_error() {
        let whole = cache();
        assert_eq!(suffixes(&whole), Ok(Vec::new()));
        for length in (0..TRIE).step_by(16) {
            let cut = whole.get(..length).expect("within the file");
            assert!(read(cut, &[]).is_err(), "cut at {length}");
        }
    }
}
