//! Leaves the index of unwinding tables out of the Linux binary: a panic ends the process, and nobody unwinds.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script is told by the environment what it builds"
)]

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("PROFILE", "release") {
        println!("cargo:rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
    }
}
