//! Which release of torch exports which symbol, on macOS: the history of every symbol of torch's libraries, read out
//! of the wheels that were published.
//!
//! torch promises no stable C++ ABI, so an extension loads with those releases only that still (or already) have every
//! symbol it needs. The table answers three questions without any torch at hand: which releases have a symbol
//! ([`TorchSymbols::history`]), which releases an extension fits ([`TorchSymbols::fits`]), and which release a library
//! with a given UUID came with ([`TorchSymbols::identify`]).
//!
//! "Fits" is necessary, not sufficient: the layout of classes can change under an unchanged name. And one release is
//! not one set of exports: wheels of the same release for different Pythons differ in some names, and not every one of
//! them was read. A name that only some of those builds export is [`History::only_some_builds`].
//!
//! The table is decoded when first asked for ([`known`], some 20 ms). docs/torch-symbols.md says how it was made and
//! how it grows.

mod arch;
mod bytes;
mod classes;
mod decode;
mod encode;
mod file;
mod fit;
mod history;
mod image;
mod library;
mod merge;
mod names;
mod release;
mod releases;
mod stable;
mod table;
#[cfg(test)]
mod tests;
mod words;

use std::sync::OnceLock;

pub use decode::TableError;
pub use file::{FileFit, ImageFit};
pub use fit::{Break, BreakKind, Fit, Need, Needed, Source};
pub use history::History;
pub use image::needed_by;
pub use library::Library;
pub use merge::TableFull;
pub use release::{Build, Identified, uuid_bytes};
pub use releases::Releases;
pub use stable::{Family, Stable};
pub use table::{Export, TorchSymbols};

/// The table that is built in, compressed as a Zstandard frame.
static BUILT_IN: &[u8] = include_bytes!("data/torch-symbols.bin.zst");

/// Reads what a user added to the table, when it is first asked for.
static ADDED: OnceLock<fn() -> Vec<TorchSymbols>> = OnceLock::new();

/// The table that is built in, with what the user added laid over it.
///
/// The first call decodes it. What the user added comes from the function that [`lay_over`] was given.
pub fn known() -> &'static TorchSymbols {
    static KNOWN: OnceLock<TorchSymbols> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let added = ADDED.get().map_or_else(Vec::new, |added| added());
        // A table that no longer has room for the user's releases is still better than none.
        added.into_iter().fold(built_in(), |table, more| {
            table.merged(&more).unwrap_or(table)
        })
    })
}

/// The table that is built in, and nothing else.
pub fn built_in() -> TorchSymbols {
    TorchSymbols::decode(BUILT_IN).expect("a test decodes the built-in table")
}

/// Tells where [`known`] finds the tables that the user added: a function, so that nothing is read before it is
/// needed. Only the first call counts, and only before the table is first asked for.
pub fn lay_over(added: fn() -> Vec<TorchSymbols>) {
    let _ = ADDED.set(added);
}
