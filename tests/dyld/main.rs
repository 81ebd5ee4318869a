//! The simulation of dyld against the conformance cases, and properties that hold for every case.

#![allow(
    clippy::disallowed_methods,
    reason = "tests touch the machine to set their stage"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its fixtures has failed"
)]

mod conformance;
mod fixture;
mod graphs;
mod headers;
mod properties;
mod rules_binding;
mod rules_paths;
mod rules_refusals;
mod synthetic;
mod templates;
mod verify;
