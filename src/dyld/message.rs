//! What dyld says, in the words of each macOS version. [`super::parse`] reads them back.

use super::process::Request;
use super::{Generation, why};
use crate::load::Attempt;

/// Where a flat lookup looks.
pub const FLAT: &str = "flat namespace";

/// The image that needs something.
pub(super) struct Place<'a> {
    pub(super) uuid: &'a str,
    pub(super) path: &'a str,
    /// ` (built for macOS 15.0 which is newer than running OS)` or nothing.
    pub(super) too_new: String,
}

/// The image that should have something.
pub(super) struct Provider<'a> {
    pub(super) uuid: &'a str,
    pub(super) path: &'a str,
}

impl Provider<'_> {
    /// A weak dylib that is absent.
    pub(super) const UNKNOWN: Provider<'static> = Provider {
        uuid: "no uuid",
        path: "unknown",
    };
}

/// `dlopen(path, 0x0002): ` before a reason, as dlerror has it.
pub(super) fn envelope(generation: Generation, request: &Request, text: &str) -> String {
    let (path, mode) = (&request.path, request.mode());
    match generation {
        Generation::Before12 => format!("dlopen({path}, {mode}): {text}"),
        _ => format!("dlopen({path}, 0x{mode:04X}): {text}"),
    }
}

/// The kernel's end of a process with a stale page; there is no dlerror.
pub(super) fn killed(path: &str) -> String {
    format!("Killed: 9 (Code Signature Invalid: a page of {path} is not what was signed)")
}

/// A dependent was not found.
pub(super) fn library(
    generation: Generation,
    load_path: &str,
    from: &Place<'_>,
    attempts: &[Attempt],
    remark: Option<&str>,
) -> String {
    let reason = why::list(attempts, remark);
    let Place {
        uuid,
        path,
        too_new,
    } = from;
    match generation {
        Generation::Before12 => {
            let reason = old_list(attempts);
            format!(
                "Library not loaded: {load_path}\n  Referenced from: {path}\n  Reason: {reason}"
            )
        }
        Generation::V12_0 => {
            format!(
                "Library not loaded: {load_path}\n  Referenced from: {path}\n  Reason: {reason}"
            )
        }
        Generation::V12_5 => {
            format!(
                "Library not loaded: '{load_path}'\n  Referenced from: '{path}'\n  Reason: {reason}"
            )
        }
        _ => format!(
            "Library not loaded: {load_path}\n  Referenced from: <{uuid}> {path}{too_new}\n  Reason: {reason}"
        ),
    }
}

/// dyld2's list names only files that were there.
pub(super) fn old_list(attempts: &[Attempt]) -> String {
    if let [only] = attempts
        && only.why.starts_with("Incompatible library version")
    {
        return only.why.clone();
    }
    let refused = attempts
        .iter()
        .filter(|attempt| !attempt.why.starts_with("no such file"));
    let lines: Vec<String> = refused
        .map(|attempt| format!("\n\t{}: {}", attempt.path, attempt.why))
        .collect();
    if lines.is_empty() {
        "image not found".to_owned()
    } else {
        format!("no suitable image found.  Did find:{}", lines.concat())
    }
}

/// A two-level lookup found nothing.
pub(super) fn symbol(
    generation: Generation,
    symbol: &str,
    from: &Place<'_>,
    provider: &Provider<'_>,
) -> String {
    let Place {
        uuid,
        path,
        too_new,
    } = from;
    let expected = provider.path;
    match generation {
        Generation::Before12 => format!(
            "Symbol not found: {symbol}\n  Referenced from: {path}{too_new}\n  Expected in: {expected}\n in {path}"
        ),
        Generation::V12_0 => {
            format!(
                "Symbol not found: {symbol}\n  Referenced from: {path}\n  Expected in: {expected}"
            )
        }
        Generation::V12_5 => format!(
            "Symbol not found: ({symbol})\n  Referenced from: '{path}'\n  Expected in: '{expected}'"
        ),
        _ => damaged(
            generation,
            &format!("Symbol not found: {symbol}"),
            &Place {
                uuid,
                path,
                too_new: too_new.clone(),
            },
            provider,
        ),
    }
}

/// A flat lookup found nothing.
pub(super) fn flat(generation: Generation, symbol: &str, from: &Place<'_>) -> String {
    let Place { path, too_new, .. } = from;
    match generation {
        Generation::Before12 => format!(
            "Symbol not found: {symbol}\n  Referenced from: {path}{too_new}\n  Expected in: {FLAT}\n in {path}"
        ),
        Generation::V12_5 => format!("symbol not found in flat namespace ({symbol})"),
        _ => format!("symbol not found in flat namespace '{symbol}'"),
    }
}

/// A weak lookup found nothing.
pub(super) fn weak(generation: Generation, symbol: &str, from: &Place<'_>) -> String {
    let Place { uuid, path, .. } = from;
    match generation {
        Generation::Before12 | Generation::V12_0 | Generation::V12_5 => {
            format!("weak-def symbol not found ({symbol})")
        }
        Generation::V13 | Generation::V14_0 | Generation::V14_4 => {
            format!("weak-def symbol not found '{symbol}'")
        }
        _ => format!(
            "Symbol not found: {symbol}\n  Referenced from: <{uuid}> {path}\n  Expected as weak-def export from some loaded dylib"
        ),
    }
}

/// A damaged table of exports; since macOS 15.4 with the two lines of a missing symbol behind it.
pub(super) fn damaged(
    generation: Generation,
    text: &str,
    from: &Place<'_>,
    provider: &Provider<'_>,
) -> String {
    let is_symbol = text.starts_with("Symbol not found");
    if generation < Generation::V15_4 && !is_symbol {
        return text.to_owned();
    }
    let Place {
        uuid,
        path,
        too_new,
    } = from;
    let Provider {
        uuid: expected_uuid,
        path: expected,
    } = provider;
    format!(
        "{text}\n  Referenced from: <{uuid}> {path}{too_new}\n  Expected in:     <{expected_uuid}> {expected}"
    )
}
