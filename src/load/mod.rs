//! What a load is, for both loaders: the images that come in, in order, and every reason why it would fail.
//!
//! [`crate::dyld`] predicts macOS, [`crate::ldso`] predicts Linux; a real import's error text
//! parses into the same [`LoadFailure`], so that prediction and observation can be compared field by field.

mod bindings;
mod failure;
mod source;

use serde::{Deserialize, Serialize};

pub use bindings::{Bindings, Bound, Definer};
pub use failure::{Attempt, Likelihood, LoadFailure, Reason};
pub use source::{Content, Export, Exported, Identity, ImageSource, Lookup, Question};

/// The outcome of one simulated `dlopen`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Every image this load brought in or reused, in load order; the first is the one that was opened.
    pub images: Vec<LoadedImage>,
    /// Who asks for whom, in the order of the images and of their load commands. Empty where only
    /// [`LoadedImage::loaded_by`] is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<Edge>,
    /// Every independent reason to fail; the first is the one that the loader would report.
    pub failures: Vec<LoadFailure>,
    /// What had to be assumed, as sentences fit for a reader ("exports of `/usr/lib/libfoo.dylib` are not known").
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assumptions: Vec<String>,
    /// The simulation could not be finished (a question that the recording does not answer); the sentence says why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// One image of a load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadedImage {
    /// The path by which the loader knows it.
    pub path: String,
    /// Its install name, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install_name: Option<String>,
    /// The slice chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arch: Option<crate::image::Arch>,
    /// How it was found: `opened`, `loaded before`, `rpath @loader_path/../lib of /x/y.so`, `system library` and so on.
    pub found_by: String,
    /// Index in [`Load::images`] of the image that asked first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loaded_by: Option<usize>,
}

/// One image asks for another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// Index in [`Load::images`] of the image that asks.
    pub from: usize,
    /// The install name that it asks for.
    pub asks: String,
    /// It can do without.
    #[serde(default)]
    pub weak: bool,
    /// Index in [`Load::images`] of the image that it gets; `None` if it gets none.
    pub to: Option<usize>,
}

/// The answer to "would it load?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoadVerdict {
    /// Nothing stands against it.
    Loads,
    /// At least one certain failure.
    Fails,
    /// The facts do not suffice.
    Unknown,
}

impl Load {
    /// The verdict: a failure that is only likely does not make a load fail.
    pub fn verdict(&self) -> LoadVerdict {
        if self
            .failures
            .iter()
            .any(|failure| failure.likelihood == Likelihood::Certain)
        {
            LoadVerdict::Fails
        } else if self.unknown.is_some() {
            LoadVerdict::Unknown
        } else {
            LoadVerdict::Loads
        }
    }
}
