//! The real executable and the recordings: what a user meets.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests touch the machine to set their stage"
)]

mod api;
mod check;
mod cli;
mod doctor;
mod documents;
mod endings;
mod github;
mod graph;
mod hostile;
mod house;
mod merge;
mod packaging;
mod replay;
mod run;
mod stopped;
mod torch_symbols;
