//! Results to bytes. Pure: one file per command or format.

pub mod dlopen;
