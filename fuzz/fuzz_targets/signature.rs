//! The code signature: its blobs, the code directory, the page hashes, the entitlements.
#![no_main]

mod planted;

use libfuzzer_sys::fuzz_target;
use planted::{CHAINED, CODE_SIGNATURE, ask, planted};

fuzz_target!(|data: &[u8]| ask(&planted(CHAINED, CODE_SIGNATURE, 0, data)));
