//! The commands that ran: which word of which link gave the linker a library.

use super::Finder;
use crate::build::LinkCommand;
use crate::diagnosis::{Diagnosis, Evidence};

/// Words of a link that are shown.
const SHOWN: usize = 24;

impl Finder<'_> {
    /// Says in the evidence which entry of which link gave the library that the cause is about.
    pub(super) fn name_link_entry(&self, cause: &mut Diagnosis) {
        let library = match cause.rule {
            "library-not-found-bare"
            | "library-not-found-rpath"
            | "library-not-found-absolute"
            | "link-library-missing" => cause.subject.as_deref(),
            "arch-mismatch" => cause.facts.get("ignored_library").map(String::as_str),
            _ => None,
        };
        let Some(library) = library else {
            return;
        };
        let links = self.scene.link_commands.iter();
        let mut links = links.filter(|link| makes_one_of(link, &cause.modules));
        let found = links.find_map(|link| Some((link, link.entry(library)?)));
        let Some((link, (number, word))) = found else {
            return;
        };
        cause.evidence.push(Evidence {
            source: format!("link of {}, {}", file_name(&link.output), link.told),
            text: format!(
                "{word} is number {number} of {}: {}",
                link.words().len(),
                shown_words(link, number)
            ),
        });
    }
}

/// The words of a link around one of them, by its number from 1.
pub(super) fn shown_words(link: &LinkCommand, number: usize) -> String {
    let words: Vec<String> = link.words().iter().map(ToString::to_string).collect();
    let from = number.saturating_sub(SHOWN / 2);
    let some = words.iter().skip(from).take(SHOWN).map(String::as_str);
    let before = if from > 0 { "... " } else { "" };
    let after = if words.len() > from + SHOWN {
        " ..."
    } else {
        ""
    };
    let some = some.collect::<Vec<_>>().join(" ");
    format!("{before}{some}{after}")
}

/// It links one of these modules; any, where none is named.
pub(super) fn makes_one_of(link: &LinkCommand, modules: &[String]) -> bool {
    let name = file_name(&link.output);
    modules.is_empty() || modules.iter().any(|module| file_name(module) == name)
}

pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
