//! What the names of symbols give away: Apple's, or somebody else's.

use crate::dyld::Owner;

/// Whose the name is that no table has. Somebody else's than Apple's, for certain, is a plain C name, one of a compiler's
/// runtime that macOS has not, and C++ outside of the standard's namespace; a private library of the system's may have
/// any other.
pub(super) fn owner(symbol: &str) -> Owner {
    if let Some(mangled) = symbol.strip_prefix("__Z") {
        return match outermost(mangled) {
            Some(name) if name != "__cxxabiv1" => Owner::Other,
            // The standard library's, an operator, the type information of a built-in type.
            _ => Owner::System,
        };
    }
    if has_own_prefix(symbol) {
        Owner::System
    } else if looks_public(symbol) || is_runtime(symbol) {
        Owner::Other
    } else {
        Owner::Unlisted
    }
}

/// The outermost namespace, class or function of a mangled C++ name (Itanium ABI, 5.1), given without `_Z`; none where
/// it begins with an abbreviation of `std`, an operator or a built-in type.
fn outermost(mangled: &str) -> Option<&str> {
    // Virtual tables, type information and guards say of what they are.
    const SPECIAL: [&str; 8] = ["TV", "TT", "TI", "TS", "TW", "TH", "GV", "GR"];
    let special = SPECIAL
        .iter()
        .find_map(|prefix| mangled.strip_prefix(prefix));
    let mut rest = special.unwrap_or(mangled);
    // What is local to a function.
    rest = rest.trim_start_matches('Z');
    if let Some(nested) = rest.strip_prefix('N') {
        rest = nested.trim_start_matches(['r', 'V', 'K', 'R', 'O']);
    }
    let digits = rest.find(|c: char| !c.is_ascii_digit())?;
    let (length, name) = rest.split_at(digits);
    name.get(..length.parse().ok()?)
}

/// Runtimes of compilers that no macOS has: OpenMP's and Fortran's.
fn is_runtime(symbol: &str) -> bool {
    const RUNTIMES: [&str; 4] = ["___kmpc_", "_GOMP_", "__gfortran_", "_omp_"];
    RUNTIMES.iter().any(|prefix| symbol.starts_with(prefix))
}

/// How the C names of Apple's frameworks begin.
const PREFIXES: &str = "\
    AB AE AH AIFF AL ANE APS AR AS ATS AU AV AX BC BNNS CA CB CC CE CF CG CH CI CK CL CM CMS CN COL CP CS CSSM CT CU CV \
    CW DA DCS DD DNS DR DV EAGL EC EK EN EP ES ET FE FI FP FS GC GK GL GLK GLU GPU GS GSS GSM HFS HI HM HK HV IB IC ICC \
    ID IK IN IO IOHID IR IS JS LA LC LM LS MA MB MC MD MDL MF MIDI MK ML MLC MOD MPS MP MS MT MTK MTL NDEF NE NI NL NS NW \
    NX OBJC OD OS OSA OSS PAC PB PC PDF PE PH PK PM PS QC QD QL QT RB RE RPC SA SB SC SCN SF SH SK SL SM SN SS SSL ST SW \
    TC TCC TEC TI TK TS TV TX UC UI UN UT VD VE VM VN VS VT WC WK WS XPC";

/// `_CFRelease`, `_CGPDFDocumentCreate`, `_kCFBooleanTrue`, `_OBJC_CLASS_$_NSString`, `_objc_msgSend`, and what compilers
/// refer to: `___CFConstantStringClassReference`, `___objc_personality_v0`.
fn has_own_prefix(symbol: &str) -> bool {
    const WORDS: [&str; 4] = ["objc_", "nw_", "vImage", "CFConstantString"];
    let Some(name) = symbol.strip_prefix('_') else {
        return false;
    };
    let public = name.trim_start_matches('_');
    if WORDS.iter().any(|word| public.starts_with(word)) {
        return true;
    }
    let class = name
        .strip_prefix("OBJC_")
        .and_then(|rest| rest.split_once("$_"));
    let name = class.map_or(name, |(_, class)| class);
    let name = name.strip_prefix('k').unwrap_or(name);
    let is_prefix = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    let (prefix, rest) = name.split_at(name.find(|c| !is_prefix(c)).unwrap_or(name.len()));
    let mut own = PREFIXES.split_ascii_whitespace();
    match rest.starts_with('_') {
        // OpenSSL's `SSL_new`; Apple's `SSLRead` has no line there.
        true => prefix != "SSL" && own.any(|own| own == prefix),
        // Some names begin with two prefixes and the first letter of a word.
        false => own.any(|own| prefix.starts_with(own)),
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
    use super::owner;
    use crate::dyld::Owner;

    #[test]
    fn prefixes_tell_whose_a_name_is() {
        for symbol in [
            "_gsl_rng_default",
            "___kmpc_fork_call",
            "_GOMP_parallel",
            "__gfortran_st_write",
        ] {
            assert_eq!(owner(symbol), Owner::Other, "{symbol}");
        }
        for symbol in [
            "_CFRelease",
            "_CGPDFDocumentCreate",
            "_SSLRead",
            "_kCFBooleanTrue",
            "_OBJC_CLASS_$_NSString",
            "_NSLog",
            "_IOMainPort",
            "_objc_msgSend",
            "_CC_MD5",
            "___CFConstantStringClassReference",
            "___objc_personality_v0",
            "__objc_empty_cache",
            "_vImagePermuteChannels_ARGB8888",
            "_nw_connection_create",
        ] {
            assert_eq!(owner(symbol), Owner::System, "{symbol}");
        }
        for symbol in [
            "_PQconnectdb",
            "_ZSTD_compress",
            "_SSL_new",
            "_GEOSversion",
            "_SecItemAdd",
            "_OBJC_CLASS_$_Foo",
            "_FooBar",
            "_xmlFree",
            "___divti3",
            "nw_connection_create",
            "___CUDA_stone",
            "_network_stone",
        ] {
            assert_eq!(owner(symbol), Owner::Unlisted, "{symbol}");
        }
    }

    #[test]
    fn the_outermost_name_tells_whose_a_mangled_one_is() {
        for symbol in [
            "__ZN3fmt2v912format_errorD1Ev",
            "__Z12lltm_forwardN2at6TensorES0_",
            "__ZTV3Foo",
            "__ZTIN3abc3FooE",
            "__ZGVZ3barvE5cache",
            "__ZZN3abc3FooclEvE1x",
            "__ZNKR3abc3FooclEv",
            "__ZN12_GLOBAL__N_13fooEv",
        ] {
            assert_eq!(owner(symbol), Owner::Other, "{symbol}");
        }
        for symbol in [
            "__ZNSt3__112to_stringEi",
            "__ZSt9terminatev",
            "__ZTVN10__cxxabiv117__class_type_infoE",
            "__ZTIi",
            "__ZdlPv",
            "__Znwm",
            "__ZTVSt9exception",
            "__Z99short",
            "__Z",
        ] {
            assert_eq!(owner(symbol), Owner::System, "{symbol}");
        }
    }
}
