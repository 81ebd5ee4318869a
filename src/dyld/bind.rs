//! Binding: each import of each new image, in load order (dyld/Loader.cpp:resolveSymbol).

use std::sync::Arc;

use super::Simulation;
use super::incidental;
use super::lookup::Answer;
use super::miss::Miss;
use super::process::Request;
use super::state::{Loaded, Slot, Source, slice_of};
use super::system::{Owner, Symbol};
use crate::image::{Image, Import, ImportFrom, MachO};
use crate::load::{Export, Likelihood, LoadFailure, Question, Reason};

enum Bound {
    Yes,
    /// Taken for granted: nobody knows what this provider exports.
    Assumed(String),
    /// Another failure explains it.
    Moot,
    No(Miss),
    NotRecorded,
}

impl Simulation<'_> {
    pub(super) fn bind_new(
        &mut self,
        start: usize,
        request: &Request,
        failures: &mut Vec<LoadFailure>,
    ) {
        let some_missing = !failures.is_empty();
        for image in start..self.loaded.len() {
            if self.unknown.is_some() {
                return;
            }
            self.bind_image(image, some_missing, request, start, failures);
        }
    }

    fn bind_image(
        &mut self,
        image: usize,
        some_missing: bool,
        request: &Request,
        start: usize,
        failures: &mut Vec<LoadFailure>,
    ) {
        // A library that was refused for its version has been mapped, and is not looked at any further.
        let walked = |loaded: &&Loaded| loaded.dependents_set;
        let Some(loaded) = self.loaded.get(image).filter(walked) else {
            return;
        };
        let Source::File { content, slice } = &loaded.source else {
            return;
        };
        let (content, overrides) = (Arc::clone(content), loaded.overrides.is_some());
        let Some(facts) = slice_of(&content, *slice) else {
            return;
        };
        let open = self.open_imports(image, facts);
        let count = open.as_ref().map_or(facts.imports.len(), |open| open.len());
        for number in 0..count {
            let position = (open.as_ref()).map_or(Some(number), |open| open.get(number).copied());
            let Some(import) = position.and_then(|position| facts.imports.get(position)) else {
                continue;
            };
            let may_miss = import.weak || (import.lazy && request.lazy);
            match self.bind(image, import, some_missing) {
                Bound::Yes | Bound::Moot => {}
                Bound::Assumed(provider) if !may_miss => self.assume_symbol(&provider),
                Bound::Assumed(_) => {}
                Bound::NotRecorded => {
                    let symbol = &import.symbol;
                    self.unknown = Some(format!(
                        "the recording does not tell who exports `{symbol}`"
                    ));
                    return;
                }
                // An image that overrides one of the cache is bound to a poison value instead.
                Bound::No(Miss::TwoLevel(..)) if may_miss || overrides => {}
                Bound::No(Miss::Flat(_)) if may_miss => {}
                Bound::No(Miss::Weak(_)) if import.weak => {}
                Bound::No(miss) => {
                    let symbol = &import.symbol;
                    failures.push(self.symbol_failure(image, symbol, &miss, request, start));
                }
            }
        }
        let damage = facts.macho().and_then(|part| part.damaged_imports.as_ref());
        if let (Some(text), Some(loaded)) = (damage, self.loaded.get(image)) {
            let path = loaded.path.clone();
            let from = Some(image);
            failures.push(self.failure(
                Reason::Malformed,
                &path,
                from,
                request,
                start,
                text.clone(),
            ));
        }
    }

    /// The imports that are not bound to a definition in the very file that they name; `None`: nobody remembers.
    fn open_imports(&self, image: usize, facts: &Image) -> Option<Arc<[usize]>> {
        let bindings = self.images.bindings()?;
        let loaded = self.loaded.get(image)?;
        let place = |slot: &Slot| match slot {
            Slot::Image(index) => self.loaded.get(*index).map(Loaded::definer),
            Slot::Absent | Slot::Failed => None,
        };
        let mut bound = vec![Some(loaded.definer())];
        bound.extend(loaded.dependents.iter().map(place));
        let find = || {
            let imports = facts.imports.iter().enumerate();
            let open = imports.filter(|(_, import)| !self.is_settled(image, import));
            open.map(|(index, _)| index).collect()
        };
        Some(bindings.open(bound, find))
    }

    /// Whatever else is in the process, this import is bound: what it names defines the symbol itself.
    fn is_settled(&self, image: usize, import: &Import) -> bool {
        let provider = match import.from {
            ImportFrom::ThisImage => self.loaded.get(image),
            ImportFrom::Ordinal(ordinal) => {
                let slot = usize::try_from(ordinal).ok();
                let slot = slot.and_then(|ordinal| ordinal.checked_sub(1));
                let dependents = self.loaded.get(image).map(|loaded| &loaded.dependents);
                match slot.and_then(|slot| dependents?.get(slot)) {
                    Some(Slot::Image(provider)) => self.loaded.get(*provider),
                    Some(Slot::Absent | Slot::Failed) | None => None,
                }
            }
            ImportFrom::WeakLookup => return self.is_coalesced(image, &import.symbol),
            ImportFrom::MainExecutable | ImportFrom::Flat | ImportFrom::Unknown(_) => None,
        };
        provider.is_some_and(|provider| self.defines(provider, &import.symbol))
    }

    /// Does the image itself, or what it is linked to, have a definition that a weak lookup comes to if to no other?
    fn is_coalesced(&self, image: usize, symbol: &str) -> bool {
        let Some(loaded) = self.loaded.get(image) else {
            return false;
        };
        if loaded.has_weak_definitions() && self.defines(loaded, symbol) {
            return true;
        }
        let linked = loaded.dependents.iter().filter_map(|slot| match slot {
            Slot::Image(provider) => self.loaded.get(*provider),
            Slot::Absent | Slot::Failed => None,
        });
        let takes_part = |provider: &&Loaded| match provider.source {
            Source::Cache { .. } => has_weak_definitions(&provider.path),
            Source::File { .. } | Source::Unknown => provider.has_weak_definitions(),
        };
        let mut providers = linked.filter(|provider| !provider.hidden && takes_part(provider));
        providers.any(|provider| self.defines(provider, symbol))
    }

    /// By itself, without what it re-exports.
    fn defines(&self, provider: &Loaded, symbol: &str) -> bool {
        let path = &provider.path;
        match provider.source {
            Source::Cache { known } => {
                let answer = || self.system.symbol(path, symbol, self.target());
                known && matches!(answer(), Symbol::Exported { .. })
            }
            Source::File { slice, .. } => {
                let version = None;
                let question = Question { symbol, version };
                let answer = self.images.export(path, slice, &question);
                matches!(answer, Export::Defined { .. })
            }
            Source::Unknown => false,
        }
    }

    fn bind(&self, image: usize, import: &Import, some_missing: bool) -> Bound {
        let symbol = &import.symbol;
        match import.from {
            ImportFrom::Ordinal(ordinal) => {
                let slot = usize::try_from(ordinal)
                    .ok()
                    .and_then(|ordinal| ordinal.checked_sub(1));
                let loaded = self.loaded.get(image);
                match loaded.and_then(|loaded| loaded.dependents.get(slot?)) {
                    Some(Slot::Image(provider)) => self.two_level(*provider, symbol),
                    Some(Slot::Absent) => Bound::No(Miss::TwoLevel(None, Likelihood::Certain)),
                    Some(Slot::Failed) => Bound::Moot,
                    None => Bound::No(Miss::UnknownOrdinal(ordinal.into())),
                }
            }
            ImportFrom::ThisImage => self.two_level(image, symbol),
            ImportFrom::MainExecutable => self.two_level(0, symbol),
            ImportFrom::Flat => self.flat(image, symbol, some_missing),
            ImportFrom::WeakLookup => self.weak(image, symbol, some_missing),
            ImportFrom::Unknown(ordinal) => Bound::No(Miss::UnknownOrdinal(ordinal.into())),
        }
    }

    fn two_level(&self, provider: usize, symbol: &str) -> Bound {
        match self.exported(provider, symbol, true) {
            Answer::Yes { .. } => Bound::Yes,
            Answer::No(likelihood) => Bound::No(Miss::TwoLevel(Some(provider), likelihood)),
            Answer::Unknown(name) => Bound::Assumed(name),
            Answer::Moot => Bound::Moot,
            Answer::NotRecorded => Bound::NotRecorded,
            Answer::Damaged { text, names_symbol } => Bound::No(Miss::Damaged {
                text,
                names_symbol,
                provider: Some(provider),
            }),
        }
    }

    /// All images in load order; hidden ones only serve themselves.
    fn flat(&self, image: usize, symbol: &str, some_missing: bool) -> Bound {
        // The linker looked through what a two-level image is linked to and did not find the symbol there.
        let owner = self.system.owner(symbol);
        let told = self.is_two_level(image) && owner != Owner::System;
        let mut unknown = None;
        let mut likelihood = match told && owner == Owner::Unlisted {
            true => Likelihood::Likely,
            false => Likelihood::Certain,
        };
        for (index, loaded) in self.loaded.iter().enumerate() {
            if loaded.hidden && index != image {
                continue;
            }
            let told = told && self.was_searched(image, index);
            match self.exported(index, symbol, false) {
                Answer::Yes { .. } => return Bound::Yes,
                Answer::No(Likelihood::Likely) if !told => likelihood = Likelihood::Likely,
                Answer::No(_) | Answer::Moot => {}
                Answer::Unknown(_) if told => {}
                Answer::Unknown(name) => unknown = unknown.or(Some((index, name))),
                Answer::NotRecorded => return Bound::NotRecorded,
                Answer::Damaged { text, names_symbol } => {
                    let provider = None;
                    return Bound::No(Miss::Damaged {
                        text,
                        names_symbol,
                        provider,
                    });
                }
            }
        }
        // Python's own functions are the executable's or libpython's, never a system library's.
        let is_python = symbol.starts_with("_Py") || symbol.starts_with("__Py");
        if unknown.is_none() {
            match self.brought_along(symbol) {
                Behind::Exports => return Bound::Yes,
                Behind::Unknown(..) if told => {}
                Behind::Unknown(index, name) => unknown = Some((index, name)),
                Behind::Absent => {}
            }
        }
        if unknown.is_none() && told {
            let library = incidental::library_of(symbol).map(|library| format!("`{library}`"));
            unknown = library.map(|name| (0, name));
        }
        match unknown {
            _ if some_missing => Bound::Moot,
            Some((provider, name)) if provider == 0 || !is_python => Bound::Assumed(name),
            Some(_) | None => Bound::No(Miss::Flat(likelihood)),
        }
    }

    /// Has the linker of `image` looked through that library of the cache? Those that it is linked to, and those that
    /// every image is linked to by way of another.
    fn was_searched(&self, image: usize, library: usize) -> bool {
        let Some(loaded) = self.loaded.get(library) else {
            return false;
        };
        let known = matches!(loaded.source, Source::Cache { known: true });
        let linked = self
            .loaded
            .get(image)
            .is_some_and(|image| image.dependents.contains(&Slot::Image(library)));
        known && (linked || loaded.path.starts_with("/usr/lib/"))
    }

    fn is_two_level(&self, image: usize) -> bool {
        let facts = self.loaded.get(image).and_then(Loaded::image);
        facts
            .and_then(Image::macho)
            .is_some_and(|part| part.flags & MachO::TWO_LEVEL != 0)
    }

    /// What the libraries of the cache depend on is loaded with them, and is in no list of this simulation.
    fn brought_along(&self, symbol: &str) -> Behind {
        let mut answer = Behind::Absent;
        for (index, loaded) in self.loaded.iter().enumerate() {
            if !matches!(loaded.source, Source::Cache { known: true }) {
                continue;
            }
            let path = &loaded.path;
            match self.system.symbol_behind(path, symbol, self.target()) {
                Symbol::Exported { .. } => return Behind::Exports,
                Symbol::Unknown => answer = Behind::Unknown(index, format!("`{path}`")),
                Symbol::Absent(_) => {}
            }
        }
        answer
    }

    /// Images with MH_WEAK_DEFINES that are not hidden; a hidden image also looks in itself.
    fn weak(&self, image: usize, symbol: &str, some_missing: bool) -> Bound {
        let mut unknown = None;
        for (index, loaded) in self.loaded.iter().enumerate() {
            let cached = matches!(loaded.source, Source::Cache { .. });
            let own = loaded.hidden && index == image;
            if loaded.hidden && !own || !(cached || own || loaded.has_weak_definitions()) {
                continue;
            }
            match self.exported(index, symbol, false) {
                Answer::Yes { weak } if !cached || weak || has_weak_definitions(&loaded.path) => {
                    return Bound::Yes;
                }
                Answer::Unknown(name) if has_weak_definitions(&loaded.path) => {
                    unknown = unknown.or(Some(name));
                }
                Answer::NotRecorded => return Bound::NotRecorded,
                Answer::Yes { .. } | Answer::No(_) | Answer::Moot => {}
                Answer::Unknown(_) | Answer::Damaged { .. } => {}
            }
        }
        match unknown {
            Some(name) => Bound::Assumed(name),
            None if some_missing => Bound::Moot,
            None => Bound::No(Miss::Weak(Likelihood::Certain)),
        }
    }
}

/// The answer of everything that libraries of the cache depend on.
enum Behind {
    Exports,
    Absent,
    Unknown(usize, String),
}

/// Libraries of the cache that take part in weak coalescing: C++'s.
fn has_weak_definitions(path: &str) -> bool {
    path.starts_with("/usr/lib/libc++")
}
