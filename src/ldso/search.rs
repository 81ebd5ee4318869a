//! Where ld.so looks for a name without a slash: glibc's `_dl_map_object` and `open_path`, musl's `load_library`.

use crate::image::Arch;
use crate::load::{Attempt, Lookup, Reason};

use super::open::{self, File, NO_SUCH_FILE, Opened};
use super::token;
use super::world::World;

/// One directory to look in.
struct Directory {
    path: String,
    /// For [`crate::load::LoadedImage::found_by`].
    how: String,
    /// Its glibc-hwcaps subdirectories are tried first.
    subdirectories: bool,
}

/// The end of a search.
pub(super) enum Found {
    /// A file, and how it was found.
    File(File, String),
    /// The search met a file that ends the load: which path, in which words.
    Fatal(String, Reason, String),
    /// Nothing.
    Nothing(Traces),
    /// A replay does not know.
    NotRecorded(String),
}

/// What was met on the way.
#[derive(Default)]
pub(super) struct Traces {
    pub(super) tried: Vec<Attempt>,
    /// A file of the other word size was passed over (`found_other_class`).
    pub(super) other_class: bool,
    /// The architecture of a file that was passed over.
    pub(super) arch: Option<Arch>,
    /// errno of the last attempt, in words.
    pub(super) last: Option<String>,
}

/// Looks for a name with a slash: no search, tokens expanded for `origin_of`.
pub(super) fn direct(world: &World<'_>, name: &str, origin_of: usize) -> Found {
    let origin = world.maps.get(origin_of).and_then(|map| world.origin(map));
    let mut traces = Traces::default();
    let expanded = if world.process.is_musl() {
        Some(name.to_owned())
    } else {
        token::expand(name, origin.as_deref(), world.process)
    };
    match expanded {
        Some(path) => attempt(world, &path, "path", &mut traces)
            .1
            .unwrap_or(Found::Nothing(traces)),
        None => Found::Nothing(traces),
    }
}

/// Looks for a name without a slash, on behalf of a map.
pub(super) fn along_directories(world: &World<'_>, name: &str, loader: usize) -> Found {
    let mut traces = Traces::default();
    let lists = if world.process.is_musl() {
        musl_lists(world, loader)
    } else {
        let mut lists = inherited(world, loader);
        lists.push(library_path(world));
        lists.push(run_path(world, loader));
        lists
    };
    for list in &lists {
        if let Some(found) = along(world, name, list, &mut traces) {
            return found;
        }
    }
    if world.process.is_musl() {
        return Found::Nothing(traces);
    }
    let part = world.maps.get(loader).and_then(|map| map.elf());
    let nodeflib = part.is_some_and(|part| part.nodeflib);
    if let Some(found) = cached(world, name, nodeflib, &mut traces) {
        return found;
    }
    let default = if nodeflib {
        Vec::new()
    } else {
        default_directories(world)
    };
    along(world, name, &default, &mut traces).unwrap_or(Found::Nothing(traces))
}

/// DT_RPATH of the loader, of what loaded it and so on, then of the executable: unless the loader has DT_RUNPATH.
fn inherited(world: &World<'_>, loader: usize) -> Vec<Vec<Directory>> {
    let has_runpath = |index: usize| {
        let part = world.maps.get(index).and_then(|map| map.elf());
        part.is_some_and(|part| part.runpath)
    };
    if has_runpath(loader) {
        return Vec::new();
    }
    let mut lists = Vec::new();
    let mut visited = Vec::new();
    let mut next = Some(loader);
    while let Some(index) = next.filter(|index| !visited.contains(index)) {
        visited.push(index);
        if !has_runpath(index) {
            lists.push(rpath_elements(world, index, "DT_RPATH"));
        }
        next = world.maps.get(index).and_then(|map| map.loader);
    }
    if !visited.contains(&0) && !has_runpath(0) {
        lists.push(rpath_elements(world, 0, "DT_RPATH"));
    }
    lists
}

fn run_path(world: &World<'_>, loader: usize) -> Vec<Directory> {
    let part = world.maps.get(loader).and_then(|map| map.elf());
    if part.is_some_and(|part| part.runpath) {
        rpath_elements(world, loader, "DT_RUNPATH")
    } else {
        Vec::new()
    }
}

fn rpath_elements(world: &World<'_>, index: usize, tag: &str) -> Vec<Directory> {
    let Some(map) = world.maps.get(index) else {
        return Vec::new();
    };
    let origin = world.origin(map);
    let elements = map.image().map(|image| image.rpaths.as_slice());
    elements
        .unwrap_or_default()
        .iter()
        .filter_map(|element| {
            let how = format!("{tag} {element} of {}", map.path);
            directory(world, element, origin.as_deref(), how)
        })
        .collect()
}

fn library_path(world: &World<'_>) -> Vec<Directory> {
    let variable = world.process.library_path.as_deref();
    let variable = variable.filter(|text| !text.is_empty() && !world.process.secure);
    // Tokens mean the executable's directory here.
    let origin = world.maps.first().and_then(|map| world.origin(map));
    variable
        .into_iter()
        .flat_map(|text| text.split([':', ';']))
        .filter_map(|element| {
            let how = format!("LD_LIBRARY_PATH {element}");
            directory(world, element, origin.as_deref(), how)
        })
        .collect()
}

fn default_directories(world: &World<'_>) -> Vec<Directory> {
    let directories = world.process.directories.iter();
    directories
        .filter_map(|path| directory(world, path, None, format!("default directory {path}")))
        .collect()
}

/// Normalised as `fillin_rpath` does: one slash at the end. An empty element is the working directory.
fn directory(
    world: &World<'_>,
    element: &str,
    origin: Option<&str>,
    how: String,
) -> Option<Directory> {
    let mut path = token::expand(element, origin, world.process)?;
    if path.is_empty() && !element.is_empty() {
        return None;
    }
    while path.len() > 1 && path.ends_with('/') {
        path.pop();
    }
    if !path.is_empty() && !path.ends_with('/') {
        path.push('/');
    }
    Some(Directory {
        path,
        how,
        subdirectories: true,
    })
}

/// LD_LIBRARY_PATH, the run paths of the loader and of everything above it, the system's path.
fn musl_lists(world: &World<'_>, loader: usize) -> Vec<Vec<Directory>> {
    let plain = |list: Vec<Directory>| -> Vec<Directory> {
        let plain = |directory| Directory {
            subdirectories: false,
            ..directory
        };
        list.into_iter().map(plain).collect()
    };
    let mut lists = vec![plain(library_path(world))];
    let mut next = Some(loader);
    let mut left = world.maps.len();
    while let Some(index) = next.filter(|_| left > 0) {
        left = left.saturating_sub(1);
        lists.push(plain(rpath_elements(world, index, "run path")));
        next = world.maps.get(index).and_then(|map| map.loader);
    }
    let system = world.process.musl_path.as_deref();
    let system = system
        .unwrap_or("/lib:/usr/local/lib:/usr/lib")
        .split([':', '\n'])
        .filter(|path| !path.is_empty())
        .filter_map(|path| directory(world, path, None, format!("system path {path}")));
    lists.push(plain(system.collect()));
    lists
}

fn along(world: &World<'_>, name: &str, list: &[Directory], traces: &mut Traces) -> Option<Found> {
    for directory in list {
        let mut candidates = Vec::new();
        for subdirectory in world
            .process
            .hwcaps
            .iter()
            .filter(|_| directory.subdirectories)
        {
            let path = format!("{}{subdirectory}", directory.path);
            // ld.so tries and forgets directories that do not exist; so they need not be listed.
            match world.images.lookup(&world.process.absolute(&path)) {
                Lookup::NotAFile => candidates.push(format!("{path}/{name}")),
                Lookup::NotRecorded => return Some(Found::NotRecorded(path)),
                Lookup::Absent | Lookup::Error { .. } | Lookup::File { .. } => {}
            }
        }
        candidates.push(format!("{}{name}", directory.path));
        let mut go_on = true;
        for path in candidates {
            let (more, found) = attempt(world, &path, &directory.how, traces);
            if found.is_some() {
                return found;
            }
            go_on = more;
        }
        if !go_on {
            return None;
        }
    }
    None
}

/// `_dl_load_cache_lookup`: one path at most, and none in a default directory for an image with DF_1_NODEFLIB.
fn cached(world: &World<'_>, name: &str, nodeflib: bool, traces: &mut Traces) -> Option<Found> {
    let process = world.process;
    let (_, path) = process.cache.iter().find(|(soname, _)| soname == name)?;
    let default = |directory: &String| path.starts_with(&format!("{directory}/"));
    if nodeflib && process.directories.iter().any(default) {
        return None;
    }
    attempt(world, path, "ld.so.cache", traces).1
}

/// One path. The flag says whether a list of directories is followed further.
fn attempt(world: &World<'_>, path: &str, how: &str, traces: &mut Traces) -> (bool, Option<Found>) {
    match open::open(world, path) {
        Opened::Taken(file) => (false, Some(Found::File(file, how.to_owned()))),
        Opened::Fatal(reason, words) => (false, Some(Found::Fatal(path.to_owned(), reason, words))),
        Opened::NotRecorded => (false, Some(Found::NotRecorded(path.to_owned()))),
        Opened::Skipped(skip) => {
            traces.other_class |= skip.why == open::WRONG_CLASS;
            traces.last = Some(if skip.arch.is_some() {
                NO_SUCH_FILE.to_owned()
            } else {
                skip.why.clone()
            });
            traces.arch = traces.arch.or(skip.arch);
            traces.tried.push(Attempt {
                path: path.to_owned(),
                why: skip.why,
            });
            (skip.go_on, None)
        }
    }
}
