//! What the system and the linker say of files that they refuse: signatures, quarantine, architectures, formats.

use std::sync::LazyLock;

use super::template::{Candidate, Family, Template, weight};

static FAMILY: LazyLock<Family> = LazyLock::new(|| Family::new(TEMPLATES));

const TEMPLATES: &[Template] = &[
    Template::new(
        "library-not-found-bare",
        weight::LIBRARY,
        r"dlopen\(\) failed to load a library: (?P<library>[\w.+-]+)",
    ),
    Template::new(
        "duplicate-rpath",
        weight::REFUSED,
        r"duplicate LC_RPATH(?: '(?P<rpath>[^']+)'|$|\W)",
    ),
    Template::new(
        "duplicate-rpath",
        weight::BUILD,
        r"(?:\(for architecture (?P<arch>\w+)\)[^\n]*? )?would duplicate path, file already has LC_RPATH for: (?P<rpath>\S+)",
    ),
    Template::new(
        "duplicate-rpath",
        weight::WEAK,
        r"warning: duplicate -rpath '(?P<rpath>[^']+)' ignored",
    ),
    Template::new(
        "arch-mismatch",
        weight::REFUSED,
        r"mach-o(?: file)?, but (?:is an incompatible|wrong) architecture|incompatible architecture \(have|\bhave '(?:x86_64h?|arm64e?|i386)(?:,\w+)*', need '|missing compatible arch(?:itecture)?|no matching architecture in universal wrapper",
    ),
    // dyld3, where it has no list of what it tried.
    Template::new(
        "arch-mismatch",
        weight::REFUSED,
        r"could not use '(?P<file>[^'\n]+)' because it is not a compatible arch",
    ),
    Template::new(
        "arch-mismatch",
        weight::REFUSED,
        r"(?:Bad|bad) CPU type in executable(?:: '?(?P<file>/[^\s']+))?",
    ),
    Template::new(
        "arch-mismatch",
        weight::BUILD,
        r"IncompatibleBinaryArchError: (?P<file>\S+) is (?:not a fat binary|incompatible with target arch (?P<need_arch>\w+) \(has arch: (?P<have_arch>\w+)\))",
    ),
    Template::new(
        "arch-mismatch",
        weight::BUILD,
        r"\bIncompatibleBinaryArchError\b",
    ),
    Template::new(
        "arch-mismatch",
        weight::BUILD,
        r"Some missing architectures in wheel|Failed to find any binary with the required architecture: '(?P<wanted_arch>[\w,]+)'|Required arch(?:s|itectures?)? \S+ missing",
    ),
    Template::new(
        "arch-mismatch",
        weight::LINK_INPUT,
        r"ld: warning: ignoring file [^\n]*?building for [\w ]+-(?P<need_arch>\w+) but attempting to link with file built for (?:[\w ]+-(?P<have_arch>\w+)|unknown)",
    ),
    Template::new(
        "arch-mismatch",
        weight::LINK_INPUT,
        r"ld: warning: ignoring file [^\n]*?found architecture '(?P<have_arch>[^']+)', required architecture '(?P<need_arch>[^']+)'",
    ),
    // The same as errors.
    Template::new(
        "arch-mismatch",
        weight::BUILD,
        r"ld: (?:[^w\n][^\n]*?)?building for [\w ]+-(?P<need_arch>\w+) but attempting to link with file built for [\w ]+-(?P<have_arch>\w+)",
    ),
    Template::new(
        "arch-mismatch",
        weight::BUILD,
        r"ld: (?:[^w\n][^\n]*?)?found architecture '(?P<have_arch>[^']+)', required architecture '(?P<need_arch>[^']+)'",
    ),
    Template::new(
        "arch-mismatch",
        weight::BUILD,
        r"fat file missing arch '(?P<need_arch>\w+)'|universal file [^\n]*?does not contain an? '?(?P<wanted_arch>\w+)'? architecture",
    ),
    Template::new(
        "arch-mismatch",
        weight::LINK_INPUT,
        r"ld: warning: ignoring file [^\n]*?(?:file was built for|built for archive which is not) (?P<have_arch>(?:x86_64|arm64e?|i386|ppc)) which is not the architecture being linked \((?P<need_arch>\w+)\)",
    ),
    Template::new(
        "arch-mismatch",
        weight::LINK_INPUT,
        r"ld: warning: ignoring file [^\n]*?(?:missing required architecture '?(?P<need_arch>\w+)'? in file|file was built for archive which is not the architecture being linked)",
    ),
    Template::new(
        "not-a-macho",
        weight::LINK_INPUT,
        r"ld: warning: ignoring file [^\n]*?file was built for unsupported file format(?: \( (?P<magic>0x[0-9A-F]{2} 0x[0-9A-F]{2} 0x[0-9A-F]{2} 0x[0-9A-F]{2}))?",
    ),
    Template::new(
        "not-a-macho",
        weight::BUILD,
        r"ld: unknown file type in '?(?P<file>[^'\n]+)",
    ),
    Template::new(
        "not-a-macho",
        weight::WEAK,
        r"(?P<file>[^\s:]+\.(?:so|dylib)): ELF (?:32|64)-bit",
    ),
    Template::new(
        "gatekeeper-quarantine",
        weight::REFUSED,
        r"library load (?:disallowed|denied) by system policy",
    ),
    Template::new(
        "gatekeeper-quarantine",
        weight::REFUSED,
        r#"(?:["«]\s?)?(?P<file>[\w.+-]+)(?:\s?["»'],?)? (?:cannot|can't) be opened because (?:the developer cannot be verified|(?:it is|it's) from an unidentified developer|Apple cannot check it)"#,
    ),
    Template::new(
        "gatekeeper-quarantine",
        weight::REFUSED,
        r#"["«]\s?(?P<file>[\w.+-]+)\s?["»],?[^\n]{0,20}? Apple (?:cannot|can't|could not) verify"#,
    ),
    Template::new(
        "gatekeeper-quarantine",
        weight::REFUSED,
        r#"(?:Apple|macOS) (?:cannot|can't|could not) verify (?:whether |that |the developer of )?(?:["«]\s?(?P<file>[\w.+-]+)\s?["»])"#,
    ),
    Template::new(
        "gatekeeper-quarantine",
        weight::REFUSED,
        r#"Apple (?:cannot|can't|could not) verify|macOS cannot verify that this app is free from malware"#,
    ),
    Template::new(
        "gatekeeper-quarantine",
        weight::REFUSED,
        r#"(?:["«]\s?)?(?P<file>[\w.+-]+)(?:\s?["»'],?)? (?:is damaged and can't be opened|will damage your computer|was blocked from (?:use|opening) because it is not from an identified developer|was blocked to protect your Mac)"#,
    ),
    Template::new(
        "code-signature-invalid",
        weight::REFUSED,
        r"code signature in [(<'/]|[Cc]ode [Ss]ignature (?:is )?[Ii]nvalid|code signing blocked mmap|not valid for use in process|Library Validation failed:|mapped file has no (?:cdhash|Team ID)|(?:have )?different Team IDs|code object is not signed at all|failed strict validation|invalid signature \(code or signature have been modified\)|[Tt]askgated [Ii]nvalid [Ss]ignature|code signature does not cover|F_ADDFILESIGS_RETURN|CODE SIGNING: |denying page sending SIGKILL|rejecting invalid page|sealed resource is missing or invalid|CODESIGNING 0x\w+ Invalid Page",
    ),
    Template::new(
        "header-pad-small",
        weight::BUILD,
        r"larger updated load commands do not fit",
    ),
    Template::new(
        "min-os-too-new",
        weight::REFUSED,
        r"load command (?P<load_command>0x[0-9A-Fa-f]+) is unknown|unknown required load command (?P<required_command>0x[0-9A-Fa-f]+)",
    ),
    Template::new(
        "min-os-too-new",
        weight::REFUSED,
        r"was built for OS version (?P<min_os>[\d.]*\d)",
    ),
    Template::new(
        "min-os-too-new",
        weight::REMARK,
        r"built for (?:macOS (?P<min_os>[\d.]*\d) which is newer than running OS|Mac OS X (?P<old_min_os>[\d.]*\d)\))",
    ),
    Template::new(
        "min-os-too-new",
        weight::PYTHON,
        r"macOS (?P<min_os>\d+) \(\d+\) or later required",
    ),
    Template::new(
        "min-os-too-new",
        weight::PYTHON,
        r"can't use this version of the application [^\n]{0,80} with this version of macOS",
    ),
    Template::new(
        "sip-restricted-relative-path",
        weight::REFUSED,
        r"unsafe use of (?:relative|@\w+)[^\n]* with restricted binary|being ignored in restricted program because of|relative paths? not allowed in hardened program|security policy does not allow @ path expansion",
    ),
    Template::new(
        "dylib-version-incompatible",
        weight::REFUSED,
        r"Incompatible library version: [^\n]{1,200}? requires version (?P<version_required>[\d.]+) or later, but \S+ provides version (?P<version_found>[\d.]+)",
    ),
    Template::new(
        "not-a-macho",
        weight::REFUSED,
        r"not a mach-o file|slice is not valid mach-o file|unknown file type, first eight bytes|file does not start with MH_MAGIC|not a mach-o \(start is no MH_MAGIC|MachO header exceeds file length|[:(] ?file too short|invalid ELF header",
    ),
    Template::new(
        "malformed-macho",
        weight::REFUSED,
        r"malformed mach-o(?: image)?:? (?P<reason>[^\n]*)|Malformed Mach-o file|truncated mach-o error|Errno 88\]|segment (?:'?\w+'? )?filesize exceeds vmsize",
    ),
];

/// Every refusal that the text tells of.
pub(super) fn find(text: &str) -> Vec<Candidate> {
    let mut found = FAMILY.find(text);
    for candidate in &mut found {
        if let Some(arch) = candidate.facts.remove("wanted_arch") {
            candidate.facts.insert("need_arch", arch);
        }
        if let Some(version) = candidate.facts.remove("old_min_os") {
            candidate.facts.insert("min_os", version);
        }
        if let Some(command) = candidate.facts.remove("required_command") {
            candidate.facts.insert("load_command", command);
        }
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
