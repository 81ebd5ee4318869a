//! The real executable and the recordings: what a user meets.

#![allow(
    clippy::disallowed_methods,
    reason = "tests touch the machine to set their stage"
)]

mod cli;
mod endings;
mod graph;
mod house;
mod replay;
mod run;
mod torch_symbols;
