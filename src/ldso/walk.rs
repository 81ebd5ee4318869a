//! Mapping: the opened image, then its dependents breadth-first (`_dl_map_object_deps`).

use crate::load::LoadFailure;

use super::message;
use super::open;
use super::search::{self, Found};
use super::token;
use super::world::{Map, World};

/// A map, or the failure to get one; `Err(None)` where a replay does not know.
type Mapped = Result<usize, Option<Box<LoadFailure>>>;

/// Maps the file that `dlopen` was called with.
pub(super) fn open(world: &mut World<'_>, path: &str) -> Mapped {
    map(world, path, None)
}

/// Maps everything that the root needs. The list is the root's search list, breadth-first.
pub(super) fn dependents(
    world: &mut World<'_>,
    root: usize,
    failures: &mut Vec<LoadFailure>,
) -> Vec<usize> {
    let mut list = vec![root];
    let mut done = 0;
    while let Some(index) = list.get(done).copied() {
        done += 1;
        let Some(map) = world.maps.get(index) else {
            continue;
        };
        let new = map.new;
        for name in asked_for(world, map) {
            let found = if new {
                self::map(world, &name, Some(index))
            } else {
                present(world, &name, index)
            };
            match found {
                Ok(dependent) => {
                    if let Some(map) = world.maps.get_mut(index) {
                        map.needed.push(dependent);
                    }
                    if !list.contains(&dependent) {
                        list.push(dependent);
                    }
                }
                Err(failure) => failures.extend(failure.map(|failure| *failure)),
            }
        }
    }
    list
}

/// The names of the dependents, tokens expanded. A name with a token that has no value is passed over.
fn asked_for(world: &World<'_>, map: &Map) -> Vec<String> {
    let origin = world.origin(map);
    let dependents = map.image().map(|image| image.dependents.as_slice());
    let names = dependents.unwrap_or_default().iter();
    let names = names.map(|dependent| dependent.install_name.as_str());
    if world.process.is_musl() {
        return names.map(str::to_owned).collect();
    }
    names
        .filter_map(|name| token::expand(name, origin.as_deref(), world.process))
        .collect()
}

/// A dependent of an image that was there before is there too. Where it cannot be told which one it is, nothing is
/// missing.
fn present(world: &World<'_>, name: &str, loader: usize) -> Mapped {
    if let Some(index) = world.named(name) {
        return Ok(index);
    }
    match find(world, name, Some(loader)) {
        Found::File(file, _) => world.same_file(file.identity).ok_or(None),
        Found::Fatal(..) | Found::Nothing(_) | Found::NotRecorded(_) => Err(None),
    }
}

fn find(world: &World<'_>, name: &str, loader: Option<usize>) -> Found {
    // Tokens and searches of `dlopen` itself are taken relative to the caller: the executable, near enough.
    let caller = loader.unwrap_or(0);
    if name.contains('/') {
        search::direct(world, name, caller)
    } else {
        search::along_directories(world, name, caller)
    }
}

fn map(world: &mut World<'_>, name: &str, loader: Option<usize>) -> Mapped {
    if let Some(index) = already(world, name) {
        return Ok(index);
    }
    let (file, how) = match find(world, name, loader) {
        Found::File(file, how) => (file, how),
        Found::NotRecorded(path) => {
            world.not_recorded(&path);
            return Err(None);
        }
        Found::Fatal(path, reason, words) => {
            let blamed = if world.process.is_musl() { name } else { &path };
            let mut failure = message::refused(world, blamed, loader, reason, &words);
            failure.subject = path;
            return Err(Some(Box::new(failure)));
        }
        Found::Nothing(traces) => {
            return Err(Some(Box::new(message::not_found(
                world, name, loader, traces,
            ))));
        }
    };
    if let Some(index) = world.same_file(file.identity) {
        if let Some(map) = world.maps.get_mut(index) {
            map.names.push(name.to_owned());
        }
        return Ok(index);
    }
    if let Some((reason, words)) = open::refusal(world, &file.content) {
        let mut failure = message::refused(world, name, loader, reason, words);
        failure.subject = file.path;
        return Err(Some(Box::new(failure)));
    }
    world.maps.push(Map {
        path: file.path,
        real_path: Some(file.real_path),
        identity: Some(file.identity),
        content: Some(file.content),
        names: vec![name.to_owned()],
        new: true,
        global: false,
        loader,
        found_by: if loader.is_some() {
            how
        } else {
            "opened".to_owned()
        },
        needed: Vec::new(),
    });
    Ok(world.maps.len().saturating_sub(1))
}

fn already(world: &World<'_>, name: &str) -> Option<usize> {
    if world.process.is_musl() && is_musl_itself(name) {
        // One file is libc, libm, the loader and all the others.
        return world
            .maps
            .iter()
            .position(|map| map.path.contains("ld-musl-") || map.is_called("libc.so"));
    }
    world.named(name)
}

/// Names that musl's `load_library` answers with itself.
fn is_musl_itself(name: &str) -> bool {
    let reserved = ["c", "pthread", "rt", "m", "dl", "util", "xnet"];
    name.strip_prefix("lib")
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(stem, _)| reserved.contains(&stem))
        || name.starts_with("ld-musl-")
}
