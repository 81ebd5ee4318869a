//! An error text or a log, explained.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadproof::text::Reader;

fuzz_target!(|data: &[u8]| {
    let mut reader = Reader::new();
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        reader.line(line);
    }
    let explanation = reader.finish();
    let mut out = Vec::new();
    loadproof::render::explain::terminal(&explanation, &mut out).expect("a vector takes everything");
    loadproof::render::explain::json(&explanation, &mut out).expect("a vector takes everything");
});
