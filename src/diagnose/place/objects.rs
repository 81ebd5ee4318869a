//! What the build's object files tell about the use of a symbol.

use super::Finder;
use super::function::{SEARCHED, function_name};
use crate::diagnosis::Source;
use crate::rules::SymbolName;
use crate::source::{Reference, Use, is_compiled, uses};

/// A use of a symbol.
pub(super) struct Used {
    /// Where: proved by debug information, else likely.
    pub(super) place: Source,
    /// The function around it, as people write it.
    pub(super) around: Option<String>,
}

impl Finder<'_> {
    /// The uses of a symbol by the object files; `function` is its name in sources, where it has one.
    pub(super) fn references(
        &self,
        symbol: &str,
        function: Option<&str>,
        sources: &[String],
    ) -> Vec<Used> {
        let references = self.project.references(symbol);
        let mut found: Vec<Used> = Vec::new();
        for reference in references.iter() {
            let around = reference.function.as_deref().map(readable);
            let used = match self.proved(reference, function) {
                Some(place) => Some(Used { place, around }),
                None => self.guessed(reference, around, function, sources),
            };
            if let Some(used) = used
                && !found.iter().any(|known| {
                    known.place.line == used.place.line && known.place.file == used.place.file
                })
            {
                found.push(used);
            }
        }
        // What is proved comes first, and makes guesses needless.
        if found.iter().any(|used| !used.place.likely) {
            found.retain(|used| !used.place.likely);
        }
        found
    }

    /// The line that debug information names, if it is one of the project's.
    fn proved(&self, reference: &Reference, function: Option<&str>) -> Option<Source> {
        let line = reference.line.as_ref()?;
        let path = self.inside(&line.file)?;
        let text = self.project.text(&path);
        let text = text.known()?;
        // The very word, where the line has it once.
        let of_line = |place: &Source| place.line == Some(line.line);
        let mut words = function
            .map(|function| uses(&path, text, function))
            .unwrap_or_default()
            .into_iter()
            .map(|(_, place)| place)
            .filter(of_line);
        Some(match (words.next(), words.next()) {
            (Some(word), None) => word,
            _ => Source::at(&*path, Some(line.line), line.column),
        })
    }

    /// Without debug information: the calls in the function that the object file names, else that function itself.
    fn guessed(
        &self,
        reference: &Reference,
        around: Option<String>,
        function: Option<&str>,
        sources: &[String],
    ) -> Option<Used> {
        let around = around?;
        let outer = function_name(&around)?;
        let is_named = |path: &&String| {
            let name = path.rsplit('/').next();
            reference.source.is_none()
                || name
                    == reference
                        .source
                        .as_deref()
                        .and_then(|own| own.rsplit('/').next())
        };
        let all = self.project.files().filter(|_| sources.is_empty());
        let others = all.iter().flat_map(|files| files.iter());
        let others = others.filter(|path| is_compiled(path)).take(SEARCHED);
        let mut bodies = Vec::new();
        for path in sources.iter().chain(others).filter(is_named) {
            let text = self.project.text(path);
            let Some(text) = text.known() else { continue };
            let defined = uses(path, text, &outer).into_iter();
            bodies.extend(
                defined.filter(|(kind, _)| matches!(kind, Use::Definition | Use::LocalDefinition)),
            );
        }
        let [(_, body)] = bodies.as_slice() else {
            return None;
        };
        let text = self.project.text(&body.file);
        let calls = function
            .zip(text.known())
            .map(|(function, text)| uses(&body.file, text, function))
            .unwrap_or_default();
        // The first call behind the beginning of the body; a body further on would have a name of its own.
        let call = calls.into_iter().find_map(|(kind, place)| {
            (kind == Use::Call && place.line >= body.line).then_some(place)
        });
        let place = call.unwrap_or_else(|| body.clone()).likely();
        Some(Used {
            place,
            around: Some(around),
        })
    }
}

/// `_ZN6kernel5scaleEd` is `kernel::scale(double)`; of a C function the name.
fn readable(symbol: &str) -> String {
    let name = SymbolName::new(symbol, false).demangled();
    name.unwrap_or_else(|| symbol.to_owned())
}
