//! The `loadproof` executable: parse arguments, run, return an exit code.

fn main() {}
