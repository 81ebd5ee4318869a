//! The command line: clap types only.

pub mod dlopen;
