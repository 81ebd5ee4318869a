//! A build's log: complaints and compiler commands.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadproof::build;

fuzz_target!(|data: &[u8]| {
    let log = String::from_utf8_lossy(data);
    let _faults = build::faults(&log);
    for command in build::compile_commands(&log) {
        let _directories = command.include_directories();
    }
});
