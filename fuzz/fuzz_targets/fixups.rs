//! Fixups: chains and their import table, or rebase and bind opcodes (bound, weak, lazy), or the export trie of opcodes.
#![no_main]

mod planted;

use libfuzzer_sys::fuzz_target;
use planted::{CHAINED, CHAINED_FIXUPS, DYLD_INFO_ONLY, OPCODES, ask, planted};

fuzz_target!(|data: &[u8]| {
    let Some((&choice, data)) = data.split_first() else {
        return;
    };
    let bytes = match choice % 6 {
        0 => planted(CHAINED, CHAINED_FIXUPS, 0, data),
        field => planted(OPCODES, DYLD_INFO_ONLY, usize::from(field) - 1, data),
    };
    ask(&bytes);
});
