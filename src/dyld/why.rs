//! dyld's words for why a path was refused, and what they mean: used to write and to read its messages.

use super::{Generation, template};
use crate::load::{Attempt, Reason};

/// Since macOS 14, instead of a list.
pub(super) const NO_RPATHS: &str = "no LC_RPATH's found";
/// Since macOS 15, instead of a list.
pub(super) const NO_RPATHS_USED: &str = "no LC_RPATH's used.  They may be invalid, eg, not start with '@loader_path' or '@executable_path'";
/// Behind a list.
pub(super) const NO_AT_PATHS: &str = ", (security policy does not allow @ path expansion)";

/// `tried: 'path' (why), 'path' (why)` and what stands instead of or behind it.
pub(super) fn list(attempts: &[Attempt], remark: Option<&str>) -> String {
    let mut text = String::new();
    for attempt in attempts {
        text.push_str(if text.is_empty() { "tried: " } else { ", " });
        text.push_str(&format!("'{}' ({})", attempt.path, attempt.why));
    }
    text.push_str(remark.unwrap_or_default());
    text
}

/// The kind of failure that a refusal of one path stands for.
pub(super) fn reason(why: &str) -> Reason {
    // The simulation's own word for a stale page; dyld has none.
    if why.starts_with("Killed: 9") {
        return Reason::Codesign;
    }
    template::refusal(why)
}

/// The architectures in a refusal: what the file has, and what the process needs.
pub(super) fn architectures(why: &str) -> Option<(String, String)> {
    let (_, text) = why.split_once("(have ")?;
    let (have, text) = text.split_once(", need ")?;
    let need = text.strip_suffix(')').unwrap_or(text);
    let clean = |text: &str| text.replace(['\'', '(', ')'], "");
    Some((clean(have), clean(need)))
}

/// The refusal of a file without a usable slice. `thin`: it has but one.
pub(super) fn incompatible(generation: Generation, thin: bool, have: &str, need: &str) -> String {
    let start = if thin {
        "mach-o file, but is an incompatible architecture"
    } else {
        "fat file, but missing compatible architecture"
    };
    match generation {
        Generation::Before12 if thin => "mach-o, but wrong architecture".to_owned(),
        Generation::Before12 => "no matching architecture in universal wrapper".to_owned(),
        Generation::V12_5 => format!("{start} (have ({have}), need ({need}))"),
        _ => format!("{start} (have '{have}', need '{need}')"),
    }
}

/// The refusal of a file that is no Mach-O file.
pub(super) fn not_macho(generation: Generation, size: u64) -> String {
    let text = match generation {
        _ if size == 0 => "",
        Generation::V15_4 | Generation::V26 => "slice is not valid mach-o file",
        _ if size < 28 => "MachO header exceeds file length",
        _ => "file does not start with MH_MAGIC[_64]",
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{architectures, reason};
    use crate::load::Reason;

    #[test]
    fn architectures_are_read_out_of_every_wording() {
        let have = |why| architectures(why).map(|(have, need)| format!("{have}|{need}"));
        let why = "mach-o file, but is an incompatible architecture (have 'x86_64', need 'arm64e' or 'arm64')";
        assert_eq!(have(why).as_deref(), Some("x86_64|arm64e or arm64"));
        let why =
            "fat file, but missing compatible architecture (have (x86_64,i386), need (arm64e))";
        assert_eq!(have(why).as_deref(), Some("x86_64,i386|arm64e"));
    }

    #[test]
    fn refusals_have_reasons() {
        assert_eq!(
            reason("no such file, not in dyld cache"),
            Reason::LibraryNotFound
        );
        assert_eq!(reason("not a file"), Reason::NotAFile);
        assert_eq!(reason(""), Reason::Malformed);
        assert_eq!(
            reason("code signature in <no uuid> '/x' not valid"),
            Reason::Codesign
        );
    }
}
