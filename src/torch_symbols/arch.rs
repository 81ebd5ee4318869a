//! The two processors that torch's macOS wheels are made for.

use crate::image::Arch;

/// Index into everything that the table keeps per processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Arm64,
    X86_64,
}

impl Side {
    pub(super) const ALL: [Side; 2] = [Side::Arm64, Side::X86_64];

    /// `None` for processors that torch has no macOS wheel for.
    pub(super) fn of(arch: Arch) -> Option<Side> {
        match arch {
            Arch::Arm64 | Arch::Arm64e => Some(Side::Arm64),
            Arch::X86_64 | Arch::X86_64h => Some(Side::X86_64),
            _ => None,
        }
    }

    pub(super) fn arch(self) -> Arch {
        match self {
            Side::Arm64 => Arch::Arm64,
            Side::X86_64 => Arch::X86_64,
        }
    }

    pub(super) fn number(self) -> u8 {
        match self {
            Side::Arm64 => 0,
            Side::X86_64 => 1,
        }
    }

    pub(super) fn index(self) -> usize {
        usize::from(self.number())
    }

    pub(super) fn numbered(number: u8) -> Option<Side> {
        Side::ALL.get(usize::from(number)).copied()
    }
}
