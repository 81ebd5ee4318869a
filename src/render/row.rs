//! One native file as a row of a table: built, would load, imported.

use super::text::{counted, one_line};
use crate::load::LoadVerdict;
use crate::report::{AttemptReport, ModuleReport, Report};

/// How a cell is to be taken; a renderer may colour it, the words say it already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Bad,
    Neutral,
}

/// The cells of one row, not yet escaped for any format.
pub(super) struct Row {
    /// The dotted name of a module, the path of a shared library.
    pub(super) name: String,
    /// Its architectures and oldest macOS.
    pub(super) built: String,
    pub(super) would_load: (Tone, String),
    pub(super) imported: (Tone, String),
}

pub(super) const HEADINGS: [&str; 4] = ["module", "built for", "would load", "imported"];

impl Row {
    pub(super) fn of(module: &ModuleReport) -> Row {
        let mut built = module.archs.join(", ");
        if let Some(minos) = &module.minos {
            built.push_str(&format!(", macOS {minos}"));
        }
        Row {
            name: one_line(module.module.as_ref().unwrap_or(&module.path)),
            built: one_line(&built),
            would_load: would_load(module.would_load),
            imported: imported(module),
        }
    }
}

fn would_load(verdict: LoadVerdict) -> (Tone, String) {
    let (tone, word) = match verdict {
        LoadVerdict::Loads => (Tone::Good, "yes"),
        LoadVerdict::Fails => (Tone::Bad, "no"),
        LoadVerdict::Unknown => (Tone::Neutral, "unknown"),
    };
    (tone, word.to_owned())
}

fn imported(module: &ModuleReport) -> (Tone, String) {
    if module.module.is_none() {
        return (Tone::Neutral, "not a module".to_owned());
    }
    match module.attempts.iter().find(|attempt| attempt.counts) {
        Some(attempt) => ending(attempt),
        None => {
            let reason = module
                .not_imported
                .as_deref()
                .unwrap_or("no attempt is recorded");
            (Tone::Neutral, format!("not tried: {}", one_line(reason)))
        }
    }
}

fn ending(attempt: &AttemptReport) -> (Tone, String) {
    let outcome = one_line(&attempt.outcome);
    let detail = one_line(&attempt.detail);
    let text = match outcome.as_str() {
        "imported" => {
            let how = situation(&attempt.situation);
            let text = match operators(&attempt.operators) {
                Some(operators) => format!("yes, {how}: {operators}"),
                None => format!("yes, {how}"),
            };
            return (Tone::Good, text);
        }
        // The class of an exception is enough here: its text is evidence of the cause.
        "raised" => match detail.split_once(':') {
            Some((class, _)) if !class.contains(' ') => format!("no: {class}"),
            _ => "no: raised".to_owned(),
        },
        "killed" => format!("no: killed by {detail}"),
        "shadowed" => format!("no: shadowed by {detail}"),
        _ => format!("no: {outcome}"),
    };
    (Tone::Bad, text)
}

/// `registers mine::scale, mine::shift and 3 more`.
fn operators(names: &[String]) -> Option<String> {
    const SHOWN: usize = 3;
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| one_line(name))
        .collect();
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!shown.is_empty()).then(|| format!("registers {}{more}", shown.join(", ")))
}

/// The words for a situation id.
pub(super) fn situation(id: &str) -> String {
    match id {
        "alone" => "alone".to_owned(),
        "after-torch" => "after torch".to_owned(),
        "user-path" => "with the user's PYTHONPATH".to_owned(),
        other => one_line(other),
    }
}

/// The dotted name of the module at `path`; the path itself for a shared library.
pub(super) fn module_name<'a>(report: &'a Report, path: &'a str) -> &'a str {
    let known = report.modules.iter().find(|module| module.path == path);
    known
        .and_then(|module| module.module.as_deref())
        .unwrap_or(path)
}

/// The names of modules, each once as `show` writes it, and how many more there are than `most`. Builds for several
/// Pythons have one name.
pub(super) fn module_names(
    report: &Report,
    paths: &[String],
    most: usize,
    show: impl Fn(&str) -> String,
) -> String {
    let mut names: Vec<String> = Vec::new();
    for path in paths {
        let name = show(module_name(report, path));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let more = names.len().saturating_sub(most);
    names.truncate(most);
    if more > 0 {
        names.push(counted(more, "more module"));
    }
    names.join(", ")
}
