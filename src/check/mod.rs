//! `loadproof check`: whether what stands in a wheel or a directory loads on the Macs it is meant for. Pure.
//!
//! For each target a [`crate::site::Tree`] stands for the Mac; the same rules that judge a real run judge it, by way of
//! [`Facts`](crate::facts::Facts) in which nothing was built and nothing imported.

mod brought;
mod environment;
mod fold;
mod guess;
mod judge;
mod matrix;
mod openmp;
mod plan;
mod targets;

use std::path::Path;
use std::sync::Arc;

use crate::diagnosis::Diagnosis;
use crate::facts::OpenAs;
use crate::image::Image;
use crate::load::Content;
use crate::report::Report;
use crate::site::{File, Target};
use crate::wheel::{Place, Wheel};

pub use judge::{Prepared, check};
pub use targets::{NEWEST_MACOS, NEWEST_PYTHON, claimed_torch, default_targets, loose_targets};

/// What is under test: a wheel, or files that stand together in a directory.
#[derive(Clone)]
pub struct Subject {
    /// Its name for people: the wheel's file name, the directory as given.
    pub name: String,
    /// The wheel, if it is one.
    pub wheel: Option<Arc<Wheel>>,
    /// Its files with their places.
    pub files: Vec<(Place, Arc<File>)>,
    /// Which of the files may be native, by their position.
    pub native: Vec<usize>,
    /// Why a wheel cannot be read at all, as a clause whose subject is the file: `not a ZIP archive`.
    pub unreadable: Option<String>,
}

/// What stands beside it.
#[derive(Clone)]
pub struct Beside {
    /// Its name for people.
    pub name: String,
    /// The distributions in it: normalised name and version.
    pub distributions: Vec<(String, String)>,
    /// Its files with their places.
    pub files: Vec<(Place, Arc<File>)>,
}

/// How the process is set up, and what is opened in it.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Only these, as installed: `pkg/_C.so`, `PFX/bin/tool`. Empty: everything native.
    pub modules: Vec<String>,
    /// How they are opened; `None`: as their kind asks for. With it nothing is opened before but [`Plan::preload`];
    /// without it torch is imported first where a module needs it.
    pub open_as: Option<OpenAs>,
    /// Images opened before, in order, as installed.
    pub preload: Vec<String>,
}

/// All that came out.
#[derive(Debug)]
pub struct Checked {
    /// Version of this loadproof.
    pub tool_version: String,
    /// When it started: RFC 3339, UTC, whole seconds.
    pub started_at: String,
    /// One per subject, in the order given.
    pub subjects: Vec<SubjectReport>,
}

/// What came out for one subject.
#[derive(Debug)]
pub struct SubjectReport {
    /// Its name for people.
    pub name: String,
    /// It is a wheel.
    pub is_wheel: bool,
    /// Causes in the wheel as a whole.
    pub causes: Vec<Diagnosis>,
    /// One per target, in order.
    pub targets: Vec<TargetReport>,
}

impl SubjectReport {
    /// How a report names a file of the subject: by its path, behind the subject's name where there are several. A file
    /// that was checked by itself is the subject.
    fn path_of(&self, file: &str, several: bool) -> String {
        let is_file = !self.is_wheel && Path::new(&self.name).file_name() == Some(file.as_ref());
        match several {
            false => file.to_owned(),
            true if is_file => self.name.clone(),
            true => format!("{}/{file}", self.name),
        }
    }
}

/// What came out for one subject on one target.
#[derive(Debug)]
pub struct TargetReport {
    /// The target.
    pub target: Target,
    /// The version of torch that stands beside it, or in it.
    pub torch: Option<String>,
    /// The modules and their causes.
    pub report: Report,
    /// Files that get in each other's way in one process.
    pub pairs: Vec<Pair>,
    /// How many names of Python's C API had to be assumed.
    pub assumed_api: usize,
}

/// Files that should not be in one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The id of the cause.
    pub cause: &'static str,
    /// The files as installed, in load order.
    pub paths: Vec<String>,
}

/// The last part of a path.
fn leaf(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The slices of a Mach-O file; none of what is no such file.
fn slices(content: &Content) -> &[Image] {
    match content {
        Content::MachO { slices } => slices,
        _ => &[],
    }
}
