//! ld.so's own words: written for a prediction, read from a real ImportError.

mod parse;

use crate::image::{Arch, Import};
use crate::load::{Attempt, LoadFailure, Reason};

use super::open::{NO_SUCH_FILE, WRONG_CLASS};
use super::search::Traces;
use super::world::{Map, World};

pub use parse::parse;

/// The same failure: in the same words, or of the same thing where versions of ld.so word it differently. What the text
/// does not tell is not compared: a prediction may know more.
pub fn agree(predicted: &LoadFailure, observed: &LoadFailure) -> bool {
    let same = |predicted: &Option<String>, observed: &Option<String>| {
        observed.is_none() || predicted.is_none() || predicted == observed
    };
    predicted.message == observed.message
        || (predicted.reason == observed.reason
            && predicted.subject == observed.subject
            && same(&predicted.referenced_from, &observed.referenced_from)
            && same(&predicted.symbol_version, &observed.symbol_version))
}

/// What becomes of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// `dlopen` reports the failure, Python raises ImportError with these words.
    Reported,
    /// Killed by SIGBUS: a page of the image lies behind the end of its file. Red Hat's ld.so looks first and reports.
    BusError,
    /// ld.so writes an assertion to stderr and exits with status 127.
    Assertion,
}

/// How a predicted failure shows itself.
pub fn ending(failure: &LoadFailure) -> Ending {
    if failure.message.ends_with(crate::elf::PAST_END) {
        Ending::BusError
    } else if failure.message.starts_with(ASSERTION) {
        Ending::Assertion
    } else {
        Ending::Reported
    }
}

/// How ld.so starts the report of a failed assertion.
const ASSERTION: &str = "Inconsistency detected by ld.so: ";

fn failure(reason: Reason, subject: &str, message: String) -> LoadFailure {
    LoadFailure {
        message,
        ..LoadFailure::of(reason, subject)
    }
}

/// Who asked, and how that was reached.
fn asked_by(world: &World<'_>, loader: Option<usize>, failure: LoadFailure) -> LoadFailure {
    let Some(loader) = loader else {
        return failure;
    };
    LoadFailure {
        referenced_from: world.maps.get(loader).map(|map| map.path.clone()),
        chain: world.chain(loader),
        ..failure
    }
}

/// Nothing acceptable under this name.
pub(super) fn not_found(
    world: &World<'_>,
    name: &str,
    loader: Option<usize>,
    traces: Traces,
) -> LoadFailure {
    let words = traces.last.unwrap_or_else(|| NO_SUCH_FILE.to_owned());
    let message = if world.process.is_musl() {
        musl_not_loaded(world, name, loader, &words)
    } else if traces.other_class {
        format!("{name}: {WRONG_CLASS}")
    } else {
        format!("{name}: cannot open shared object file: {words}")
    };
    let reason = if traces.arch.is_some() {
        Reason::ArchMismatch
    } else {
        Reason::LibraryNotFound
    };
    let have_arch = traces.arch.map(|arch| match arch {
        Arch::Elf(_, class) if class != 2 => "ELFCLASS32".to_owned(),
        other => other.to_string(),
    });
    let need_arch = have_arch.as_ref().map(|_| world.process.arch.to_string());
    let failure = LoadFailure {
        have_arch,
        need_arch,
        tried: traces.tried,
        ..failure(reason, name, message)
    };
    asked_by(world, loader, failure)
}

/// A file that ends the load.
pub(super) fn refused(
    world: &World<'_>,
    name: &str,
    loader: Option<usize>,
    reason: Reason,
    words: &str,
) -> LoadFailure {
    let message = if world.process.is_musl() {
        musl_not_loaded(world, name, loader, words)
    } else {
        format!("{name}: {words}")
    };
    asked_by(world, loader, failure(reason, name, message))
}

fn musl_not_loaded(world: &World<'_>, name: &str, loader: Option<usize>, words: &str) -> String {
    let message = format!("Error loading shared library {name}: {words}");
    match loader.and_then(|loader| world.maps.get(loader)) {
        Some(map) => format!("{message} (needed by {})", map.path),
        None => message,
    }
}

/// A library without a version that is required of it.
pub(super) fn version_not_found(
    world: &World<'_>,
    from: usize,
    library: &Map,
    version: &str,
) -> LoadFailure {
    let asker = world.maps.get(from).map(|map| map.path.as_str());
    let message = format!(
        "{}: version `{version}' not found (required by {})",
        library.path,
        asker.unwrap_or_default()
    );
    let failure = LoadFailure {
        expected_in: Some(library.path.clone()),
        symbol_version: Some(version.to_owned()),
        ..failure(Reason::VersionNotFound, version, message)
    };
    asked_by(world, Some(from), failure)
}

/// An import that nothing in the scope provides.
pub(super) fn symbol_not_found(
    world: &World<'_>,
    from: usize,
    import: &Import,
    tried: Vec<Attempt>,
) -> LoadFailure {
    let path = world.maps.get(from).map(|map| map.path.as_str());
    let path = path.unwrap_or_default();
    let symbol = &import.symbol;
    let version = import.version.as_ref().map(|version| version.name.as_str());
    let message = match version {
        _ if world.process.is_musl() => {
            format!("Error relocating {path}: {symbol}: symbol not found")
        }
        Some(version) => format!("{path}: undefined symbol: {symbol}, version {version}"),
        None => format!("{path}: undefined symbol: {symbol}"),
    };
    let failure = LoadFailure {
        symbol_version: version.map(str::to_owned),
        tried,
        ..failure(Reason::SymbolNotFound, symbol, message)
    };
    asked_by(world, Some(from), failure)
}

/// `check_match` gives up: ld.so prints this to stderr, without the line number here, and the process exits with 127.
pub(super) fn assertion(
    world: &World<'_>,
    from: usize,
    import: &Import,
    library: usize,
) -> LoadFailure {
    let message = format!(
        "{ASSERTION}dl-lookup.c: check_match: Assertion `version->filename == NULL || \
         ! _dl_name_match_p (version->filename, map)' failed!"
    );
    let failure = LoadFailure {
        expected_in: world.maps.get(library).map(|map| map.path.clone()),
        symbol_version: import.version.as_ref().map(|version| version.name.clone()),
        ..failure(Reason::VersionNotFound, &import.symbol, message)
    };
    asked_by(world, Some(from), failure)
}
