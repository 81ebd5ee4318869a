//! A recording from anywhere: diagnosed, and written in every format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadproof::diagnose::diagnose;
use loadproof::facts::Facts;
use loadproof::render::{Format, Options, render};

fuzz_target!(|data: &[u8]| {
    let Ok(facts) = Facts::from_json(data) else {
        return;
    };
    let report = diagnose(&facts, &facts.files).report;
    for format in Format::ALL {
        let mut out = Vec::new();
        render(&report, format, &Options::default(), &mut out).expect("a vector takes everything");
    }
});
