//! What the images of one file or one wheel fit, together.

use crate::image::Arch;

use super::fit::Fit;
use super::releases::Releases;

/// One image against the table.
#[derive(Debug, Clone)]
pub struct ImageFit {
    /// Its path, in the wheel if it is in one.
    pub path: String,
    /// What it fits.
    pub fit: Fit,
}

/// A file or a wheel against the table.
#[derive(Debug, Clone)]
pub struct FileFit {
    /// Its path.
    pub name: String,
    /// What its metadata require of torch, such as `torch==2.6.0`.
    pub declares: Option<String>,
    /// The images in it that need torch.
    pub images: Vec<ImageFit>,
}

impl FileFit {
    /// The processors of its images.
    pub fn archs(&self) -> Vec<Arch> {
        let mut archs: Vec<Arch> = self.images.iter().map(|image| image.fit.arch).collect();
        archs.sort_unstable();
        archs.dedup();
        archs
    }

    /// The releases that fit all images of a processor. None may, where a wheel carries one library for each torch.
    pub fn together(&self, arch: Arch) -> Option<Releases> {
        let fits = self.images.iter().map(|image| &image.fit);
        let mut own = fits.filter(|fit| fit.arch == arch);
        let first = own.next()?.releases.clone();
        Some(own.fold(first, |all, fit| all.and(&fit.releases)))
    }
}
