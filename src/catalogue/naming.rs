//! What the names of symbols give away: Apple's, or somebody else's.

/// A name of somebody else's than Apple's: a plain C name, one with a prefix that is none of Apple's, or one in a C++
/// namespace that is not the standard's.
pub(super) fn is_foreign(symbol: &str) -> bool {
    let nested = symbol
        .strip_prefix("__ZNK")
        .or_else(|| symbol.strip_prefix("__ZN"));
    match nested {
        Some(rest) => {
            rest.starts_with(|first: char| first.is_ascii_digit())
                && !rest.starts_with("10__cxxabiv1")
        }
        None if symbol.starts_with("_objc_") => false,
        None => looks_public(symbol) || has_foreign_prefix(symbol),
    }
}

/// How the C names of Apple's frameworks begin.
const PREFIXES: &str = "\
    AB AE AH AIFF AL ANE APS AR AS ATS AU AV AX BC BNNS CA CB CC CE CF CG CH CI CK CL CM CMS CN COL CP CS CSSM CT CU CV \
    CW DA DCS DD DNS DR DV EAGL EC EK EN EP ES ET FE FI FP FS GC GK GL GLK GLU GPU GS GSS GSM HFS HI HM HK HV IB IC ICC \
    ID IK IN IO IOHID IR IS JS LA LC LM LS MA MB MC MD MDL MF MIDI MK ML MLC MOD MPS MP MS MT MTK MTL NDEF NE NI NL NS NW \
    NX OBJC OD OS OSA OSS PAC PB PC PDF PE PH PK PM PS QC QD QL QT RB RE RPC SA SB SC SCN SF SH SK SL SM SN SS SSL ST SW \
    TC TCC TEC TI TK TS TV TX UC UI UN UT VD VE VM VN VS VT WC WK WS XPC";

/// `_PQconnectdb`, `_ZSTD_compress`: two capitals or more before the first word, with which no framework of Apple's
/// begins its names.
fn has_foreign_prefix(symbol: &str) -> bool {
    let Some(name) = symbol.strip_prefix('_') else {
        return false;
    };
    let is_prefix = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    let (prefix, rest) = name.split_at(name.find(|c| !is_prefix(c)).unwrap_or(name.len()));
    if prefix.len() < 2 {
        return false;
    }
    let mut own = PREFIXES.split_ascii_whitespace();
    match rest.strip_prefix('_') {
        // OpenSSL's `SSL_new`; Apple's `SSLRead` has no line there.
        Some(_) if prefix == "SSL" => true,
        Some(rest) => {
            rest.starts_with(|c: char| c.is_ascii_alphabetic()) && !own.any(|own| own == prefix)
        }
        // `CGPDFDocumentCreate` begins with two prefixes and the first letter of a word.
        None => {
            rest.starts_with(|c: char| c.is_ascii_lowercase())
                && !own.any(|own| prefix.starts_with(own))
        }
    }
}

/// Could this be the name of a public C function? Stubs leave out private exports, so that their silence says little
/// about names that look private; these are the families that older SDKs listed and newer ones do not.
pub(super) fn looks_public(symbol: &str) -> bool {
    const PRIVATE: &[&str] = &[
        "net_",
        "netutil_",
        "networkd_",
        "ne_",
        "nelog",
        "nwlog",
        "stack_logging_",
        "vng_",
        "radix_tree_",
        "bitarray_",
        "nanozone_",
        "uuidpath",
        "nw_",
        "tcp_",
        "tls_",
        "network_",
        "netcore_",
        "xpc_",
        "sandbox_",
        "rootless_",
        "voucher_",
        "os_",
        "libsystem_",
        "si_",
        "asl_",
        "launch_",
        "vproc",
        "bootstrap_",
        "mach_",
        "notify_",
        "dispatch_",
        "dyld_",
        "cc",
        "system_",
        "internal_",
    ];
    symbol.strip_prefix('_').is_some_and(|name| {
        name.starts_with(|first: char| first.is_ascii_lowercase())
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && !name.contains("_async_")
            && !PRIVATE.iter().any(|family| name.starts_with(family))
    })
}

#[cfg(test)]
mod tests {
    use super::is_foreign;

    #[test]
    fn prefixes_tell_whose_a_name_is() {
        for symbol in [
            "_gsl_rng_default",
            "_PQconnectdb",
            "_ZSTD_compress",
            "_SSL_new",
            "_EVP_MD_CTX_new",
            "_SQLAllocHandle",
            "_GEOSversion",
            "__ZN3fmt2v912format_errorD1Ev",
        ] {
            assert!(is_foreign(symbol), "{symbol}");
        }
        for symbol in [
            "_CFRelease",
            "_CGPDFDocumentCreate",
            "_NewHandle",
            "_SSLRead",
            "_SecItemAdd",
            "_kCFBooleanTrue",
            "_OBJC_CLASS_$_NSString",
            "_NSLog",
            "_IOMainPort",
            "_objc_msgSend",
            "_CC_MD5",
            "_xmlFree",
            "__ZNSt3__112to_stringEi",
        ] {
            assert!(!is_foreign(symbol), "{symbol}");
        }
    }
}
