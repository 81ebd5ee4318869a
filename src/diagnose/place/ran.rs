//! The commands that ran: which word of which link gave the linker a library.

use std::collections::BTreeSet;

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
        let links = self.links_of(cause);
        let mut links = links.iter();
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

impl<'a> Finder<'a> {
    /// The links of the modules that a cause breaks; all, where it names none.
    pub(super) fn links_of(&self, cause: &Diagnosis) -> Vec<&'a LinkCommand> {
        let links = self.scene.link_commands.iter();
        let is_one = |link: &&LinkCommand| {
            let name = file_name(&link.output);
            cause.modules.is_empty() || cause.modules.iter().any(|module| file_name(module) == name)
        };
        let found: Vec<&LinkCommand> = links.filter(is_one).collect();
        let names: BTreeSet<&str> = found.iter().map(|link| file_name(&link.output)).collect();
        if names.len() == found.len() || cause.modules.is_empty() {
            return found;
        }
        // Of files of one name in several directories it is the one at the module's own path.
        let is_there = |link: &&LinkCommand| {
            let directory = link.directory.as_deref().unwrap_or_default();
            let path = format!("/{directory}/{}", link.output);
            let mut modules = cause.modules.iter();
            modules.any(|module| path.ends_with(&format!("/{module}")))
        };
        found.into_iter().filter(is_there).collect()
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

pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
