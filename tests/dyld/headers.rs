//! The reader of headers alone against the reader of whole images.

use std::fs;
use std::io;

use loadproof::image::Image;
use loadproof::load::Content;
use loadproof::macho::{self, Headers, PageHashes, headers};

use crate::fixture;

fn of(data: &[u8]) -> Headers {
    let fetched = headers(&mut |offset, length| -> io::Result<Vec<u8>> {
        let start = usize::try_from(offset).unwrap().min(data.len());
        let end = start.saturating_add(length).min(data.len());
        Ok(data[start..end].to_vec())
    });
    fetched.unwrap()
}

fn files() -> Vec<Vec<u8>> {
    let folder = fs::read_dir(fixture::folder().join("files")).unwrap();
    folder
        .map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect()
}

#[test]
fn headers_alone_say_what_the_whole_file_says() {
    let mut compared = 0;
    for data in files() {
        let Content::MachO { slices } = macho::read(&data, PageHashes::Sampled) else {
            continue;
        };
        let Headers::Slices(listed) = of(&data) else {
            panic!("a Mach-O file is not listed");
        };
        assert_eq!(slices.len(), listed.len());
        let supported = |image: &&Image| image.macho().is_some_and(|part| !part.unsupported);
        for (image, headers) in slices.iter().zip(&listed) {
            if !supported(&image) {
                continue;
            }
            assert_eq!(image.arch, headers.arch);
            assert_eq!(image.file_type, headers.file_type);
            assert_eq!(image.install_name, headers.install_name);
            assert_eq!(image.dependents, headers.dependents);
            assert_eq!(image.rpaths, headers.rpaths);
            assert_eq!(
                image.macho().unwrap().build_versions,
                headers.build_versions
            );
            compared += 1;
        }
    }
    assert!(compared > 100, "only {compared} slices were compared");
}

#[test]
fn a_cut_file_never_yields_more_than_the_whole() {
    let data = files()
        .into_iter()
        .find(|data| macho::is_macho(data))
        .unwrap();
    let Headers::Slices(whole) = of(&data) else {
        panic!("no slices");
    };
    for length in 0..data.len().min(5000) {
        let Headers::Slices(cut) = of(&data[..length]) else {
            continue;
        };
        for (cut, whole) in cut.iter().zip(&whole) {
            let same = cut.damage.is_some() || cut.dependents == whole.dependents;
            assert!(same, "{length} bytes give other dependents without a word");
        }
    }
}

#[test]
fn a_java_class_is_no_universal_file() {
    let mut class = b"\xca\xfe\xba\xbe\0\0\0\x34".to_vec();
    class.resize(4096, 0);
    assert_eq!(of(&class), Headers::NotMachO);
}
