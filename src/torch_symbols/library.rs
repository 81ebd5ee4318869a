//! The libraries of torch that the table knows.

use std::fmt;

/// One of torch's libraries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Library {
    /// The core types: `c10::`.
    C10,
    /// The tensors, operators and autograd: `at::`, `torch::`, the C shims.
    TorchCpu,
    /// The Python binding: `THPVariable_Wrap`, `torch::python`.
    TorchPython,
    /// An umbrella over the others, which exports nothing itself.
    Torch,
    /// Shared memory of the Python binding.
    Shm,
}

impl Library {
    /// Every library, in the order of the table.
    pub const ALL: [Library; 5] = [
        Library::C10,
        Library::TorchCpu,
        Library::TorchPython,
        Library::Torch,
        Library::Shm,
    ];

    /// The library that a load command names, by the last part of its install name. On other systems `.so`.
    pub fn of_install_name(install_name: &str) -> Option<Library> {
        let leaf = install_name.rsplit('/').next().unwrap_or(install_name);
        let stem = leaf
            .strip_suffix(".dylib")
            .or_else(|| leaf.strip_suffix(".so"))?;
        Library::ALL
            .into_iter()
            .find(|library| library.name() == stem)
    }

    /// Its name without an ending, such as `libtorch_cpu`.
    pub fn name(self) -> &'static str {
        match self {
            Library::C10 => "libc10",
            Library::TorchCpu => "libtorch_cpu",
            Library::TorchPython => "libtorch_python",
            Library::Torch => "libtorch",
            Library::Shm => "libshm",
        }
    }

    pub(super) fn number(self) -> u8 {
        match self {
            Library::C10 => 0,
            Library::TorchCpu => 1,
            Library::TorchPython => 2,
            Library::Torch => 3,
            Library::Shm => 4,
        }
    }

    pub(super) fn numbered(number: u8) -> Option<Library> {
        Library::ALL.get(usize::from(number)).copied()
    }
}

impl fmt::Display for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
