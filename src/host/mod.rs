//! The only room with doors to the outside: files, processes, the environment.

pub mod disk;
pub mod dlopen;
mod root;
