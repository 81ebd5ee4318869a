//! The real executable and the recordings: what a user meets.

mod cli;
mod endings;
mod house;
mod replay;
mod run;
