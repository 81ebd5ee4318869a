//! From a load path to an image (dyld/Loader.cpp:getLoader): an image of the process, a library of the cache, or a
//! file, at the first candidate path that yields one. What comes later is never tried again.

use super::Simulation;
use super::candidates::{Asker, Candidate, Kind};
use super::missing::NotFound;
use super::open::Refusal;
use super::path;
use super::state::{Loaded, Source};
use super::system::{Library, might_be_cached};
use super::{Generation, why};
use crate::load::{Identity, Likelihood, Lookup, Reason};

impl Simulation<'_> {
    pub(super) fn find(&mut self, load_path: &str, asker: &Asker) -> Result<usize, NotFound> {
        let mut missing = NotFound::default();
        match self.find_once(load_path, asker, &mut missing) {
            Some(index) => Ok(index),
            None => self.find_by_real_path(load_path, asker, missing),
        }
    }

    fn find_once(
        &mut self,
        load_path: &str,
        asker: &Asker,
        missing: &mut NotFound,
    ) -> Option<usize> {
        if let Some(index) = self.loaded_under_rpath(load_path, asker) {
            return Some(index);
        }
        let (canonical, cached) = self.canonical(load_path);
        let load_path = canonical.as_deref().unwrap_or(load_path);
        for candidate in self.candidates(load_path, asker) {
            if let Some(index) = self.try_candidate(&candidate, cached.as_deref(), asker, missing) {
                return Some(index);
            }
            if self.unknown.is_some() {
                return None;
            }
        }
        None
    }

    /// `@rpath/x` that is the path or install name of a loaded image; for dlopen also a bare `x`.
    fn loaded_under_rpath(&self, load_path: &str, asker: &Asker) -> Option<usize> {
        if load_path.starts_with("@rpath/") {
            return self.matching(load_path);
        }
        let bare = !asker.linked && !load_path.starts_with('@') && !load_path.contains('/');
        bare.then(|| self.matching(&format!("@rpath/{load_path}")))?
    }

    pub(super) fn matching(&self, path: &str) -> Option<usize> {
        self.loaded.iter().position(|loaded| loaded.matches(path))
    }

    /// The canonical path, if it differs from the load path, and the library of the cache that it names.
    fn canonical(&self, load_path: &str) -> (Option<String>, Option<String>) {
        if let Library::Present { install_name } = self.system.library(load_path, self.target()) {
            let other = (install_name != load_path).then(|| install_name.clone());
            return (other, Some(install_name));
        }
        if load_path.starts_with('@') || path::is_relative(load_path) {
            return (None, None);
        }
        let Some(real) = self.real_path(load_path).filter(|real| real != load_path) else {
            return (None, None);
        };
        match self.system.library(&real, self.target()) {
            Library::Present { install_name } => (Some(install_name.clone()), Some(install_name)),
            Library::Absent(_) | Library::Unknown => (None, None),
        }
    }

    fn real_path(&self, path: &str) -> Option<String> {
        self.images
            .real_path(&path::absolute(path, &self.process.cwd))
    }

    fn try_candidate(
        &mut self,
        candidate: &Candidate,
        cached: Option<&str>,
        asker: &Asker,
        missing: &mut NotFound,
    ) -> Option<usize> {
        let path = candidate.path.as_str();
        if let Some(index) = self.matching(path) {
            return Some(index);
        }
        if !self.process.permissions.path_variables && path::is_relative(path) {
            missing.add(
                path,
                "relative path not allowed in hardened program".to_owned(),
            );
            return None;
        }
        let library = self.system.library(path, self.target());
        if let Library::Present { install_name } = &library
            && let Some(index) = self
                .loaded
                .iter()
                .position(|loaded| loaded.represents(install_name))
        {
            return Some(index);
        }
        let in_cache = match &library {
            Library::Present { install_name } if candidate.kind != Kind::RawOnDisk => {
                Some(install_name)
            }
            Library::Present { .. } | Library::Absent(_) | Library::Unknown => None,
        };
        // With DYLD_ variables a file may override what is in the cache.
        if let (Some(name), false) = (in_cache, self.variables.any()) {
            return Some(self.add_cached(name, candidate, asker, true));
        }
        let lookup = self.images.lookup(&path::absolute(path, &self.process.cwd));
        if let Lookup::File {
            real_path,
            identity,
        } = lookup
        {
            if self.is_protected(cached) {
                let why = "cannot override a protected system dylib";
                missing.add(path, self.not_there(candidate, why, &library));
                return None;
            }
            let overrides = cached.or(in_cache.map(String::as_str)).map(str::to_owned);
            return self.found_file(candidate, (&real_path, identity), overrides, asker, missing);
        }
        if let Some(name) = in_cache {
            return Some(self.add_cached(name, candidate, asker, true));
        }
        self.absent(candidate, &lookup, &library, asker, missing)
    }

    /// A file that is loaded under another name, or a new one.
    fn found_file(
        &mut self,
        candidate: &Candidate,
        (real_path, identity): (&str, Identity),
        overrides: Option<String>,
        asker: &Asker,
        missing: &mut NotFound,
    ) -> Option<usize> {
        let same = |loaded: &Loaded| loaded.identity == Some(identity);
        if let Some(index) = self.loaded.iter().position(same) {
            return Some(index);
        }
        match self.open(candidate, real_path, identity, overrides, asker) {
            Ok(index) => Some(index),
            Err(refusal) => {
                missing.add(&candidate.path, refusal.why.clone());
                missing.refuse(refusal);
                None
            }
        }
    }

    /// Neither on disk nor known to be in the cache.
    fn absent(
        &mut self,
        candidate: &Candidate,
        lookup: &Lookup,
        library: &Library,
        asker: &Asker,
        missing: &mut NotFound,
    ) -> Option<usize> {
        let path = candidate.path.as_str();
        if *library == Library::Unknown && !candidate.kind.is_guess() {
            self.assumed_libraries.push(path.to_owned());
            return Some(self.add_cached(path, candidate, asker, false));
        }
        missing.likely |= *library == Library::Absent(Likelihood::Likely);
        let why = match lookup {
            Lookup::Absent => self.not_there(candidate, "no such file", library),
            Lookup::NotAFile => {
                missing.refuse(Refusal::new(Reason::NotAFile, String::new()));
                self.not_there(candidate, "not a file", library)
            }
            Lookup::Error { errno: 2 } => self.not_there(candidate, "no such file", library),
            Lookup::Error { errno } => {
                self.not_there(candidate, &format!("errno={errno}"), library)
            }
            Lookup::File { .. } => String::new(),
            Lookup::NotRecorded => {
                self.unknown.get_or_insert(format!(
                    "the recording does not tell what stands at `{path}`"
                ));
                return None;
            }
        };
        missing.add(path, why);
        None
    }

    fn not_there(&self, candidate: &Candidate, what: &str, library: &Library) -> String {
        let cache = candidate.kind != Kind::RawOnDisk
            && might_be_cached(&candidate.path)
            && self.generation >= Generation::V13
            && !matches!(library, Library::Present { .. });
        let remark = if cache { ", not in dyld cache" } else { "" };
        format!("{what}{remark}")
    }

    /// libSystem and two of its parts cannot be overridden in hardened processes since macOS 15.4.
    fn is_protected(&self, cached: Option<&str>) -> bool {
        const PROTECTED: [&str; 3] = [
            "/usr/lib/libSystem.B.dylib",
            "/usr/lib/system/libsystem_secinit.dylib",
            "/usr/lib/system/libsystem_sandbox.dylib",
        ];
        let restricted = self.process.hardened && self.generation >= Generation::V15_4;
        restricted && cached.is_some_and(|name| PROTECTED.contains(&name))
    }

    fn add_cached(
        &mut self,
        name: &str,
        candidate: &Candidate,
        asker: &Asker,
        known: bool,
    ) -> usize {
        let by = match candidate.kind {
            Kind::Raw => "system library".to_owned(),
            _ => format!("system library, {}", candidate.by),
        };
        self.push(Loaded {
            path: name.to_owned(),
            install_name: None,
            identity: None,
            source: Source::Cache { known },
            hidden: false,
            overrides: None,
            dependents: Vec::new(),
            dependents_set: true,
            found_by: by,
            loaded_by: asker.loaded_by,
        })
    }

    /// The second attempt with the real path of what was asked for, and dyld's last words.
    fn find_by_real_path(
        &mut self,
        load_path: &str,
        asker: &Asker,
        mut missing: NotFound,
    ) -> Result<usize, NotFound> {
        let hardened = !self.process.permissions.path_variables && path::is_relative(load_path);
        let bare = !asker.linked && !load_path.contains('/');
        if hardened {
            if let Some(index) = self.matching(load_path) {
                return Ok(index);
            }
        } else if !bare && !load_path.starts_with('@') {
            let real = self.real_path(load_path);
            if let Some(real) = real.filter(|real| !load_path.starts_with(real.as_str())) {
                if let Some(index) = self.find_once(&real, asker, &mut missing) {
                    return Ok(index);
                }
                return Err(missing);
            }
        }
        if load_path.starts_with('@') && !self.process.permissions.at_paths {
            missing.remark = Some(why::NO_AT_PATHS);
        } else if load_path.starts_with("@rpath/") && missing.attempts.is_empty() {
            missing.remark = self.no_rpaths(asker);
        }
        Err(missing)
    }

    fn no_rpaths(&self, asker: &Asker) -> Option<&'static str> {
        let has_rpaths = |index: usize| {
            let image = self.loaded.get(index).and_then(Loaded::image);
            image.is_some_and(|image| !image.rpaths.is_empty())
        };
        let any = asker.chain.links().any(has_rpaths);
        match self.generation {
            Generation::Before12 | Generation::V12_0 | Generation::V12_5 | Generation::V13 => None,
            _ if !any => Some(why::NO_RPATHS),
            Generation::V14_0 | Generation::V14_4 => None,
            _ => Some(why::NO_RPATHS_USED),
        }
    }
}
