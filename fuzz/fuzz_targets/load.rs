//! A whole simulated load: the bytes are the opened image and every library that it asks for.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use loadproof::catalogue::Catalogue;
use loadproof::dyld::{self, Process, Request};
use loadproof::image::{Arch, Version};
use loadproof::load::{Content, Export, Identity, ImageSource, Lookup, Question};
use loadproof::macho::{self, PageHashes};

/// Every path ends in the same file, under one of seven identities.
struct Everywhere<'data> {
    data: &'data [u8],
    content: Arc<Content>,
}

impl ImageSource for Everywhere<'_> {
    fn lookup(&self, path: &str) -> Lookup {
        let inode = path.bytes().fold(0_u64, |sum, byte| sum.wrapping_add(byte.into())) % 7;
        if inode == 6 {
            return Lookup::Absent;
        }
        Lookup::File {
            real_path: format!("/x/{inode}"),
            identity: Identity { device: 1, inode },
        }
    }

    fn content(&self, _real_path: &str) -> Arc<Content> {
        Arc::clone(&self.content)
    }

    fn export(&self, _real_path: &str, slice: usize, question: &Question<'_>) -> Export {
        match self.content.as_ref() {
            Content::MachO { slices } => slices.get(slice).map_or(Export::Absent, |image| {
                macho::export(self.data, image, question.symbol)
            }),
            _ => Export::Absent,
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&choice, data)) = data.split_first() else {
        return;
    };
    let source = Everywhere {
        data,
        content: Arc::new(macho::read(data, PageHashes::Sampled)),
    };
    let arch = if choice & 1 == 0 { Arch::Arm64 } else { Arch::X86_64 };
    let versions = [
        Version::new(11, 0, 0),
        Version::new(12, 0, 0),
        Version::new(14, 5, 0),
        Version::new(15, 4, 0),
        Version::new(26, 0, 0),
    ];
    let macos = versions[usize::from(choice >> 1) % versions.len()];
    let mut process = Process::new(arch, macos);
    process.cwd = "/".to_owned();
    if choice & 0x80 != 0 {
        process.environment = vec![("DYLD_LIBRARY_PATH".to_owned(), "/x:@rpath".to_owned())];
    }
    let request = Request::import("/x/_C.so");
    let _load = dyld::load(&process, &request, &source, Catalogue::builtin());
});
