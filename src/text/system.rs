//! What the system and the linker say of files that they refuse: signatures, quarantine, architectures, formats.

use std::sync::LazyLock;

use super::template::{Candidate, Family, Template, weight};

static FAMILY: LazyLock<Family> = LazyLock::new(|| Family::new(TEMPLATES));

const TEMPLATES: &[Template] = &[
    Template::new(
        "duplicate-rpath",
        weight::REFUSED,
        r"duplicate LC_RPATH '(?P<rpath>[^']+)'",
    ),
    Template::new(
        "duplicate-rpath",
        weight::WEAK,
        r"warning: duplicate -rpath '(?P<rpath>[^']+)' ignored",
    ),
    Template::new(
        "arch-mismatch",
        weight::REFUSED,
        r"mach-o(?: file)?, but (?:is an incompatible|wrong) architecture|missing compatible arch(?:itecture)?|no matching architecture in universal wrapper",
    ),
    Template::new(
        "arch-mismatch",
        weight::BUILD,
        r"IncompatibleBinaryArchError: (?P<file>\S+) is not a fat binary",
    ),
    Template::new(
        "arch-mismatch",
        weight::LINK_INPUT,
        r"ld: warning: ignoring file [^\n]*?building for [\w ]+-(?P<need_arch>\w+) but attempting to link with file built for [\w ]+-(?P<have_arch>\w+)",
    ),
    Template::new(
        "arch-mismatch",
        weight::LINK_INPUT,
        r"ld: warning: ignoring file [^\n]*?found architecture '(?P<have_arch>[^']+)', required architecture '(?P<need_arch>[^']+)'",
    ),
    Template::new(
        "arch-mismatch",
        weight::LINK_INPUT,
        r"ld: warning: ignoring file [^\n]*?(?:file was built for|built for archive which is not) (?P<have_arch>(?:x86_64|arm64e?|i386|ppc)) which is not the architecture being linked \((?P<need_arch>\w+)\)",
    ),
    Template::new(
        "not-a-macho",
        weight::LINK_INPUT,
        r"ld: warning: ignoring file [^\n]*?file was built for unsupported file format(?: \( (?P<magic>0x[0-9A-F]{2} 0x[0-9A-F]{2} 0x[0-9A-F]{2} 0x[0-9A-F]{2}))?",
    ),
    Template::new(
        "gatekeeper-quarantine",
        weight::REFUSED,
        r"library load (?:disallowed|denied) by system policy",
    ),
    Template::new(
        "gatekeeper-quarantine",
        weight::REFUSED,
        r#"(?:[“"«']\s?)?(?P<file>[\w.+-]+)(?:\s?[”"»'],?)? (?:cannot|can’t|can't) be opened because (?:the developer cannot be verified|Apple cannot check it)"#,
    ),
    Template::new(
        "gatekeeper-quarantine",
        weight::REFUSED,
        r#"[“"«]\s?(?P<file>[\w.+-]+)\s?[”"»],?[^\n]{0,20}? Apple (?:cannot|can’t|can't|could not) verify"#,
    ),
    Template::new(
        "gatekeeper-quarantine",
        weight::REFUSED,
        r#"Apple (?:cannot|can’t|can't|could not) verify (?:whether |that )?(?:[“"«]\s?(?P<file>[\w.+-]+)\s?[”"»])?"#,
    ),
    Template::new(
        "code-signature-invalid",
        weight::REFUSED,
        r"code signature in|code signature invalid|code signing blocked mmap|not valid for use in process|Library Validation failed:|mapped file has no (?:cdhash|Team ID)|have different Team IDs|code object is not signed at all",
    ),
    Template::new(
        "min-os-too-new",
        weight::REFUSED,
        r"load command (?P<load_command>0x[0-9A-Fa-f]+) is unknown",
    ),
    Template::new(
        "sip-restricted-relative-path",
        weight::REFUSED,
        r"unsafe use of (?:relative|@\w+)[^\n]* with restricted binary|relative paths? not allowed in hardened program",
    ),
    Template::new(
        "dylib-version-incompatible",
        weight::REFUSED,
        r"Incompatible library version: \S+ requires version [\d.]+ or later, but \S+ provides version [\d.]+",
    ),
    Template::new(
        "not-a-macho",
        weight::REFUSED,
        r"not a mach-o file|slice is not valid mach-o file|unknown file type, first eight bytes|file does not start with MH_MAGIC|file too short",
    ),
    Template::new(
        "malformed-macho",
        weight::REFUSED,
        r"malformed mach-o(?: image)?:? (?P<reason>[^\n]*)|Malformed Mach-o file",
    ),
];

/// Every refusal that the text tells of.
pub(super) fn find(text: &str) -> Vec<Candidate> {
    let mut found = FAMILY.find(text);
    for candidate in &mut found {
        if let Some(magic) = candidate.facts.get_mut("magic") {
            *magic = magic.replace("0x", "").replace(' ', "");
        }
        if candidate.cause == "malformed-macho"
            && let Some(reason) = candidate.facts.get_mut("reason")
        {
            let end = reason.find(" in /").unwrap_or(reason.len());
            reason.truncate(end);
        }
    }
    found
}
