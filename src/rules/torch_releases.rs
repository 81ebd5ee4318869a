//! Which releases of torch a module fits, for rules about symbols of torch.

use super::{Finding, Module, Scene};
use crate::torch_symbols::{Fit, Releases, known, needed_by};

/// What the table says of a symbol of torch that one module needs.
pub(super) struct Fitting {
    /// `torch 2.6-2.8 has it, in libc10`.
    said: String,
    /// The symbol alone.
    symbol: Releases,
    /// The whole module; `None`: another image needs the symbol.
    module: Option<Fit>,
    /// The version that the wheel pins with `==`.
    pin: Option<String>,
}

impl Fitting {
    /// `None` where the table knows nothing: files of other systems than macOS. `own`: it is the module's own image
    /// that needs the symbol.
    pub(super) fn of(
        scene: &Scene<'_>,
        module: &Module<'_>,
        symbol: &str,
        own: bool,
    ) -> Option<Fitting> {
        let image = module.image().filter(|image| image.macho().is_some())?;
        let arch = module.process_arch;
        let table = known();
        let symbol = table.spelled(symbol).unwrap_or_else(|| symbol.to_owned());
        // What is coalesced over all images may be the module's own: a replay could not ask.
        let fit = table.fits(arch, needed_by(image, |_| true));
        Some(Fitting {
            said: table.said_of(&symbol, &[arch]),
            symbol: table.releases_with(arch, &symbol)?,
            module: fit.filter(|fit| own && fit.used > 0),
            pin: pin(scene),
        })
    }

    /// The releases that fit, as far as they are known: those of the whole module, else those of the symbol.
    fn releases(&self) -> &Releases {
        self.module
            .as_ref()
            .map_or(&self.symbol, |fit| &fit.releases)
    }

    /// What to add to a sentence that says that this torch lacks the symbol.
    pub(super) fn clause(&self, installed: Option<&str>) -> String {
        if self.symbol.is_empty() {
            return format!(" ({})", self.said);
        }
        if installed.is_some_and(|version| self.symbol.contains(version)) {
            return format!(
                ", though {}: this torch is no wheel of PyPI, or it is looked for in another library",
                self.said
            );
        }
        match &self.module {
            Some(fit) if fit.releases.is_empty() => {
                format!(" ({}); no release has all that it needs", self.said)
            }
            Some(fit) => format!(": it fits torch {}", fit.releases),
            None => format!(" ({})", self.said),
        }
    }

    /// The release to install instead of building the module anew: the one that the metadata require, else the newest
    /// that fits.
    pub(super) fn install(&self) -> Option<String> {
        self.pin
            .clone()
            .or_else(|| self.releases().last().map(str::to_owned))
    }

    /// The facts and what they rest on.
    pub(super) fn tell(&self, finding: Finding, scene: &Scene<'_>) -> Finding {
        let mut lines = vec![self.said.clone()];
        if let Some(fit) = &self.module {
            lines.push(match fit.releases.is_empty() {
                true => "no release of torch has all that the module needs".to_owned(),
                false => format!("the module as a whole fits torch {}", fit.releases),
            });
        }
        if let Some(required) = &scene.facts.requires_torch {
            lines.push(format!("the wheel's metadata require {required}"));
        }
        finding
            .fact("torch_fits", self.releases().to_string())
            .fact("torch_with_symbol", self.symbol.to_string())
            .fact_if("torch_required", scene.facts.requires_torch.as_ref())
            .evidence("releases of torch for macOS", lines.join("\n"))
    }
}

/// The version of a requirement such as `torch==2.6.0`.
fn pin(scene: &Scene<'_>) -> Option<String> {
    let required = scene.facts.requires_torch.as_deref()?;
    let (_, version) = required.split_once("==")?;
    let plain = !version.contains([',', '*', '=']);
    plain.then(|| version.trim().to_owned())
}
