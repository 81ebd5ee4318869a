//! Object files: relocations, debug information, and the debug map of an image.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadproof::objects;

fuzz_target!(|data: &[u8]| {
    let _mentions = objects::mentions(data, &|_| true);
    let _references = objects::references(data, &|_| true);
    let _map = objects::debug_map(data);
});
