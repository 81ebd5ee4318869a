//! A message's fixed words, with names for what stands between them.

use std::collections::BTreeMap;

use regex::Captures;

use super::pattern::Pattern;

/// A cause that a block of text speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The rule's id.
    pub(super) cause: &'static str,
    /// Which of a block's candidates speaks: the lowest. See [`weight`].
    pub(super) weight: u8,
    /// Where its words start in the block's text, in bytes.
    pub(super) at: usize,
    /// Where they end.
    pub(super) end: usize,
    /// What the words name.
    pub(super) facts: BTreeMap<&'static str, String>,
}

/// Who speaks where one block has several causes: what the loader refuses a file for, then libraries, then symbols, as
/// in [`crate::rules::rank`].
pub(super) mod weight {
    /// A file that the loader or the system refuses.
    pub(in crate::text) const REFUSED: u8 = 20;
    /// A file that the loader finds damaged, in words that no narrower cause knows.
    pub(in crate::text) const DAMAGED: u8 = 21;
    /// A library that is not found.
    pub(in crate::text) const LIBRARY: u8 = 30;
    /// A symbol that is not found.
    pub(in crate::text) const SYMBOL: u8 = 40;
    /// What the loader remarks beside a failure.
    pub(in crate::text) const REMARK: u8 = 41;
    /// What Python or a library under it says.
    pub(in crate::text) const PYTHON: u8 = 50;
    /// What Python says when another message above it says more.
    pub(in crate::text) const PYTHON_VAGUE: u8 = 55;
    /// Advice that hides the error.
    pub(in crate::text) const ADVICE: u8 = 57;
    /// What the linker ignores, where an undefined symbol is the consequence; alone it is a warning.
    pub(in crate::text) const LINK_INPUT: u8 = 38;
    /// What a compiler, linker or installer says.
    pub(in crate::text) const BUILD: u8 = 60;
    /// What a linker says at the end, whatever it was.
    pub(in crate::text) const LINK_REST: u8 = 62;
    /// Only a warning, or only an ending: the cause where the text says nothing else. From here on it is a suspicion.
    pub(in crate::text) const WEAK: u8 = 80;
    /// A signal without any word.
    pub(in crate::text) const CRASH: u8 = 85;
    /// A process that ended itself, and no more than that.
    pub(in crate::text) const BARE_CRASH: u8 = 90;
    /// Not a cause after all.
    pub(in crate::text) const NONE: u8 = u8::MAX;
}

/// A message as it is printed. A blank in the pattern matches a line break too: logs wrap. Groups are named after facts.
pub(super) struct Template {
    pub(super) cause: &'static str,
    pub(super) weight: u8,
    pub(super) pattern: &'static str,
}

impl Template {
    pub(super) const fn new(cause: &'static str, weight: u8, pattern: &'static str) -> Self {
        Template {
            cause,
            weight,
            pattern,
        }
    }
}

/// A family's templates, ready to be looked for.
pub(super) struct Family {
    templates: Vec<(Pattern, &'static Template)>,
}

impl Family {
    pub(super) fn new(templates: &'static [Template]) -> Self {
        let compiled = templates
            .iter()
            .map(|template| (Pattern::wrapping(template.pattern), template));
        Family {
            templates: compiled.collect(),
        }
    }

    /// The first place of each template in the text.
    pub(super) fn find(&self, text: &str) -> Vec<Candidate> {
        let found = self.templates.iter().filter_map(|(pattern, template)| {
            let captures = pattern.captures(text)?;
            let whole = captures.get(0)?;
            Some(Candidate {
                cause: template.cause,
                weight: template.weight,
                at: whole.start(),
                end: whole.end(),
                facts: facts(&captures),
            })
        });
        found.collect()
    }
}

/// The names of facts, as the JSON has them.
const NAMES: &[&str] = &[
    "api_compiled",
    "api_runtime",
    "arch",
    "class",
    "compiled_for",
    "config",
    "cpu",
    "deployment_target",
    "developer_path",
    "distribution",
    "dlopen_mode",
    "dlopen_path",
    "exit_code",
    "expected_in",
    "expected_in_uuid",
    "file",
    "flag",
    "found_version",
    "have_arch",
    "header",
    "identifier",
    "init_function",
    "instruction",
    "least",
    "library",
    "library_called",
    "link_framework",
    "link_library",
    "load_command",
    "magic",
    "min_os",
    "module",
    "need_arch",
    "old_min_os",
    "openmp_new",
    "openmp_old",
    "operator",
    "package",
    "package_file",
    "path",
    "python_target",
    "quoted_framework",
    "quoted_library",
    "reason",
    "referenced_from",
    "referenced_from_uuid",
    "required",
    "required_command",
    "rpath",
    "running",
    "sdk",
    "signal",
    "signed_file",
    "size_expected",
    "size_got",
    "symbol",
    "termination",
    "unused_flag",
    "version_found",
    "version_required",
    "wanted",
    "wanted_arch",
    "wheel",
];

fn facts(captures: &Captures<'_>) -> BTreeMap<&'static str, String> {
    let values = NAMES.iter().filter_map(|name| {
        let value = captures.name(name)?.as_str();
        Some((*name, unwrapped(value)))
    });
    values.collect()
}

/// A name that a log broke over lines, in one piece.
pub(super) fn unwrapped(value: &str) -> String {
    value.lines().map(str::trim).collect()
}
