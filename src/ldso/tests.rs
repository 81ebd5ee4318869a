//! A process to test with.

use crate::image::Arch;

use super::Process;

/// A process without images.
pub(super) fn process() -> Process {
    Process {
        arch: Arch::X86_64,
        executable: "/usr/bin/python3".to_owned(),
        interpreter: Some("/lib64/ld-linux-x86-64.so.2".to_owned()),
        loaded: Vec::new(),
        library_path: None,
        preload: None,
        cache: Vec::new(),
        directories: vec!["/lib64".to_owned()],
        hwcaps: Vec::new(),
        lib: "lib64".to_owned(),
        platform: None,
        secure: false,
        working_directory: "/".to_owned(),
        musl_path: None,
    }
}
