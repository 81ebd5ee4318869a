//! The stable C ABI of torch: functions that its headers promise to keep, and the first release that has each.

use crate::image::Arch;

use super::arch::Side;
use super::releases::Releases;
use super::table::TorchSymbols;

/// The header that declares a function of the stable ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// `torch/csrc/stable/c/shim.h`.
    Shim,
    /// `torch/csrc/inductor/aoti_torch/c/shim.h`.
    AotiShim,
    /// Generated: `c_shim_aten.h`.
    Aten,
    /// Generated: `c_shim_cpu.h`.
    Cpu,
    /// Generated: `c_shim_mps.h`.
    Mps,
}

impl Family {
    const ALL: [Family; 5] = [
        Family::Shim,
        Family::AotiShim,
        Family::Aten,
        Family::Cpu,
        Family::Mps,
    ];

    /// The family whose header lies at that place of a wheel, such as
    /// `torch/include/torch/csrc/stable/c/shim.h`.
    pub fn of_header(path: &str) -> Option<Family> {
        Family::ALL
            .into_iter()
            .find(|family| path.ends_with(family.header()))
    }

    /// The header, below `torch/include/`.
    pub fn header(self) -> &'static str {
        match self {
            Family::Shim => "torch/csrc/stable/c/shim.h",
            Family::AotiShim => "torch/csrc/inductor/aoti_torch/c/shim.h",
            Family::Aten => "torch/csrc/inductor/aoti_torch/generated/c_shim_aten.h",
            Family::Cpu => "torch/csrc/inductor/aoti_torch/generated/c_shim_cpu.h",
            Family::Mps => "torch/csrc/inductor/aoti_torch/generated/c_shim_mps.h",
        }
    }

    /// The functions that a header of the stable ABI declares, as symbols of a Mach-O file.
    pub fn declared(self, header: &str) -> Vec<(String, Family)> {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let called = header.split('(').filter_map(|before| {
            let before = before.trim_end();
            let start = before
                .rfind(|c| !word(c))
                .map_or(0, |at| at.saturating_add(1));
            before.get(start..)
        });
        called
            .filter(|name| name.starts_with("torch_") || name.starts_with("aoti_"))
            .map(|name| (format!("_{name}"), self))
            .collect()
    }

    pub(super) fn number(self) -> u8 {
        match self {
            Family::Shim => 0,
            Family::AotiShim => 1,
            Family::Aten => 2,
            Family::Cpu => 3,
            Family::Mps => 4,
        }
    }

    pub(super) fn numbered(number: u8) -> Option<Family> {
        Family::ALL.get(usize::from(number)).copied()
    }
}

/// A function of the stable ABI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stable {
    /// The header that declares it.
    pub family: Family,
    /// The releases that export it. Its first is the oldest torch that an extension which calls it can have.
    pub releases: Releases,
}

impl TorchSymbols {
    /// What is known of a function of the stable ABI, by its symbol (`_torch_call_dispatcher`). `None` for every other
    /// symbol, and for other processors than torch's macOS wheels are made for.
    pub fn stable(&self, arch: Arch, symbol: &str) -> Option<Stable> {
        let side = Side::of(arch)?;
        let at = self.names.find(symbol.as_bytes())?;
        let found = self.stable.binary_search_by_key(&at, |(at, _)| *at).ok()?;
        let (_, family) = *self.stable.get(found)?;
        let places = self.places(side, symbol);
        let mask = places.iter().fold(0, |mask, place| mask | place.mask);
        Some(Stable {
            family,
            releases: self.releases_of(side, mask),
        })
    }
}
