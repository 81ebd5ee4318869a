//! A static archive that the linker has passed by before anything needs it.
//!
//! GNU's linker, which is Linux's, goes through its words once and takes out of an archive only what is missing when it
//! comes there: <https://sourceware.org/binutils/docs/ld/Options.html>, `-l`. Apple's looks again in all archives, so that
//! there no order is wrong.

use super::ran::{file_name, shown_words};
use super::{Finder, Located};
use crate::diagnosis::{Diagnosis, Evidence};
use crate::source::Input;

/// An archive, and what stands behind it and needs it.
pub(super) struct WrongOrder {
    archive: Input,
    needs: Input,
    /// The symbol as people write it.
    symbol: String,
    /// The words of the link.
    seen: Evidence,
}

impl Finder<'_> {
    /// The archive that has what the cause misses and that the link names before all that needs it.
    pub(super) fn wrong_order(&self, cause: &Diagnosis) -> Option<WrongOrder> {
        let is_of_symbol =
            cause.rule.starts_with("symbol-missing-") || cause.rule == "link-undefined-symbols";
        let on_macos = self
            .scene
            .interpreter()
            .is_some_and(|python| python.on_macos());
        if !is_of_symbol || on_macos || self.scene.modules.iter().any(|module| module.is_macho()) {
            return None;
        }
        let symbol = cause.facts.get("symbol")?;
        let symbol = symbol.split('@').next().unwrap_or(symbol);
        let [link] = <[_; 1]>::try_from(self.links_of(cause)).ok()?;
        let inputs = self.project.inputs(symbol);
        let inputs: Vec<&Input> = inputs
            .iter()
            .filter(|input| input.output == link.output && input.told == link.told.to_string())
            .collect();
        let archive = inputs.iter().rfind(|input| input.defines)?;
        let needs = inputs
            .iter()
            .find(|input| input.needs && input.word > archive.word)?;
        // What stands before it would have had it linked: then the order is not what is wrong.
        if !archive.file.ends_with(".a")
            || inputs
                .iter()
                .any(|input| input.needs && input.word < archive.word && input.file.ends_with(".o"))
        {
            return None;
        }
        let readable = cause.facts.get("demangled").map_or(symbol, String::as_str);
        let text = format!(
            "{}, which defines `{readable}`, is number {} of {}, and {}, which needs it, number {}: {}",
            archive.file,
            archive.word,
            link.words().len(),
            needs.file,
            needs.word,
            shown_words(link, archive.word)
        );
        Some(WrongOrder {
            archive: (*archive).clone(),
            needs: (*needs).clone(),
            symbol: readable.to_owned(),
            seen: Evidence {
                source: format!("link of {}, {}", file_name(&link.output), link.told),
                text,
            },
        })
    }

    /// The entry that names the archive too early.
    pub(super) fn too_early(&self, cause: &Diagnosis, order: &WrongOrder) -> Option<Located> {
        let (archive, needs) = (&order.archive.file, &order.needs.file);
        let mut located = self.library(cause, archive)?;
        located.label = format!(
            "links `{archive}` before `{needs}`, which needs `{}` of it",
            order.symbol
        );
        // An object file has the name of a source, not of a library.
        let later = needs.ends_with(".a").then(|| self.library(cause, needs));
        let later = later.flatten().map(|located| located.place);
        Some(located.with(later, format!("links `{needs}`")))
    }
}

impl WrongOrder {
    /// Says it in the cause.
    pub(super) fn tell(self, cause: &mut Diagnosis) {
        cause.remedy = format!(
            "Name `{0}` behind `{1}`: GNU's linker takes out of a static archive only what is missing already when it comes \
             there. Archives that need each other stand between `-Wl,--start-group` and `-Wl,--end-group`, or one of them \
             twice.",
            self.archive.file, self.needs.file
        );
        cause.facts.insert("archive", self.archive.file);
        cause.facts.insert("needed_by", self.needs.file);
        cause.evidence.push(self.seen);
    }
}

#[cfg(test)]
mod tests;
