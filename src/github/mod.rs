//! What is said to GitHub's API, without saying it: bodies of requests, limits, and which pull request an event is about.
//!
//! Nothing here knows a network; the host carries these values there and back.

pub mod check_run;
pub mod comment;
pub mod event;
mod limit;

pub use limit::{bytes, characters, without_astral};
