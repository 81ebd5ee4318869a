//! Libraries that are not there because a distribution is not that the wheel requires, or because it depends on others
//! what is in the process: nobody can say that they are missing. What is said instead is what to give, once for each
//! distribution.

mod around;
mod settle;

use std::collections::BTreeSet;

use super::{Beside, Subject, leaf};
use crate::dyld::FLAT;
use crate::load::{LoadFailure, Reason};
use crate::purpose::is_torch_library;
use crate::python::ExtensionFile;
use crate::site::{Layout, Target};
use crate::wheel::holds;

pub(super) use around::{Around, Images};
pub(super) use settle::leave_open;

/// What stands beside a wheel only if somebody gives it.
pub(super) struct Absent<'a> {
    /// Names of distributions that the wheel requires on the target and that are not given, normalised.
    required: BTreeSet<String>,
    /// Those that it requires for one of its extras only.
    optional: BTreeSet<String>,
    /// Those of the required that are asked for in the wheel's own version alone: parts of the same product.
    pinned: BTreeSet<String>,
    /// Names of required distributions, given or not, whose libraries a script of the wheel opens for everybody.
    opened_for_all: BTreeSet<String>,
    /// The first parts of the subject's own paths.
    own: BTreeSet<&'a str>,
    /// The last parts of the subject's own paths.
    leaves: BTreeSet<&'a str>,
    site: String,
    prefix: String,
    torch_is_given: bool,
    /// No module and no Python file is in the wheel: its files are for what others install.
    is_for_others: bool,
}

/// Why nobody can say that something is missing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// One of these distributions would bring it, and they are not given.
    With(Vec<String>),
    /// It is found by the rpaths of the image that loads this one.
    Rpaths,
    /// An image with this name stands beside, at this path: where it is open before, dyld takes it.
    Before(String),
    /// An image of the wheel, at this path, has the symbol, and may be what opens this one.
    Layer(String),
    /// It would stand in this directory, into which another distribution installs, too.
    Directory(String),
}

/// The file whose load failed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Needer {
    /// It is only guessed that somebody opens it.
    pub(super) is_guessed: bool,
    /// It is opened as a library, not imported.
    pub(super) is_library: bool,
}

impl<'a> Absent<'a> {
    /// `None` where all that there is was given: an installed tree, or a process that is described by hand.
    pub(super) fn of(
        subject: &'a Subject,
        target: &Target,
        beside: &[Beside],
        layout: &Layout,
    ) -> Option<Absent<'a>> {
        let wheel = subject.wheel.as_ref()?;
        let given: BTreeSet<&str> = beside
            .iter()
            .flat_map(|beside| &beside.distributions)
            .map(|(name, _)| name.as_str())
            .collect();
        let counts = |marker: Option<String>| {
            marker.is_none_or(|marker| holds(&marker, &|name| target.marker(name)))
        };
        let name = wheel.name.as_ref();
        let is_torch = name.is_some_and(|name| name.normalised() == "torch");
        let with_extras = |name: &str| target.marker(name).filter(|_| name != "extra");
        let may_count = |marker: Option<&str>| {
            marker.is_some_and(|marker| marker.contains("extra") && holds(marker, &with_extras))
        };
        let optional = wheel.metadata.requirements();
        let optional = optional.filter(|it| may_count(it.marker.as_deref()));
        let optional: BTreeSet<String> = optional.map(|required| required.name).collect();
        let all = wheel.metadata.requirements();
        let all = all.filter(|required| counts(required.marker.clone()));
        let all: Vec<_> = all.collect();
        let version = name.map_or("", |name| name.version.as_str());
        let pinned = all
            .iter()
            .filter(|it| is_own_version(&it.specifiers, version));
        let pinned: BTreeSet<String> = pinned.map(|it| it.name.clone()).collect();
        let all: BTreeSet<String> = all.into_iter().map(|required| required.name).collect();
        let is_opened = |name: &&String| wheel.opened_for_all.contains(&name.replace('-', "_"));
        let opened_for_all = all.iter().filter(is_opened).cloned().collect();
        let is_absent = |name: &String| !given.contains(name.as_str());
        let paths = || subject.files.iter().map(|(place, _)| place.path.as_str());
        let imports = |path: &str| {
            let is_module = || ExtensionFile::from_path(path).is_some_and(|it| it.is_tagged());
            path.ends_with(".py") || is_module()
        };
        Some(Absent {
            required: all.into_iter().filter(is_absent).collect(),
            optional: optional.into_iter().filter(is_absent).collect(),
            // torch's libraries are known by name.
            pinned: pinned
                .into_iter()
                .filter(|name| is_absent(name) && name != "torch")
                .collect(),
            opened_for_all,
            own: paths()
                .filter_map(|path| path.split_once('/'))
                .map(|(first, _)| first)
                .collect(),
            leaves: paths().filter_map(|path| path.rsplit('/').next()).collect(),
            site: format!("{}/", layout.site_packages),
            prefix: format!("{}/", layout.prefix),
            torch_is_given: given.contains("torch") || is_torch,
            is_for_others: !paths().any(imports),
        })
    }

    /// Why nobody can say that what a load did not find is missing; `None` where it is.
    fn why(&self, failure: &LoadFailure, needer: Needer, images: &dyn Images) -> Option<Why> {
        let mut bringers = self.bringers(failure);
        let is_absent = failure.reason == Reason::LibraryNotFound && is_relative(&failure.subject);
        if bringers.is_empty() && is_absent && needer.is_library {
            // A part that does nothing without another distribution leaves that to an extra.
            bringers.extend(named_after(&self.optional, leaf(&failure.subject)));
        }
        if !bringers.is_empty() {
            let names = bringers.into_iter().map(str::to_owned);
            return Some(Why::With(names.collect()));
        }
        match failure.reason {
            Reason::SymbolNotFound if needer.is_library => {
                let is_flat = failure.expected_in.as_deref() == Some(FLAT);
                let definer = images.definer(&failure.subject, is_flat);
                definer.map(Why::Layer)
            }
            Reason::LibraryNotFound if failure.subject.starts_with("@rpath/") => {
                self.why_unfound(failure, needer, images)
            }
            _ => None,
        }
    }

    fn why_unfound(
        &self,
        failure: &LoadFailure,
        needer: Needer,
        images: &dyn Images,
    ) -> Option<Why> {
        if let Some(path) = images.named(&failure.subject) {
            return Some(Why::Before(path));
        }
        let is_own = self.leaves.contains(leaf(&failure.subject));
        if is_own && (needer.is_guessed || self.is_for_others) {
            return Some(Why::Rpaths);
        }
        if !self.is_for_others {
            return None;
        }
        if !self.required.is_empty() {
            return Some(Why::With(self.required.iter().cloned().collect()));
        }
        let tops = self.tried_in(failure);
        let own = tops.iter().find(|top| self.own.contains(top.as_str()));
        own.map(|top| Why::Directory(top.clone()))
    }

    /// The directories of site-packages in which the library was looked for.
    fn tried_in(&self, failure: &LoadFailure) -> Vec<String> {
        let paths = failure.tried.iter().map(|at| normal(&at.path));
        let inside = paths.filter_map(|path| {
            let (top, _) = path.strip_prefix(&self.site)?.split_once('/')?;
            Some(top.to_owned())
        });
        inside.collect()
    }

    /// The distributions of which one would bring what a load did not find; none, where nobody would.
    fn bringers(&self, failure: &LoadFailure) -> Vec<&str> {
        let is_flat = failure.expected_in.as_deref() == Some(FLAT);
        if failure.reason == Reason::SymbolNotFound && is_flat {
            return self.opened_for_all.iter().map(String::as_str).collect();
        }
        if failure.reason != Reason::LibraryNotFound || !is_relative(&failure.subject) {
            return Vec::new();
        }
        if is_torch_library(&failure.subject) {
            // Nobody else brings them; that they are required nowhere is a finding of its own.
            return if self.torch_is_given {
                Vec::new()
            } else {
                vec!["torch"]
            };
        }
        let tops = self.tried_in(failure);
        let named = tops.iter().find_map(|top| self.named_as(top));
        match named.or_else(|| named_after(&self.required, leaf(&failure.subject))) {
            Some(name) => vec![name],
            // A distribution may install into a directory of any name, only not into the wheel's own package.
            None if tops.iter().any(|top| self.is_shared(top)) => {
                self.required.iter().map(String::as_str).collect()
            }
            // A part of the same product may, and beside Python's own libraries.
            None if self.is_tried_inside(failure) => {
                self.pinned.iter().map(String::as_str).collect()
            }
            None => Vec::new(),
        }
    }

    /// Was the library looked for where an installer puts files? A directory of vendored libraries is nobody else's.
    fn is_tried_inside(&self, failure: &LoadFailure) -> bool {
        let mut paths = failure.tried.iter().map(|at| normal(&at.path));
        paths.any(|path| path.starts_with(&self.prefix) && !path.contains(".dylibs/"))
    }

    /// A distribution whose name begins with that of the directory: mlx-metal for `mlx`, torch for `torch`.
    fn named_as(&self, top: &str) -> Option<&str> {
        let top = top.to_lowercase().replace(['_', '.'], "-");
        let fits = |name: &&String| {
            let rest = name.strip_prefix(top.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        self.required.iter().find(fits).map(String::as_str)
    }

    /// Not the wheel's own, or no package: several distributions install into such a prefix (`cmeel.prefix`).
    fn is_shared(&self, top: &str) -> bool {
        let is_vendored = [".dylibs", ".libs"].iter().any(|end| top.ends_with(end));
        !is_vendored && (!self.own.contains(top) || top.contains('.'))
    }
}

/// A distribution after which the library is named: `libarrow.1500.dylib` and pyarrow. Python's own library is named
/// after the language, as are distributions that have nothing to do with it.
fn named_after<'a>(distributions: &'a BTreeSet<String>, leaf: &str) -> Option<&'a str> {
    let leaf = leaf.strip_prefix("lib").unwrap_or(leaf).to_lowercase();
    let stem = leaf.split('.').next().unwrap_or(&leaf);
    if stem.starts_with("python") {
        return None;
    }
    let names = |word: &str| {
        stem == word && !word.is_empty() || word.len() >= SHORTEST_WORD && stem.starts_with(word)
    };
    // `libtvm_ffi.dylib` and apache-tvm-ffi.
    let whole = format!("-{}-", stem.replace('_', "-"));
    let has_whole = |name: &str| stem.contains('_') && format!("-{name}-").contains(&whole);
    let fits = |name: &&String| {
        let mut words = name.split('-');
        has_whole(name)
            || words.any(|word| names(word) || word.strip_prefix("py").is_some_and(names))
    };
    distributions.iter().find(fits).map(String::as_str)
}

/// `==1.24.9` for a wheel of version 1.24.9.
fn is_own_version(specifiers: &str, version: &str) -> bool {
    let required = specifiers.trim().strip_prefix("==");
    required.is_some_and(|required| required.trim_start_matches('=').trim() == version)
}

/// Shorter words name too much.
const SHORTEST_WORD: usize = 4;

fn is_relative(name: &str) -> bool {
    ["@rpath/", "@loader_path/"]
        .iter()
        .any(|start| name.starts_with(start))
        || !name.contains('/')
}

/// Without `.` and `..`.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests;
