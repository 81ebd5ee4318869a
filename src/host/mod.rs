//! The only room with doors to the outside: files, processes, the environment, the clock.

mod build;
mod command;
pub mod disk;
mod import;
mod install;
mod probe;
mod process;
mod progress;
mod root;
mod work;

pub use build::Recipe;
pub use progress::Progress;
pub use work::clean_up_on_signals;
