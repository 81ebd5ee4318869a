//! After mapping: the version check (`_dl_check_map_versions`), then the lookups of relocation (`do_lookup_x`).

use std::collections::BTreeSet;

use crate::image::{Import, SymbolVersion};
use crate::load::{Attempt, Export, LoadFailure, Question};

use super::message;
use super::order::relocation_order;
use super::world::{Map, World};

/// Checks that libraries have the versions which new images require of them as a whole. Returns what is missing. musl
/// has no such check.
pub(super) fn versions(
    world: &World<'_>,
    list: &[usize],
    failures: &mut Vec<LoadFailure>,
) -> BTreeSet<SymbolVersion> {
    let mut missing = BTreeSet::new();
    if world.process.is_musl() {
        return missing;
    }
    for index in list {
        let Some(map) = world.maps.get(*index).filter(|map| map.new) else {
            continue;
        };
        let wanted = map.elf().map(|part| part.needed_versions.as_slice());
        for version in wanted.unwrap_or_default() {
            let library = world.named(&version.library);
            let Some(library) = library.and_then(|library| world.maps.get(library)) else {
                continue;
            };
            // A library without versions satisfies every requirement.
            let defined = library.elf().map(|part| part.defined_versions.as_slice());
            let defined = defined.unwrap_or_default();
            if !defined.is_empty() && !defined.contains(&version.name) {
                missing.insert(version.clone());
                failures.push(message::version_not_found(
                    world,
                    *index,
                    library,
                    &version.name,
                ));
            }
        }
    }
    missing
}

/// Looks up every import of every new image. Symbols whose version is known to be missing are its symptoms and are
/// passed over.
pub(super) fn symbols(
    world: &mut World<'_>,
    list: &[usize],
    missing: &BTreeSet<SymbolVersion>,
    failures: &mut Vec<LoadFailure>,
) {
    let mut scope = Scope {
        maps: world.global_scope(),
        recent: Vec::new(),
        unknown: None,
        damaged: BTreeSet::new(),
    };
    for index in list {
        if !scope.maps.contains(index) {
            scope.maps.push(*index);
        }
    }
    scope.recent.clone_from(&scope.maps);
    for index in relocation_order(world, list) {
        let Some(image) = world.maps.get(index).and_then(|map| map.image()) else {
            continue;
        };
        for import in &image.imports {
            let symptom = import
                .version
                .as_ref()
                .is_some_and(|it| missing.contains(it));
            if import.weak || symptom {
                continue;
            }
            match scope.find(world, import) {
                Answer::Found => {}
                Answer::NotFound(tried) => {
                    failures.push(message::symbol_not_found(world, index, import, tried));
                }
                Answer::Asserted(library) => {
                    failures.push(message::assertion(world, index, import, library));
                }
            }
        }
    }
    for path in scope.damaged {
        world.assumptions.push(format!(
            "the symbol table of `{path}` is damaged: taken as empty"
        ));
    }
    if let Some(path) = scope.unknown {
        world
            .unknown
            .get_or_insert_with(|| format!("the recording does not say what `{path}` exports"));
    }
}

enum Answer {
    Found,
    /// With the images that have it under another version.
    NotFound(Vec<Attempt>),
    /// `check_match` aborts: the library that must have the version has no versions at all.
    Asserted(usize),
}

struct Scope {
    /// The global scope, then the opened image's search list.
    maps: Vec<usize>,
    /// The same, what provided a symbol last in front: most likely it has the next one too. Whether a symbol is found
    /// does not depend on the order of asking, and fewer answers make a small recording.
    recent: Vec<usize>,
    unknown: Option<String>,
    damaged: BTreeSet<String>,
}

impl Scope {
    fn find(&mut self, world: &World<'_>, import: &Import) -> Answer {
        let question = Question {
            symbol: &import.symbol,
            version: import.version.as_ref().map(|version| version.name.as_str()),
        };
        let library = import.version.as_ref().map(|it| it.library.as_str());
        let named = library.and_then(|library| world.named(library));
        if let Some(place) = self.recent.iter().position(|index| Some(*index) == named) {
            self.bring_forward(place);
        }
        let mut tried = Vec::new();
        for place in 0..self.recent.len() {
            let Some(index) = self.recent.get(place).copied() else {
                break;
            };
            let Some(map) = world.maps.get(index) else {
                continue;
            };
            match self.ask(world, map, &question) {
                Export::Defined { .. } if asserts(world, map, library) => {
                    return self.before_assertion(world, index, &question);
                }
                Export::Defined { .. } | Export::Reexport { .. } => {
                    self.bring_forward(place);
                    return Answer::Found;
                }
                Export::OtherVersion { versions } => tried.push(Attempt {
                    path: map.path.clone(),
                    why: format!("has it as {}", versions.join(", ")),
                }),
                Export::Absent => {}
                Export::Damaged { .. } => {
                    self.damaged.insert(map.path.clone());
                }
                Export::NotRecorded => {
                    self.unknown.get_or_insert_with(|| map.path.clone());
                    return Answer::Found;
                }
            }
        }
        Answer::NotFound(tried)
    }

    fn bring_forward(&mut self, place: usize) {
        if let Some(front) = self.recent.get_mut(..=place) {
            front.rotate_right(1);
        }
    }

    /// The assertion fails only if nothing earlier in the scope has the symbol.
    fn before_assertion(
        &self,
        world: &World<'_>,
        library: usize,
        question: &Question<'_>,
    ) -> Answer {
        let earlier = self.maps.iter().take_while(|index| **index != library);
        let found = earlier
            .filter_map(|index| world.maps.get(*index))
            .any(|map| matches!(self.ask(world, map, question), Export::Defined { .. }));
        if found {
            Answer::Found
        } else {
            Answer::Asserted(library)
        }
    }

    fn ask(&self, world: &World<'_>, map: &Map, question: &Question<'_>) -> Export {
        match (&map.real_path, map.image()) {
            (Some(path), Some(_)) => world.images.export(path, 0, question),
            _ => Export::Absent,
        }
    }
}

/// The assertion of `check_match`: a definition without version in the very library that must have the version.
fn asserts(world: &World<'_>, map: &Map, library: Option<&str>) -> bool {
    !world.process.is_musl()
        && library.is_some_and(|library| map.is_called(library))
        && map.elf().is_some_and(|part| part.unversioned)
}
