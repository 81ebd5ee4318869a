//! The only room with doors to the outside: files, processes, the environment, the clock.

#![allow(
    clippy::disallowed_methods,
    reason = "this room is the door in the wall that .clippy.toml describes"
)]

mod action;
mod actions;
mod build;
mod catalogue;
mod check;
mod command;
pub mod disk;
mod distribution;
pub mod dlopen;
mod doctor;
mod explain;
mod failure;
mod fetch;
mod github;
mod graph;
mod image;
mod import;
mod install;
mod judge;
mod linux;
mod listing;
mod macos;
mod merge;
mod objects;
mod output;
mod policy;
mod probe;
mod process;
mod progress;
mod project;
mod provision;
mod reproduce;
mod root;
mod run;
mod running_system;
mod selftest;
mod several;
mod sources;
mod torch_symbols;
mod verify;
mod work;
mod written;

use build::Recipe;
use failure::Failure;
use work::clean_up_on_signals;

pub use run::run;
