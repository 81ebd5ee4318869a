//! A build's log, and what a build wrote about its commands: complaints with the way to them, warnings, commands.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadproof::build::{self, Build, Commands, Ending, Written};

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
    // As if ninja had made whatever is named anywhere.
    let made = log.split([' ', ':', '\n']).take(64);
    let made: String = made.map(|name| format!("0\t1\t9\t{name}\t0\n")).collect();
    let files = [
        ("compile_commands.json", log.to_string()),
        ("build.ninja", log.to_string()),
        (".ninja_log", format!("# ninja log v6\n{made}")),
    ];
    let written = files.map(|(path, text)| Written {
        path: path.to_owned(),
        directory: Some("/p".to_owned()),
        modified: Some(9),
        text: Ok(text),
    });
    let _ran = Commands::of(&Build {
        command: Vec::new(),
        directory: "/p".to_owned(),
        started: Some(1),
        ending: Ending::Exited { code: 0 },
        log: log.to_string(),
        log_bytes_left_out: 0,
        written: written.to_vec(),
        produced: Vec::new(),
        milliseconds: 0,
    });
});
