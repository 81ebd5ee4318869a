//! The causes that loadproof knows: one file each, found at any stage that can know it.
//!
//! A rule reads facts and returns findings; it never prints, counts or asks the machine. Certainty is not a rule's to
//! give: [`crate::diagnose`] compares what was predicted with what was observed. To add a rule: write its file, named
//! after its id, with tests for a case that is its own and one that only looks like it; the tests of the table say the
//! rest.

mod build_place;
#[cfg(test)]
mod case_tests;
mod finding;
mod mixed_includes;
mod page;
mod remedy;
mod scene;
mod symbol;
#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod testing;
mod wheel_case;
mod wording;

mod arch_mismatch;
mod build_failed;
mod build_path_in_rpath;
mod build_timed_out;
mod build_tool_missing;
mod code_signature_invalid;
mod compile_error;
mod compiler_flag_unsupported;
mod compiler_missing_or_clt;
mod compiler_runtime_mismatch;
mod crash_at_import;
mod crash_illegal_instruction;
mod cxx_standard_too_low;
mod deployment_target_conflict;
mod duplicate_objc_class;
mod duplicate_openmp_runtime;
mod duplicate_rpath;
mod dylib_version_incompatible;
mod dynamic_lookup_with_chained_fixups;
mod environment_mismatch;
mod executable_path_in_library;
mod extension_file_missing;
mod gatekeeper_quarantine;
mod header_missing;
mod header_pad_small;
mod import_exited;
mod import_not_started;
mod import_raised;
mod import_timed_out;
mod install_name_unfindable;
mod interpreter_broken;
mod library_not_found_absolute;
mod library_not_found_bare;
mod library_not_found_rpath;
mod link_library_missing;
mod link_undefined_symbols;
mod malformed_macho;
mod min_os_too_new;
mod module_init_missing;
mod module_loaded_twice;
mod module_not_found;
mod module_shadowed;
mod no_matching_wheel;
mod not_a_macho;
mod not_stripped;
mod numpy_abi;
mod numpy_import_failed;
mod platform_mismatch;
mod python_library_linked;
mod python_version_mismatch;
mod record_mismatch;
mod sip_restricted_relative_path;
mod stable_abi_violated;
mod symbol_missing_libcxx;
mod symbol_missing_other;
mod symbol_missing_python;
mod symbol_missing_torch_abi;
mod torch_import_failed;
mod torch_library_vendored;
mod torch_not_imported_first;
mod torch_op_missing;
mod torch_releases;
mod warned;
mod way;
mod wheel_malformed;
mod wheel_tag_mismatch;
mod wrong_filetype;

use crate::build::{Build, BuildFault, BuildWarning};
use crate::diagnosis::Severity;
use crate::load::LoadFailure;
use crate::python::ImportAttempt;

pub use finding::Finding;
pub use page::{page, table_markdown};
use remedy::of_case;
pub use remedy::{Named, command, remedy};
pub use scene::{Module, Scene};
pub use symbol::{Origin, SymbolName, as_linkers_write, is_of_libsystem};
pub use wheel_case::WheelCase;
pub use wording::{LOAD, TRIED};

/// One cause of failure.
pub struct Rule {
    /// Its name for ever: kebab-case, what is wrong.
    pub id: &'static str,
    /// One line for tables: what is wrong, in lower case.
    pub summary: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Which rule speaks where several could: lower first. See [`rank`].
    pub rank: u8,
    /// Its page: Markdown with the sections of [`SECTIONS`].
    pub explanation: &'static str,
    /// Where it can be recognised.
    pub inspect: &'static [Inspect],
}

/// The sections of every explanation, in this order.
pub const SECTIONS: [&str; 4] = [
    "## What it means",
    "## Why it breaks",
    "## How to fix",
    "## How loadproof knows",
];

/// Who speaks first: what the loader refuses a file for, then missing libraries, then missing symbols, then what only
/// Python notices; a fallback speaks where nothing narrower does.
pub mod rank {
    /// The environment itself: no interpreter, no torch, two Pythons mixed.
    pub const ENVIRONMENT: u8 = 10;
    /// A file that the loader refuses.
    pub const REFUSED: u8 = 20;
    /// A library that is not found.
    pub const LIBRARY: u8 = 30;
    /// A symbol that is not found, of a known origin.
    pub const SYMBOL: u8 = 40;
    /// A symbol that is not found, of any origin.
    pub const ANY_SYMBOL: u8 = 49;
    /// What Python notices.
    pub const PYTHON: u8 = 50;
    /// What the compiler or linker notices.
    pub const BUILD: u8 = 60;
    /// Speaks where nothing narrower does.
    pub const FALLBACK: u8 = 90;
}

/// Where a cause can be recognised, with the function that does it.
#[derive(Clone, Copy)]
pub enum Inspect {
    /// In the environment, before anything is built.
    Environment(fn(&Scene<'_>) -> Option<Finding>),
    /// In a build that failed: the first complaint of its log, if one was understood.
    Build(fn(&Scene<'_>, &Build, Option<&BuildFault>) -> Option<Finding>),
    /// In what compilers and linkers warned of while the build went on, in the log's order.
    Warnings(fn(&Scene<'_>, &[BuildWarning]) -> Vec<Finding>),
    /// In the artifact and what is known of its making, before any load.
    Module(fn(&Scene<'_>, &Module<'_>) -> Option<Finding>),
    /// In a load's failure, whether simulated or read from the loader's message.
    Failure(fn(&Scene<'_>, &Module<'_>, &LoadFailure) -> Option<Finding>),
    /// In the way a real import ended.
    Ending(fn(&Scene<'_>, &Module<'_>, &ImportAttempt) -> Option<Finding>),
    /// In what the imports of one module show together, however each ended.
    Imports(fn(&Scene<'_>, &Module<'_>, &[&ImportAttempt]) -> Option<Finding>),
    /// In a wheel as a whole: its name, its metadata, all its files.
    Wheel(fn(&WheelCase<'_>) -> Vec<Finding>),
    /// Only in a text: the room `text` knows its words.
    Text,
}

impl Inspect {
    /// The stage's word in reports.
    pub fn stage(self) -> &'static str {
        match self {
            Inspect::Environment(_) => "environment",
            Inspect::Build(_) | Inspect::Warnings(_) => "build",
            Inspect::Module(_) => "module",
            Inspect::Failure(_) => "load",
            Inspect::Ending(_) | Inspect::Imports(_) => "import",
            Inspect::Wheel(_) => "wheel",
            Inspect::Text => "text",
        }
    }
}

/// Every rule, sorted by id.
pub const RULES: &[Rule] = &[
    arch_mismatch::RULE,
    build_failed::RULE,
    build_path_in_rpath::RULE,
    build_timed_out::RULE,
    build_tool_missing::RULE,
    code_signature_invalid::RULE,
    compile_error::RULE,
    compiler_flag_unsupported::RULE,
    compiler_missing_or_clt::RULE,
    compiler_runtime_mismatch::RULE,
    crash_at_import::RULE,
    crash_illegal_instruction::RULE,
    cxx_standard_too_low::RULE,
    deployment_target_conflict::RULE,
    duplicate_objc_class::RULE,
    duplicate_openmp_runtime::RULE,
    duplicate_rpath::RULE,
    dylib_version_incompatible::RULE,
    dynamic_lookup_with_chained_fixups::RULE,
    environment_mismatch::RULE,
    executable_path_in_library::RULE,
    extension_file_missing::RULE,
    gatekeeper_quarantine::RULE,
    header_missing::RULE,
    header_pad_small::RULE,
    import_exited::RULE,
    import_not_started::RULE,
    import_raised::RULE,
    import_timed_out::RULE,
    install_name_unfindable::RULE,
    interpreter_broken::RULE,
    library_not_found_absolute::RULE,
    library_not_found_bare::RULE,
    library_not_found_rpath::RULE,
    link_library_missing::RULE,
    link_undefined_symbols::RULE,
    malformed_macho::RULE,
    min_os_too_new::RULE,
    module_init_missing::RULE,
    module_loaded_twice::RULE,
    module_not_found::RULE,
    module_shadowed::RULE,
    no_matching_wheel::RULE,
    not_a_macho::RULE,
    not_stripped::RULE,
    numpy_abi::RULE,
    numpy_import_failed::RULE,
    platform_mismatch::RULE,
    python_library_linked::RULE,
    python_version_mismatch::RULE,
    record_mismatch::RULE,
    sip_restricted_relative_path::RULE,
    stable_abi_violated::RULE,
    symbol_missing_libcxx::RULE,
    symbol_missing_other::RULE,
    symbol_missing_python::RULE,
    symbol_missing_torch_abi::RULE,
    torch_import_failed::RULE,
    torch_library_vendored::RULE,
    torch_not_imported_first::RULE,
    torch_op_missing::RULE,
    wheel_malformed::RULE,
    wheel_tag_mismatch::RULE,
    wrong_filetype::RULE,
];

/// The rule of that name.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES
        .binary_search_by(|rule| rule.id.cmp(id))
        .ok()
        .and_then(|at| RULES.get(at))
}

/// Every rule, in the order in which they may speak.
pub fn by_rank() -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = RULES.iter().collect();
    rules.sort_by_key(|rule| (rule.rank, rule.id));
    rules
}
