//! Proves that a native Python extension builds, loads and imports, and names the cause when it does not.

pub mod cli;
pub mod dyld;
pub mod host;
pub mod image;
pub mod load;
pub mod macho;
pub mod render;
