//! A build's log, and what a build wrote about its commands: complaints with the way to them, warnings, commands.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadproof::build::{self, Written};

fuzz_target!(|data: &[u8]| {
    let log = String::from_utf8_lossy(data);
    for fault in build::faults(&log).iter().take(16) {
        let file = fault.file.as_deref().unwrap_or_default();
        let _way = build::stack(&log, fault.log_line, file);
    }
    let _warnings = build::build_warnings(&log);
    let commands = build::compile_commands(&log);
    for command in &commands {
        let _told = (command.include_directories(), command.source());
    }
    for link in build::link_commands(&log) {
        let _entry = (link.words(), link.entry("libz.so"));
    }
    let written = ["compile_commands.json", ".ninja_log"].map(|path| Written {
        path: path.to_owned(),
        text: Ok(log.to_string()),
    });
    let _ran = build::ran(&written, &log, &commands);
});
