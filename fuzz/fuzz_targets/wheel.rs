//! A wheel: its archive, its members, its RECORD, its native files.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use loadproof::wheel::Wheel;

fuzz_target!(|data: &[u8]| {
    let bytes = Arc::new(data.to_vec());
    let _wheel = Wheel::read("x-1.0-cp311-cp311-macosx_11_0_arm64.whl", bytes);
});
