//! The shared cache of the system that runs, asked instead of read: a path is looked up in the cache's trie of paths,
//! a symbol in the export trie of its one library and of what that re-exports.
//!
//! Nothing is listed, so that the first of a few thousand answers costs microseconds, not the seconds of reading three
//! thousand libraries. What a missing or damaged part would have told is unknown, and the catalogue's to answer.

mod closure;

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem::offset_of;
use std::rc::Rc;

use object::LittleEndian as Little;
use object::macho::{DyldCacheHeader, DyldCacheImageInfo};
use object::read::macho::{DyldCacheMappingSlice, DyldSubCacheSlice};

use closure::{Closure, Lacking};

use super::interval::{Family, minor};
use super::shared_cache::{self, CacheError};
use crate::dyld::{Library, Symbol, SystemLibraries, Target, might_be_cached};
use crate::image::Version;
use crate::load::{Export, Likelihood};
use crate::macho::{CachedImage, trie_entry, trie_export};

/// PATH_MAX of macOS.
const LONGEST_PATH: usize = 1024;

/// The largest umbrella re-exports some hundred libraries.
const MOST_IMAGES_PER_QUESTION: usize = 1024;

type Header = DyldCacheHeader<Little>;

/// A shared cache of which nothing is read in advance but the table of mappings. `B` holds the bytes of a file.
pub struct RunningCache<B> {
    family: Option<Family>,
    macos: Version,
    /// The main file first; `None` for one that could not be had.
    files: Vec<Option<B>>,
    mappings: Vec<Mapping>,
    images: RefCell<HashMap<usize, Option<Rc<CachedImage>>>>,
    closures: RefCell<HashMap<usize, Rc<Closure>>>,
    lacking: RefCell<Lacking>,
}

/// Which part of which file is at an (unslid) address.
struct Mapping {
    address: u64,
    size: u64,
    file: usize,
    offset: u64,
}

/// Where a path leads.
enum Found {
    /// To the image of this index.
    Image(usize),
    /// Nowhere.
    Absent,
    /// The cache, or what is left of it, does not tell.
    Unknown,
}

/// The endings of the files that [`RunningCache::new`] wants beside the main one, to be appended to its name. The file
/// of local symbols (`.symbols`) is not among them: nobody can bind to those.
pub fn suffixes(main: &[u8]) -> Result<Vec<String>, CacheError> {
    let mut suffixes = shared_cache::suffixes(main)?;
    if Header::parse(main)?.symbols_subcache_uuid(Little).is_some() {
        suffixes.pop();
    }
    Ok(suffixes)
}

impl<B: AsRef<[u8]>> RunningCache<B> {
    /// From the main file and the further ones in the order of [`suffixes`], `None` for those that cannot be read.
    /// `running` is the version of the system, which old caches do not tell.
    pub fn new(main: B, others: Vec<Option<B>>, running: Version) -> Result<Self, CacheError> {
        let bytes = main.as_ref();
        let family = Family::of(shared_cache::arch(bytes)?);
        let macos = shared_cache::version_in_header(bytes)?.unwrap_or(running);
        let mut mappings = mappings(bytes, 0)?;
        let uuids = subcache_uuids(bytes)?;
        let mut files = vec![Some(main)];
        for (index, other) in others.into_iter().enumerate() {
            let other = other.filter(|other| {
                let header = Header::parse(other.as_ref()).ok();
                let uuid = uuids.get(index);
                header.is_some_and(|header| Some(&header.uuid) == uuid)
            });
            if let Some(other) = &other {
                mappings.extend(self::mappings(other.as_ref(), files.len()).unwrap_or_default());
            }
            files.push(other);
        }
        Ok(RunningCache {
            family,
            macos,
            files,
            mappings,
            images: RefCell::default(),
            closures: RefCell::default(),
            lacking: RefCell::default(),
        })
    }

    /// A cache holds for exactly its version; patch releases add nothing to link to.
    fn is_for(&self, target: Target) -> bool {
        let family = Family::of(target.arch);
        family.is_some() && family == self.family && minor(target.macos) == minor(self.macos)
    }

    fn main(&self) -> &[u8] {
        let main = self.files.first().and_then(Option::as_ref);
        main.map(AsRef::as_ref).unwrap_or_default()
    }

    /// The bytes from an address to the end of its mapping.
    fn mapped(&self, address: u64) -> Option<&[u8]> {
        self.mappings.iter().find_map(|mapping| {
            let inside = address.checked_sub(mapping.address)?;
            let left = mapping.size.checked_sub(inside).filter(|left| *left > 0)?;
            let start = usize::try_from(mapping.offset.checked_add(inside)?).ok()?;
            let file = self.files.get(mapping.file)?.as_ref()?.as_ref();
            let rest = file.get(start..)?;
            let left = usize::try_from(left).unwrap_or(usize::MAX);
            Some(rest.get(..left).unwrap_or(rest))
        })
    }

    fn range(&self, (address, size): (u64, u64)) -> Option<&[u8]> {
        self.mapped(address)?.get(..usize::try_from(size).ok()?)
    }

    fn infos(&self) -> &[DyldCacheImageInfo<Little>] {
        let main = self.main();
        let infos = Header::parse(main).and_then(|header| header.images(Little, main));
        infos.unwrap_or_default()
    }

    /// The canonical path of an image.
    fn install_name(&self, index: usize) -> Option<&str> {
        let start = usize::try_from(self.infos().get(index)?.path_file_offset.get(Little)).ok()?;
        let rest = self.main().get(start..)?;
        let rest = rest.get(..LONGEST_PATH).unwrap_or(rest);
        let end = rest.iter().position(|byte| *byte == 0)?;
        str::from_utf8(rest.get(..end)?)
            .ok()
            .filter(|name| name.starts_with('/'))
    }

    /// By the trie of paths, which knows the aliases too (dyld: DyldSharedCache::hasImagePath).
    fn find(&self, path: &str) -> Found {
        let count = self.infos().len();
        let Some(trie) = paths_trie(self.main()) else {
            // Without it, only canonical paths can be recognised.
            let mut indices = 0..count;
            let found = indices.find(|index| self.install_name(*index) == Some(path));
            return found.map_or(Found::Unknown, Found::Image);
        };
        match self.range(trie).map(|trie| trie_entry(trie, path)) {
            Some(Ok(None)) => Found::Absent,
            Some(Ok(Some(index))) => match usize::try_from(index) {
                Ok(index) if index < count => Found::Image(index),
                Ok(_) | Err(_) => Found::Unknown,
            },
            Some(Err(_)) | None => Found::Unknown,
        }
    }

    fn image(&self, index: usize) -> Option<Rc<CachedImage>> {
        if let Some(known) = self.images.borrow().get(&index) {
            return known.clone();
        }
        let address = self.infos().get(index)?.address.get(Little);
        let image = self
            .mapped(address)
            .and_then(CachedImage::read)
            .map(Rc::new);
        self.images.borrow_mut().insert(index, image.clone());
        image
    }

    /// The library's own trie, then what it re-exports (dyld/Loader.cpp:hasExportedSymbol).
    fn exported(&self, index: usize, symbol: &str, search: &mut Search) -> Symbol {
        match search.enter(index) {
            Entry::New => {}
            Entry::Again => return Symbol::Absent(Likelihood::Certain),
            Entry::TooMany => return Symbol::Unknown,
        }
        let Some(image) = self.image(index) else {
            return Symbol::Unknown;
        };
        let Some(trie) = image.trie.and_then(|trie| self.range(trie)) else {
            return Symbol::Unknown;
        };
        match trie_export(trie, symbol) {
            Export::Defined { weak } => Symbol::Exported { weak },
            Export::Absent => self.reexported(&image, symbol, search),
            Export::Reexport {
                ordinal,
                symbol: name,
            } => self.named_reexport(&image, ordinal, (symbol, &name), search),
            Export::OtherVersion { .. } | Export::Damaged { .. } | Export::NotRecorded => {
                Symbol::Unknown
            }
        }
    }

    fn reexported(&self, image: &CachedImage, symbol: &str, search: &mut Search) -> Symbol {
        let mut answer = Symbol::Absent(Likelihood::Certain);
        let dependents = image.dependents.iter();
        for dependent in dependents.filter(|dependent| dependent.reexport) {
            let one = match self.find(&dependent.install_name) {
                Found::Image(index) => self.exported(index, symbol, search),
                // It may be a file.
                Found::Absent | Found::Unknown => Symbol::Unknown,
            };
            match one {
                Symbol::Exported { .. } => return one,
                Symbol::Unknown => answer = Symbol::Unknown,
                Symbol::Absent(_) => {}
            }
        }
        answer
    }

    /// The symbol is `name` in the dependent of this ordinal; under another name the search starts anew.
    fn named_reexport(
        &self,
        image: &CachedImage,
        ordinal: u64,
        (symbol, name): (&str, &str),
        search: &mut Search,
    ) -> Symbol {
        let slot = usize::try_from(ordinal).ok();
        let slot = slot.and_then(|ordinal| ordinal.checked_sub(1));
        let Some(dependent) = slot.and_then(|slot| image.dependents.get(slot)) else {
            return Symbol::Unknown;
        };
        let Found::Image(index) = self.find(&dependent.install_name) else {
            return Symbol::Unknown;
        };
        if name.is_empty() || name == symbol {
            return self.exported(index, symbol, search);
        }
        let mut anew = Search {
            visited: Vec::new(),
            entered: search.entered,
        };
        let answer = self.exported(index, name, &mut anew);
        search.entered = anew.entered;
        answer
    }
}

/// One question on its way through the images.
#[derive(Default)]
struct Search {
    visited: Vec<usize>,
    /// Of all searches for this question: renamed re-exports may multiply without end.
    entered: usize,
}

enum Entry {
    New,
    Again,
    TooMany,
}

impl Search {
    fn enter(&mut self, index: usize) -> Entry {
        if self.visited.contains(&index) {
            return Entry::Again;
        }
        self.entered = self.entered.saturating_add(1);
        if self.entered > MOST_IMAGES_PER_QUESTION {
            return Entry::TooMany;
        }
        self.visited.push(index);
        Entry::New
    }
}

impl<B: AsRef<[u8]>> SystemLibraries for RunningCache<B> {
    fn library(&self, path: &str, target: Target) -> Library {
        if !might_be_cached(path) {
            return Library::Absent(Likelihood::Certain);
        }
        if !self.is_for(target) {
            return Library::Unknown;
        }
        match self.find(path) {
            Found::Image(index) => match self.install_name(index) {
                Some(name) => Library::Present {
                    install_name: name.to_owned(),
                },
                None => Library::Unknown,
            },
            Found::Absent => Library::Absent(Likelihood::Certain),
            Found::Unknown => Library::Unknown,
        }
    }

    fn symbol(&self, install_name: &str, symbol: &str, target: Target) -> Symbol {
        if !self.is_for(target) {
            return Symbol::Unknown;
        }
        match self.find(install_name) {
            Found::Image(index) => self.exported(index, symbol, &mut Search::default()),
            Found::Absent | Found::Unknown => Symbol::Unknown,
        }
    }

    fn symbol_behind(&self, install_name: &str, symbol: &str, target: Target) -> Symbol {
        if !self.is_for(target) {
            return Symbol::Unknown;
        }
        match self.find(install_name) {
            Found::Image(index) => self.exported_behind(index, symbol),
            Found::Absent | Found::Unknown => Symbol::Unknown,
        }
    }
}

fn mappings(bytes: &[u8], file: usize) -> Result<Vec<Mapping>, CacheError> {
    let mapping = |address: u64, size: u64, offset: u64| Mapping {
        address,
        size,
        file,
        offset,
    };
    Ok(match Header::parse(bytes)?.mappings(Little, bytes)? {
        DyldCacheMappingSlice::V1(all) => all
            .iter()
            .map(|one| {
                mapping(
                    one.address.get(Little),
                    one.size.get(Little),
                    one.file_offset.get(Little),
                )
            })
            .collect(),
        DyldCacheMappingSlice::V2(all) => all
            .iter()
            .map(|one| {
                mapping(
                    one.address.get(Little),
                    one.size.get(Little),
                    one.file_offset.get(Little),
                )
            })
            .collect(),
        _ => Vec::new(),
    })
}

fn subcache_uuids(main: &[u8]) -> Result<Vec<[u8; 16]>, CacheError> {
    Ok(match Header::parse(main)?.subcaches(Little, main)? {
        Some(DyldSubCacheSlice::V1(all)) => all.iter().map(|one| one.uuid).collect(),
        Some(DyldSubCacheSlice::V2(all)) => all.iter().map(|one| one.uuid).collect(),
        Some(_) | None => Vec::new(),
    })
}

/// Address and size, where the header is long enough to have them: the mappings follow the header.
fn paths_trie(main: &[u8]) -> Option<(u64, u64)> {
    let header = Header::parse(main).ok()?;
    let end = offset_of!(Header, dylibs_trie_size).checked_add(size_of::<u64>())?;
    let length = usize::try_from(header.mapping_offset.get(Little)).ok()?;
    let size = header.dylibs_trie_size.get(Little);
    let trie = (header.dylibs_trie_addr.get(Little), size);
    (length >= end && size > 0).then_some(trie)
}

#[cfg(test)]
pub(crate) mod tests;
