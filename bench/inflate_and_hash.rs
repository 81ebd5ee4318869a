//! The least that reading a wheel costs: every member inflated and hashed once, on all cores, and nothing else.
//!
//! usage: inflate_and_hash WHEEL
//!
//! Prints the bytes that came out. `bench/check_wheels.py` times it beside `loadproof check`.

#![expect(
    clippy::disallowed_methods,
    reason = "a program of its own, which touches the machine"
)]

use std::sync::Arc;

use loadproof::wheel::{Archive, Inflater};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

fn main() {
    let path = std::env::args_os().nth(1).expect("a wheel");
    let bytes = std::fs::read(path).expect("the wheel can be read");
    let archive = Archive::open(Arc::new(bytes)).expect("an archive");
    let mut members: Vec<_> = archive.members().iter().collect();
    members.sort_by_key(|member| std::cmp::Reverse(member.size));
    let sizes =
        members
            .into_par_iter()
            .with_max_len(1)
            .map_init(Inflater::new, |inflater, member| {
                let mut hash = Sha256::new();
                let mut size = 0;
                inflater
                    .stream(&archive, member, &mut |piece| {
                        hash.update(piece);
                        size += piece.len();
                    })
                    .expect("an undamaged member");
                std::hint::black_box(hash.finalize());
                size
            });
    println!("{}", sizes.sum::<usize>());
}
