//! An export trie, and a trie of paths.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadproof::macho;

fuzz_target!(|data: &[u8]| {
    let split = usize::from(data.first().copied().unwrap_or(0)).min(data.len());
    let (name, trie) = data.split_at(split);
    let name = String::from_utf8_lossy(name);
    let _export = macho::trie_export(trie, &name);
    let _entry = macho::trie_entry(trie, &name);
});
