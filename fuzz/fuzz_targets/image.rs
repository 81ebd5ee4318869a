//! Bytes to an image: load commands, fixups, bind streams, signatures, section-less ELF; then every export, listed and
//! looked up.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadproof::load::{Content, Question};
use loadproof::macho::{self, PageHashes};
use loadproof::elf;

fuzz_target!(|data: &[u8]| {
    if !macho::is_macho(data) {
        let _content = elf::read(data);
        for symbol in ["PyInit__C", "malloc", ""] {
            for version in [None, Some("GLIBC_2.17")] {
                let _found = elf::export(data, &Question { symbol, version });
            }
        }
        return;
    }
    let Content::MachO { slices } = macho::read(data, PageHashes::All) else {
        return;
    };
    for slice in &slices {
        let Ok(exports) = macho::exports_of(data, slice) else {
            continue;
        };
        for exported in exports.iter().take(64) {
            // A name that is no UTF-8 is not found under the replacement characters it is shown with.
            if !exported.symbol.contains('\u{fffd}') {
                let _found = macho::export(data, slice, &exported.symbol);
            }
        }
        for symbol in ["_PyInit__C", "__ZTI", ""] {
            let _found = macho::export(data, slice, symbol);
        }
    }
});
