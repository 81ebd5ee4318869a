//! A directory in which small libraries are built, and the comparison of prediction and reality.

use std::path::{Path, PathBuf};
use std::process::Command;

use loadproof::ldso;
use loadproof::ldso::message::{self, Ending};
use loadproof::load::{Load, LoadVerdict};

use crate::disk::Disk;
use crate::python::{self, Real, Request};

/// A fresh directory.
pub(crate) struct Lab {
    directory: tempfile::TempDir,
}

impl Lab {
    pub(crate) fn new() -> Self {
        Lab {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The path as text.
    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Reads a file.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Compiles C into a shared library. The flags are relative to the lab's directory; the library may have undefined
    /// symbols.
    pub(crate) fn library(&self, name: &str, source: &str, flags: &[&str]) {
        self.compile(name, source, &[&["-shared", "-fPIC"], flags].concat());
    }

    /// Compiles C as the flags say.
    pub(crate) fn compile(&self, name: &str, source: &str, flags: &[&str]) {
        let from = format!("{name}.c");
        self.write(&from, source);
        let output = Command::new("cc")
            .current_dir(self.directory.path())
            .args(["-o", name, &from, "-Wl,--no-as-needed"])
            .args(flags)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Opens the library for real and in the simulation, and compares. Gives the prediction.
    pub(crate) fn open(&self, name: &str) -> Load {
        self.open_with(name, &Request::default())
    }

    /// The same, in a process of its own kind.
    pub(crate) fn open_with(&self, name: &str, request: &Request<'_>) -> Load {
        let path = self.text(name);
        let (load, real) = predict_and_open(&path, request);
        assert_same(&path, &load, &real);
        load
    }

    /// Opens the library, which must be refused in these words (`@` for the lab's directory).
    #[track_caller]
    pub(crate) fn refuses(&self, name: &str, words: &str) -> Load {
        let load = self.open(name);
        self.assert_first(&load, words);
        load
    }

    #[track_caller]
    pub(crate) fn assert_first(&self, load: &Load, words: &str) {
        let first = load.failures.first().expect("a failure");
        let directory = self.directory.path().to_str().unwrap();
        assert_eq!(first.message.replace(directory, "@"), words);
    }
}

/// Opens a path for real and in the simulation.
pub(crate) fn predict_and_open(path: &str, request: &Request<'_>) -> (Load, Real) {
    let (process, real) = python::open(path, request);
    (ldso::load(&process, path, &Disk::default()), real)
}

/// Prediction and reality agree, in the verdict and in the words.
#[track_caller]
pub(crate) fn assert_same(path: &str, load: &Load, real: &Real) {
    assert_eq!(load.unknown, None, "{path}");
    match real {
        Real::Opened => assert_eq!(load.verdict(), LoadVerdict::Loads, "{path}: {load:#?}"),
        Real::Refused(words) => {
            let first = load
                .failures
                .first()
                .unwrap_or_else(|| panic!("{path}: predicted to load, but {words}"));
            assert_eq!(first.message, *words, "{path}: {load:#?}");
            let observed = message::parse(words).expect("one of ld.so's texts");
            assert!(message::agree(first, &observed));
            assert_eq!(first.symbol_version, observed.symbol_version);
            if observed.referenced_from.is_some() {
                assert_eq!(first.referenced_from, observed.referenced_from);
            }
        }
        Real::Killed(signal) => {
            assert_eq!(*signal, SIGBUS, "{path}: {load:#?}");
            assert_eq!(message::ending(&load.failures[0]), Ending::BusError);
        }
        Real::Exited(code) => {
            assert_eq!(*code, 127, "{path}: {load:#?}");
            assert_eq!(message::ending(&load.failures[0]), Ending::Assertion);
        }
    }
}

const SIGBUS: i32 = 7;

/// Whether a path names a shared library.
pub(crate) fn is_library(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_str().unwrap();
    name.ends_with(".so") || name.contains(".so.")
}
