//! A module that Python does not find: one that nobody installed, or the compiled part of one that somebody did.

use std::sync::LazyLock;

use regex::Captures;

use super::pattern::Pattern;
use super::shadow::candidate;
use super::template::{Candidate, weight};
use super::traceback::{self, frames, is_installed};

static MISSING_MODULE: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::wrapping(
        r"(?:(?P<error>(?:ModuleNotFoundError|ImportError): )|(?m:^))No module named (?:'(?P<quoted>[^'\s]+)'|'?(?P<module>[\w.]+)'?)",
    )
});

/// `No module named`: of a package's private part, the compiled part is missing.
pub(super) fn missing_module(text: &str) -> Option<Candidate> {
    // Without the exception's name, in the midst of a text, a program may pass on what it can do without.
    let counts = |captures: &Captures<'_>| {
        let at_start = captures.get(0).is_some_and(|whole| whole.start() == 0);
        let private = module_of(captures).is_some_and(|module| module.contains("._"));
        captures.name("error").is_some() || at_start || private
    };
    let captures = MISSING_MODULE.captures_iter(text).find(counts)?;
    let module = module_of(&captures)?;
    let before = text.get(..captures.get(0)?.start()).unwrap_or_default();
    // A package that imports its part by name asks through importlib.
    let asker = frames(text)
        .into_iter()
        .rfind(|file| !file.contains("importlib"));
    let private = module.contains("._")
        || is_private_part(before, module)
        || asker.is_some_and(|asker| is_part_beside(before, module, asker));
    // Without a frame nothing tells a source tree from an installation: that is a suspicion, not an observation.
    let (cause, weight) = match (private, asker) {
        (false, _) => ("module-not-found", weight::PYTHON_VAGUE),
        (true, Some(file)) if is_installed(file) => {
            ("extension-file-missing", weight::PYTHON_VAGUE)
        }
        (true, Some(_)) => ("module-shadowed", weight::PYTHON_VAGUE),
        (true, None) if text.contains("from .") => ("module-shadowed", weight::WEAK),
        (true, None) => ("extension-file-missing", weight::WEAK),
    };
    let bare = captures.name("error").is_none();
    Some(candidate(
        cause,
        if bare { weight::WEAK } else { weight },
        captures.get(0)?,
        &[("module", Some(module))],
    ))
}

fn module_of<'t>(captures: &Captures<'t>) -> Option<&'t str> {
    let module = captures.name("quoted").or(captures.name("module"))?;
    Some(module.as_str().trim_end_matches('.'))
}

/// What is installed asks for a module that stands beside its package: SWIG's `_x` for `x.py`, `_C` of PyTorch's
/// examples. Python's own compiled modules are named so too, and are no part of what is installed.
fn is_part_beside(before: &str, module: &str, asker: &str) -> bool {
    let asks = traceback::statement(before).is_some_and(|line| {
        let named = line.strip_prefix("import ").unwrap_or_default();
        named == module
            || named
                .split_once(" as ")
                .is_some_and(|(name, _)| name == module)
            || line
                // The asterisk may be gone: a page took it for markup.
                .strip_prefix("from ")
                .is_some_and(|rest| rest.trim_end_matches(['*', ' ']) == format!("{module} import"))
    });
    let path = asker
        .rsplit_once("site-packages/")
        .or(asker.rsplit_once("dist-packages/"));
    let (Some(part), Some((_, path)), true) = (module.strip_prefix('_'), path, asks) else {
        return false;
    };
    let mut names = path.trim_end_matches(".py").split('/');
    part == "C" || part.starts_with("C_") || names.any(|name| name == part)
}

/// The statement above says whose part it is: Python 2 names it without its package, and what a package imports
/// relative to itself is its own.
fn is_private_part(before: &str, module: &str) -> bool {
    let part = module.rsplit('.').next().unwrap_or(module);
    traceback::statement(before).is_some_and(|line| {
        let relative = line.starts_with("from .") && line.contains(&format!(".{part} import "));
        let named = line.starts_with("import ") || line.starts_with("from .");
        relative
            || (part == module
                && part.starts_with('_')
                && named
                && line.contains(&format!(".{part}")))
    })
}
