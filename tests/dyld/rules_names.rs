//! What a flat lookup makes of a name that no table has.

use loadproof::catalogue::Catalogue;
use loadproof::dyld::{self, Request};
use loadproof::image::{ImportFrom, MachO};
use loadproof::load::{Likelihood, Load, LoadVerdict};

use crate::synthetic::{dylib, import, needs, part, process_on, world};

const EXT: &str = "/py/ext.so";

/// A two-level module that is linked to libSystem alone.
fn looks_up(symbol: &str) -> Load {
    let mut memory = world();
    let mut ext = dylib(EXT);
    part(&mut ext).flags |= MachO::TWO_LEVEL;
    ext.dependents.push(needs("/usr/lib/libSystem.B.dylib"));
    ext.imports.push(import(symbol, ImportFrom::Flat));
    memory.add(EXT, ext, &[]);
    let system = Catalogue::builtin();
    dyld::load(&process_on("14.5"), &Request::import(EXT), &memory, system)
}

#[test]
fn a_plain_name_that_is_nobodys_is_missing() {
    for symbol in [
        "_gsl_rng_default",
        "_bcp_batch",
        "__ZN3fmt2v912format_errorD1Ev",
        "__Z12lltm_forwardN2at6TensorES0_",
        "__ZTV3Foo",
        "___kmpc_fork_call",
        "_GOMP_parallel",
    ] {
        let load = looks_up(symbol);
        assert_eq!(load.verdict(), LoadVerdict::Fails, "{symbol}");
        assert_eq!(load.failures[0].subject, symbol);
    }
}

#[test]
fn a_name_that_may_be_of_a_private_library_is_likely_missing() {
    for symbol in [
        "_PQconnectdb",
        "_ZSTD_compress",
        "_SSL_new",
        "_FooBar",
        "_fooBar",
        "_OBJC_CLASS_$_Foo",
    ] {
        let load = looks_up(symbol);
        assert_eq!(load.verdict(), LoadVerdict::Loads, "{symbol}");
        assert_eq!(load.failures[0].subject, symbol);
        assert_eq!(load.failures[0].likelihood, Likelihood::Likely);
    }
}

#[test]
fn what_frameworks_of_the_system_may_bring_is_assumed_and_said() {
    for (symbol, library) in [
        ("_iconv_open", "libiconv.2"),
        ("_crc32", "libz.1"),
        ("_sqlite3_open", "libsqlite3"),
        ("__ZdlPv", "libSystem"),
    ] {
        let load = looks_up(symbol);
        assert_eq!(load.verdict(), LoadVerdict::Loads, "{symbol}");
        assert!(load.failures.is_empty(), "{symbol}");
        let said = load.assumptions.join("\n");
        assert!(said.contains(library), "{said}");
    }
}
