//! The recording inside the page: what a bug report needs travels with it.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::write::GzEncoder;
use maud::{Markup, html};

use super::text;
use crate::render::Options;

/// Compressed bytes that a page may carry: larger ones stay where they are.
const MOST: usize = 6 << 20;

pub(super) fn section(options: &Options) -> Markup {
    let packed = options.recording.as_deref().and_then(packed);
    let size = packed
        .as_ref()
        .map_or(0, |bytes| bytes.len().div_ceil(1024));
    html! {
        section id="recording" {
            h2 { "Recording" }
            p {
                "All that was seen in this run. "
                code { "loadproof replay FILE" }
                " gives the same report on any machine, without the project. It holds paths of the machine and the \
                 variables that matter to builds and loads, and no file of the project."
            }
            @match (&packed, &options.artifact_hint) {
                (Some(bytes), _) => {
                    p {
                        a class="button" download="loadproof-facts.json.gz"
                            href=(format!("data:application/gzip;base64,{}", BASE64.encode(bytes))) {
                            "Download the recording (" (size) " kB)"
                        }
                    }
                }
                (None, Some(file)) => { p { "It is in " code { (text(file)) } " on the machine of the run." } }
                (None, None) => { p { "It was not kept: run again with " code { "--record FILE" } "." } }
            }
        }
    }
}

/// Without a clock in its header, so that the same recording gives the same page. `None` if it is too large.
fn packed(recording: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(recording).ok()?;
    let bytes = encoder.finish().ok()?;
    (bytes.len() <= MOST).then_some(bytes)
}
