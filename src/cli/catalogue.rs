//! Options of `catalogue`.

use std::path::PathBuf;

use clap::Args;

use crate::image::Version;

/// Options of `catalogue`.
#[derive(Debug, Args)]
pub struct CatalogueArgs {
    /// A library: its install name, or its file's name, such as `libc++` or `Metal` [default: a summary of all]
    pub library: Option<String>,
    /// One of its symbols, spelt as in a binary: `_clock_gettime`
    #[arg(requires = "library")]
    pub symbol: Option<String>,
    /// Say what holds for this macOS
    #[arg(long, value_name = "VERSION", requires = "library")]
    pub macos: Option<Version>,
    /// Read the linker stubs of an SDK, and lay them over what is built in
    #[arg(
        long,
        value_name = "DIR",
        help_heading = "Sources",
        conflicts_with = "cache"
    )]
    pub sdk: Option<PathBuf>,
    /// Read a dyld shared cache, and lay it over what is built in [without FILE: the one of the running macOS]
    #[arg(long, value_name = "FILE", help_heading = "Sources")]
    pub cache: Option<Option<PathBuf>>,
    /// Lay a file over it that `--output` wrote before
    #[arg(long, value_name = "FILE", help_heading = "Sources")]
    pub observed: Vec<PathBuf>,
    /// Save what was read by `--sdk` or `--cache` to FILE
    #[arg(long, value_name = "FILE", help_heading = "Sources")]
    pub output: Option<PathBuf>,
}
