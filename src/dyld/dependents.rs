//! The dependents of an image, and theirs (dyld/JustInTimeLoader.cpp:loadDependents): all direct ones are found
//! first, then the subtree of each in turn.

use std::rc::Rc;

use super::candidates::Asker;
use super::message::{self, Place};
use super::missing::NotFound;
use super::process::Request;
use super::state::{Chain, Loaded, Slot, is_old};
use super::{Generation, Simulation, path, why};
use crate::image::{Dependent, FileType, Image, Platform, Version};
use crate::load::{Likelihood, LoadFailure, Reason};

impl Simulation<'_> {
    /// `outer` is the chain of whoever asked for `top`; images from `start` on belong to this load.
    pub(super) fn load_dependents(
        &mut self,
        top: usize,
        outer: Option<Rc<Chain>>,
        request: &Request,
        start: usize,
        failures: &mut Vec<LoadFailure>,
    ) {
        let mut waiting = vec![Chain::new(top, outer)];
        while let Some(chain) = waiting.pop() {
            if self.unknown.is_some() {
                return;
            }
            let found = self.load_direct(&chain, request, start, failures);
            // The first dependent's subtree is done before the second's.
            let children = found.into_iter().rev();
            waiting.extend(children.map(|child| Chain::new(child, Some(Rc::clone(&chain)))));
        }
    }

    /// Finds the direct dependents of the innermost image of the chain, once; returns those found.
    fn load_direct(
        &mut self,
        chain: &Rc<Chain>,
        request: &Request,
        start: usize,
        failures: &mut Vec<LoadFailure>,
    ) -> Vec<usize> {
        let needer = chain.image;
        let Some(loaded) = self
            .loaded
            .get_mut(needer)
            .filter(|loaded| !loaded.dependents_set)
        else {
            return Vec::new();
        };
        loaded.dependents_set = true;
        let Some(image) = loaded.image() else {
            return Vec::new();
        };
        let asker = Asker {
            chain: Rc::clone(chain),
            linked: true,
            inserted: false,
            old: is_old(image),
            local: false,
            loaded_by: Some(needer),
        };
        let mut slots = Vec::new();
        for dependent in dependents_of(image) {
            let slot = self.find_dependent(&dependent, &asker, request, start, failures);
            slots.push(slot);
        }
        let found = slots.iter().filter_map(|slot| match slot {
            Slot::Image(index) => Some(*index),
            Slot::Absent | Slot::Failed => None,
        });
        let found = found.collect();
        if let Some(loaded) = self.loaded.get_mut(needer) {
            loaded.dependents = slots;
        }
        found
    }

    fn find_dependent(
        &mut self,
        dependent: &Dependent,
        asker: &Asker,
        request: &Request,
        start: usize,
        failures: &mut Vec<LoadFailure>,
    ) -> Slot {
        let name = &dependent.install_name;
        if name.starts_with('/')
            && let Some(index) = self.matching(name)
        {
            return Slot::Image(index);
        }
        let found = self.find(name, asker);
        self.take_killed(name, request, start, failures);
        let found = found.and_then(|index| {
            let refused = self.too_old(dependent, asker.chain.image, index);
            refused.map_or(Ok(index), Err)
        });
        match found {
            Ok(index) => Slot::Image(index),
            Err(_) if dependent.weak => Slot::Absent,
            Err(missing) => {
                if self.unknown.is_none() {
                    let from = Some(asker.chain.image);
                    failures.push(self.library_failure(name, &missing, from, request, start));
                }
                Slot::Failed
            }
        }
    }

    /// dyld2 and dyld3 compare compatibility versions for images made for systems before 10.14.
    fn too_old(&self, dependent: &Dependent, needer: usize, found: usize) -> Option<NotFound> {
        let (needer, provider) = (self.loaded.get(needer)?, self.loaded.get(found)?);
        let part = needer.image()?.macho()?;
        let old_client = part
            .build_versions
            .iter()
            .any(|version| version.minos < Version::new(10, 14, 0));
        if self.generation != Generation::Before12 || !old_client {
            return None;
        }
        let required = dependent.compatibility_version?;
        let provided = provider.image()?.macho()?.compatibility_version?;
        if provided >= required {
            return None;
        }
        let (client, library) = (path::leaf(&needer.path), path::leaf(&provider.path));
        let full =
            |version: Version| format!("{}.{}.{}", version.major, version.minor, version.patch);
        let (required, provided) = (full(required), full(provided));
        let why = format!(
            "Incompatible library version: {client} requires version {required} or later, but {library} provides version {provided}"
        );
        Some(NotFound::incompatible_version(&provider.path, why))
    }

    /// `from`: the image with the load command; `None` for the opened path itself.
    pub(super) fn library_failure(
        &self,
        load_path: &str,
        missing: &NotFound,
        from: Option<usize>,
        request: &Request,
        start: usize,
    ) -> LoadFailure {
        let needer = from.and_then(|index| self.loaded.get(index));
        let text = match needer {
            Some(needer) => {
                let place = self.place(needer);
                message::library(
                    self.generation,
                    load_path,
                    &place,
                    &missing.attempts,
                    missing.remark,
                )
            }
            None if self.generation == Generation::Before12 => message::old_list(&missing.attempts),
            None => missing.text(),
        };
        let mut failure = self.failure(missing.reason(), load_path, from, request, start, text);
        let shown = missing
            .refusal
            .as_ref()
            .and_then(|refusal| why::architectures(&refusal.why));
        if let Some((have, need)) = shown.filter(|_| failure.reason != Reason::PlatformMismatch) {
            failure.have_arch = Some(have);
            failure.need_arch = Some(need);
        }
        failure.tried.clone_from(&missing.attempts);
        if missing.likely {
            failure.likelihood = Likelihood::Likely;
        }
        failure
    }

    pub(super) fn failure(
        &self,
        reason: Reason,
        subject: &str,
        from: Option<usize>,
        request: &Request,
        start: usize,
        text: String,
    ) -> LoadFailure {
        let path = |index: usize| self.loaded.get(index).map(|loaded| loaded.path.clone());
        LoadFailure {
            referenced_from: from.and_then(path),
            chain: from.map_or_else(Vec::new, |from| self.chain_to(from, start)),
            message: message::envelope(self.generation, request, &text),
            ..LoadFailure::of(reason, subject)
        }
    }

    /// The paths from the opened image to this one, by who loaded whom first.
    fn chain_to(&self, image: usize, start: usize) -> Vec<String> {
        let loader = |index: &usize| self.loaded.get(*index).and_then(|loaded| loaded.loaded_by);
        let up = std::iter::successors(Some(image), loader).take_while(|index| *index >= start);
        let paths = up
            .filter_map(|index| self.loaded.get(index))
            .map(|loaded| loaded.path.clone());
        let mut paths: Vec<String> = paths.collect();
        paths.reverse();
        paths
    }

    pub(super) fn place<'a>(&self, loaded: &'a Loaded) -> Place<'a> {
        Place {
            uuid: loaded.uuid(),
            path: &loaded.path,
            too_new: self.too_new(loaded.image()),
        }
    }

    /// Loader::tooNewErrorAddendum, since macOS 13: a hint, not a reason.
    fn too_new(&self, image: Option<&Image>) -> String {
        let versions = image
            .and_then(Image::macho)
            .map_or(&[][..], |part| &part.build_versions);
        let macos = versions
            .iter()
            .find(|version| version.platform == Platform::MacOs);
        let newer = macos.filter(|version| version.minos > self.process.macos);
        match newer {
            Some(version) if self.generation >= Generation::V13 => {
                let minos = version.minos;
                format!(" (built for macOS {minos} which is newer than running OS)")
            }
            Some(version) if self.generation == Generation::Before12 => {
                let minos = version.minos;
                format!(" (which was built for Mac OS X {minos})")
            }
            Some(_) | None => String::new(),
        }
    }
}

/// Everything links with libSystem, except what libSystem is made of (UnsafeHeader::forEachLinkedDylib).
pub(super) fn dependents_of(image: &Image) -> Vec<Dependent> {
    let name = image.install_name.as_deref().unwrap_or_default();
    let is_part = image.file_type == FileType::Dylib && name.starts_with("/usr/lib/system/");
    if !image.dependents.is_empty() || is_part {
        return image.dependents.clone();
    }
    vec![Dependent {
        install_name: "/usr/lib/libSystem.B.dylib".to_owned(),
        weak: false,
        reexport: false,
        upward: false,
        delay_init: false,
        current_version: None,
        compatibility_version: None,
    }]
}
