//! The small texts of a wheel: RECORD, METADATA, WHEEL, file names, requirements.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadproof::wheel::{Headers, Record, Requirement, WheelName, expand_tags};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let _record = Record::parse(&text);
    let headers = Headers::parse(&text);
    let _requirements = headers.requirements().count();
    let _requirement = Requirement::parse(&text);
    if let Some(name) = WheelName::parse(&text) {
        let _normalised = name.normalised();
        let _platforms = name.platforms();
    }
    let _tags = expand_tags(&text);
});
