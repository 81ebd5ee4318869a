//! The only room with doors to the outside: files, processes, the environment, the clock.

mod build;
mod catalogue;
mod command;
pub mod disk;
mod failure;
mod import;
mod install;
mod linux;
mod output;
mod probe;
mod process;
mod progress;
mod provision;
mod root;
mod run;
mod selftest;
mod verify;
mod work;

pub use run::run;
