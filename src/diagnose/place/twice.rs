//! What two files of a link define.

use std::collections::BTreeSet;

use super::function::function_name;
use super::{Finder, Located};
use crate::diagnosis::Source;
use crate::source::{Use, uses};

/// Sources that are searched.
const SEARCHED: usize = 500;

impl Finder<'_> {
    /// The two places where the project's sources define a function, where there are just two: a change of either mends it.
    pub(super) fn defined_twice(&self, symbol: &str) -> Option<Located> {
        // ld64 shows the underscore of a C function.
        let names = [Some(symbol), symbol.strip_prefix('_')]
            .into_iter()
            .flatten();
        let names: Vec<String> = names.filter_map(function_name).collect();
        let commands = self.scene.compile_commands.iter();
        let sources = commands.filter_map(|command| command.source());
        let mut seen = BTreeSet::new();
        let mut found: Vec<Source> = Vec::new();
        for path in sources.filter_map(|source| self.inside(source)) {
            if seen.len() >= SEARCHED || !seen.insert(path.clone()) {
                continue;
            }
            let text = self.project.text(&path);
            let text = text.known().unwrap_or_default();
            let used = names.iter().flat_map(|name| uses(&path, text, name));
            let defined = used.filter(|(kind, _)| *kind == Use::Definition);
            found.extend(defined.map(|(_, place)| place));
        }
        let [first, second] = <[Source; 2]>::try_from(found).ok()?;
        let label = "defines it again";
        (first.file != second.file)
            .then(|| Located::at(second, label).with(Some(first), "defines it first"))
    }
}
