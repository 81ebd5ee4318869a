//! The exit codes: part of the interface.

/// Nothing at or above `--fail-on`.
pub const CLEAN: u8 = 0;
/// Findings at or above `--fail-on`.
pub const FINDINGS: u8 = 1;
/// The command line is wrong, or names what is not there.
pub const USAGE: u8 = 2;
/// No native module was given, found or built, and no finding says why.
pub const NOTHING_TO_CHECK: u8 = 3;
/// loadproof itself failed: a report could not be written, a disk is full.
pub const OWN_FAILURE: u8 = 4;
