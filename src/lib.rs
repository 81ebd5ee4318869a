//! Proves that a native Python extension builds, loads and imports, and names the cause when it does not.

pub mod build;
pub mod catalogue;
pub mod cli;
pub mod diagnose;
pub mod diagnosis;
pub mod dyld;
pub mod elf;
pub mod exit_code;
pub mod facts;
pub mod github;
pub mod host;
pub mod image;
pub mod ldso;
pub mod load;
pub mod macho;
pub mod merge;
pub mod purpose;
pub mod python;
pub mod render;
pub mod report;
pub mod rules;
pub mod sample;
pub mod source;
pub mod text;
pub mod torch_symbols;
pub mod wheel;
