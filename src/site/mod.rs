//! A Mac that is not there: a Python of a given version and make, with a site-packages that holds wheels which nobody
//! installed, as dyld would find them. Pure: archives are read in place, and files on a disk through a function that
//! the host gives.
//!
//! Assumed of that Mac: no Homebrew and nothing in `/usr/local/lib`, unless the Python itself is Homebrew's.

mod api;
mod layout;
mod python;
mod stable_abi;
mod tags;
mod target;
mod tree;

pub use api::{Answer, c_api};
pub use layout::Layout;
pub use stable_abi::stable_abi;
pub use tags::claimed;
pub use target::{Flavor, PythonVersion, Target, TargetError};
pub use tree::{File, Opener, Tree};
