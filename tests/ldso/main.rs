//! Grades the simulation of ld.so: builds libraries with this machine's compiler, opens each in a real Python, and
//! compares verdict and words with the prediction.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on says where it stopped; it builds and opens real files"
)]

mod disk;
mod files;
mod healthy;
mod lab;
mod python;
mod scope;
mod search;
mod symbols;
