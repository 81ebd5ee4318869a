//! DYLD_VERSIONED_LIBRARY_PATH and DYLD_VERSIONED_FRAMEWORK_PATH: a newer library of the same install name wins over
//! the one at its place (dyld/DyldProcessConfig.cpp:checkVersionedPath).
//!
//! dyld reads whole directories at launch. Here the file of the same leaf name is asked for, which is what such a
//! directory holds.

use super::Simulation;
use super::candidates::{Candidate, Kind};
use super::path;
use super::state::slice_of;
use super::system::{Library, might_be_cached};
use crate::image::{FileType, Version};
use crate::load::{Content, Lookup};

impl Simulation<'_> {
    pub(super) fn versioned_override(
        &self,
        load_path: &str,
        framework: Option<&str>,
    ) -> Option<Candidate> {
        let (directories, name) = match framework {
            Some(_) => (
                &self.variables.versioned_framework_path,
                "DYLD_VERSIONED_FRAMEWORK_PATH",
            ),
            None => (
                &self.variables.versioned_library_path,
                "DYLD_VERSIONED_LIBRARY_PATH",
            ),
        };
        let tail = match framework {
            Some(_) => format!("{0}.framework/{0}", path::leaf(load_path)),
            None => path::leaf(load_path).to_owned(),
        };
        let mut best: Option<(Version, Candidate)> = None;
        for directory in directories.iter().flatten() {
            let candidate = format!("{directory}/{tail}");
            let Some((install_name, version)) = self.dylib_version(&candidate) else {
                continue;
            };
            let better = best.as_ref().is_none_or(|(found, _)| version > *found);
            if install_name == load_path && better && self.beats_installed(load_path, version) {
                let by = format!("{name} {directory}");
                let (path, kind) = (candidate, Kind::Override);
                best = Some((version, Candidate { path, kind, by }));
            }
        }
        best.map(|(_, candidate)| candidate)
    }

    /// Nothing at the install path, or something older. The version of a cached library is in no table: it is taken
    /// for older, since whoever sets the variable means it so.
    fn beats_installed(&self, load_path: &str, version: Version) -> bool {
        match self.dylib_version(load_path) {
            Some((_, installed)) => version > installed,
            None => {
                let cached = self.system.library(load_path, self.target());
                let unknown = matches!(cached, Library::Present { .. } | Library::Unknown);
                if unknown && might_be_cached(load_path) {
                    self.assume(format!(
                        "`{load_path}` of the shared cache is older than its versioned override"
                    ));
                }
                true
            }
        }
    }

    /// Install name and current version of the dylib at a path.
    fn dylib_version(&self, path: &str) -> Option<(String, Version)> {
        let absolute = path::absolute(path, &self.process.cwd);
        let Lookup::File { real_path, .. } = self.images.lookup(&absolute) else {
            return None;
        };
        let content = self.images.content(&real_path);
        let Content::MachO { slices } = content.as_ref() else {
            return None;
        };
        let archs = self.architectures();
        let found = archs
            .iter()
            .find_map(|arch| slices.iter().position(|slice| slice.arch == *arch));
        let image = slice_of(&content, found?)?;
        let version = image.macho()?.current_version?;
        let name = image.install_name.clone()?;
        (image.file_type == FileType::Dylib).then_some((name, version))
    }
}
