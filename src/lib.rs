//! Proves that a native Python extension builds, loads and imports, and names the cause when it does not.

pub mod catalogue;
pub mod image;
pub mod load;
