//! From a load path to the paths that dyld tries, in its order (dyld/DyldProcessConfig.cpp:forEachPathVariant,
//! dyld/Loader.cpp: forEachPath, forEachResolvedAtPathVar).

use std::rc::Rc;

use super::Simulation;
use super::path;
use super::state::{Chain, sdk};
use crate::image::Version;

/// A path to try.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) path: String,
    pub(super) kind: Kind,
    /// How an image found here was found, for people.
    pub(super) by: String,
}

/// Why a path is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A DYLD_ variable puts it before all others.
    Override,
    /// DYLD_IMAGE_SUFFIX.
    Suffix,
    /// The load path, on disk only.
    RawOnDisk,
    /// The load path below the cryptex.
    Cryptex,
    /// The load path.
    Raw,
    /// An @-variable expanded.
    Expanded,
    /// A bare name under the rpaths.
    ImplicitRpath,
    /// DYLD_FALLBACK_LIBRARY_PATH and the like.
    CustomFallback,
    /// /usr/local/lib, /usr/lib and the like.
    StandardFallback,
}

impl Kind {
    /// A guess of dyld's rather than a path somebody wrote: nothing is assumed to be there.
    pub(super) fn is_guess(self) -> bool {
        match self {
            Kind::Override | Kind::Suffix | Kind::Cryptex | Kind::ImplicitRpath => true,
            Kind::CustomFallback | Kind::StandardFallback | Kind::RawOnDisk => true,
            Kind::Raw | Kind::Expanded => false,
        }
    }
}

/// Who asks for a load path, and how.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    /// Innermost first: the image with the load command, or the caller of dlopen.
    pub(super) chain: Rc<Chain>,
    /// A load command rather than dlopen.
    pub(super) linked: bool,
    /// DYLD_INSERT_LIBRARIES.
    pub(super) inserted: bool,
    /// The image that asks was built with an old SDK.
    pub(super) old: bool,
    pub(super) local: bool,
    pub(super) loaded_by: Option<usize>,
}

impl Simulation<'_> {
    pub(super) fn candidates(&self, load_path: &str, asker: &Asker) -> Vec<Candidate> {
        let mut found = Vec::new();
        for variant in self.variants(load_path, asker) {
            let implicit =
                !asker.linked && variant.kind == Kind::Raw && path::is_relative(load_path);
            if implicit {
                self.bare_name(&variant, load_path, asker, &mut found);
            } else {
                self.expand(variant, asker, &mut found);
            }
        }
        found
    }

    /// dlopen of a relative name: under the rpaths, in /usr/lib, then beside the working directory.
    fn bare_name(
        &self,
        variant: &Candidate,
        load_path: &str,
        asker: &Asker,
        found: &mut Vec<Candidate>,
    ) {
        let implicit = format!("@rpath/{}", variant.path);
        self.expand_rpath(&implicit, Kind::ImplicitRpath, asker, found);
        found.push(Candidate {
            path: format!("/usr/lib/{load_path}"),
            kind: Kind::StandardFallback,
            by: "default fallback /usr/lib".to_owned(),
        });
        if self.process.permissions.at_paths {
            found.push(variant.clone());
        }
    }

    fn variants(&self, load_path: &str, asker: &Asker) -> Vec<Candidate> {
        let mut found = Vec::new();
        let suffixes = self.variables.image_suffix.as_deref();
        let only_suffix = suffixes.and_then(|list| list.first()).map(String::as_str);
        let framework = path::framework_part(load_path, only_suffix);
        let (overrides, name) = match framework {
            Some(_) => (&self.variables.framework_path, "DYLD_FRAMEWORK_PATH"),
            None => (&self.variables.library_path, "DYLD_LIBRARY_PATH"),
        };
        let tail = framework.unwrap_or_else(|| path::leaf(load_path));
        for directory in overrides.iter().flatten() {
            let by = format!("{name} {directory}");
            self.suffixed(
                format!("{directory}/{tail}"),
                Kind::Override,
                by,
                &mut found,
            );
        }
        if let Some(replacement) = self.versioned_override(load_path, framework) {
            // Nothing else is tried then.
            found.push(replacement);
            return found;
        }
        if let (false, Some(cryptex)) = (load_path.starts_with('@'), self.generation.cryptex()) {
            let raw = load_path.to_owned();
            self.suffixed(raw, Kind::RawOnDisk, "its load path".to_owned(), &mut found);
            let below = format!("{cryptex}{load_path}");
            self.suffixed(below, Kind::Cryptex, "the cryptex".to_owned(), &mut found);
        }
        self.suffixed(
            load_path.to_owned(),
            Kind::Raw,
            "its load path".to_owned(),
            &mut found,
        );
        let skip = !asker.linked && load_path.contains('/') && framework.is_none();
        if !skip {
            self.fallbacks(load_path, framework, asker, &mut found);
        }
        found
    }

    fn suffixed(&self, path: String, kind: Kind, by: String, found: &mut Vec<Candidate>) {
        for suffix in self.variables.image_suffix.iter().flatten() {
            found.push(Candidate {
                path: path::with_suffix(&path, suffix),
                kind: Kind::Suffix,
                by: format!("DYLD_IMAGE_SUFFIX {suffix}"),
            });
        }
        found.push(Candidate { path, kind, by });
    }

    fn fallbacks(
        &self,
        load_path: &str,
        framework: Option<&str>,
        asker: &Asker,
        found: &mut Vec<Candidate>,
    ) {
        let (custom, name, defaults) = match framework {
            Some(_) => (
                &self.variables.fallback_framework_path,
                "DYLD_FALLBACK_FRAMEWORK_PATH",
                ["/Library/Frameworks", "/System/Library/Frameworks"],
            ),
            None => (
                &self.variables.fallback_library_path,
                "DYLD_FALLBACK_LIBRARY_PATH",
                ["/usr/local/lib", "/usr/lib"],
            ),
        };
        let tail = framework.unwrap_or_else(|| path::leaf(load_path));
        if let Some(directories) = custom {
            for directory in directories {
                let by = format!("{name} {directory}");
                let path = format!("{directory}/{tail}");
                if path != load_path {
                    self.suffixed(path, Kind::CustomFallback, by, found);
                }
            }
            return;
        }
        if !asker.old && self.generation >= super::Generation::V13 {
            return;
        }
        let skipped = usize::from(!self.process.permissions.fallback_paths);
        for directory in defaults.iter().skip(skipped) {
            let path = format!("{directory}/{tail}");
            if path != load_path {
                let by = format!("default fallback {directory}");
                self.suffixed(path, Kind::StandardFallback, by, found);
            }
        }
    }

    fn expand(&self, variant: Candidate, asker: &Asker, found: &mut Vec<Candidate>) {
        let load_path = variant.path.as_str();
        if !load_path.starts_with('@') {
            found.push(variant);
            return;
        }
        if load_path.starts_with("@rpath/") {
            if asker.inserted {
                found.push(variant);
            } else {
                self.expand_rpath(load_path, Kind::Expanded, asker, found);
            }
            return;
        }
        let image = asker.chain.image;
        let kind = Kind::Expanded;
        if let Some(path) = self.at_loader_path(load_path, image, asker, false) {
            let by = "@loader_path".to_owned();
            found.push(Candidate { path, kind, by });
            if let Some(path) = self.unversioned_framework(load_path, image) {
                let by = "@loader_path without Versions".to_owned();
                found.push(Candidate { path, kind, by });
            }
        } else if let Some(path) = self.at_executable_path(load_path) {
            let by = "@executable_path".to_owned();
            found.push(Candidate { path, kind, by });
        }
    }

    /// Each LC_RPATH of each image of the chain, innermost first.
    fn expand_rpath(&self, load_path: &str, kind: Kind, asker: &Asker, found: &mut Vec<Candidate>) {
        let tail = load_path.strip_prefix("@rpath").unwrap_or(load_path);
        for index in asker.chain.links() {
            let Some(loaded) = self.loaded.get(index) else {
                continue;
            };
            for rpath in loaded.image().map_or(&[][..], |image| &image.rpaths) {
                let by = format!("rpath {rpath} of {}", loaded.path);
                let mut push = |directory: &str| {
                    let path = path::join(directory, tail);
                    let by = by.clone();
                    found.push(Candidate { path, kind, by });
                };
                let expanded = self
                    .at_loader_path(rpath, index, asker, true)
                    .or_else(|| self.at_executable_path(rpath));
                if let Some(directory) = expanded {
                    push(&directory);
                } else if rpath.starts_with('/') {
                    push(rpath);
                    if let Some(cryptex) = self.generation.cryptex() {
                        push(&format!("{cryptex}{rpath}"));
                    }
                } else if self.process.permissions.at_paths {
                    push(rpath);
                }
            }
        }
    }

    fn at_loader_path(
        &self,
        text: &str,
        image: usize,
        asker: &Asker,
        rpath: bool,
    ) -> Option<String> {
        let tail = path::behind(text, "@loader_path")?;
        let forbidden = !self.process.permissions.at_paths && rpath && self.is_executable(image);
        if asker.inserted || forbidden {
            return None;
        }
        let loader = self.loaded.get(image)?;
        Some(format!("{}{tail}", path::directory(&loader.path)))
    }

    fn at_executable_path(&self, text: &str) -> Option<String> {
        let tail = path::behind(text, "@executable_path")?;
        let executable = self.executable.as_deref()?;
        let allowed = self.process.permissions.at_paths;
        allowed.then(|| path::beside_executable(executable, tail))
    }

    /// An old dylib in `X.framework/Versions/A/` may mean the framework's own directory.
    fn unversioned_framework(&self, load_path: &str, image: usize) -> Option<String> {
        let loader = self.loaded.get(image)?;
        let old = loader
            .image()
            .is_some_and(|image| sdk(image) < Version::new(13, 0, 0));
        if !loader.is_dylib() || !old {
            return None;
        }
        let install_leaf = path::leaf(loader.install_name.as_deref()?);
        let front = loader.path.strip_suffix(install_leaf)?.strip_suffix('/')?;
        let (front, version) = front.rsplit_once('/')?;
        let front = front.strip_suffix("/Versions")?;
        let tail = path::behind(load_path, "@loader_path")?;
        (version.len() == 1).then(|| format!("{front}{tail}"))
    }
}
