//! The disk as an [`ImageSource`].

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use loadproof::elf;
use loadproof::load::{Content, Export, Identity, ImageSource, Lookup, Question};

/// Reads every file once.
#[derive(Default)]
pub(crate) struct Disk {
    bytes: RefCell<BTreeMap<String, Arc<Vec<u8>>>>,
}

impl Disk {
    fn bytes(&self, path: &str) -> std::io::Result<Arc<Vec<u8>>> {
        if let Some(bytes) = self.bytes.borrow().get(path) {
            return Ok(Arc::clone(bytes));
        }
        let bytes = Arc::new(std::fs::read(path)?);
        self.bytes
            .borrow_mut()
            .insert(path.to_owned(), Arc::clone(&bytes));
        Ok(bytes)
    }
}

impl ImageSource for Disk {
    fn lookup(&self, path: &str) -> Lookup {
        match std::fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() => Lookup::NotAFile,
            Ok(metadata) => Lookup::File {
                real_path: std::fs::canonicalize(path)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned(),
                identity: Identity {
                    device: metadata.dev(),
                    inode: metadata.ino(),
                },
            },
            Err(error) if error.kind() == ErrorKind::NotFound => Lookup::Absent,
            Err(error) => Lookup::Error {
                errno: as_macos(&error),
            },
        }
    }

    fn content(&self, real_path: &str) -> Arc<Content> {
        Arc::new(match self.bytes(real_path) {
            Ok(bytes) => elf::read(&bytes),
            Err(error) => Content::Unreadable {
                errno: as_macos(&error),
            },
        })
    }

    fn export(&self, real_path: &str, _slice: usize, question: &Question<'_>) -> Export {
        elf::export(&self.bytes(real_path).unwrap(), question)
    }
}

fn as_macos(error: &std::io::Error) -> i32 {
    match error.raw_os_error().unwrap() {
        40 => 62,
        36 => 63,
        other => other,
    }
}
