//! Proves that a native Python extension builds, loads and imports, and names the cause when it does not.

pub mod elf;
pub mod image;
pub mod ldso;
pub mod load;
