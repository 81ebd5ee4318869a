//! What is kept of a stream answers as the whole file does.

use std::sync::Arc;

use super::{Budget, Sieve, Sifted, Want};
use crate::macho::{PageHashes, exports_of};
use crate::wheel::archive::Member;
use crate::wheel::{MemberError, NativeFile};

fn member(size: u64, packed: u64) -> Member {
    Member {
        path: "x/_C.so".to_owned(),
        size,
        mode: 0o644,
        deflated: true,
        checksum: 0,
        start: 0,
        end: packed,
    }
}

fn sifted(file: &[u8], want: Want, piece: usize) -> Sifted {
    let size = u64::try_from(file.len()).expect("a size");
    let (member, budget) = (member(size, size), Budget::of(file.len()));
    let mut sieve = Sieve::new(&member, want, &budget);
    file.chunks(piece).for_each(|piece| sieve.take(piece));
    sieve.finish()
}

/// A signed file of several pages, thin and universal, with what a linker and what codesign writes.
const FILES: [&[u8]; 3] = [
    include_bytes!("../../../fixtures/dyld/files/16a0835f392bd565"),
    include_bytes!("../../../fixtures/dyld/files/91e662fc58840c33"),
    include_bytes!("../../../fixtures/dyld/files/3fe7d4b4aa9035e5"),
];

/// A bundle with 256 kB of code and the tables of a linker behind it, not signed.
fn large() -> Vec<u8> {
    let words = |file: &mut Vec<u8>, words: &[u32]| {
        file.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    };
    let mut file = Vec::new();
    words(
        &mut file,
        &[0xfeed_facf, 0x0100_000c, 0, 8, 2, 144, 0x85, 0],
    );
    for (name, offset, size) in [("__TEXT", 0, 0x4_0000), ("__LINKEDIT", 0x4_0000, 0x1000)] {
        words(&mut file, &[0x19, 72]);
        file.extend(name.bytes().chain(std::iter::repeat(0)).take(16));
        words(
            &mut file,
            &[offset, 0, size, 0, offset, 0, size, 0, 5, 5, 0, 0],
        );
    }
    file.resize(0x4_1000, 0xc3);
    file
}

#[test]
fn what_is_kept_answers_as_the_whole_does() {
    let mut let_go = 0;
    let large = large();
    for file in FILES.into_iter().chain([large.as_slice()]) {
        let whole = NativeFile::read(Arc::new(file.to_vec()), PageHashes::All).expect("native");
        for piece in [1000, 4096, 1 << 20] {
            let mut want = Want::usual();
            let kept = loop {
                match sifted(file, want, piece) {
                    Sifted::Native(kept) => break kept,
                    Sifted::Again(other) => want = other,
                    Sifted::Other | Sifted::Failed(_) => panic!("it is native"),
                }
            };
            assert_eq!(kept.content(), whole.content());
            for image in whole.slices() {
                let exports = exports_of(kept.bytes(), image);
                assert_eq!(exports, exports_of(whole.bytes(), image));
            }
            let_go += usize::from(kept.bytes() != whole.bytes());
        }
    }
    assert!(let_go > 0, "nothing was let go of any file");
}

#[test]
fn a_changed_byte_of_what_is_let_go_is_seen() {
    let file = FILES.first().expect("a file");
    for at in (0x4000..file.len().min(0x8000)).step_by(1000) {
        let mut changed = file.to_vec();
        let byte = changed.get_mut(at).expect("a byte");
        *byte = !*byte;
        let whole = NativeFile::read(Arc::new(changed.clone()), PageHashes::All).expect("native");
        if let Sifted::Native(kept) = sifted(&changed, Want::usual(), 1000) {
            assert_eq!(kept.content(), whole.content(), "{at}");
        }
    }
}

#[test]
fn a_native_file_that_packs_too_well_is_refused() {
    let budget = Budget::of(1 << 20);
    let big = member(1 << 30, 1 << 20);
    let mut sieve = Sieve::new(&big, Want::usual(), &budget);
    sieve.take(FILES.first().expect("a file"));
    assert!(matches!(
        sieve.finish(),
        Sifted::Failed(MemberError::Bloated)
    ));
}
