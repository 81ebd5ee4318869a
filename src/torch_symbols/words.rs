//! What the table says of a symbol, in words.

use crate::image::Arch;

use super::arch::Side;
use super::history::History;
use super::releases::Releases;
use super::table::TorchSymbols;

impl TorchSymbols {
    /// Which releases have a symbol and in which library, as a clause whose subject is torch: `torch 2.6-2.8 has it, in
    /// libc10`. Where the table differs between the processors, it says both. The symbol as in a Mach-O file.
    pub fn said_of(&self, symbol: &str, archs: &[Arch]) -> String {
        let mut said: Vec<(Arch, String)> = archs
            .iter()
            .filter_map(|arch| Some((Side::of(*arch)?.arch(), self.said_for(symbol, *arch)?)))
            .collect();
        said.dedup_by(|a, b| a.1 == b.1);
        match said.as_slice() {
            [(_, only)] => only.clone(),
            several => {
                let each = several
                    .iter()
                    .map(|(arch, text)| format!("on {arch} {text}"));
                each.collect::<Vec<_>>().join("; ")
            }
        }
    }

    fn said_for(&self, symbol: &str, arch: Arch) -> Option<String> {
        let history = self.history(arch, symbol)?;
        Some(match history.as_slice() {
            [] => {
                let all = self.releases(arch)?;
                let first = super::release::minor(all.first()?);
                format!("no release of torch from {first} on has it")
            }
            [only] => format!(
                "torch {} has it, in {}{}",
                only.releases,
                only.library,
                some(only)
            ),
            several => {
                let each = several.iter().map(|history| {
                    format!(
                        "torch {} in {}{}",
                        history.releases,
                        history.library,
                        some(history)
                    )
                });
                format!(
                    "it is in more than one library: {}",
                    each.collect::<Vec<_>>().join(", ")
                )
            }
        })
    }

    /// All releases that have a symbol, in whichever library.
    pub fn releases_with(&self, arch: Arch, symbol: &str) -> Option<Releases> {
        let side = Side::of(arch)?;
        let places = self.places(side, symbol);
        let mask = places.iter().fold(0, |mask, place| mask | place.mask);
        Some(self.releases_of(side, mask))
    }
}

fn some(history: &History) -> String {
    if history.only_some_builds.is_empty() {
        String::new()
    } else {
        format!(" (of {}, some builds only)", history.only_some_builds)
    }
}
