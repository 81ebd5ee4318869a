//! What the definition of a build says, with the place of every word of it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diagnosis::Source;

/// What the files that define a build say about its extension modules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Definition {
    /// Every extension module, in the order in which they are declared.
    pub modules: Vec<ExtensionModule>,
    /// The targets of CMake that may become modules, libraries of every kind, and the `libraries` of setup.py.
    pub targets: Vec<ExtensionModule>,
    /// Flags, variables and settings of the build as a whole.
    pub settings: Vec<Setting>,
    /// Nothing was left unread: what is not here is not declared.
    pub complete: bool,
    /// What was left unread, and why: lowercase fragments.
    pub unread: Vec<String>,
}

/// A declared extension module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExtensionModule {
    /// Its dotted name and where that is written; absent where it cannot be told.
    pub name: Option<Entry>,
    /// What declares it: `setuptools.Extension`, `torch.utils.cpp_extension.CppExtension`, `pybind11_add_module`.
    pub callee: String,
    /// The call that declares it.
    pub place: Source,
    /// It is declared whichever way the undecided tests go.
    pub certain: bool,
    /// Its fields by the names of `setuptools.Extension`: `sources`, `libraries`, `extra_compile_args`. A field that is
    /// a dictionary has a key for each: `extra_compile_args[cxx]`.
    pub fields: BTreeMap<String, Field>,
}

/// A field of a declaration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its members, in order; a text that is no list has one.
    pub entries: Vec<Entry>,
    /// There are no others.
    pub complete: bool,
    /// Where it is written as a whole.
    pub place: Option<Source>,
}

/// A text and where it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The text as the build sees it.
    pub text: String,
    /// What to edit to change it.
    pub place: Option<Source>,
    /// It is there whichever way the undecided tests go.
    pub certain: bool,
}

/// A setting that reaches the build from elsewhere than a declaration: a variable of a workflow or of pyproject.toml, a
/// variable of CMake, one that setup.py puts into `os.environ`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its name: `MACOSX_DEPLOYMENT_TARGET`, `CMAKE_OSX_ARCHITECTURES`, `build-system.requires`.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where the value is written.
    pub place: Source,
    /// It holds whichever way the undecided tests go.
    pub certain: bool,
}

impl Definition {
    /// Nothing of it is certain any more.
    pub(super) fn doubt(&mut self) {
        for module in &mut self.modules {
            module.certain = false;
            module.doubt();
        }
    }
}

impl ExtensionModule {
    /// None of its words is certain any more, and none of its fields complete.
    pub(super) fn doubt(&mut self) {
        for field in self.fields.values_mut() {
            field.complete = false;
            field
                .entries
                .iter_mut()
                .for_each(|entry| entry.certain = false);
        }
    }

    /// The entries of a field, also where it is a dictionary.
    pub fn entries<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a Entry> {
        let of_field = move |name: &str| {
            name.strip_prefix(field)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
        };
        self.fields
            .iter()
            .filter(move |(name, _)| of_field(name))
            .flat_map(|(_, field)| &field.entries)
    }
}
