//! The images of a subject and of what stands beside it, as the question of what may be open before asks them.

use super::super::{Beside, Subject, leaf, slices};
use crate::image::{FileType, Image};
use crate::load::{Export, ImageSource, Question};
use crate::python::ExtensionFile;
use crate::site::Tree;
use crate::wheel::Place;

/// Images that may be in the process before a file of the subject is opened.
pub(in crate::check) trait Images {
    /// The image beside the subject, or the subject's own extension module, that calls itself so, as installed.
    fn named(&self, install_name: &str) -> Option<String>;

    /// The image of the subject that exports the symbol, as installed; a program of it where not `any` image will do.
    fn definer(&self, symbol: &str, any: bool) -> Option<String>;
}

/// The images of a tree.
pub(in crate::check) struct Around<'a> {
    pub(in crate::check) subject: &'a Subject,
    pub(in crate::check) beside: &'a [Beside],
    pub(in crate::check) tree: &'a Tree,
}

impl Images for Around<'_> {
    fn named(&self, install_name: &str) -> Option<String> {
        let files = self.beside.iter().flat_map(|beside| &beside.files);
        // A library of its own the subject has to find; of modules, Python imports one before the other.
        let is_module = |place: &&Place| {
            ExtensionFile::from_path(&place.path).is_some_and(|file| file.is_tagged())
        };
        let is_called_so = |place: &&Place| leaf(&place.path) == leaf(install_name);
        let own = self.subject.files.iter().map(|(place, _)| place);
        let own = own.filter(is_called_so).filter(is_module);
        let files = files.map(|(place, _)| place);
        let mut places = files.filter(is_called_so).chain(own);
        let found = places.find(|place| {
            let path = self.tree.layout().path(place);
            path.is_some_and(|path| {
                let is_named = |image: &Image| image.install_name.as_deref() == Some(install_name);
                slices(&self.tree.content(&path)).iter().any(is_named)
            })
        });
        found.map(ToString::to_string)
    }

    fn definer(&self, symbol: &str, any: bool) -> Option<String> {
        let question = Question {
            symbol,
            version: None,
        };
        let files = self.subject.native.iter();
        let mut files = files.filter_map(|index| self.subject.files.get(*index));
        let found = files.find(|(place, _)| {
            self.tree.layout().path(place).is_some_and(|path| {
                let content = self.tree.content(&path);
                let images = slices(&content);
                let is_program = images.iter().any(|it| it.file_type == FileType::Execute);
                let mut answers =
                    (0..images.len()).map(|slice| self.tree.export(&path, slice, &question));
                (any || is_program) && answers.any(|it| matches!(it, Export::Defined { .. }))
            })
        });
        found.map(|(place, _)| place.to_string())
    }
}
