//! The start of a program: the kernel takes the executable or refuses it, then dyld finds and binds its libraries.

use super::process::{Process, Request};
use super::state::slice_of;
use super::system::SystemLibraries;
use super::{Simulation, path};
use crate::load::{ImageSource, Load, LoadFailure, Lookup, Reason};

impl<'a> Simulation<'a> {
    /// Starts the process's executable, and gives every independent reason why it does not come up.
    pub(super) fn start(
        process: &'a Process,
        images: &'a dyn ImageSource,
        system: &'a dyn SystemLibraries,
    ) -> Load {
        let mut simulation = Simulation::new(process, images, system);
        let executable = process.executable.clone().unwrap_or_default();
        let request = Request::import(&executable);
        let mut failures = Vec::new();
        if let Some(refused) = simulation.refused_executable(&executable, &request) {
            failures.push(refused);
        } else {
            simulation.load_executable();
            failures = simulation.load_at_launch(&request);
            simulation.bind_new(0, &request, &mut failures);
        }
        for failure in &mut failures {
            // Nobody calls dlopen, and dyld prints the reason alone.
            if let Some((_, reason)) = failure.message.split_once("): ") {
                failure.message = reason.to_owned();
            }
        }
        simulation.report(0, Some(0), failures)
    }

    /// What stands at the path is no program for this processor, or not signed as the kernel wants it.
    fn refused_executable(&self, executable: &str, request: &Request) -> Option<LoadFailure> {
        let absolute = path::absolute(executable, &self.process.cwd);
        let failed = |reason, text: String| {
            let mut failure = self.failure(reason, executable, None, request, 0, text);
            failure.referenced_from = None;
            failure
        };
        let real_path = match self.images.lookup(&absolute) {
            Lookup::File { real_path, .. } => real_path,
            Lookup::NotAFile => return Some(failed(Reason::NotAFile, "not a file".to_owned())),
            Lookup::Absent | Lookup::Error { .. } | Lookup::NotRecorded => {
                return Some(failed(Reason::LibraryNotFound, "no such file".to_owned()));
            }
        };
        let content = self.images.content(&real_path);
        let refusal = match self.choose(&content) {
            Ok(slice) => {
                let image = slice_of(&content, slice)?;
                let part = image.macho().and_then(|part| part.slice);
                let offset = part.map_or(0, |slice| slice.offset);
                self.accept_signature(image, &real_path, offset).err()?
            }
            Err(refusal) => refusal,
        };
        let mut failure = failed(refusal.reason, refusal.why.clone());
        if let Some((have, need)) = super::why::architectures(&refusal.why) {
            failure.have_arch = Some(have);
            failure.need_arch = Some(need);
        }
        Some(failure)
    }
}
