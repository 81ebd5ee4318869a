//! Grades the simulation of ld.so: builds libraries with this machine's compiler, opens each in a real Python, and
//! compares verdict and words with the prediction.

#![cfg(target_os = "linux")]

mod disk;
mod files;
mod healthy;
mod lab;
mod python;
mod scope;
mod search;
mod symbols;
