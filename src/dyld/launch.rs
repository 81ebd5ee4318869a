//! The process before the dlopen, and the dlopen itself (dyld/dyldMain.cpp:prepare, dyld/DyldAPIs.cpp:dlopen_from).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::candidates::Asker;
use super::process::{Process, Request};
use super::state::{Chain, Loaded, Source, is_old, slice_of};
use super::system::SystemLibraries;
use super::variables::Variables;
use super::{Generation, Simulation, message, path};
use crate::image::Image;
use crate::load::{Identity, ImageSource, LoadFailure, Lookup, Reason};

impl<'a> Simulation<'a> {
    /// A process before its executable.
    pub(super) fn new(
        process: &'a Process,
        images: &'a dyn ImageSource,
        system: &'a dyn SystemLibraries,
    ) -> Self {
        Simulation {
            process,
            generation: Generation::of(process.macos),
            images,
            system,
            variables: Variables::default(),
            executable: None,
            loaded: Vec::new(),
            killed: Vec::new(),
            assumptions: RefCell::default(),
            assumed_libraries: Vec::new(),
            assumed_symbols: BTreeMap::new(),
            unknown: None,
        }
    }

    /// The process with its executable, inserted libraries, their dependents, and what was opened before.
    pub(super) fn launch(
        process: &'a Process,
        images: &'a dyn ImageSource,
        system: &'a dyn SystemLibraries,
    ) -> Self {
        let mut simulation = Simulation::new(process, images, system);
        simulation.load_executable();
        for failure in simulation.load_at_launch(&Request::import("")) {
            let subject = &failure.subject;
            simulation.assume(format!(
                "the process starts although `{subject}` is not found for its executable"
            ));
        }
        for request in &process.opened_before {
            let start = simulation.loaded.len();
            let (_, failures) = simulation.dlopen(request);
            if let Some(failure) = failures.first() {
                // A failed dlopen leaves nothing behind.
                simulation.loaded.truncate(start);
                let subject = &failure.subject;
                let opened = &request.path;
                simulation.assume(format!(
                    "`{opened}` was not open before: it fails with `{subject}`"
                ));
            }
        }
        simulation
    }

    pub(super) fn load_executable(&mut self) {
        let given = self.process.executable.as_deref();
        let absolute = given.map(|given| path::absolute(given, &self.process.cwd));
        let found = absolute.as_deref().map(|path| self.images.lookup(path));
        let (real, identity, source) = match (&absolute, found) {
            (
                Some(_),
                Some(Lookup::File {
                    real_path,
                    identity,
                }),
            ) => {
                let source = self.executable_source(&real_path);
                (real_path, Some(identity), source)
            }
            (Some(path), Some(Lookup::NotRecorded)) => {
                self.unknown = Some(format!(
                    "the recording does not tell what stands at `{path}`"
                ));
                (path.clone(), None, Source::Unknown)
            }
            (Some(path), _) => {
                self.assume(format!(
                    "the executable `{path}`, which is not here, is an ordinary one"
                ));
                (path.clone(), None, Source::Unknown)
            }
            (None, _) => ("the executable".to_owned(), None, Source::Unknown),
        };
        self.executable = absolute.is_some().then(|| real.clone());
        self.push(executable_image(real, identity, source));
        let image = self.loaded.first().and_then(Loaded::image);
        let embedded = image
            .and_then(Image::macho)
            .map(|part| part.environment.clone());
        let embedded = embedded.unwrap_or_default();
        self.variables = Variables::read(self.process, self.executable.as_deref(), &embedded);
    }

    fn executable_source(&self, real_path: &str) -> Source {
        let content = self.images.content(real_path);
        match self.choose(&content) {
            Ok(slice) if slice_of(&content, slice).is_some() => Source::File { content, slice },
            Ok(_) | Err(_) => {
                let arch = self.process.arch;
                self.assume(format!("the executable `{real_path}`, which has no slice for {arch}, is an ordinary one"));
                Source::Unknown
            }
        }
    }

    /// Inserted libraries come right behind the executable, before what either links. Gives what is not found.
    pub(super) fn load_at_launch(&mut self, request: &Request) -> Vec<LoadFailure> {
        let start = Chain::new(0, None);
        let asker = Asker {
            chain: Rc::clone(&start),
            linked: true,
            inserted: true,
            old: false,
            local: false,
            loaded_by: None,
        };
        let mut tops = vec![0];
        for path in self.variables.insert_libraries.clone() {
            match self.find(&path, &asker) {
                Ok(index) => tops.push(index),
                Err(_) => self.assume(format!(
                    "the process starts although `{path}` cannot be inserted"
                )),
            }
        }
        let mut failures = Vec::new();
        for top in tops {
            let outer = (top != 0).then(|| Rc::clone(&start));
            self.load_dependents(top, outer, request, 0, &mut failures);
        }
        self.killed.clear();
        failures
    }

    /// One dlopen: the image and every independent reason to fail, dyld's first.
    pub(super) fn dlopen(&mut self, request: &Request) -> (Option<usize>, Vec<LoadFailure>) {
        let start = self.loaded.len();
        let caller = self.caller(request);
        let chain = Chain::new(caller, Some(Chain::new(0, None)));
        let asker = Asker {
            chain: Rc::clone(&chain),
            linked: false,
            inserted: false,
            old: self
                .loaded
                .get(caller)
                .and_then(Loaded::image)
                .is_some_and(is_old),
            local: request.local,
            loaded_by: None,
        };
        let mut failures = Vec::new();
        let found = self.find(&request.path, &asker);
        self.take_killed(&request.path, request, start, &mut failures);
        let index = match found {
            Ok(index) => index,
            Err(missing) => {
                if self.unknown.is_none() {
                    failures.push(self.library_failure(
                        &request.path,
                        &missing,
                        None,
                        request,
                        start,
                    ));
                }
                return (None, failures);
            }
        };
        if index < start {
            if let Some(loaded) = self.loaded.get_mut(index) {
                loaded.found_by = "loaded before".to_owned();
                loaded.hidden &= request.local;
            }
            return (Some(index), failures);
        }
        self.load_dependents(index, Some(chain), request, start, &mut failures);
        self.bind_new(start, request, &mut failures);
        (Some(index), failures)
    }

    fn caller(&self, request: &Request) -> usize {
        let Some(caller) = request.caller.as_deref() else {
            return 0;
        };
        let absolute = path::absolute(caller, &self.process.cwd);
        let real = self.images.real_path(&absolute).unwrap_or(absolute);
        match self.matching(&real).or_else(|| self.matching(caller)) {
            Some(index) => index,
            None => {
                self.assume(format!(
                    "the executable calls dlopen: `{caller}` is not loaded"
                ));
                0
            }
        }
    }

    /// Turns stale pages noticed by the last search into failures.
    pub(super) fn take_killed(
        &mut self,
        load_path: &str,
        request: &Request,
        start: usize,
        failures: &mut Vec<LoadFailure>,
    ) {
        for (path, from) in std::mem::take(&mut self.killed) {
            let from = (from >= start).then_some(from);
            let mut failure = self.failure(
                Reason::Codesign,
                load_path,
                from,
                request,
                start,
                String::new(),
            );
            failure.message = message::killed(&path);
            failures.push(failure);
        }
    }
}

fn executable_image(path: String, identity: Option<Identity>, source: Source) -> Loaded {
    Loaded {
        path,
        install_name: None,
        identity,
        source,
        hidden: false,
        overrides: None,
        dependents: Vec::new(),
        dependents_set: false,
        found_by: "main executable".to_owned(),
        loaded_by: None,
    }
}
